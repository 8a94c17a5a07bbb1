"""Adds up every test run for `deploy/test`: the slowest tests, and as its last line `N passed, N failed`."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

TESTS = ("node --test", "pytest")
"""Steps whose failures are counted test by test; another step that breaks counts as one."""

SLOWEST = 20
"""How many tests are named with the time they took, set-up and clearing away included."""


def pytest_counts(report: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) in a JUnit report that pytest wrote itself."""
    suites = list(ET.parse(report).iter("testsuite"))  # noqa: S314 - a report that our own run has just written
    total, failures, errors, skipped = (
        sum(int(suite.get(count, 0)) for suite in suites) for count in ("tests", "failures", "errors", "skipped")
    )
    return total - failures - errors - skipped, failures + errors, skipped


def node_counts(report: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) in the TAP that `node --test` wrote."""
    last = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", report.read_text(), re.MULTILINE))
    return int(last.get("pass", 0)), int(last.get("fail", 0)), int(last.get("skipped", 0))


def slowest(reports: list[Path]) -> list[str]:
    """A line for each of the slowest tests of pytest's reports, the slowest first: seconds, file and test."""
    cases = [case for report in reports for case in ET.parse(report).iter("testcase")]  # noqa: S314 - as above
    cases.sort(key=lambda case: -float(case.get("time", 0)))
    return [
        f"{float(case.get('time', 0)):7.1f} s  {case.get('classname')}::{case.get('name')}" for case in cases[:SLOWEST]
    ]


def tally(reports: Path, broken: list[str]) -> tuple[str, int]:
    """What was slow, what broke and the sum, to be printed, and the exit status: 1 if anything failed."""
    written = sorted(reports.glob("*.xml"))
    counts = [pytest_counts(report) for report in written]
    counts += [node_counts(report) for report in reports.glob("*.tap")]
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    failed += sum(not step.startswith(TESTS) for step in broken)
    failed = max(failed, len(broken))  # a run that died before it counted anything has failed too
    slow = slowest(written)
    lines = ["The slowest tests:", *slow, ""] if slow else []
    lines += [f"broken: {', '.join(broken)}"] if broken else []
    lines += [f"{skipped} skipped"] if skipped else []
    return "\n".join(["", *lines, f"{passed} passed, {failed} failed", ""]), int(failed > 0)


if __name__ == "__main__":
    text, status = tally(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(text)
    sys.exit(status)
