"""A token bucket: so many at once, so many a second."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """
    Attributes:
        rate: Tokens a second.
        burst: Tokens at most.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _filled_at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, now: float) -> bool:
        """Take one token if there is one. `now`: seconds of a monotonic clock."""
        if not self.has_one(now):
            return False
        self._tokens -= 1
        return True

    def has_one(self, now: float) -> bool:
        """Whether there is a token to take."""
        if self._filled_at is not None:
            self._tokens = min(self.burst, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        return self._tokens >= 1
