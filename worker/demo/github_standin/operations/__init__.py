"""The operations of GitHub's API that a reviewing App calls, grouped as its documentation is.

Importing this package fills the table in `calls`.
"""

from worker.demo.github_standin.operations import (
    apps,
    checks,
    contents,
    deliveries,
    git_data,
    issues,
    pulls,
    review_comments,
    reviews,
)
from worker.demo.github_standin.operations import graphql as graphql

__all__ = [
    "apps",
    "checks",
    "contents",
    "deliveries",
    "git_data",
    "graphql",
    "issues",
    "pulls",
    "review_comments",
    "reviews",
]
