"""Simulated people beside a real server: they come, they are let in, and they present when asked."""

from tests.support.server import Visitor, planned

from ascona.core.people import Role
from ascona.rehearsal.company import Company, Invited

GROUP = {"Ada": Role.LEADER, "Amara": Role.CO_LEADER, "Mateo": Role.MEMBER}


async def test_a_leader_alone_has_a_company_that_comes_in_and_presents(server):
    _, invited = await planned(server, GROUP, None, "")
    played = [
        Invited(name, f"{server.origin}/join#{one.secret}") for name, one in invited.items() if name != "Ada"
    ]  # fmt: skip
    ada, company = Visitor(server.origin, invited["Ada"]), Company()
    await ada.come()
    await company.start(played, f"http://127.0.0.1:{server.port}")
    try:
        await ada.sees(lambda room: any(waiting["name"] == "Mateo" for waiting in room["door"]))
        assert await ada.do("AdmitEveryone") == {}
        assert await ada.do("OpenSession") == {}
        room = await ada.sees(lambda room: [person["state"] for person in room["people"]].count("here") == len(GROUP))
        mateo = next(person["person"] for person in room["people"] if person["name"] == "Mateo")
        assert await ada.do("NextPhase") == {}
        await ada.sees(lambda room: room["phase"] == "choose")
        assert await ada.do("ChoosePresenter", person=mateo) == {}

        room = await ada.sees(lambda room: any(person["standing"] == "presenter" for person in room["people"]))
        presenter = next(person for person in room["people"] if person["standing"] == "presenter")
    finally:
        await company.stop()
        await ada.close()

    assert (presenter["name"], presenter["state"]) == ("Mateo", "here")
