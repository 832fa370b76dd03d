"""Settings of running the service; the defaults suit most, and tests make waits short."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OperationSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    faultline_lease_seconds: Annotated[
        float,
        Field(ge=1, description="a worker without a sign of life for so long counts as dead"),
    ] = 90.0
    faultline_shutdown_seconds: Annotated[
        float,
        Field(ge=0, description="a worker finishes reviews for so long after SIGTERM"),
    ] = 25.0
    faultline_backoff_scale: Annotated[
        float, Field(gt=0, le=10, description="factor on every wait before another try")
    ] = 1.0
    faultline_catch_up_seconds: Annotated[
        float,
        Field(ge=0, description="how often deliveries that failed are asked for again; 0 is never"),
    ] = 300.0
    faultline_otel: Annotated[
        bool, Field(description="send OpenTelemetry traces; OTEL_* variables say where to")
    ] = False
