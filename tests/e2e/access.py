"""Whether everyone can take part, as far as a machine can tell: axe-core in a person's page."""

from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.person import Person

from ascona import assets

AXE = (assets.web() / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def assert_accessible(person: Person, where: str) -> None:
    """axe-core finds nothing: WCAG 2.2 A and AA, and its own best practices."""
    found = await person.page.evaluate("async () => (await window.axe.run(document)).violations")
    problems = [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    assert problems == [], f"{where}, as {person.standing}: {problems}"


async def assert_accessible_at_every_size(person: Person, where: str) -> None:
    await assert_accessible(person, where)
    await person.page.set_viewport_size(PHONE)
    await assert_accessible(person, f"{where} on a phone")
    await person.page.set_viewport_size(DESKTOP)
