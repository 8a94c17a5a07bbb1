"""The files of `deploy/` that other programs read: what they name is there."""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from tests.support.missing import missing

from ascona.media.workers import WorkerFigures
from ascona.pages import front
from ascona.pages.metrics import Figures, _Collector, journal_seconds
from ascona.settings import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD, ALERTS = DEPLOY / "dashboard.json", DEPLOY / "alerts.json"
LABELS = {"invariant", "reason", "phase", "part", "process", "worker", "le"}


def exported() -> str:
    """What `/metrics` says of a server with a worker."""
    figures = Figures(
        phases=Counter(arrive=1), people=1, receivers=1, forwarded=1, dropped=1,
        refused=Counter(too_fast=1), commands_refused=Counter(leaders_only=1), violations=Counter(forwarding=0),
        unwatched=0, media=Counter(strangers=1), long_turns=0, stuck_turns=0, lag=0.0, tasks=1,
        journal=journal_seconds(), ready={"database": True}, workers=[WorkerFigures(True, 1, 1, 0, 0, 0.0, 1)],
    )  # fmt: skip
    registry = CollectorRegistry()
    registry.register(_Collector(figures))
    return generate_latest(registry).decode()


def expressions(file: Path) -> list[str]:
    """Every PromQL expression of a file."""
    return re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", [DASHBOARD, ALERTS], ids=lambda file: file.name)
def test_every_figure_that_is_asked_for_is_exported(file):
    names = set(re.findall(r"^(ascona_\w+)", exported(), re.MULTILINE))
    asked = {name for one in expressions(file) for name in re.findall(r"\bascona_\w+", one)}

    assert len(asked) > 5
    assert asked <= names


@pytest.mark.parametrize("file", [DASHBOARD, ALERTS], ids=lambda file: file.name)
def test_every_expression_closes_what_it_opens(file):
    for one in expressions(file):
        assert one.count("(") == one.count(")")
        assert one.count("[") == one.count("]")


def test_no_figure_has_a_label_of_a_person_or_a_room():
    assert set(re.findall(r"(\w+)=\"", exported())) == LABELS


def test_a_dashboard_has_each_panel_once_and_a_place_for_it():
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = dashboard["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert all(panel["title"] and panel["targets"] for panel in panels)
    cells = Counter(
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    )
    assert set(cells.values()) == {1}


def test_an_alert_says_what_is_wrong_and_what_to_do():
    [group] = json.loads(ALERTS.read_text(encoding="utf-8"))["groups"]
    names = [rule["alert"] for rule in group["rules"]]

    assert len(set(names)) == len(names)
    for rule in group["rules"]:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
    watched = " ".join(rule["expr"] for rule in group["rules"])
    for name in ("invariant_violations", "longest_turn", "workers_replaced", "worker_up", "ready"):
        assert f"ascona_{name}" in watched


def test_the_service_waits_for_whoever_is_told_and_leaves_workers_alone():
    unit = (DEPLOY / "ascona.service").read_text(encoding="utf-8")
    [stop] = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)

    assert int(stop) > Settings.model_fields["drain_seconds"].default
    assert "\nKillMode=process\n" in unit
    assert "\nExecStart=/opt/ascona/bin/ascona serve " in unit


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_understands_the_service(tmp_path):
    unit = tmp_path / "ascona.service"
    text = (DEPLOY / "ascona.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/ascona/bin/ascona", "/bin/true"), encoding="utf-8")

    looked_at = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )

    about_ours = [line for line in looked_at.stderr.splitlines() if "ascona.service" in line]
    assert about_ours == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_the_service_may_do_little_else_on_the_machine():
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(DEPLOY / "ascona.service")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert judged.returncode == 0, judged.stdout
    unit = (DEPLOY / "ascona.service").read_text(encoding="utf-8")
    assert re.search(r"^SystemCallFilter=~@privileged @resources$", unit, re.MULTILINE)
    assert {"MemoryMax", "TasksMax", "ProtectProc", "ProcSubset", "PrivateUsers"} <= set(
        re.findall(r"^(\w+)=", unit, re.MULTILINE)
    )


def test_the_proxy_takes_no_slow_header_and_shows_no_figures():
    caddy = re.sub(r"#.*", "", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))

    assert caddy.count("{") == caddy.count("}")
    assert re.search(r"read_header\s+10s", caddy)
    assert re.search(r"\swrite\s+15s", caddy)
    assert 1024 * int(re.search(r"max_header_size\s+(\d+)KB", caddy)[1]) == front.HEADER_FIELD_LIMIT
    assert re.search(r"max_size\s+64KB", caddy)
    assert re.search(r"@own path .*/metrics.*/status", caddy)
    assert "log" not in caddy.split()
    assert f"127.0.0.1:{Settings.model_fields['port'].default}" in caddy


def test_caddy_understands_the_proxy(tmp_path):
    if shutil.which("caddy") is None:
        missing("Caddy", "caddy")
    file = tmp_path / "Caddyfile"
    file.write_text((DEPLOY / "Caddyfile").read_text(encoding="utf-8").replace("HOST {", "localhost {"), "utf-8")

    subprocess.run(["caddy", "adapt", "--config", str(file), "--adapter", "caddyfile"], check=True, timeout=60)
