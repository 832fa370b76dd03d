"""What all observed values are made of: bounded texts, numbers, shapes and places."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=300)]
Shape = Annotated[tuple[int | None, ...], Field(max_length=16)]
Number = float
Origin = Literal["run", "static"]


class Value(BaseModel):
    """Base of all observed values: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Site(Value):
    """A range of source text: where a layer, a call or a value is written."""

    path: Name
    line: int = Field(ge=1)
    column: int = Field(default=0, ge=0)
    end_line: int = Field(ge=1)
    end_column: int = Field(default=0, ge=0)
