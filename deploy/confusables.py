"""Writes `server/ascona/core/confusables.py` from Unicode's confusables.txt, which is fetched by hand.

    python deploy/confusables.py confusables.txt   # from https://www.unicode.org/Public/security/latest/

Of it all that names can be made of is kept: letters, digits, marks, and whatever looks like them.
"""

import re
import sys
import textwrap
import unicodedata
from collections import defaultdict
from pathlib import Path

MODULE = Path(__file__).parents[1] / "server" / "ascona" / "core" / "confusables.py"
WIDTH = 118

HEAD = '''"""
What looks like what: Unicode Security Mechanisms (UTS #39), confusables.txt, version {version}.

Written by `deploy/confusables.py`, not by hand. The data file is Copyright © {year} Unicode, Inc. and given under the
Unicode License V3 (https://www.unicode.org/license.txt): permission is granted, free of charge, to any person
obtaining a copy of data files and any associated documentation (the "Data Files") or software and any associated
documentation (the "Software") to deal in the Data Files or Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, and/or sell copies of the Data Files or Software, and to
permit persons to whom the Data Files or Software are furnished to do so, provided that either (a) this copyright and
permission notice appear with all copies of the Data Files or Software, or (b) this copyright and permission notice
appear in associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY
RIGHTS. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY
SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS,
WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THE DATA FILES OR SOFTWARE. Except as contained in this notice, the name of a copyright holder shall
not be used in advertising or otherwise to promote the sale, use or other dealings in these Data Files or Software
without prior written authorization of the copyright holder.
"""

UNICODE_VERSION = "{version}"

_TABLE = """
{table}
"""

PROTOTYPES: dict[int, str] = {{}}
"""By code point: what it is taken for."""

for _line in _TABLE.replace("\\n ", " ").split("\\n"):
    _shown, _, _sources = _line.partition(" < ")
    _prototype = "".join(chr(int(_one, 16)) for _one in _shown.split())
    PROTOTYPES.update((int(_source, 16), _prototype) for _source in _sources.split())
'''


def prototypes(text: str) -> dict[int, str]:
    """By code point."""
    rows = (line.split("#")[0].split(";") for line in text.lstrip("\ufeff").splitlines())
    return {int(row[0], 16): "".join(chr(int(one, 16)) for one in row[1].split()) for row in rows if len(row) > 2}


def in_names(source: int, prototype: str) -> bool:
    """Whether it can matter between names, of which letters, digits and marks are compared."""
    return any(unicodedata.category(one)[0] in "LNM" for one in chr(source) + prototype)


def module(text: str) -> str:
    """The module's source."""
    version, year = re.search(r"Version: ([\d.]+)", text), re.search(r"© (\d+) Unicode", text)
    if version is None or year is None:
        raise SystemExit("This is not Unicode's confusables.txt.")
    sources = defaultdict(list)
    for source, prototype in sorted(prototypes(text).items()):
        if in_names(source, prototype):
            sources[" ".join(f"{ord(one):X}" for one in prototype)].append(f"{source:X}")
    lines = [
        textwrap.fill(f"{prototype} < {' '.join(those)}", WIDTH, subsequent_indent=" ", break_on_hyphens=False)
        for prototype, those in sorted(sources.items())
    ]
    return HEAD.format(version=version[1], year=year[1], table="\n".join(lines))


if __name__ == "__main__":
    MODULE.write_text(module(Path(sys.argv[1]).read_text(encoding="utf-8")), encoding="utf-8")
