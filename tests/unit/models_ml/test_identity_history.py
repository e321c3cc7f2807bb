"""Changes between partitions: named cases, and laws on random partitions and histories."""

from __future__ import annotations

from collections import Counter
from hashlib import md5
from itertools import pairwise

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_ml.identity_history import aliases_sql, find_changes, fingerprint_partition

Partition = dict[str, str]
"""Record -> name of its group. Records are letters, and the alphabet is their seniority."""

WAY_BACK = {"merged": "split", "split": "merged"}


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def id_of(record: str) -> str:
    return md5(f"customer|{record}".encode()).hexdigest()


def partition(groups: str) -> Partition:
    """`"ab c"` are two customers."""
    return {record: group for group in groups.split() for record in group}


def customers(state: Partition) -> dict[str, set[str]]:
    """Letter of the senior record -> all records."""
    groups: dict[str, set[str]] = {}
    for record, group in state.items():
        groups.setdefault(group, set()).add(record)
    return {min(records): records for records in groups.values()}


def relation(state: Partition) -> pd.DataFrame:
    rows = [(record, id_of(senior), record == senior)
            for senior, records in customers(state).items() for record in sorted(records)]
    frame = pd.DataFrame(rows, columns=["record_key", "customer_id", "is_senior"])
    return frame.astype({"record_key": "str", "customer_id": "str", "is_senior": "bool"})


def changes(con: duckdb.DuckDBPyConnection, before: Partition, after: Partition) -> pd.DataFrame:
    con.register("before", relation(before))
    con.register("after", relation(after))
    con.register("seniority", pd.DataFrame({
        "record_key": pd.Series(list(after), dtype="str"),
        "first_load_sequence": [ord(record) for record in after]}))
    return find_changes(con, previous="before", current="after", seniority="seniority")


def sentences(con: duckdb.DuckDBPyConnection, before: Partition, after: Partition) -> list[str]:
    letter = {id_of(record): record for record in "abcdefghij"}
    rows = changes(con, before, after).itertuples()
    return sorted(f"{row.change_type} {letter[str(row.from_customer_id)]}>"
                  f"{letter[str(row.to_customer_id)]} {row.records_count}" for row in rows)


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("", "ab c", []),
    ("ab c", "ab c", []),
    ("ab c", "abx c", []),
    ("ab c", "ab", []),
    ("a b c", "abc", ["merged b>a 1", "merged c>a 1"]),
    ("abc", "a b c", ["split a>b 1", "split a>c 1"]),
    ("abcd", "ab cd", ["split a>c 2"]),
    ("abc", "bc", ["renamed a>b 2"]),
    ("bc a", "abc", ["merged b>a 2"]),
    ("cde a", "ade", ["merged c>a 2"]),
    ("abc d", "ac bd", ["merged d>b 1", "split a>b 1"]),
    ("ac b", "a bc", ["merged c>b 1", "split a>c 1"]),
    ("abc", "b c", ["renamed a>b 1", "split a>c 1"]),
    ("bcd a", "ab cd", ["merged b>a 1", "split b>c 2"]),
    ("bcd ae", "ab cde", ["merged b>a 1", "merged e>c 1", "split a>e 1", "split b>c 2"]),
])
def test_what_happened_to_customers(
    con: duckdb.DuckDBPyConnection, before: str, after: str, expected: list[str],
) -> None:
    assert sentences(con, partition(before), partition(after)) == expected


@pytest.mark.parametrize(("before", "after", "seniors", "expected"), [
    ("ab", "ab", "b", [("renamed", "a", "b", 2)]),
    ("ab c", "b ac", "bc", [("merged", "a", "c", 1), ("split", "a", "b", 1)]),
])
def test_a_record_that_turns_out_younger_takes_the_id_along(
    con: duckdb.DuckDBPyConnection, before: str, after: str, seniors: str,
    expected: list[tuple[str, str, str, int]],
) -> None:
    """The load that made `a` the oldest record was withdrawn."""
    now = relation(partition(after))
    ids = {record: id_of(senior) for senior in seniors for group in after.split()
           for record in group if senior in group}
    con.register("before", relation(partition(before)))
    con.register("after", now.assign(customer_id=now["record_key"].map(ids),
                                     is_senior=now["record_key"].isin(list(seniors))))
    con.register("seniority", pd.DataFrame(
        {"record_key": ["b", "c", "a"], "first_load_sequence": [1, 2, 9]}))
    found = find_changes(con, previous="before", current="after", seniority="seniority")
    assert found.to_numpy().tolist() == [
        [kind, id_of(one), id_of(other), count] for kind, one, other, count in expected]


states = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("1234"), max_size=8)


