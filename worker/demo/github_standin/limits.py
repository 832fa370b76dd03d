"""GitHub's rate limits: the hourly budget of an installation and the cap on writes per minute."""

from collections import deque
from dataclasses import dataclass, field

from worker.demo.github_standin.refusals import Json, primary_limit, secondary_limit

HOURLY = 5_000
WINDOW = 3_600.0
CONTENT_PER_MINUTE = 80


@dataclass
class Meter:
    """Counts requests. The window starts with the first request counted in it."""

    limit: int = HOURLY
    content_per_minute: int = CONTENT_PER_MINUTE
    used: int = 0
    reset: int = 0
    writes: deque[float] = field(default_factory=deque)

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    def count(self, now: float) -> None:
        """Takes one request off the hourly budget; refuses when none is left."""
        self.roll(now)
        if self.used >= self.limit:
            raise primary_limit(self.reset)
        self.used += 1

    def roll(self, now: float) -> None:
        if now >= self.reset:
            self.reset = int(now + WINDOW)
            self.used = 0

    def refund(self) -> None:
        """An answer of 304 is free."""
        self.used -= 1

    def count_content(self, now: float) -> None:
        """One comment, review or issue comment more; refuses beyond the cap per minute."""
        while self.writes and self.writes[0] <= now - 60:
            self.writes.popleft()
        if len(self.writes) >= self.content_per_minute:
            raise secondary_limit(int(self.writes[0] + 61 - now))
        self.writes.append(now)

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Resource": "core",
        }

    def overview(self) -> Json:
        core = self._row(self.limit, self.used)
        others = {"graphql": self._row(5_000, 0), "search": self._row(30, 0)}
        return {"resources": {"core": core, **others}, "rate": core}

    def _row(self, limit: int, used: int) -> Json:
        return {"limit": limit, "remaining": limit - used, "reset": self.reset, "used": used}
