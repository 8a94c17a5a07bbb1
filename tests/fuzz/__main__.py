"""Feeds the readers one after another, says what broke them, and keeps a small corpus of what they were fed."""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.corpus import CORPUS, prune, seed
from tests.fuzz.targets import TARGETS

SECONDS = 600
"""For each reader."""


def feed(name: str, seconds: int) -> bool:
    """Feed one reader; whether it survived. What broke it stays in its corpus, to be read again by the tests."""
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        seed(TARGETS[name], kept, Path(folder))
        hunt = subprocess.run([sys.executable, "-m", "tests.fuzz.hunt", name, str(seconds), folder, str(kept)])
        files, size = prune(TARGETS[name], Path(folder), kept)
    survived = hunt.returncode == 0
    print(f"{name}: {'survived' if survived else 'BROKE'}; {files} files, {size:,} bytes kept", flush=True)
    return survived


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    reader.add_argument("names", nargs="*", choices=[*TARGETS, []], help=f"of {', '.join(TARGETS)}; all unless given")
    reader.add_argument("--seconds", type=int, default=SECONDS, help=f"for each; {SECONDS} unless given")
    asked = reader.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.exit("This needs atheris (Python 3.11 to 3.13, Linux): .venv/bin/pip install --group fuzz")
    survived = [feed(name, asked.seconds) for name in asked.names or TARGETS]
    sys.exit(not all(survived))


if __name__ == "__main__":
    main()
