"""Blocks: which pairs are compared, and that their number stays within its bound."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models_ml import blocking
from models_ml.blocking import (
    BLOCKS,
    Block,
    BlockLimits,
    candidates_sql,
    choose_block_limits,
    write_block_keys,
)
from models_ml.comparisons import DESCRIBED

TELLS = {block.name: block.tells for block in BLOCKS}


def engine_with(*records: Mapping[str, str | None]) -> duckdb.DuckDBPyConnection:
    """An engine with `block_key` of records numbered from 1; what a record lacks is unknown."""
    con = duckdb.connect()
    columns = ", ".join(f"{name} varchar" for name in DESCRIBED if name != "record_id")
    con.execute(f"create table described (record_id bigint, {columns})")
    con.execute("create table block_key "
                "(block_number tinyint, block_key uinteger, record_id bigint)")
    con.executemany(
        f"insert into described values ({', '.join('?' * len(DESCRIBED))})",
        [[number, *(record.get(name) for name in DESCRIBED if name != "record_id")]
         for number, record in enumerate(records, 1)])
    write_block_keys(con, described="described", target="block_key")
    return con


def candidates(con: duckdb.DuckDBPyConnection, limits: BlockLimits) -> set[tuple[int, int]]:
    found = con.execute(candidates_sql("block_key", limits)).fetchall()
    assert len(found) == len(set(found))
    return set(found)


def every_block(limit: int, *, one_is_enough: bool) -> BlockLimits:
    return BlockLimits({block.name: limit for block in BLOCKS}, one_is_enough)


def set_budget(monkeypatch: pytest.MonkeyPatch, *, per_record: int, least: int) -> None:
    monkeypatch.setattr(blocking, "PAIRS_PER_RECORD", per_record)
    monkeypatch.setattr(blocking, "LEAST_PAIRS", least)


def choose(con: duckdb.DuckDBPyConnection) -> BlockLimits:
    (count,) = con.execute("select count(*) from described").fetchall()[0]
    return choose_block_limits(con, keys="block_key", record_count=count)


@pytest.mark.parametrize(("records", "compared"), [(2, 1), (3, 3), (4, 0)])
def test_a_block_over_its_limit_yields_no_pair(records: int, compared: int) -> None:
    con = engine_with(*[{"email": "info@x.de"}] * records)
    assert len(candidates(con, every_block(3, one_is_enough=True))) == compared


def test_a_sample_holds_all_pairs_of_its_left_records() -> None:
    con = engine_with(*({"email": f"info@{number % 20}.de", "loyalty_id": f"K{number % 30}"}
                        for number in range(60)))
    limits = every_block(3, one_is_enough=False)
    sampled = {number for (number,) in con.execute(
        "select record_id from described where hash(record_id) % 4 = 0").fetchall()}
    found = set(con.execute(candidates_sql("block_key", limits, one_in=4)).fetchall())
    assert found == {pair for pair in candidates(con, limits) if pair[0] in sampled}
    assert 0 < len(found) < len(candidates(con, limits))


def test_a_record_is_in_no_block_whose_key_it_knows_in_part() -> None:
    con = engine_with({"first_root": "eva", "last_name": "muster"}, {"first_root": "eva"},
                      {"last_name": "muster"})
    assert candidates(con, every_block(9, one_is_enough=True)) == set()
    assert con.execute("select record_id from block_key").fetchall() == [(1,)]


BORN, LIVES = {"birth_text": "1980-02-29"}, {
    "street_name": "weg", "house_number": "1", "postal_code": "10115"}


@pytest.mark.parametrize(("case", "shared", "is_compared"), [
    ("one block that does not tell", BORN, False),
    ("another one", LIVES, False),
    ("two that do not tell", {**BORN, **LIVES}, True),
    ("one that tells", {"email": "eva@x.de"}, True),
])
def test_what_one_shared_block_counts(
    case: str, shared: dict[str, str], is_compared: bool,
) -> None:
    con = engine_with(shared, shared)
    assert TELLS["birth date"] is TELLS["address"] is False
    # Both together are a third block, which tells: it is not what is asked here.
    limits = {block.name: 9 for block in BLOCKS if block.name != "birth date and postal code"}
    assert (candidates(con, BlockLimits(limits, one_is_enough=False)) == {(1, 2)}) is is_compared
    assert candidates(con, BlockLimits(limits, one_is_enough=True)) == {(1, 2)}, case


# Four records that share an e-mail are 6 pairs, four that share a telephone another 6.
@pytest.mark.parametrize(("budget", "email", "phone"), [
    (12, 30, 30),
    (11, 30, 3),  # what is left is not enough for four, and there are no three to compare
    (6, 30, 3),
    (5, 3, 3),
])
def test_blocks_are_served_in_their_order_and_get_the_most_that_fits(
    monkeypatch: pytest.MonkeyPatch, budget: int, email: int, phone: int,
) -> None:
    con = engine_with(*[{"email": "e@x.de"}] * 4, *[{"phone": "+49301"}] * 4)
    set_budget(monkeypatch, per_record=0, least=budget)
    limits = choose(con)
    assert (limits.most["email"], limits.most["phone"]) == (email, phone)
    assert list(limits.most) == [block.name for block in BLOCKS]


def test_a_block_that_fits_with_no_limit_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    con = engine_with(*[{"email": "e@x.de"}] * 2, *[{"phone": "+49301"}] * 2)
    set_budget(monkeypatch, per_record=0, least=1)
    limits = choose(con)
    assert (limits.most["email"], limits.most["phone"]) == (30, 0)
    assert candidates(con, limits) == {(1, 2)}


@pytest.mark.parametrize(("least", "one_is_enough"), [(6, True), (5, False)])
def test_one_shared_block_is_enough_while_the_pairs_are_few(
    monkeypatch: pytest.MonkeyPatch, least: int, one_is_enough: bool,
) -> None:
    set_budget(monkeypatch, per_record=9, least=least)
    assert choose(engine_with(*[{"email": "e@x.de"}] * 4)).one_is_enough is one_is_enough


WHO = {"first_name": "eva", "first_root": "eva", "last_name": "muster", "last_core": "muster",
       "first_code": "03", "last_code": "6827"}
EVERYTHING = {**WHO, **BORN, **LIVES, "city": "berlin", "email": "e@x.de", "email_own": "e",
              "phone": "+49301", "company_name": "muster"}


def same_in_groups(size: int, count: int = 120) -> list[dict[str, str]]:
    """Groups in which everything is equal, and nothing is between them."""
    return [{column: f"{value}{number // size}" for column, value in EVERYTHING.items()}
            for number in range(count)]


def crossed(size: int, count: int = 120) -> list[dict[str, str]]:
    """Groups that are others in every column, so that one pair is in few blocks."""
    return [{column: f"{value}{(number * (place + 1) + number // size) % (count // size)}"
             for place, (column, value) in enumerate(EVERYTHING.items())}
            for number in range(count)]


@pytest.mark.parametrize(("case", "records"), [
    ("everybody is the same", [EVERYTHING] * 120),
    ("everybody has the same name", [{**WHO, "email": f"{n}@x.de"} for n in range(120)]),
    *((f"groups of {size}", same_in_groups(size)) for size in (2, 5, 30, 60)),
    *((f"crossed groups of {size}", crossed(size)) for size in (2, 5, 30)),
])
def test_compared_pairs_never_exceed_their_bound(
    monkeypatch: pytest.MonkeyPatch, case: str, records: list[dict[str, str]],
) -> None:
    con = engine_with(*records)
    for per_record, least in ((0, 1), (1, 20), (3, 500), (9, 500)):
        set_budget(monkeypatch, per_record=per_record, least=least)
        found = len(candidates(con, choose(con)))
        assert found <= max(per_record * len(records), least), (case, per_record, least)


def test_what_fits_into_the_bound_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    set_budget(monkeypatch, per_record=2, least=0)
    con = engine_with(*same_in_groups(5))  # 24 groups of 10 pairs, and 240 are allowed
    assert len(candidates(con, choose(con))) == 240


few = {column: st.sampled_from([None, "1", "2"]) for column in (
    "first_root", "last_name", "birth_text", "city", "phone")}


@settings(deadline=None, max_examples=20, derandomize=True,
          phases=[Phase.explicit, Phase.generate])
@given(
    records=st.lists(st.fixed_dictionaries(few), min_size=2, max_size=9),
    most=st.lists(st.sampled_from([0, 2, 3, 5]), min_size=3, max_size=3),
    one_is_enough=st.booleans(),
)
def test_candidates_are_the_pairs_that_share_a_small_block(
    records: list[dict[str, str | None]], most: list[int], one_is_enough: bool,
) -> None:
    """Against the definition, pair by pair."""
    blocks = {"name": ("first_root", "last_name"), "birth date": ("birth_text",),
              "first name and city": ("first_root", "city")}
    limits = dict(zip(blocks, most, strict=True))
    shared: dict[tuple[int, int], list[str]] = {}
    for name, columns in blocks.items():
        members: dict[tuple[str | None, ...], list[int]] = {}
        for number, record in enumerate(records, 1):
            key = tuple(record[column] for column in columns)
            if None not in key:
                members.setdefault(key, []).append(number)
        for block in members.values():
            if len(block) <= limits[name]:
                for pair in combinations(block, 2):
                    shared.setdefault(pair, []).append(name)
    expected = {pair for pair, names in shared.items()
                if one_is_enough or len(names) > 1 or any(TELLS[name] for name in names)}
    con = engine_with(*records)
    assert candidates(con, BlockLimits(limits, one_is_enough)) == expected


def test_block_names_are_unique_and_limits_are_among_those_tried() -> None:
    assert len(TELLS) == len(BLOCKS)
    assert all(isinstance(block, Block) and block.limit in blocking.BLOCK_SIZES
               for block in BLOCKS)
