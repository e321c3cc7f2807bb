"""Cheap bounds before an edit distance lose nothing."""

from __future__ import annotations

import random

import duckdb
import pytest

from models_ml.comparisons import edited_sql


def edited(text: str, edits: int, draw: random.Random) -> str:
    """A text with so many slips: a sign put in, left out, replaced, or two swapped."""
    signs = list(text)
    for _ in range(edits):
        place = draw.randrange(max(len(signs) - 1, 1))
        slip = draw.choice(("insert", "delete", "replace", "swap"))
        if slip == "insert":
            signs.insert(place, draw.choice("abc"))
        elif slip == "delete" and signs:
            signs.pop(place)
        elif slip == "replace" and signs:
            signs[place] = draw.choice("abc")
        elif len(signs) > 1:
            signs[place:place + 2] = reversed(signs[place:place + 2])
    return "".join(signs)


@pytest.mark.parametrize("edits", [1, 2])
def test_the_bounds_lose_no_pair_that_is_few_edits_apart(edits: int) -> None:
    draw = random.Random(7)
    texts = ["".join(draw.choices("abc", k=draw.randrange(13))) for _ in range(4_000)]
    pairs = [(text, edited(text, draw.randrange(4), draw)) for text in texts]
    pairs += [("ab", "ba"), ("abcd", "badc"), ("", ""), ("", "ab"), ("ca", "abc")]
    con = duckdb.connect()
    con.execute("create table pairs (x_l varchar, x_r varchar)")
    con.executemany("insert into pairs values (?, ?)", pairs)
    found = con.execute(
        f"select {edited_sql('x', edits)}, damerau_levenshtein(x_l, x_r) <= {edits} from pairs"
    ).fetchall()
    assert [bounded for bounded, _ in found] == [exact for _, exact in found]
    assert 500 < sum(exact for _, exact in found) < 4_000
