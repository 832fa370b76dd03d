"""Fair queues, programs shared among workers, times of stages, duties of one worker at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """New columns have a default, so that workers of the version before can go on."""
    text, number = sa.String(100), sa.Integer
    op.add_column("deliveries", sa.Column("lane", text, nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("weight", number, nullable=False, server_default="0"))
    op.add_column(
        "deliveries", sa.Column("queued_at", sa.Float, nullable=False, server_default="0")
    )
    op.add_column("findings", sa.Column("fate", text, nullable=False, server_default="open"))
    _programs()
    op.create_table(
        "timings",
        sa.Column("stage", sa.String(100), nullable=False),
        sa.Column("bound", sa.Float, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("stage", "bound", name="pk_timings"),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_duties"),
    )


def _add(table: str, name: str, kind: sa.types.TypeEngine[object], default: str) -> None:
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=default))


def _programs() -> None:
    op.create_table(
        "programs",
        sa.Column("id", _KEY, autoincrement=True),
        sa.Column("run_id", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("claims", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_programs"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], ondelete="CASCADE", name="fk_programs_run_id"
        ),
        sa.UniqueConstraint("run_id", "path", name="uq_programs_run_id_path"),
    )
