"""The files that the demo's pull request changes."""
