"""The analyzer's own commands; the other packages bring theirs (see pyproject.toml)."""
