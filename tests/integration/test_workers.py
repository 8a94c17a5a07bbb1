"""Workers that die, freeze or are left alone, and web processes that do: nobody is heard who must not be."""

import asyncio
import os
import signal
from pathlib import Path

import aioice
import pytest
from tests.support.media import PATIENCE, ROOM, Client, counts, loopback_addresses, people, plan, until, until_counts
from tests.support.workers import brief, workers_on_loopback

from ascona.core.media_plan import Kind, MediaPlan
from ascona.media.offer import OfferRefused
from ascona.media.workers import CannotWork, Workers, dismiss

BOTH = plan(("pia", "ben"), ("ben", "pia"), pia=0, ben=1)
SHORT = 0.3  # seconds
PIA_SITS_BACK = plan(("ben", "pia"), pia=0, ben=1)


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)


def end(workers: Workers, how: signal.Signals, number: int = 0) -> int:
    """Send a worker a signal; its process."""
    pid = workers.pids[number]
    assert pid is not None
    os.kill(pid, how)
    return pid


async def only_signs_of_life(listener: Client) -> None:
    """Wait until nobody is heard any more, and the line still there."""
    heard = -1
    while heard != (heard := listener.packets(0, Kind.AUDIO)):
        came = listener.came
        await until(lambda came=came: listener.came > came + 2)


