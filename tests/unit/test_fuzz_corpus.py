"""What fuzzing has found so far, and what browsers send, is read again: `python -m tests.fuzz` looks for more."""

import pytest
from tests.fuzz.corpus import CORPUS
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_was_fed_before_is_taken_again(name):
    kept = [file.read_bytes() for file in (CORPUS / name).iterdir()]
    assert kept

    for data in (*TARGETS[name].seeds, *kept):
        TARGETS[name].read(data)


def test_the_corpus_stays_small():
    assert sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()) < 200_000
