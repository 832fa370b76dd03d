"""Steps from every schema that was ever released to the present one, applied by Alembic."""
