"""What is installed is what was looked at: exact versions, by hash, beyond every hole that is known here."""

import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[3]
DEPLOY, WEB = ROOT / "deploy", ROOT / "web"
LOCKS = sorted(DEPLOY.glob("lock*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ADVISORIES = tomllib.loads((DEPLOY / "advisories.toml").read_text(encoding="utf-8"))["advisory"]

sys.path.insert(0, str(DEPLOY))
import sbom  # noqa: E402 - a script beside the tests, not part of the package


def plain(name: str) -> str:
    """A package's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, str]:
    return {plain(name): version for name, version, _, _ in sbom.locked(lock)}


def asked_for() -> list[Requirement]:
    """Everything that `pyproject.toml` wants."""
    project = PROJECT["project"]
    groups = [one for group in PROJECT["dependency-groups"].values() for one in group if isinstance(one, str)]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return [Requirement(one) for one in [*project["dependencies"], *extras, *groups]]


def test_there_is_a_lock_for_whatever_is_installed():
    assert [lock.name for lock in LOCKS] == ["lock-fuzz.txt", "lock-test.txt", "lock.txt"]
    locked = {name: version for lock in LOCKS for name, version in pins(lock).items()}
    for wanted in asked_for():
        assert wanted.specifier.contains(locked[plain(wanted.name)]), wanted


def test_tests_run_with_what_is_installed_without_them():
    assert pins(DEPLOY / "lock.txt").items() <= pins(DEPLOY / "lock-test.txt").items()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_with_the_hashes_of_its_files(lock):
    for name, version, _, hashes in sbom.locked(lock):
        assert re.fullmatch(r"[a-z0-9.-]+", name)
        assert Version(version)
        assert hashes, name


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda one: one["package"])
def test_no_known_hole_is_installed_or_allowed(advisory):
    name, good = plain(advisory["package"]), Version(advisory["first_good"])
    for lock in LOCKS:
        assert Version(pins(lock).get(name, "9999")) >= good, lock.name
    floors = [one.specifier for one in asked_for() if plain(one.name) == name]
    assert floors
    for floor in floors:
        assert min(Version(bound.version) for bound in floor if bound.operator in {">=", "=="}) >= good


@pytest.mark.parametrize("script", ["run", "test"])
def test_nothing_is_installed_without_its_hash(script):
    said = (DEPLOY / script).read_text(encoding="utf-8") + (DEPLOY / "environment.sh").read_text(encoding="utf-8")

    installs = re.findall(r"pip install (.*)", said)
    assert len(installs) == 2
    assert "--require-hashes --requirement" in installs[0]
    assert "--no-deps --no-build-isolation --editable ." in installs[1]
    assert "npm ci" in said or script == "run"


def test_the_bill_of_materials_is_that_of_the_lock():
    assert json.loads(sbom.SBOM.read_text(encoding="utf-8")) == sbom.sbom()


def test_what_pages_bring_along_is_what_was_written_down():
    written = dict(line.split("  ")[::-1] for line in (WEB / "vendor.sha256").read_text(encoding="utf-8").splitlines())
    vendor = WEB / "static" / "vendor"
    here = {path.relative_to(vendor).as_posix(): path for path in vendor.rglob("*") if path.is_file()}

    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in here.items()} == written


def test_what_pages_bring_along_is_of_the_version_that_npm_has_locked_by_hash():
    wanted = json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    for name, version in wanted.items():
        assert (WEB / "static" / "vendor" / name / "VERSION").read_text(encoding="utf-8").strip() == version
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all(one["integrity"].startswith("sha512-") for path, one in packages.items() if path)
