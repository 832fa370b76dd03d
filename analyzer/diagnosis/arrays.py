"""Names for NumPy's arrays; their types are not followed where the type checker skips NumPy."""

from __future__ import annotations

from typing import Any, TypeAlias

Numbers: TypeAlias = Any
"""An array of floats; NaN where nothing was measured."""
Flags: TypeAlias = Any
"""An array of booleans."""
