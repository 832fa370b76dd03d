"""The tables. Times are seconds since the epoch; texts of GitHub are opaque."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={  # stable names, so that a later migration can find them
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only when the key is spelled INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("guid", String(200), nullable=False, unique=True),
    Column("event", String(100), nullable=False),
    # repository:number; deliveries of one subject are about the same pull request
    Column("subject", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("task", String(100), nullable=False),
    Column("queue", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("outcome", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("claims", Integer, nullable=False, default=0),
    Column("received_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("finished_at", Float),
    # whose turn it is: see Inbox.claim
    Column("lane", String(100), nullable=False, default="", server_default=""),
    Column("weight", Integer, nullable=False, default=0, server_default="0"),
    Column("queued_at", Float, nullable=False, default=0.0, server_default="0"),
    Index(None, "state", "due_at"),
    Index(None, "subject"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("repository_id", BigInteger, nullable=False),
    Column("repository", String(300), nullable=False),
    Column("number", Integer, nullable=False),
    Column("head_sha", String(64), nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("private", Boolean, nullable=False, default=False),
    Column("state", String(20), nullable=False),
    Column("conclusion", String(30), nullable=False, default=""),
    Column("headline", Text, nullable=False, default=""),
    Column("summary", Text, nullable=False, default=""),
    # the delivery that works on this run; see Runs.hold
    Column("holder", BigInteger),
    Column("check_run_id", BigInteger),
    Column("review_id", BigInteger),
    Column("created_at", Float, nullable=False),
    Column("finished_at", Float),
    Column("installation_id", BigInteger),
    # how often somebody asked for the same head commit again; see Runs.again
    Column("round", Integer, nullable=False, default=0, server_default="0"),
    UniqueConstraint("repository_id", "number", "head_sha"),
)

findings = Table(
    "findings",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column(
        "run_id", BigInteger, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("fingerprint", String(200), nullable=False),
    Column("rule", String(100), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("path", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("message", Text, nullable=False),
    # a comment about it stands in the pull request, from this run or an earlier one
    Column("posted", Boolean, nullable=False, default=False),
    # what became of it: open, resolved, accepted, ignored, dismissed
    Column("fate", String(100), nullable=False, default="open", server_default="open"),
)

# the programs of a run that several workers share; deleted with the end of the run
programs = Table(
    "programs",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("run_id", BigInteger, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("state", String(20), nullable=False),  # open, running, done
    Column("claims", Integer, nullable=False, default=0),
    Column("due_at", Float, nullable=False, default=0.0),
    Column("report", Text, nullable=False, default=""),
    UniqueConstraint("run_id", "path"),
)

# how long stages took: a histogram whose buckets are rows, added to by every process
timings = Table(
    "timings",
    metadata,
    Column("stage", String(100), primary_key=True),
    Column("bound", Float, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
)

# what one of all workers does now and then
duties = Table(
    "duties",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("due_at", Float, nullable=False),
    Column("note", Text, nullable=False, default=""),
)

# who installed the App; gone with everything about their repositories when they remove it
installations = Table(
    "installations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(200), nullable=False),
    Column("selection", String(30), nullable=False, default=""),  # all or selected
    Column("suspended", Boolean, nullable=False, default=False),
    Column("permissions", Text, nullable=False, default="{}"),  # JSON: name to level
    Column("updated_at", Float, nullable=False),
)

# what people with write access asked for one pull request; empty texts mean "any"
wishes = Table(
    "wishes",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("repository_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(20), nullable=False),  # ignore (a rule or a finding), allow (a full run)
    Column("rule", String(100), nullable=False, default=""),
    Column("fingerprint", String(200), nullable=False, default=""),
    Column("head_sha", String(64), nullable=False, default=""),
    Column("login", String(100), nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("repository_id", "number", "kind", "rule", "fingerprint", "head_sha"),
)
