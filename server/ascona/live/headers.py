"""Headers that may come in several lines, which a plain look at one of them would not see."""

from typing import Protocol


class Headers(Protocol):
    """A request's headers, in which a name may stand several times."""

    def getall(self, name: str, default: list[str]) -> list[str]: ...


class Request(Protocol):
    """What is looked at of a request."""

    @property
    def remote(self) -> str | None: ...

    @property
    def headers(self) -> Headers: ...


def cookies_of(request: Request) -> str:
    """Its cookies in one line, also where something on the way has made several of it (RFC 9113, 8.2.3)."""
    return "; ".join(request.headers.getall("Cookie", []))


def forwarded_of(request: Request) -> str:
    """For whom proxies say that they ask; a proxy may add to the line that is there, or a line (RFC 9110, 5.3)."""
    return ", ".join(request.headers.getall("X-Forwarded-For", []))
