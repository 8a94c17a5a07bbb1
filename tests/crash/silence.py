"""Who sits back is not heard: packets of one person's voice and picture that come to the others, counted throughout."""

from dataclasses import dataclass, field

from ascona.core.media_plan import Kind
from tests.support.media import Client


@dataclass
class Silence:
    """
    Attributes:
        leaked: Packets that came although nobody was to be heard.
        watched: How many listeners' counts were compared.
    """

    slot: int
    leaked: int = 0
    watched: int = 0
    _before: dict[str, tuple[Client, int]] = field(default_factory=dict)

    def begins(self, listeners: dict[str, Client]) -> None:
        """From now on nothing may come; what is under way has arrived."""
        self._before = {name: (client, self._heard(client)) for name, client in listeners.items()}

    def renewed(self, name: str, client: Client) -> None:
        """A listener comes again; over the new connection nothing may come either."""
        if name in self._before:
            self._compare(name)
            self._before[name] = (client, 0)

    def ends(self) -> None:
        """From now on something may come."""
        for name in self._before:
            self._compare(name)
        self._before = {}

    @property
    def kept(self) -> bool:
        """Whether nothing may come now."""
        return bool(self._before)

    def _compare(self, name: str) -> None:
        client, before = self._before[name]
        self.leaked += self._heard(client) - before
        self.watched += 1

    def _heard(self, client: Client) -> int:
        return sum(client.packets(self.slot, kind) for kind in Kind)
