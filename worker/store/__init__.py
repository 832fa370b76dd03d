"""What the service remembers: accepted deliveries until they are done, and reviews.

The database is the truth. A message on the broker only says "look at this delivery now"; when it
is lost, the sweeper sends another one, and when it comes twice, the second claim fails.
"""

from worker.store.credentials import (
    StoredCredentials,
    as_env,
    read_credentials,
    write_credentials,
)
from worker.store.database import Database, check_database, default_database_url
from worker.store.delivery import Claim, Due, NewDelivery
from worker.store.duties import Duties
from worker.store.fates import Fates
from worker.store.inbox import Inbox
from worker.store.installations import Installations, StoredInstallation
from worker.store.programs import Share, Shares
from worker.store.retention import Purged, Retention, purge
from worker.store.runs import NewRun, RememberedFinding, Run, RunDetails, Runs
from worker.store.timings import Histogram, Timings
from worker.store.wishes import Ignored, Wishes

__all__ = [
    "Claim",
    "Database",
    "Due",
    "Duties",
    "Fates",
    "Histogram",
    "Ignored",
    "Inbox",
    "Installations",
    "NewDelivery",
    "NewRun",
    "Purged",
    "RememberedFinding",
    "Retention",
    "Run",
    "RunDetails",
    "Runs",
    "Share",
    "Shares",
    "StoredCredentials",
    "StoredInstallation",
    "Timings",
    "Wishes",
    "as_env",
    "check_database",
    "default_database_url",
    "purge",
    "read_credentials",
    "write_credentials",
]
