"""Short-lived credentials for a TURN server, for networks from which nothing else leads out."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """What a browser shows the TURN server."""

    name: str
    password: str


def turn_credentials(seat: int, secret: bytes, now: datetime, lasts: timedelta = timedelta(hours=4)) -> TurnCredentials:
    """
    Make a user name and password that the TURN server accepts until they expire.

    Args:
        seat: Ends up in the TURN server's log, so never a person's name.
        secret: The TURN server's `static-auth-secret`.
        now: Timezone-aware UTC.
        lasts: Longer than the longest session: an allocation that outlives its credentials is not refreshed.

    Raises:
        ValueError: If `now` has no time zone; its timestamp would be local.

    Source:
        draft-uberti-behave-turn-rest-00, section 2.2. SHA-1 is what coturn checks.
    """
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    name = f"{int((now + lasts).timestamp())}:{seat}"
    digest = hmac.digest(secret, name.encode(), hashlib.sha1)
    return TurnCredentials(name, base64.b64encode(digest).decode())
