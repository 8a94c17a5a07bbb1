"""Links that were torn, pasted into the wrong tab, or opened under another name of the server."""

import re
import socket

from playwright.async_api import expect
from tests.support.server import planned, started

from ascona.core.people import Role


async def test_a_whole_link_that_is_pasted_over_half_of_one_opens(gather):
    ada = (await gather("--leader", "Ada"))["Ada"]
    await ada.page.goto(ada.link[:-1])
    await expect(ada.page.get_by_role("heading")).to_have_text("Not the whole link")

    await ada.page.evaluate("link => { location.href = link; }", f"{ada.link}.")

    await expect(ada.button("Join the room")).to_be_visible()


async def test_a_link_under_another_name_of_the_server_leads_to_its_own(gather, browser, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = await started(tmp_path, port=port, origin=f"http://localhost:{port}")
    _, invited = await planned(server, {"Ada": Role.LEADER})
    page = await browser.new_page()

    await page.goto(f"http://127.0.0.1:{port}/join#{invited['Ada'].secret}")

    await expect(page).to_have_url(re.compile(rf"http://localhost:{port}/room/"))
    await page.close()
    await server.close()
