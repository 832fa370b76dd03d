"""Installations, wishes of people for one pull request, repeated runs of one head commit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """New columns have a default or may be empty: workers of the version before can go on."""
    op.add_column("runs", sa.Column("installation_id", sa.BigInteger))
    op.add_column("runs", sa.Column("round", sa.Integer, nullable=False, server_default="0"))
    _installations()
    _wishes()


def _installations() -> None:
    op.create_table(
        "installations",
        sa.Column("id", sa.BigInteger, autoincrement=False),
        sa.Column("account", sa.String(200), nullable=False),
        sa.Column("selection", sa.String(30), nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installations"),
    )


def _wishes() -> None:
    named = ("repository_id", "number", "kind", "rule", "fingerprint", "head_sha")
    op.create_table(
        "wishes",
        sa.Column("id", _KEY, autoincrement=True),
        sa.Column("repository_id", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("fingerprint", sa.String(200), nullable=False),
        sa.Column("head_sha", sa.String(64), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wishes"),
        sa.UniqueConstraint(*named, name=f"uq_wishes_{'_'.join(named)}"),
    )
