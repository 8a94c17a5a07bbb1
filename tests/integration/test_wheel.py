"""What is released works without the checkout: built, installed in a fresh environment, started, asked for a page."""

import asyncio
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

CHECKOUT = Path(__file__).parents[2]
START_SECONDS = 30


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """A folder with an sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("released")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT)
    return folder


@pytest.fixture(scope="module")
def installed(released, tmp_path_factory) -> Path:
    """The `ascona` command in an environment that holds the wheel and what it asks for, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    (wheel,) = released.glob("*.whl")
    pins = folder / "pins.txt"
    lock = (CHECKOUT / "deploy" / "lock.txt").read_text(encoding="utf-8")
    pins.write_text("\n".join(re.findall(r"^\S+==\S+", lock, re.MULTILINE)), encoding="utf-8")
    into = ("--python", folder / "bin" / "python")  # our own pip: another one need not be unpacked there
    run(sys.executable, "-m", "pip", *into, "install", "-qq", "--no-compile", "--constraint", pins, wheel)
    return folder / "bin" / "ascona"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@asynccontextmanager
async def serving(command: Path, data: Path) -> AsyncIterator[str]:
    """The address that a server prints first; it is stopped in the end."""
    options = ["--host", "127.0.0.1", "--port", "0", "--media-port", "0", "--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASCONA_")}
    process = await asyncio.create_subprocess_exec(
        command, "serve", *options, cwd=data, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), START_SECONDS)).decode()
        yield re.search(r"https?://[^\s/]+", line)[0]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def names_in(files: list[str]) -> set[str]:
    """The files of the pages, without the folders before `web/`."""
    return {name.partition("web/")[2] for name in files if "web/" in name and not name.endswith("/")}


def pages_in_checkout() -> set[str]:
    web = CHECKOUT / "web"
    folders = [web / "i18n", web / "static", web / "templates"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {file.relative_to(web).as_posix() for file in files}


def test_sdist_and_wheel_hold_every_page_text_and_script(released):
    (sdist,), (wheel,) = released.glob("*.tar.gz"), released.glob("*.whl")
    with tarfile.open(sdist) as archive:
        in_sdist = names_in(archive.getnames())
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = names_in(archive.namelist())

    assert pages_in_checkout() <= in_wheel <= in_sdist
    assert not any("node_modules" in name for name in in_sdist)


def test_a_wheel_says_what_it_is_made_of(released):
    (wheel,) = released.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (inside,) = (name for name in archive.namelist() if name.endswith(".dist-info/sboms/ascona.cdx.json"))
        shipped = archive.read(inside)

    assert shipped == (CHECKOUT / "deploy" / "ascona.cdx.json").read_bytes()


def test_a_wheel_says_which_machines_its_library_is_for(released, installed):
    (wheel,) = released.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        compiled = "ascona/media/native/_port.abi3.so" in archive.namelist()

    assert wheel.name.endswith("-py3-none-any.whl") is not compiled
    if compiled:
        assert "-cp311-abi3-" in wheel.name
        run(installed.with_name("python"), "-c", "import ascona.media.native._port")


def test_a_wheel_made_without_a_compiler_is_for_every_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", "/nowhere/cc")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, CHECKOUT)

    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not any(name.endswith(".so") for name in archive.namelist())


async def test_a_server_from_the_wheel_shows_its_pages(installed, tmp_path):
    async with serving(installed, tmp_path) as url, aiohttp.ClientSession(url) as browser:
        async with browser.get("/") as home:
            page = await home.text()
        async with browser.get("/healthz") as health:
            healthy = await health.json()
        async with browser.get("/static/room/main.js") as script:
            module = await script.text()

    assert (home.status, home.content_type) == (200, "text/html")
    assert "<html" in page
    assert health.status == 200
    assert healthy["version"]
    assert script.status == 200
    assert script.content_type.endswith("/javascript")
    assert module == (CHECKOUT / "web" / "static" / "room" / "main.js").read_text()