async def test_a_worker_that_is_killed_is_replaced_and_whoever_comes_again_is_heard(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers, people(workers, "pia", "ben") as (_, ben):
        await workers.follow(ROOM, BOTH)
        await ben.frame(0, Kind.AUDIO)
        ports = workers.ports

        end(workers, signal.SIGKILL)
        await until(lambda: workers.connected(ROOM) == frozenset())
        async with people(workers, "pia", "ben") as (pia, ben_again):
            await ben_again.frame(0, Kind.AUDIO)
            await pia.frame(1, Kind.VIDEO)

        assert [one.replaced for one in workers.workers()] == [1]
        assert len(workers.ports) == len(ports)


async def test_who_sat_back_sits_back_in_the_room_that_comes_back(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers:
        await workers.follow(ROOM, PIA_SITS_BACK)
        async with people(workers, "pia", "ben"):
            end(workers, signal.SIGKILL)
            await until(lambda: workers.connected(ROOM) == frozenset())

        async with people(workers, "pia", "ben") as (pia, ben):
            await pia.frame(1, Kind.AUDIO)
            await until_counts(workers, "pia", "ben", Kind.AUDIO, lambda now: now.dropped > 20)

            assert (await counts(workers, "pia", "ben", Kind.AUDIO)).forwarded == 0
            assert ben.packets(0, Kind.AUDIO) == ben.packets(0, Kind.VIDEO) == 0


async def test_a_worker_that_is_frozen_when_somebody_sits_back_is_ended_before_the_plan_counts_as_followed(
    tmp_path: Path,
) -> None:
    async with workers_on_loopback(tmp_path) as workers, people(workers, "pia", "ben") as (_, ben):
        await workers.follow(ROOM, BOTH)
        await ben.frame(0, Kind.AUDIO)

        pid = end(workers, signal.SIGSTOP)
        workers.patience = SHORT
        await workers.follow(ROOM, PIA_SITS_BACK)
        workers.patience = PATIENCE

        assert not running(pid)
        async with people(workers, "pia", "ben") as (pia, ben_again):
            await pia.frame(1, Kind.AUDIO)
            assert ben_again.packets(0, Kind.AUDIO) == 0


async def test_a_frozen_worker_is_replaced_though_nothing_is_asked_of_it(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path, patience=2.0) as workers:
        pid = end(workers, signal.SIGSTOP)

        await until(lambda: workers.workers()[0].replaced >= 1)
        workers.patience = PATIENCE
        await until(lambda: workers.workers()[0].up)
        assert not running(pid)


async def test_a_web_process_that_comes_back_finds_its_room_forwarding_and_leads_on(tmp_path: Path) -> None:
    told: list[str] = []
    async with workers_on_loopback(tmp_path) as first, people(first, "pia", "ben") as (_, ben):
        await first.follow(ROOM, BOTH)
        await ben.frame(0, Kind.AUDIO)
        pid = first.pids[0]
        await first.abandon()
        before = ben.packets(0, Kind.AUDIO)
        await until(lambda: ben.packets(0, Kind.AUDIO) > before + 20)

        async with workers_on_loopback(tmp_path, told=lambda room, person, pictures: told.append(person)) as second:
            assert second.pids == [pid]
            assert second.connected(ROOM) == {"pia", "ben"}
            await until(lambda: set(told) == {"pia", "ben"})
            before = ben.packets(0, Kind.AUDIO)
            await until(lambda: ben.packets(0, Kind.AUDIO) > before + 10)

            await second.follow(ROOM, PIA_SITS_BACK)
            sent = (await counts(second, "pia", "ben", Kind.AUDIO)).forwarded
            await until_counts(second, "pia", "ben", Kind.AUDIO, lambda now: now.dropped > 20)
            assert (await counts(second, "pia", "ben", Kind.AUDIO)).forwarded == sent


async def test_a_room_nobody_leads_any_more_is_closed(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as first, people(first, "pia") as (pia,):
        await first.abandon()
        second = Workers(tmp_path, [brief()])
        await second.start()

        second.close_unopened()

        await until(lambda: pia.connection.connectionState == "closed")
        assert second.connected(ROOM) == frozenset()
        await second.close()


async def test_an_older_plan_shuts_the_room_and_never_overrides_a_newer_one(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers, people(workers, "pia", "ben"):
        await workers.follow(ROOM, MediaPlan(7, PIA_SITS_BACK.routes, PIA_SITS_BACK.slots))

        with pytest.raises(ValueError, match="older"):
            await workers.follow(ROOM, MediaPlan(6, BOTH.routes, BOTH.slots))

        dropped = (await counts(workers, "pia", "ben", Kind.AUDIO)).dropped
        await until_counts(workers, "pia", "ben", Kind.AUDIO, lambda now: now.dropped > dropped + 20)
        assert (await counts(workers, "pia", "ben", Kind.AUDIO)).forwarded == 0


async def test_a_worker_alone_for_too_long_hangs_up_and_ends(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path, alone_seconds=0.2) as workers, people(workers, "pia") as (pia,):
        pid = workers.pids[0]
        await workers.abandon()

        await until(lambda: pia.connection.connectionState == "closed")
        await until(lambda: not running(pid))
        assert {path.name for path in folder(tmp_path)} == {"lock"}


async def test_a_worker_that_nobody_leads_any_more_shuts_its_gates_and_keeps_its_lines(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path, unled_seconds=SHORT) as first, people(first, "pia", "ben") as (_, ben):
        await first.follow(ROOM, BOTH)
        await ben.frame(0, Kind.AUDIO)
        await first.abandon()
        await only_signs_of_life(ben)
        heard = ben.packets(0, Kind.AUDIO)

        async with workers_on_loopback(tmp_path, unled_seconds=SHORT) as second:
            assert second.connected(ROOM) == {"pia", "ben"}
            await second.follow(ROOM, BOTH)
            await until(lambda: ben.packets(0, Kind.AUDIO) > heard)


async def test_a_leader_who_says_nothing_leads_nobody_and_goes_on_where_they_were(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path, unled_seconds=3.0) as workers, people(workers, "pia", "ben") as (_, ben):
        await workers.follow(ROOM, BOTH)
        await ben.frame(0, Kind.AUDIO)

        workers._posts[0]._watching.cancel()  # as if its loop stood still
        await only_signs_of_life(ben)
        heard = ben.packets(0, Kind.AUDIO)

        assert len((await workers.wiring(ROOM)).open) == 4
        await until(lambda: ben.packets(0, Kind.AUDIO) > heard)


async def test_rooms_go_to_the_worker_that_has_least_to_do(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path, count=2) as workers:
        workers.open_room("other", 2)
        workers.open_room("third", 2)
        assert len(set(workers.ports)) == 2
        async with people(workers, "pia", "ben"):
            for room in ("other", "third"):
                client = Client(2)
                await client.join(workers, "ada", room)
                await client.close()

            assert [one.rooms for one in workers.workers()] == [1, 2]


async def test_a_room_stays_with_a_web_process_that_is_stopped_in_order(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers, people(workers, "pia") as (pia,):
        pid = workers.pids[0]
        await workers.close()

        await until(lambda: pia.connection.connectionState == "closed")
        assert not running(pid)


async def test_one_web_process_at_a_time(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path):
        with pytest.raises(CannotWork, match="Another Ascona"):
            Workers(tmp_path, [brief()])


async def test_a_worker_told_something_else_is_replaced(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as first:
        pid = first.pids[0]
        await first.abandon()

        async with workers_on_loopback(tmp_path, alone_seconds=59.0) as second:
            assert second.pids != [pid]
            assert not running(pid)


async def test_workers_that_nobody_wants_any_more_are_ended(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers:
        pid = workers.pids[0]
        await workers.abandon()

        await dismiss(tmp_path)

        assert not running(pid)


async def test_a_folder_whose_name_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotWork, match="too long"):
        Workers(tmp_path / ("x" * 100), [brief()])


async def test_only_this_user_finds_the_socket(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path / "media"):
        assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "media" / "worker-0").stat().st_mode & 0o077 == 0


NONSENSE = (
    b"\xff\xff\xff\xff",
    *(
        len(body).to_bytes(4) + body
        for body in (
            b"hello",
            b"[]",
            b"{}",
            b'["x","state",[]]',
            b'[1,"dance",[]]',
            b'[1,"follow",[7]]',
            b'[1,"state",' + b"[" * 9000,
        )
    ),
)


async def test_nonsense_ends_the_line_and_not_the_worker(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers:
        pid = workers.pids[0]
        await workers.abandon()
        for nonsense in NONSENSE:
            reader, writer = await asyncio.open_unix_connection(tmp_path / "worker-0")

            writer.write(nonsense)

            async with asyncio.timeout(PATIENCE):
                await reader.read()
            writer.close()
            await writer.wait_closed()

        assert running(pid)
        await dismiss(tmp_path)


async def test_an_offer_while_there_is_no_room_is_refused_and_counted(tmp_path: Path) -> None:
    async with workers_on_loopback(tmp_path) as workers:
        with pytest.raises(OfferRefused, match="room_closed"):
            await workers.answer("another", "ada", "")

        assert workers.totals()["refused_room_closed"] == 1


def folder(path: Path) -> list[Path]:
    return list(path.iterdir())


def running(pid: int | None) -> bool:
    """Whether this process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # before it was opened, or before it was read
        return False
