"""The identity store: whom it joins, which ids it gives, and that following the loads one by one
gives what starting anew gives."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, count, cycle
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from models_ml import blocking, identity
from models_ml.blocking import BLOCKS, Block, BlockLimits
from models_ml.comparisons import COMPARISONS, DESCRIBED
from models_ml.identity import ATTRIBUTES, IdentitySettings, Inputs
from models_ml.identity_history import fingerprint_partition
from models_ml.identity_store import PARTITION, version_of
from models_ml.matching import MatchModel
from models_ml.tables import MATCH_RULES, TABLES

OUTPUTS = ("customer_records", "identity_edges", "identity_review")
INPUTS = Inputs("records", "identifiers", "attributes", "merges", "decisions")
EMAIL, CARD, PHONE, NUMBER = "email", "loyalty_id", "phone", "customer_number"


class Record(NamedTuple):
    """One identity record as delivered; `person` holds attributes by name, none is nameless."""

    sequence: int = 1
    identifiers: tuple[tuple[str, ...], ...] = ()
    person: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Delivered:
    """What a run reads. Decisions: pair of records -> whether they are one person."""

    records: Mapping[str, Record]
    merges: tuple[tuple[str, str], ...] = ()
    decisions: Mapping[tuple[str, str], bool] = field(default_factory=dict)


def shipped_model(limit: int = 3, *, one_is_enough: bool = True) -> MatchModel:
    """The shipped probabilities as a model, for few records of which many are one person."""
    return MatchModel(
        records_count=20, matches_count=5.0, prior=0.02, relatives=0.3, colleagues=0.05,
        same={c.name: tuple(level.same for level in c.levels) for c in COMPARISONS},
        strangers={c.name: tuple(level.strangers for level in c.levels) for c in COMPARISONS},
        blocks=BlockLimits({block.name: limit for block in BLOCKS}, one_is_enough),
        fitted_by=())


class Store:
    """An identity store that follows what is delivered to it."""

    def __init__(self, model: MatchModel, settings: IdentitySettings) -> None:
        self.con = duckdb.connect(config={"threads": 1})
        self.model, self.settings = model, settings
        self.con.execute(
            "create table frequency (column_name varchar, value varchar, frequency double)")

    def run(self, delivered: Delivered) -> dict[str, int]:
        counts = self.follow(delivered) | identity.resolve_customers(
            self.con, INPUTS, self.settings)
        assert version_of(self.con, PARTITION) == fingerprint_partition(
            self.con, "customer_records"), "carried on from run to run"
        return counts

    def follow(self, delivered: Delivered) -> dict[str, int]:
        """All of a run but the clusters."""
        self.deliver(delivered)
        return identity.update_records(self.con, INPUTS, self.settings) | identity.update_pairs(
            self.con, self.model)

    def deliver(self, delivered: Delivered) -> None:
        records = delivered.records
        self._create("records", "record_key varchar, first_load_sequence bigint",
                     [(key, record.sequence) for key, record in records.items()])
        self._create("identifiers", "record_key varchar, identifier_type varchar, "
                     "identifier_value varchar, source_system varchar",
                     [(key, *row, *("crm",) * (3 - len(row)))
                      for key, record in records.items() for row in record.identifiers])
        self._create("attributes", "record_key varchar, " + ", ".join(
            f"{name} {'date' if name == 'birth_date' else 'varchar'}" for name in ATTRIBUTES),
            [(key, *(dict(record.person).get(name) for name in ATTRIBUTES))
             for key, record in records.items() if record.person])
        self._create("merges", "left_record_key varchar, right_record_key varchar",
                     list(delivered.merges))
        self._create("decisions", "left_record_key varchar, right_record_key varchar, "
                     "is_same boolean",
                     [(*pair, is_same) for pair, is_same in delivered.decisions.items()])

    def _create(self, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        self.con.execute(f"create or replace table {name} ({columns})")
        if rows:
            self.con.executemany(
                f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        key = ", ".join(TABLES[table].key)
        return self.con.execute(f"select * from {table} order by {key}").fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(name) for name in OUTPUTS}

    def pairs(self, relation: str = "pair") -> list[str]:
        """Kept pairs as their record keys, the smaller first: "ab"."""
        return sorted(left + right for left, right in self.con.execute(f"""
            select least(l.record_key, r.record_key), greatest(l.record_key, r.record_key)
            from ({relation if ' ' in relation else f'from {relation}'}) as p
            join record as l on left_id = l.record_id
            join record as r on right_id = r.record_id""").fetchall())


SETTINGS = IdentitySettings(version="1")


def resolve(delivered: Delivered, settings: IdentitySettings = SETTINGS) -> Store:
    """A store after its first run."""
    store = Store(shipped_model(), settings)
    store.run(delivered)
    return store


def nameless(keys: str, *rows: tuple[str, ...], sequences: str | None = None) -> Delivered:
    """Records with identifiers only, given as (record, type, value) or with a source behind."""
    return Delivered({
        key: Record(int(sequence), tuple(row[1:] for row in rows if row[0] == key))
        for key, sequence in zip(keys, sequences or "123456789"[:len(keys)], strict=True)})


def id_of(record_key: str) -> str:
    return hashlib.md5(f"customer|{record_key}".encode()).hexdigest()


def customers(store: Store) -> dict[str, str]:
    """Record -> id of its customer."""
    return {row[0]: row[1] for row in store.rows("customer_records")}


def groups(store: Store) -> list[list[str]]:
    """Records of each customer."""
    found: dict[str, list[str]] = {}
    for key, customer in sorted(customers(store).items()):
        found.setdefault(customer, []).append(key)
    return list(found.values())


def partition(store: Store) -> set[str]:
    """Customers as sorted letters: {"ab", "c"}."""
    return {"".join(group) for group in groups(store)}


# Values with {} are others in every case, so that one run can resolve all of them.
A, B, CARD_7, P, Q = "e{}@x.de", "f{}@x.de", "7{}", "030 12345{}", "040 12345{}"
CASES: dict[str, tuple[str, list[tuple[str, ...]], set[str]]] = {
    "one e-mail in two spellings": (
        "ab", [("a", EMAIL, "Eva{}@x.de"), ("b", EMAIL, "eva{}+1@x.de")], {"ab"}),
    "a chain over e-mail and card is one": (
        "abc", [("a", EMAIL, A), ("b", EMAIL, A), ("b", CARD, CARD_7), ("c", CARD, CARD_7)],
        {"abc"}),
    "equal text of two types is no tie": (
        "ab", [("a", CARD, CARD_7), ("b", NUMBER, CARD_7)], {"a", "b"}),
    "a customer number counts within its source": (
        "abc", [("a", NUMBER, "17{}", "crm"), ("b", NUMBER, "17{}", "erp"),
                ("c", NUMBER, "17{}", "crm")], {"ac", "b"}),
    "blocked values tie nobody": (
        "ab", [("a", EMAIL, "test@test.de"), ("b", EMAIL, "test@test.de")], {"a", "b"}),
    "a guest with nothing but the phone joins its owner": (
        "ab", [("a", EMAIL, A), ("a", PHONE, P), ("b", PHONE, "+493012345{}")], {"ab"}),
    "identifiers of different types do not contradict": (
        "ab", [("a", EMAIL, A), ("a", PHONE, P), ("b", CARD, CARD_7), ("b", PHONE, P)], {"ab"}),
    "relatives share a phone and have their own e-mails": (
        "ab", [("a", EMAIL, A), ("a", PHONE, P), ("b", EMAIL, B), ("b", PHONE, P)], {"a", "b"}),
    "relatives have their own customer numbers": (
        "ab", [("a", NUMBER, "1{}"), ("a", PHONE, P), ("b", NUMBER, "2{}"), ("b", PHONE, P)],
        {"a", "b"}),
    "a guest does not join relatives it cannot tell apart": (
        "abc", [("a", EMAIL, A), ("a", PHONE, P), ("b", EMAIL, B), ("b", PHONE, P),
                ("c", PHONE, P)], {"a", "b", "c"}),
    "a guest with two phones does not link two people": (
        "abc", [("a", EMAIL, A), ("a", PHONE, P), ("b", EMAIL, B), ("b", PHONE, Q),
                ("c", PHONE, P), ("c", PHONE, Q)], {"a", "b", "c"}),
    "a contradiction counts between clusters, not records": (
        "abcd", [("a", EMAIL, A), ("a", CARD, CARD_7), ("b", CARD, CARD_7), ("b", PHONE, P),
                 ("c", EMAIL, B), ("c", PHONE, P), ("d", PHONE, Q)], {"ab", "c", "d"}),
}


def test_which_nameless_records_are_one_customer() -> None:
    records = {
        f"{number}{key}": Record(identifiers=tuple(
            (kind, value.format(number), *source) for owner, kind, value, *source in rows
            if owner == key))
        for number, (keys, rows, _) in enumerate(CASES.values(), 10) for key in keys}
    found: dict[str, set[str]] = {case: set() for case in CASES}
    for group in groups(resolve(Delivered(records))):
        (number,) = {key[:2] for key in group}
        found[list(CASES)[int(number) - 10]].add("".join(key[2:] for key in group))
    assert found == {case: expected for case, (_, _, expected) in CASES.items()}


@pytest.mark.parametrize(("holders", "expected", "over"), [("ab", {"ab", "c"}, 0),
                                                           ("abc", {"a", "b", "c"}, 1)])
def test_a_value_over_its_limit_is_no_identifier(
    holders: str, expected: set[str], over: int,
) -> None:
    store = Store(shipped_model(), replace(SETTINGS, limits={**SETTINGS.limits, EMAIL: 2}))
    counts = store.run(nameless("abc", *((key, EMAIL, "e@x.de") for key in holders)))
    assert partition(store) == expected
    assert counts["values_over_limit"] == over


JENS = (("first_name", "Jens"), ("last_name", "Ostermann"), ("birth_date", "1999-12-24"))
OLGA = (("first_name", "Olga"), ("last_name", "Vetter"), ("birth_date", "1951-06-17"))


@pytest.mark.parametrize("his", [("shop@x.de",), ("jens@x.de", "shop@x.de")])
def test_strangers_with_one_mailbox_stay_two_and_are_reviewed(his: tuple[str, ...]) -> None:
    """However many e-mails a record has: of several, the blocks hold one."""
    store = resolve(Delivered({
        "a": Record(1, tuple((EMAIL, email) for email in his), JENS),
        "b": Record(2, ((EMAIL, "shop@x.de"),), OLGA)}))
    assert partition(store) == {"a", "b"}
    assert [row[:3] for row in store.rows("identity_review")] == [("a", "b", "cut_conflict")]


def test_values_the_company_blocks_tie_nobody() -> None:
    delivered = nameless("ab", ("a", EMAIL, "kasse7@x.de"), ("b", EMAIL, "kasse7@x.de"))
    blocked = replace(SETTINGS, blocked={"email": ("kasse*@x.de",)})
    assert partition(resolve(delivered)) == {"ab"}
    assert partition(resolve(delivered, blocked)) == {"a", "b"}


def test_evidence_of_a_cluster() -> None:
    delivered = nameless(
        "abcde", ("a", EMAIL, "e@x.de"), ("b", EMAIL, "e@x.de"), ("c", EMAIL, "e@x.de"),
        ("a", CARD, "7"), ("c", CARD, "7"), sequences="31299")
    store = Store(shipped_model(), SETTINGS)
    counts = store.run(replace(
        delivered, merges=(("d", "a"), ("d", "gone"), ("e", "e")),
        decisions={("a", "gone"): True}))
    # A value ties its records to the first of them by key, whatever their seniority: b is senior.
    assert store.rows("identity_edges") == [
        ("a", "b", "email", 0.98, None, "used"),
        ("a", "c", "email", 0.98, None, "used"),
        ("a", "c", "loyalty_id", 0.99, None, "used"),
        ("a", "d", "crm_merge", 1.0, None, "used"),
    ]
    assert store.rows("customer_records") == [
        ("a", id_of("b"), False, "crm_merge", 1.0, None),
        ("b", id_of("b"), True, "email", 0.98, None),
        ("c", id_of("b"), False, "loyalty_id", 0.99, None),
        ("d", id_of("b"), False, "crm_merge", 1.0, None),
        ("e", id_of("e"), True, "single", 1.0, None),
    ]
    assert counts["customers"] == 2
    assert counts["largest_cluster"] == 4
    assert (counts["merges_unusable"], counts["decisions_waiting"]) == (2, 1)
    assert [counts[f"edges_{rule}"] for rule in MATCH_RULES] == [0, 1, 0, 1, 2, 0, 0]


def test_edges_of_a_value_grow_with_its_records() -> None:
    keys = "abcdefghi"
    store = resolve(nameless(keys, *((key, EMAIL, "e@x.de") for key in keys)))
    assert len(store.rows("identity_edges")) == len(keys) - 1


def test_equal_load_sequence_is_settled_by_the_key() -> None:
    store = resolve(nameless("ba", ("a", EMAIL, "e@x.de"), ("b", EMAIL, "e@x.de"), sequences="11"))
    assert set(customers(store).values()) == {id_of("a")}


def test_no_records_give_tables_without_rows() -> None:
    store = Store(shipped_model(), SETTINGS)
    counts = store.run(Delivered({}))
    assert store.tables() == {name: [] for name in OUTPUTS}
    assert (counts["customers"], counts["largest_cluster"]) == (0, 0)
    for name in OUTPUTS:
        columns = [row[0] for row in store.con.execute(f"describe {name}").fetchall()]
        assert columns == [column.name for column in TABLES[name].columns]


@pytest.mark.parametrize(("statement", "message"), [
    ("insert into records values ('a', 1)", "record_key repeats"),
    ("insert into records values ('b', null)", "must not be empty"),
    ("insert into identifiers values ('b', 'email', 'e@x.de', 'crm')",
     "identifiers: 1 rows belong to no record"),
    ("insert into attributes (record_key) values ('b')",
     "attributes: 1 rows belong to no record"),
    ("insert into attributes (record_key) values ('a'), ('a')", "attributes: record_key repeats"),
    ("insert into identifiers values ('a', 'iban', 'DE1', 'crm')", "unknown identifier_type iban"),
])
def test_input_that_cannot_be_right_is_named(statement: str, message: str) -> None:
    store = Store(shipped_model(), SETTINGS)
    store.deliver(Delivered({"a": Record()}))
    store.con.execute(statement)
    with pytest.raises(ValueError, match=message):
        identity.update_records(store.con, INPUTS, SETTINGS)


EVA = (("first_name", "Eva"), ("last_name", "Muster"), ("birth_date", "1980-02-29"),
       ("street", "Weg 1"), ("postal_code", "10115"), ("city", "Berlin"))


def test_an_older_customer_keeps_its_id_when_a_later_record_ties_another_to_it() -> None:
    delivered = nameless("zy", ("z", EMAIL, "e@x.de"), ("y", CARD, "7"))
    store = resolve(delivered)
    assert customers(store) == {"z": id_of("z"), "y": id_of("y")}
    both = Record(3, ((EMAIL, "e@x.de"), (CARD, "7")))
    store.run(replace(delivered, records={**delivered.records, "a": both}))
    assert customers(store) == dict.fromkeys("azy", id_of("z"))
    store.run(delivered)
    assert customers(store) == {"z": id_of("z"), "y": id_of("y")}


def contents(store: Store, folder: Path) -> dict[str, bytes]:
    """The tables as bytes of files."""
    for name in OUTPUTS:
        store.con.execute(f"copy (from {name} order by {', '.join(TABLES[name].key)}) "
                          f"to '{folder}/{name}.parquet' (format parquet)")
    return {name: (folder / f"{name}.parquet").read_bytes() for name in OUTPUTS}


def test_taking_a_decision_back_restores_every_byte(tmp_path: Path) -> None:
    delivered = Delivered({
        "a": Record(1, ((EMAIL, "e@x.de"),), EVA), "b": Record(2, ((EMAIL, "e@x.de"),), EVA),
        "c": Record(3, ((CARD, "7"),)), "d": Record(4, ((CARD, "7"), (PHONE, "030 1234567")))})
    store = resolve(delivered)
    before = contents(store, tmp_path)
    for pair, is_same in ((("a", "c"), True), (("a", "b"), False)):
        store.run(replace(delivered, decisions={pair: is_same}))
        found = customers(store)
        assert (found[pair[0]] == found[pair[1]]) is is_same
        after = contents(store, tmp_path)
        assert [after[name] == before[name] for name in OUTPUTS[:2]] == [False, False]
        store.run(delivered)
        assert contents(store, tmp_path) == before


def test_what_people_decided_is_not_asked_again() -> None:
    """A couple that shares an e-mail is to be reviewed until somebody says they are two."""
    adam = (("first_name", "Adam"), *EVA[1:2], ("birth_date", "1975-07-13"), *EVA[3:])
    couple = Delivered({"a": Record(1, ((EMAIL, "e@x.de"),), EVA),
                        "b": Record(2, ((EMAIL, "e@x.de"),), adam)})
    store = resolve(couple)
    assert partition(store) == {"a", "b"}
    assert [row[:3] for row in store.rows("identity_review")] == [("a", "b", "cut_conflict")]
    store.run(replace(couple, decisions={("a", "b"): False}))
    assert store.rows("identity_review") == []


@pytest.mark.parametrize("change", [
    "update records set first_load_sequence = 7 where record_key = 'b'",
    *(f"update attributes set {name} = {value!r} where record_key = 'b'" for name in ATTRIBUTES
      for value in ["1980-01-02" if name == "birth_date" else "x"]),
    "update attributes set first_name = last_name, last_name = first_name where record_key = 'b'",
    "delete from attributes where record_key = 'b'",
    *(f"update identifiers set {name} = '{value}' where record_key = 'b'"
      for name, value in (("identifier_type", "loyalty_id"), ("identifier_value", "y@x.de"),
                          ("source_system", "shop"))),
    "insert into identifiers values ('b', 'phone', '030 1234567', 'crm')",
    "delete from identifiers where record_key = 'b'",
])
def test_a_change_in_any_column_is_seen_and_in_no_other_record(change: str) -> None:
    person = (("first_name", "Eva"), ("last_name", "Rabenhorst"))
    delivered = Delivered({key: Record(1, (("email", f"{key}@x.de"),), person) for key in "abc"})
    store = Store(shipped_model(), SETTINGS)
    store.run(delivered)
    for statement, changed in ((change, 1), ("select 1", 0)):
        store.con.execute(statement)
        counts = identity.update_records(store.con, INPUTS, SETTINGS)
        identity.update_pairs(store.con, store.model)
        assert (counts["records_new"], counts["records_changed"], counts["records_gone"]) == (
            0, changed, 0)


def test_only_pairs_of_what_changed_are_weighed() -> None:
    people = {key: Record(1, (), EVA) for key in "ab"}
    store = Store(shipped_model(), SETTINGS)
    assert store.run(Delivered(people)).items() >= {
        "records_new": 2, "pairs_weighed": 1, "pairs_kept": 1}.items()
    assert store.run(Delivered(people)).items() >= {
        "records_new": 0, "records_changed": 0, "records_gone": 0, "pairs_weighed": 0,
        "pairs_kept": 1}.items()
    other = {**people, "b": people["b"]._replace(identifiers=((EMAIL, "e@x.de"),)),
             "c": people["a"]}
    assert store.run(Delivered(other)).items() >= {
        "records_new": 1, "records_changed": 1, "pairs_weighed": 3, "pairs_kept": 3}.items()
    assert store.run(Delivered({"c": people["a"]})).items() >= {
        "records_gone": 2, "pairs_weighed": 0, "pairs_kept": 0}.items()


def test_other_rules_or_another_model_weigh_everything_anew() -> None:
    people = Delivered({key: Record(1, (), EVA) for key in "ab"})
    store = resolve(people)
    store.settings = replace(SETTINGS, version="2")
    assert store.run(people).items() >= {"records_new": 2, "pairs_weighed": 1}.items()
    store.model = replace(store.model, prior=0.03)
    assert store.run(people).items() >= {"records_new": 0, "pairs_weighed": 1}.items()


def company(seed: int) -> Delivered:
    """Forty records of few people, so that clusters, limits and contradictions happen."""
    random = np.random.default_rng(seed)

    def draw(share: float, *values: str) -> str | None:
        return values[random.integers(len(values))] if random.random() < share else None

    records = {}
    for number in range(40):
        person = {"first_name": draw(.7, "Eva", "Ewa", "Adam"),
                  "last_name": draw(.7, *(f"{name}mann" for name in ("Berg", "Tal", "Wald"))),
                  "birth_date": draw(.5, "1980-02-29", "1980-03-04", "1980-04-03"),
                  "street": draw(.5, "Weg 1", "Weg 2"), "city": draw(.5, "Berlin", "Bonn")}
        identifiers = [(EMAIL, draw(.5, *(f"p{n}@x.de" for n in range(20)))),
                       (CARD, draw(.3, *map(str, range(1, 30)))),
                       (PHONE, draw(.5, *(f"030 12345{n}" for n in range(10, 30))))]
        records[f"r{number:02d}"] = Record(
            int(random.integers(1, 6)),
            tuple((kind, value) for kind, value in identifiers if value),
            tuple((name, value) for name, value in person.items() if value))
    pairs = [(f"r{left:02d}", f"r{right:02d}") for left, right in random.integers(40, size=(6, 2))]
    return Delivered(records, tuple(pairs[:3]), {
        (min(pair), max(pair)): number < 2 for number, pair in enumerate(pairs[3:])})


@pytest.mark.parametrize("seed", range(2))
def test_order_of_loads_renames_ids_and_keeps_the_partition(seed: int) -> None:
    delivered = company(seed)
    expected = resolve(delivered)
    reloaded = resolve(replace(delivered, records={
        key: record._replace(sequence=7 - record.sequence)
        for key, record in reversed(delivered.records.items())}))
    assert groups(reloaded) == groups(expected)
    assert any(len(group) > 2 for group in groups(expected))
    assert customers(reloaded) != customers(expected)
    for name in OUTPUTS[1:]:
        assert reloaded.rows(name) == expected.rows(name)


def block_sizes(store: Store) -> Counter[tuple[int, int]]:
    """Records of each block; before the first run there are none."""
    if not store.con.execute("from duckdb_tables() where table_name = 'block_key'").fetchall():
        return Counter()
    return Counter(store.con.execute("select block_number, block_key from block_key").fetchall())


def find_crossings(
    before: Counter[tuple[int, int]], after: Counter[tuple[int, int]],
) -> list[str]:
    """Blocks that lost all their pairs to the limit of three, and those that got them back."""
    return ["died" if before[block] < after[block] else "came back"
            for block in before.keys() | after.keys()
            if min(before[block], after[block]) in (2, 3) and max(before[block], after[block]) > 3]


KEYS = "abcdefghij"


def draw_record(random: Random) -> Record:
    """Few values, so that everybody shares blocks with several others, around their limits."""
    home = random.choice([("Weg 1", "10115", "Berlin"), ("Allee 2", "10115", "Berlin"), ()])
    person = {"first_name": random.choice(["Eva", "Adam"]),
              "last_name": random.choice(["Muster", "Mustermann"]),
              "birth_date": random.choice(["1980-03-04", "1980-04-03", None]),
              **dict(zip(("street", "postal_code", "city"), home, strict=False))}
    identifiers = [(EMAIL, random.choice(["eva@x.de", "info@x.de", None, None])),
                   (CARD, random.choice(["7", None, None, None])),
                   (PHONE, random.choice(["030 1234567", None, None]))]
    return Record(
        1, tuple((kind, value) for kind, value in identifiers if value),
        tuple((name, value) for name, value in person.items() if value)
        if random.random() < .85 else ())


def draw_history(random: Random, runs: int) -> Iterator[Delivered]:
    """What each run reads: records come, change and go, the CRM merges, people decide and undo."""
    records = {key: draw_record(random) for key in KEYS[:8]}
    merges: tuple[tuple[str, str], ...] = ()
    decisions: dict[tuple[str, str], bool] = {}

    def draw_pair() -> tuple[str, str]:
        one, other = sorted(random.sample(KEYS, 2))
        return one, other

    yield Delivered(records)
    for number in range(2, runs + 1):
        records = dict(records)
        for key in random.sample(sorted(records), min(len(records), random.randint(0, 2))):
            del records[key]
        for key in random.sample(KEYS, random.randint(0 if len(records) > 6 else 2, 3)):
            first_load = records[key].sequence if key in records else number
            records[key] = draw_record(random)._replace(sequence=first_load)
        if random.random() < .3:
            merges = (*merges, draw_pair())
        if random.random() < .6:
            decisions = {**decisions, draw_pair(): random.random() < .5}
        elif decisions:
            decisions = dict(random.sample(sorted(decisions.items()), len(decisions) - 1))
        yield Delivered(records, merges, decisions)


def few_examples(count: int) -> Any:
    # Shrinking would take minutes, because every step is a run.
    return examples(deadline=None, derandomize=True, max_examples=count, database=None,
                    phases=[Phase.explicit, Phase.generate])


RANDOMS = st.randoms(use_true_random=True)


def check_laws(store: Store, delivered: Delivered) -> None:
    """Ids derive from seniors, and the edges alone give the partition back."""
    group = {key: {key} for key in delivered.records}
    for left, right, *_, status in store.rows("identity_edges"):
        assert left < right
        if status == "used":
            group |= dict.fromkeys(joined := group[left] | group[right], joined)
    expected = []
    for key in sorted(delivered.records):
        senior = min(group[key], key=lambda one: (delivered.records[one].sequence, one))
        expected.append((key, id_of(senior), key == senior))
    assert [row[:3] for row in store.rows("customer_records")] == expected


def test_following_the_loads_gives_what_starting_anew_gives() -> None:
    """Exactly, after every step of loads, merges of the CRM, decisions and their undoing."""
    models = cycle([shipped_model(3, one_is_enough=True), shipped_model(3, one_is_enough=False)])
    settings = replace(SETTINGS, size_limit=4,
                       limits={**SETTINGS.limits, EMAIL: 4, PHONE: 3, CARD: 3})
    crossings: Counter[str] = Counter()

    @few_examples(4)
    @given(random=RANDOMS)
    def check(random: Random) -> None:
        model = next(models)
        first, *further = draw_history(random, runs=3)
        store = Store(model, settings)
        store.run(first)
        for delivered in further:
            before = block_sizes(store)
            store.run(delivered)
            crossings.update(find_crossings(before, block_sizes(store)))
            anew = Store(model, settings)
            anew.run(delivered)
            assert store.tables() == anew.tables()
            assert store.pairs() == anew.pairs()
            check_laws(store, delivered)

    check()
    assert min(crossings["died"], crossings["came back"]) >= 3


CROWD = [f"{letter}{number}" for letter in "pq" for number in range(9)]


def draw_guest(random: Random, sequence: int) -> Record:
    """Few telephones and mailboxes, so that groups grow together, fall apart and cross limits."""
    identifiers = [(PHONE, "p", 5, .5), (EMAIL, "e", 5, .5), (CARD, "c", 9, .3)]
    return Record(
        sequence, tuple((kind, f"{letter}{random.randrange(values)}")
                        for kind, letter, values, share in identifiers if random.random() < share),
        (("last_name", f"n{random.randrange(8)}"),) if random.random() < .9 else ())


def draw_crowd(random: Random, runs: int) -> Iterator[tuple[Delivered, IdentitySettings]]:
    """What each run reads and is set to; half of the runs change one thing only."""
    records = {key: draw_guest(random, random.randint(1, 3)) for key in CROWD[:14]}
    merges: tuple[tuple[str, str], ...] = ()
    decisions: dict[tuple[str, str], bool] = {}
    settings = replace(SETTINGS, size_limit=5,
                       limits={**SETTINGS.limits, EMAIL: 3, PHONE: 2, CARD: None})
    yield Delivered(records), settings
    for number in range(2, runs + 1):
        records = dict(records)
        for what in random.sample(("come", "change", "go", "older", "merge", "unmerge", "decide",
                                   "undo", "settings"), random.choice((1, 1, 3))):
            key = random.choice(sorted(records))
            left, right = sorted(random.sample(CROWD, 2))
            if what == "come":
                records |= {new: draw_guest(random, number) for new in random.sample(CROWD, 2)
                            if new not in records}
            elif what == "change":
                records[key] = draw_guest(random, records[key].sequence)
            elif what == "go" and len(records) > 9:
                del records[key]
            elif what == "older":
                records[key] = records[key]._replace(sequence=random.randint(0, 4))
            elif what == "merge":
                merges = (*merges, (right, left))
            elif what == "unmerge":
                merges = merges[1:]
            elif what == "decide":
                decisions = {**decisions, (left, right): random.random() < .4}
            elif what == "undo":
                decisions = dict(list(decisions.items())[1:])
            elif what == "settings":
                settings = replace(
                    settings, threshold=random.choice((.8, .95)),
                    bridge_score=random.choice((.9, .99)), size_limit=random.choice((3, 5)),
                    limits={**settings.limits, PHONE: random.choice((2, 3, None))})
        yield Delivered(records, merges, decisions), settings


def copy_identifiers(
    con: duckdb.DuckDBPyConnection, *, source: str, target: str, **_: object,
) -> None:
    """Stands in for `normalise_identifiers`: values are usable as they are."""
    con.execute(f"create or replace table {target} as select distinct record_id, identifier_type, "
                f"identifier_value, identifier_type as scope from {source}")


def weigh_by_key(
    con: duckdb.DuckDBPyConnection, model: MatchModel, *, pairs: str, target: str, **_: object,
) -> None:
    """Stands in for `score_pairs`: any score, but always the same one for two records."""
    con.execute(f"""
        create or replace temp table {target} as
        select left_id, right_id, score * 20 - 10 as match_weight, 1.0 as related_weight,
            case when score < .4 then .1 else .8 + score / 5 end as match_score
        from (
            select {pairs}.*, hash(least(l.record_key, r.record_key),
                greatest(l.record_key, r.record_key)) % 1000 / 1000 as score
            from {pairs} join record as l on left_id = l.record_id
            join record as r on right_id = r.record_id)""")


@pytest.fixture
def crowd_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[IdentitySettings], Store]:
    """A store of `PLAIN_BLOCKS` that neither spells nor asks Splink, so that runs take little."""
    monkeypatch.setattr(blocking, "BLOCKS", PLAIN_BLOCKS)
    monkeypatch.setattr(identity, "normalise_attributes", copy_attributes)
    monkeypatch.setattr(identity, "normalise_identifiers", copy_identifiers)
    monkeypatch.setattr(identity, "score_pairs", weigh_by_key)
    limits = {block.name: 3 for block in PLAIN_BLOCKS}
    return lambda settings: Store(
        replace(shipped_model(), blocks=BlockLimits(limits, True)), settings)


def clustered_anew(store: Store) -> int:
    """Records that the last run clustered."""
    return int(store.con.execute("select count(*) from ranked").fetchall()[0][0])


def test_clustering_what_was_touched_gives_what_clustering_all_gives(
    crowd_store: Callable[[IdentitySettings], Store],
) -> None:
    """While values cross their limits, records age, merges, decisions and settings come and go."""
    seen: Counter[str] = Counter()

    @few_examples(4)
    @given(random=RANDOMS)
    def check(random: Random) -> None:
        store, before = crowd_store(SETTINGS), None
        for delivered, settings in draw_crowd(random, runs=9):
            store.settings = settings
            counts = store.run(delivered)
            anew = crowd_store(settings)
            expected = anew.run(delivered)
            assert store.tables() == anew.tables()
            assert {name: counts[name] for name in expected if name not in FOLLOWED} == {
                name: expected[name] for name in expected if name not in FOLLOWED}
            check_laws(store, delivered)
            seen.update({
                "runs": 1, "over": expected["values_over_limit"], "cut": expected["edges_cut"],
                "some": 0 < clustered_anew(store) < len(delivered.records),
                "other": before is not None and before != partition(store)})
            before = partition(store)

    check()
    assert seen["runs"] == 36
    assert min(seen["over"], seen["cut"], seen["some"], seen["other"]) >= 8


FOLLOWED = ("records_new", "records_changed", "records_gone", "pairs_weighed")
"""Counts that tell how a run went, not what it concluded."""


@pytest.mark.parametrize(("change", "touched"), [
    ({}, ""),
    ({"x": Record(2, ((PHONE, "9"),))}, "x"),
    ({"x": Record(2, ((PHONE, "1"),))}, "abx"),
    ({"x": Record(2, ((EMAIL, "shop"),))}, "x"),  # over its limit, before and after
    ({"d": Record(1, ((EMAIL, "own"),))}, "cdef"),  # the last of it but the limit
    ({"a": Record(2, ((PHONE, "1"),))}, "ab"),  # another seniority
    ({"a": None}, "b"),
    ({"h": None}, ""),
])
def test_only_touched_groups_are_clustered_anew(
    crowd_store: Callable[[IdentitySettings], Store], change: dict[str, Record | None],
    touched: str,
) -> None:
    """a and b share a telephone; c to f hold a value one over its limit, i to m one far over it."""
    holders = {"1": (PHONE, "ab"), "team": (EMAIL, "cdef"), "shop": (EMAIL, "ijklm")}
    records = {key: Record(1, ((kind, value),)) for value, (kind, keys) in holders.items()
               for key in keys} | {"h": Record(1, ((CARD, "7"),))}
    settings = replace(SETTINGS, limits={**SETTINGS.limits, EMAIL: 3})
    store = crowd_store(settings)
    store.run(Delivered(records))
    after = Delivered({
        key: record for key, record in {**records, **change}.items() if record})
    store.run(after)
    assert "".join(key for (key,) in store.con.execute(
        "select record_key from ranked order by record_key").fetchall()) == touched
    anew = crowd_store(settings)
    anew.run(after)
    assert store.tables() == anew.tables()


def copy_attributes(con: duckdb.DuckDBPyConnection, *, source: str, target: str) -> None:
    """Stands in for `normalise_attributes`: nothing is brought into one spelling."""
    found = {"last_name": "last_name", "city": "city", "birth_text": "birth_date::varchar"}
    columns = ", ".join(f"{found.get(name, 'null::varchar')} as {name}"
                        for name in (*DESCRIBED, "household_key")
                        if name not in ("record_id", "email", "email_own", "phone"))
    con.execute(f"create or replace table {target} as select record_id, {columns} from {source}")


def drop_identifiers(con: duckdb.DuckDBPyConnection, *, target: str, **_: object) -> None:
    """Stands in for `normalise_identifiers`: there are none."""
    con.execute(f"create or replace table {target} as from identifier where false")


def keep_every_pair(
    con: duckdb.DuckDBPyConnection, model: MatchModel, *, pairs: str, target: str, **_: object,
) -> None:
    """Stands in for `score_pairs`."""
    con.execute(f"create or replace temp table {target} as select *, 1.0 as match_weight, "
                f"1.0 as related_weight, 0.5 as match_score from {pairs}")


PLAIN_BLOCKS = (Block("telling", "last_name", 3), Block("weak", "city", 3, tells=False),
                Block("weak, too", "birth_text", 3, tells=False))


def pairs_by_definition(delivered: Delivered, *, one_is_enough: bool) -> list[str]:
    """Pairs that share a block of `PLAIN_BLOCKS` with at most three records, as their keys."""
    shared: dict[str, list[bool]] = {}
    for column, tells in (("last_name", True), ("city", False), ("birth_date", False)):
        blocks: dict[str, list[str]] = {}
        for key, record in sorted(delivered.records.items()):
            if column in dict(record.person):
                blocks.setdefault(dict(record.person)[column], []).append(key)
        for members in blocks.values():
            if len(members) <= 3:
                for left, right in combinations(members, 2):
                    shared.setdefault(left + right, []).append(tells)
    return sorted(pair for pair, tells in shared.items()
                  if one_is_enough or len(tells) > 1 or any(tells))


@pytest.fixture
def plain_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Store]:
    """A store of `PLAIN_BLOCKS`, without what spells and weighs."""
    monkeypatch.setattr(blocking, "BLOCKS", PLAIN_BLOCKS)
    monkeypatch.setattr(identity, "normalise_attributes", copy_attributes)
    monkeypatch.setattr(identity, "normalise_identifiers", drop_identifiers)
    monkeypatch.setattr(identity, "score_pairs", keep_every_pair)
    limits = {block.name: 3 for block in PLAIN_BLOCKS}
    return lambda one_is_enough: Store(
        replace(shipped_model(), blocks=BlockLimits(limits, one_is_enough)), SETTINGS)


@pytest.mark.parametrize("one_is_enough", [True, False])
def test_pairs_kept_are_those_of_small_blocks_while_blocks_pass_their_limit(
    plain_store: Callable[[bool], Store], one_is_enough: bool,
) -> None:
    """After every run, against the definition."""
    crossings: Counter[str] = Counter()

    @few_examples(4)
    @given(random=RANDOMS)
    def check(random: Random) -> None:
        store = plain_store(one_is_enough)
        for delivered in draw_history(random, runs=8):
            before = block_sizes(store)
            store.follow(delivered)
            crossings.update(find_crossings(before, block_sizes(store)))
            assert store.pairs() == pairs_by_definition(delivered, one_is_enough=one_is_enough)

    check()
    assert min(crossings["died"], crossings["came back"]) >= 10


@pytest.mark.parametrize(("case", "one_is_enough", "runs"), [
    ("a fourth record kills the block, and whoever leaves it brings it back", True, [
        ("last_name:abc", "ab ac bc"), ("last_name:abcd", ""), ("last_name:bcd", "bc bd cd"),
        ("last_name:bcde", ""), ("last_name:b", ""), ("last_name:abcde", "")]),
    ("pairs that share another block stay", True, [
        ("last_name:abc city:ab", "ab ac bc"), ("last_name:abcd city:ab", "ab"),
        ("last_name:abd city:ab", "ab ad bd"), ("last_name:abd", "ab ad bd")]),
    ("one of two weak blocks dies and comes back", False, [
        ("city:abc birth_date:ab", "ab"), ("city:abcd birth_date:ab", ""),
        ("city:abd birth_date:ab", "ab"), ("city:abd birth_date:abcd", ""),
        ("city:abd birth_date:bd", "bd")]),
    ("the telling block dies, and one weak block is left", False, [
        ("last_name:abc city:ab", "ab ac bc"), ("last_name:abcd city:ab", ""),
        ("last_name:abd city:ab", "ab ad bd")]),
    ("a record changes sides", True, [
        ("last_name:abcd city:ef", "ef"), ("last_name:abc city:def", "ab ac bc de df ef"),
        ("last_name:abcd city:ef", "ef")]),
])
def test_a_pair_comes_and_goes_with_the_blocks_that_hold_it(
    plain_store: Callable[[bool], Store], case: str, one_is_enough: bool,
    runs: list[tuple[str, str]],
) -> None:
    """Each run as `column:records that share its value`, and the pairs that are kept."""
    values = {"last_name": "Muster", "city": "Berlin", "birth_date": "1980-02-29"}
    store = plain_store(one_is_enough)
    for shared, expected in runs:
        people: dict[str, dict[str, str]] = {}
        for column, _, keys in (part.partition(":") for part in shared.split()):
            for key in keys:
                people.setdefault(key, {})[column] = values[column]
        store.follow(Delivered({
            key: Record(person=tuple(person.items())) for key, person in people.items()}))
        assert " ".join(store.pairs()) == expected, (case, shared)


class Killed(Exception):
    """Stands in for the end of a process."""


class DyingConnection:
    """An engine that works off so many statements and then dies."""

    def __init__(self, con: duckdb.DuckDBPyConnection, statements: int) -> None:
        self.con, self.left = con, statements

    def execute(self, *arguments: Any) -> Any:
        if not self.left:
            raise Killed
        self.left -= 1
        return self.con.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


def test_a_run_killed_between_two_statements_takes_nothing_with_it(
    crowd_store: Callable[[IdentitySettings], Store],
) -> None:
    def people(keys: str) -> Delivered:
        """Whose letter is a capital has another name; all live in one city."""
        return Delivered({key.lower(): Record(person=(
            ("last_name", "Muster" if key.isupper() else "Mustermann"), ("city", "Berlin")))
            for key in keys}, decisions={("a", "b"): "f" not in keys, ("c", "e"): True})

    anew = crowd_store(SETTINGS)
    anew.run(people("ABCef"))
    assert anew.pairs() == ["ab", "ac", "bc", "ef"]
    assert partition(anew) != {*"abcef"}
    killed = 0
    for statements in count(0, 5):
        store = crowd_store(SETTINGS)
        store.run(people("ABcd"))
        assert store.pairs() == ["ab", "cd"]
        store.deliver(people("ABCef"))
        dying: Any = DyingConnection(store.con, statements)
        try:
            identity.update_records(dying, INPUTS, store.settings)
            identity.update_pairs(dying, store.model)
            identity.resolve_customers(dying, INPUTS, store.settings)
        except Killed:
            killed += 1
            store.run(people("ABCef"))
        assert store.pairs() == anew.pairs(), statements
        assert store.tables() == anew.tables(), statements
        if dying.left:
            break
    assert killed >= 12
