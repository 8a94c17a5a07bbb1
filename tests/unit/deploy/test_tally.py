"""What `deploy/test` says at the end of all its runs."""

import subprocess
import sys
from pathlib import Path

TALLY = Path(__file__).parents[3] / "deploy" / "tally.py"
REPORT = '<testsuite tests="{tests}" failures="{failures}" errors="0" skipped="0">{cases}</testsuite>'


def report(folder: Path, name: str, seconds: dict[str, float], failures: int = 0) -> None:
    """A report as pytest writes it, of tests that took so long."""
    cases = "".join(f'<testcase classname="tests.a" name="{test}" time="{took}"/>' for test, took in seconds.items())
    text = REPORT.format(tests=len(seconds), failures=failures, cases=cases)
    (folder / f"{name}.xml").write_text(text, encoding="utf-8")


def told(folder: Path, *broken: str) -> tuple[list[str], int]:
    """The lines that are printed, and the exit status."""
    done = subprocess.run([sys.executable, TALLY, folder, *broken], capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.returncode


def test_the_last_line_is_the_sum_of_all_runs(tmp_path):
    report(tmp_path, "inner", {"one": 0.1, "two": 0.2})
    report(tmp_path, "e2e", {"three": 3.0})
    (tmp_path / "node.tap").write_text("# pass 4\n# fail 0\n# skipped 0\n", encoding="utf-8")

    lines, status = told(tmp_path)

    assert (lines[-1], status) == ("7 passed, 0 failed", 0)


def test_a_failed_test_and_a_broken_step_are_failures(tmp_path):
    report(tmp_path, "inner", {"one": 0.1, "two": 0.2}, failures=1)

    lines, status = told(tmp_path, "mypy", "pytest: end to end")

    assert (lines[-1], status) == ("1 passed, 2 failed", 1)
    assert "broken: mypy, pytest: end to end" in lines


def test_the_slowest_tests_of_all_runs_are_named_the_slowest_first(tmp_path):
    report(tmp_path, "inner", {f"quick{number}": number / 100 for number in range(30)})
    report(tmp_path, "e2e", {"slow": 12.25, "slower": 100.0})

    lines, _ = told(tmp_path)

    slow = lines[lines.index("The slowest tests:") + 1 :][:20]
    assert slow[:3] == ["  100.0 s  tests.a::slower", "   12.2 s  tests.a::slow", "    0.3 s  tests.a::quick29"]
    assert len([line for line in lines if "tests.a::" in line]) == 20


def test_a_run_that_wrote_no_report_names_no_slow_tests(tmp_path):
    lines, status = told(tmp_path, "pytest: end to end")

    assert (lines[-1], status) == ("0 passed, 1 failed", 1)
    assert "The slowest tests:" not in lines
