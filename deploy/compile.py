"""Compiles `port.c` while a wheel is built or Ascona is installed; without a C compiler nothing else is different."""

import os
import shlex
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "server/ascona/media/native/port.c"
NAME = "_port.abi3.so"
TAG = "cp311-abi3"  # Python 3.11 and every later one
OPTIONS = (
    "-O2",
    "-Wall",
    "-Wextra",
    "-shared",
    "-fPIC",
    "-fstack-protector-strong",
    "-ffp-contract=off",  # the same numbers as in Python, to the last bit
    "-DPy_LIMITED_API=0x030B0000",
)
PATIENCE = 60.0


class CompileHook(BuildHookInterface[BuilderConfig]):
    """An editable installation gets the library beside its source; a wheel carries it, and says for which machines."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        source = Path(self.root, SOURCE)
        if version == "editable":
            compile_to(source.with_name(NAME), source)
            return
        self._folder = tempfile.TemporaryDirectory()
        library = Path(self._folder.name, NAME)
        if compile_to(library, source):
            build_data["force_include"][str(library)] = f"ascona/media/native/{NAME}"
            build_data["pure_python"] = False
            build_data["tag"] = f"{TAG}-{platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()


def platform() -> str:
    """This machine's part of a wheel's name."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def compile_to(library: Path, source: Path, *options: str) -> bool:
    """Compile with the first compiler that does it; if none does, no library is there afterwards."""
    library.unlink(missing_ok=True)
    include = sysconfig.get_path("include")
    for compiler in compilers():
        fresh = library.with_suffix(".fresh")
        command = [*compiler, *OPTIONS, *options, f"-I{include}", str(source), "-o", str(fresh)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)  # noqa: S603 - our own words
            fresh.replace(library)
        except (OSError, subprocess.SubprocessError):
            fresh.unlink(missing_ok=True)
        else:
            return True
    return False


def compilers() -> list[list[str]]:
    """`CC` and nothing else where it is set; else the one that Python was made with, and the system's."""
    wanted = os.environ.get("CC")
    names = [wanted] if wanted is not None else [sysconfig.get_config_var("CC") or "", "cc", "gcc", "clang"]
    return [shlex.split(name) for name in names if name.strip()]
