"""Files that are not code: pages, texts, programmes; in a checkout beside the code, in a wheel inside it."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def web() -> Path:
    """
    The folder with templates, texts and static files.

    Raises:
        FileNotFoundError: If the installation is broken.
    """
    for folder in (PACKAGE.parents[1] / "web", PACKAGE / "web"):
        if (folder / "templates").is_dir():
            return folder
    raise FileNotFoundError("Ascona's pages are missing: the installation is broken")


def preset(name: str) -> str:
    """
    The text of a preset programme, TOML.

    Raises:
        KeyError: If there is none of that name.
    """
    if name not in presets():
        raise KeyError(name)
    return (PACKAGE / "programmes" / f"{name}.toml").read_text(encoding="utf-8")


def presets() -> tuple[str, ...]:
    """Names of the preset programmes."""
    return tuple(sorted(file.stem for file in (PACKAGE / "programmes").glob("*.toml")))
