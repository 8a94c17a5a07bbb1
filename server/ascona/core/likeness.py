"""Whether two names can be taken for one another: by case, accents, marks between words, or letters that look alike."""

import unicodedata
from collections.abc import Iterable

from ascona.core.confusables import PROTOTYPES

ACCENTS_FROM = 200
"""Combining classes from here on stand above or below a letter (Unicode Standard, table 4-3). Those below are vowels
and signs of other scripts, which make another name."""


def alike(one: str, other: str) -> bool:
    """Whether a group could mistake one of these names for the other."""
    return not _shapes(one).isdisjoint(_shapes(other))


def first_alike(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of these that could be mistaken for one another; None: each stands alone."""
    known: dict[str, str] = {}
    for name in names:
        shapes = _shapes(name)
        for shape in shapes & known.keys():
            return known[shape], name
        known |= dict.fromkeys(shapes, name)
    return None


def _shapes(name: str) -> frozenset[str]:
    """What is left of a name for a quick look: as it is written, and in small letters."""
    plain = unicodedata.normalize("NFKC", name)
    return frozenset({_bare(_skeleton(plain.casefold())), _bare(_skeleton(plain))})


def _skeleton(text: str) -> str:
    """Each character as what it is taken for (UTS #39, section 4)."""
    letters = (PROTOTYPES.get(ord(one), one) for one in unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", "".join(letters))


def _bare(text: str) -> str:
    """Small letters, digits and vowel signs alone: no accents, and nothing between words."""
    kept = (one for one in text.casefold() if one.isalnum() or 0 <= _accent(one) < ACCENTS_FROM)
    return "".join(kept)


def _accent(one: str) -> int:
    """The combining class of a mark; -1 of what is none."""
    return unicodedata.combining(one) if unicodedata.category(one).startswith("M") else -1
