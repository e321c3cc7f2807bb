"""The picture of paths: a band per shown transition of the largest nodes, and nothing hidden."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import duckdb
import pytest

from orchestration.journey_chart import (
    LAST_POSITION,
    MOST_NODES,
    Transition,
    draw_journey_paths,
    render_paths,
)

SVG = "{http://www.w3.org/2000/svg}"


def bands(markdown: str) -> list[list[str]]:
    """The bands of each picture."""
    return [[band.text or "" for band in
             ElementTree.fromstring(base64.b64decode(found)).iter(f"{SVG}title")]
            for found in re.findall(r"data:image/svg\+xml;base64,([^)]*)\)", markdown)]


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema reporting")
    con.execute(f"""
        create table reporting.journey_paths as select * from (values
            ('service', 'all', 1, 'start', 'call', 9, false),
            ('purchase', 'all', 1, 'start', 'visit', 60, false),
            ('purchase', 'all', 2, 'visit', 'cart', 40, false),
            ('purchase', 'all', 2, 'visit', 'end_abandoned', null, true),
            ('purchase', 'R3F1M1', 2, 'visit', 'cart', 30, false),
            ('purchase', 'all', null, 'visit', 'cart', 41, false),
            ('purchase', 'all', {LAST_POSITION + 1}, 'cart', 'end_delivered', 7, false))
            as paths (journey_type, segment, position, source, target, transitions_count,
                      is_suppressed)""")
    return con


def test_every_type_has_its_picture_the_commonest_first(con: duckdb.DuckDBPyConnection) -> None:
    told = draw_journey_paths(con)
    assert bands(told) == [["start to visit: 60", "visit to cart: 40"], ["start to call: 9"]]
    assert told.startswith("**purchase**")


def test_without_journeys_there_is_no_picture(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("delete from reporting.journey_paths")
    assert draw_journey_paths(con) == ""


def test_only_the_largest_nodes_are_drawn() -> None:
    told = render_paths("purchase", [
        Transition(1, "start", f"page {number:02}", 100 - number) for number in range(20)])
    assert bands(told) == [[f"start to page {number:02}: {100 - number}"
                            for number in range(MOST_NODES)]]


def test_names_of_touchpoints_are_no_markup() -> None:
    told = render_paths("purchase", [Transition(1, "start", "a<b&c\x0b", 5)])
    assert bands(told) == [["start to a<b&c : 5"]]
