"""The chart of match weights: what is counted, and that the picture holds all of it."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import duckdb
import pytest

from models_ml.identity import IdentitySettings
from orchestration.identity_chart import WeightBin, draw_match_weights, render_identity

SVG = "{http://www.w3.org/2000/svg}"


def picture(markdown: str) -> ElementTree.Element:
    found = re.search(r"!\[.*?\]\(data:image/svg\+xml;base64,([^)]*)\)", markdown)
    assert found is not None
    return ElementTree.fromstring(base64.b64decode(found.group(1)))


def bars(markdown: str) -> list[str]:
    return [bar.text or "" for bar in picture(markdown).iter(f"{SVG}title")]


def texts(markdown: str) -> list[str]:
    return [text.text or "" for text in picture(markdown).iter(f"{SVG}text")]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("""
        create table identity_edges as select * from (values
            ('a', 'b', 'probabilistic', 8.5, 'used'), ('a', 'b', 'email', null, 'used'),
            ('a', 'c', 'probabilistic', 8.1, 'cut_bridge'), ('a', 'd', 'email', null, 'used'),
            ('c', 'd', 'probabilistic', -1.5, 'cut_conflict'))
            as edges (left_record_key, right_record_key, match_rule, match_weight, edge_status)""")
    con.execute("""
        create table identity_review as select * from (values
            ('a', 'e', 'unsure', 2.0), ('a', 'c', 'cut_bridge', 8.1))
            as review (left_record_key, right_record_key, review_reason, match_weight)""")
    return con


def test_every_weighed_pair_is_counted_once(con: duckdb.DuckDBPyConnection) -> None:
    told = draw_match_weights(con, settings=IdentitySettings(), changes={"merged": 3, "split": 1})
    assert bars(told) == ["1 cut, -2 to -1 bits", "1 unsure, to review, +2 to +3 bits",
                          "1 joined, +8 to +9 bits", "1 cut, +8 to +9 bits"]
    assert "**3** merged, **1** split, **0** renamed. Pairs to review: **2**" in told
    assert told.endswith("| email | 2 | 0 |\n| probabilistic | 1 | 2 |")
    assert "threshold 0.95" in texts(told)


def test_without_a_weighed_pair_there_is_no_picture(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update identity_edges set match_weight = null")
    con.execute("delete from identity_review")
    told = draw_match_weights(con, settings=IdentitySettings(), changes={})
    assert told.startswith("Customers changed by this run: **0** merged")


def test_one_pair_among_thousands_is_seen_and_nothing_leaves_the_picture() -> None:
    bins = [WeightBin(-20, "cut", 1), WeightBin(4, "used", 1_999_999), WeightBin(60, "used", 7)]
    told = render_identity(bins, bin_size=4, threshold=0.95, rules={}, review=0, changes={})
    root = picture(told)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    rectangles = [bar for bar in root.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
    for bar in rectangles:
        assert 0 < float(bar.get("x", 0)) < float(bar.get("x", 0)) + float(
            bar.get("width", 0)) < width
        assert 0 < float(bar.get("y", 0)) < height
        assert float(bar.get("height", 0)) > 5
    assert {"1", "100,000", "1M"} <= set(texts(told))
