"""Writes what Ascona is made of to `ascona.cdx.json` (CycloneDX 1.6), from the lock and the pages' libraries."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
SBOM = HERE / "ascona.cdx.json"
"""In the repository, and in every wheel (PEP 770)."""


def locked(lock: Path) -> Iterator[tuple[str, str, str, list[str]]]:
    """(name, version, marker, SHA-256 of each file) of every package in a lock."""
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
    for entry in filter(str.strip, entries):
        first, _, rest = entry.partition("\\\n")
        pin, _, marker = first.partition(";")
        name, _, version = pin.strip().partition("==")
        yield name, version, marker.strip(), re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)


def components() -> Iterator[dict[str, Any]]:
    """Packages of Python by their lock, and the libraries that pages bring along by npm's."""
    for name, version, marker, _ in locked(HERE / "lock.txt"):
        purl = f"pkg:pypi/{name}@{version}"
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
        }
        if marker:
            component["properties"] = [{"name": "ascona:only-where", "value": marker}]
        yield component
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name in packages[""]["dependencies"]:
        version = packages[f"node_modules/{name}"]["version"]
        purl = f"pkg:npm/{name}@{version}"
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def sbom() -> dict[str, Any]:
    """The whole document. It says no moment and draws no number, so that the same lock gives the same file."""
    parts = sorted(components(), key=lambda one: one["bom-ref"])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "ascona", "name": "ascona"}},
        "components": parts,
        "dependencies": [{"ref": "ascona", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    SBOM.write_text(json.dumps(sbom(), indent=1) + "\n", encoding="utf-8")