@given(before=states, after=states)
@settings(max_examples=50, deadline=None)
def test_every_record_that_went_is_told_once(
    con: duckdb.DuckDBPyConnection, before: Partition, after: Partition,
) -> None:
    """Following the rows from an earlier customer gives the customers that hold its records."""
    found = changes(con, before, after)
    assert not found.duplicated(["from_customer_id", "to_customer_id"]).any()
    now = {record: senior for senior, records in customers(after).items() for record in records}
    passing = set(found["from_customer_id"]) - {id_of(senior) for senior in customers(before)}
    onwards = {row.from_customer_id: row.to_customer_id for row in found.itertuples()
               if row.from_customer_id in passing}
    for senior, records in customers(before).items():
        expected = Counter(id_of(now[record]) for record in records if record in now)
        expected.pop(id_of(senior), None)
        rows = found[found["from_customer_id"] == id_of(senior)]
        told: Counter[str] = Counter()
        for row in rows.itertuples():
            target = str(row.to_customer_id)
            told[str(onwards.get(target, target))] += int(str(row.records_count))
        assert told == expected


@given(before=states, groups=st.lists(st.sampled_from("1234"), min_size=8, max_size=8))
@settings(max_examples=50, deadline=None)
def test_the_way_back_is_the_way_mirrored(
    con: duckdb.DuckDBPyConnection, before: Partition, groups: list[str],
) -> None:
    after = dict(zip(before, groups, strict=False))
    there, back = changes(con, before, after), changes(con, after, before)
    mirrored = back.assign(
        change_type=back["change_type"].map(WAY_BACK),
        from_customer_id=back["to_customer_id"], to_customer_id=back["from_customer_id"])
    assert sorted(there.to_numpy().tolist()) == sorted(mirrored.to_numpy().tolist())


@given(history=st.lists(states, min_size=2, max_size=6))
@settings(max_examples=50, deadline=None)
def test_every_id_that_was_ever_used_finds_its_records(
    con: duckdb.DuckDBPyConnection, history: list[Partition],
) -> None:
    """No alias is in use, and every alias leads to a customer of today.

    An id whose record is there means that record's customer. One whose record is gone means what
    the customer means that took its records over, if that one's senior record stayed ever since.
    """
    log = []
    heirs: dict[str, tuple[str, int]] = {}
    for number, (before, after) in enumerate(pairwise(history), 1):
        found = changes(con, before, after)
        log.append(found.assign(change_sequence=number))
        heirs |= {str(row.from_customer_id): (str(row.to_customer_id), number)
                  for row in found.itertuples() if row.change_type != "split"}
    today = history[-1]
    con.register("today", relation(today))
    con.register("log", pd.concat(log).astype({"from_customer_id": "str", "to_customer_id": "str"}))
    rows = con.sql(aliases_sql(current="today", changes="log")).fetchall()
    aliases = dict(rows)
    live = {id_of(senior) for senior in customers(today)}
    assert len(aliases) == len(rows)
    assert [row[0] for row in rows] == sorted(aliases)
    assert not live & set(aliases)
    assert set(aliases.values()) <= live
    meaning = {id_of(record): id_of(senior)
               for senior, records in customers(today).items() for record in records}
    assert {former: now for former, now in aliases.items() if former in meaning} == {
        former: now for former, now in meaning.items() if former != now}
    for former, (heir, number) in heirs.items():
        later = history[number:]
        in_use = any(former == id_of(senior) for state in later for senior in customers(state))
        stayed = all(heir in map(id_of, state) for state in later)
        if former not in meaning and not in_use and stayed:
            assert aliases[former] == meaning[heir]


@pytest.mark.parametrize(("today", "log", "expected"), [
    ("ac", ["1 renamed b>c", "2 merged c>a"], {"b": "a", "c": "a"}),
    ("af", ["1 renamed b>c", "2 renamed c>f", "3 merged f>a"], {"b": "a", "c": "a", "f": "a"}),
    ("a", ["1 merged b>a", "2 split a>b"], {}),
    ("a", ["1 merged b>a", "2 split a>b", "3 merged b>a"], {"b": "a"}),
    ("a c", ["1 merged b>a", "2 split a>b", "2 merged b>c"], {"b": "c"}),
    ("a", ["1 merged b>c"], {}),
])
def test_an_id_whose_record_is_gone_is_followed_to_today(
    con: duckdb.DuckDBPyConnection, today: str, log: list[str], expected: dict[str, str],
) -> None:
    con.register("today", relation(partition(today)))
    con.register("log", pd.DataFrame(
        [(int(row[0]), row[2:-4], id_of(row[-3]), id_of(row[-1])) for row in log],
        columns=["change_sequence", "change_type", "from_customer_id", "to_customer_id"]))
    assert dict(con.sql(aliases_sql(current="today", changes="log")).fetchall()) == {
        id_of(former): id_of(now) for former, now in expected.items()}


@given(one=states, other=states)
@settings(max_examples=50, deadline=None)
def test_partitions_are_told_apart(
    con: duckdb.DuckDBPyConnection, one: Partition, other: Partition,
) -> None:
    def fingerprint(state: Partition) -> str:
        con.register("state", relation(state).sort_values("record_key", ascending=False))
        return fingerprint_partition(con, "state")

    assert (fingerprint(one) == fingerprint(other)) == (customers(one) == customers(other))
    assert fingerprint(dict(reversed(one.items()))) == fingerprint(one)
