"""The main branch of the demo's repository."""
