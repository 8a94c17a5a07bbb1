"""Adds up every test run for `deploy/test`; its last line is `N passed, N failed`."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

TESTS = ("node --test", "pytest")
"""Steps whose failures are counted test by test; another step that breaks counts as one."""


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


def tally(reports: Path, broken: list[str]) -> tuple[str, int]:
    """What broke and the sum, to be printed, and the exit status: 1 if anything failed."""
    counts = [pytest_counts(report) for report in reports.glob("*.xml")]
    counts += [node_counts(report) for report in reports.glob("*.tap")]
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    failed += sum(not step.startswith(TESTS) for step in broken)
    failed = max(failed, len(broken))  # a run that died before it counted anything has failed too
    lines = [f"broken: {', '.join(broken)}"] if broken else []
    lines += [f"{skipped} skipped"] if skipped else []
    return "\n".join(["", *lines, f"{passed} passed, {failed} failed", ""]), int(failed > 0)


if __name__ == "__main__":
    text, status = tally(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(text)
    sys.exit(status)
