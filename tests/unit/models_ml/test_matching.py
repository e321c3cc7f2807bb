"""Weighing pairs: who is one person and who only looks like it, and what fitting finds again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import duckdb
import pytest

from models_ml import identity
from models_ml.blocking import BLOCKS, BlockLimits, candidates_sql
from models_ml.comparisons import COMPARISONS
from models_ml.identity import ATTRIBUTES, IdentitySettings, Inputs
from models_ml.matching import MatchModel, OtherComparisons, _linked, write_frequencies
from models_ml.weighing import REVIEW_SCORE, explain_pair, score_pairs, with_frequencies

INPUTS = Inputs("records", "identifiers", "attributes", "merges", "decisions")
CONTACTS = ("loyalty_id", "email", "phone")
Person = Mapping[str, str | None]


def engine_with(people: Mapping[str, Person]) -> duckdb.DuckDBPyConnection:
    """An identity store of these records: what describes them and how to reach them."""
    con = duckdb.connect(config={"threads": 2})
    con.execute("create table records as select unnest($1::varchar[]) as record_key, "
                "1 as first_load_sequence", [list(people)])
    con.execute("create table identifiers (record_key varchar, identifier_type varchar, "
                "identifier_value varchar, source_system varchar)")
    con.execute("create table attributes (record_key varchar, " + ", ".join(
        f"{name} {'date' if name == 'birth_date' else 'varchar'}" for name in ATTRIBUTES) + ")")
    con.execute("create table merges (left_record_key varchar, right_record_key varchar)")
    con.execute("create table decisions (left_record_key varchar, right_record_key varchar, "
                "is_same boolean)")
    contacts = [(key, kind, person[kind], "crm") for key, person in people.items()
                for kind in CONTACTS if person.get(kind)]
    described = [(key, *(person.get(name) for name in ATTRIBUTES))
                 for key, person in people.items()]
    for table, rows in (("identifiers", contacts), ("attributes", described)):
        if rows:
            con.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
    identity.update_records(con, INPUTS, IdentitySettings())
    return con


def record_ids(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(con.execute("select record_key, record_id from record").fetchall())


def customers(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    identity.resolve_customers(con, INPUTS, IdentitySettings())
    return dict(con.execute("select record_key, customer_id from customer_records").fetchall())


SHIPPED = MatchModel(
    records_count=10_000, matches_count=1_500.0, prior=3e-5, relatives=0.5, colleagues=0.1,
    same={c.name: tuple(level.same for level in c.levels) for c in COMPARISONS},
    strangers={c.name: tuple(level.strangers for level in c.levels) for c in COMPARISONS},
    blocks=BlockLimits({block.name: 30 for block in BLOCKS}, one_is_enough=True), fitted_by=())
"""The shipped probabilities, as if nothing could be fitted to ten thousand records."""

EVA: Person = {
    "first_name": "Eva", "last_name": "Rabenhorst", "birth_date": "1980-03-04", "gender": "female",
    "street": "Birkenweg 7", "postal_code": "10115", "city": "Berlin",
    "email": "eva.rabenhorst@x.de", "phone": "030 1234567"}
HENRY: Person = {
    "first_name": "Henry", "last_name": "Quast", "birth_date": "1951-06-17", "gender": "male",
    "street": "Deichstr. 3", "postal_code": "20459", "city": "Hamburg", "phone": "040 7654321"}
ANNA: Person = {"first_name": "Anna", "last_name": "Schmidt", "gender": "female"}
ILSE: Person = {
    "first_name": "Ilse", "last_name": "Zander", "birth_date": "1966-11-05", "gender": "female",
    "street": "Am Markt 1", "postal_code": "50667", "city": "Köln", "email": "zander@x.de"}
PAUL: Person = {
    "first_name": "Paul", "last_name": "Wirsing", "company_name": "Ofenbau GmbH", "gender": "male",
    "street": "Werkstr. 20", "postal_code": "90402", "city": "Nürnberg",
    "email": "info@ofenbau.de", "phone": "0911 1234567"}

RECORDS: dict[str, Person] = {
    "eva": EVA,
    "eva moved": {**EVA, "street": "Ostallee 4", "postal_code": "80331", "city": "München",
                  "email": "raben80@y.de", "phone": None},
    "eva, day and month": {**EVA, "birth_date": "1980-04-03"},
    "eva, names swapped": {**EVA, "first_name": "Rabenhorst", "last_name": "Eva"},
    "eva, misspelt": {**EVA, "last_name": "Rabenhrost", "email": None, "phone": None},
    "henry": HENRY,
    "henry junior": {**HENRY, "birth_date": "1979-01-30"},
    "anna in ulm": {**ANNA, "city": "Ulm", "email": "anna.schmidt@x.de"},
    "anna in kiel": {**ANNA, "city": "Kiel", "email": "anna.schmidt@y.de"},
    "ilse": ILSE,
    "her husband": {**ILSE, "first_name": "Georg", "birth_date": "1963-02-21", "gender": "male"},
    "her daughter": {**ILSE, "first_name": "Karin", "birth_date": "1996-07-12", "email": None},
    "her other daughter": {**ILSE, "first_name": "Britta", "birth_date": "1996-07-12",
                           "email": None},
    "paul": PAUL,
    "his colleague": {**PAUL, "first_name": "Dora", "last_name": "Kienzle",
                      "gender": "female"},
    "olga": {"first_name": "Olga", "last_name": "Vetter", "birth_date": "1951-06-17",
             "gender": "female", "street": "Hafenstr. 12", "postal_code": "20459",
             "city": "Hamburg", "email": "filiale7@z.de"},
    "jens": {"first_name": "Jens", "last_name": "Ostermann", "birth_date": "1999-12-24",
             "gender": "male", "street": "Talweg 5", "postal_code": "01067", "city": "Dresden",
             "email": "filiale7@z.de"},
    "rosa": {"first_name": "Rosa", "last_name": "Immel", "birth_date": "1944-08-02",
             "street": "Turmgasse 9", "postal_code": "99084", "city": "Erfurt",
             "loyalty_id": "K77"},
    "till": {"first_name": "Till", "last_name": "Overbeck", "birth_date": "2001-10-30",
             "street": "Kaistr. 1", "postal_code": "28195", "city": "Bremen",
             "loyalty_id": "K77"},
}
COMMON = {("first_name", "anna"): .01, ("last_core", "schmidt"): .01}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The records above, resolved with the shipped probabilities."""
    con = engine_with(RECORDS)
    con.execute("create table frequency (column_name varchar, value varchar, frequency double)")
    con.executemany("insert into frequency values (?, ?, ?)",
                    [(*value, frequency) for value, frequency in COMMON.items()])
    identity.update_pairs(con, SHIPPED)
    customers(con)
    con.execute("create table weighable as "
                + with_frequencies("described", "frequency", SHIPPED.records_count))
    yield con
    con.close()


Explain = Callable[[str, str], Mapping[str, tuple[str, float]]]


@pytest.fixture(scope="module")
def explain(con: duckdb.DuckDBPyConnection) -> Explain:
    """Evidence between two records: comparison -> level and bits."""
    ids = record_ids(con)

    @cache
    def evidence(left: str, right: str) -> Mapping[str, tuple[str, float]]:
        return {name: (level, bits) for name, level, bits in explain_pair(
            con, SHIPPED, described="weighable", left_id=ids[left], right_id=ids[right])}

    return evidence


@pytest.mark.parametrize(("left", "right", "expected"), [
    ("eva", "eva moved", "one customer"),  # name and birth date are left
    ("eva", "eva, day and month", "one customer"),
    ("eva", "eva, names swapped", "one customer"),
    ("eva", "eva, misspelt", "one customer"),
    ("henry", "henry junior", "two"),  # one name, one house, one telephone
    ("anna in ulm", "anna in kiel", "two"),  # namesakes have e-mail addresses alike
    ("her daughter", "her other daughter", "two"),  # twins
    ("ilse", "her daughter", "two"),
    ("ilse", "her husband", "two, in conflict"),  # a couple with one mailbox
    ("paul", "his colleague", "two, in conflict"),  # and a company with one
    # Strangers, and what clerks of a shop write down for customers without a mailbox.
    ("jens", "olga", "two, in conflict"),
    ("rosa", "till", "two, in conflict"),  # a card for all at the till
])
def test_who_is_one_person(
    con: duckdb.DuckDBPyConnection, left: str, right: str, expected: str,
) -> None:
    ((count,),) = con.execute("select count(distinct customer_id) from customer_records "
                              "where record_key in (?, ?)", [left, right]).fetchall()
    conflicts = con.execute("select edge_status from identity_edges where match_rule in "
                            "('email', 'loyalty_id') and left_record_key = ? "
                            "and right_record_key = ?",
                            sorted((left, right))).fetchall()
    assert ("one customer" if count == 1 else "two"
            if conflicts != [("cut_conflict",)] else "two, in conflict") == expected


HUGO: Person = {
    "first_name": "Hugo", "last_name": "Tillmann", "birth_date": "1951-08-17", "gender": "male",
    "street": "Mühlgasse 9", "postal_code": "99084", "city": "Erfurt",
    "email": "hugo.tillmann@x.de", "phone": "0361 1234567"}
HIS_NAME_AND_HOUSE: Person = {**HUGO, "birth_date": None, "email": None, "phone": None}
OTHER_PHONE = {"phone": "0361 7654321"}


# Father and son of one name, or one man twice? Where there are many relatives, only own things
# tell.
@pytest.mark.parametrize(("other", "expected"), [
    ({}, "unsure"),
    (OTHER_PHONE, "unsure"),
    ({"last_name": "Tilmann", **OTHER_PHONE}, "unsure"),  # a son's name is misspelt as often
    ({"phone": HUGO["phone"], "email": "hugotillmann7@y.de"}, "unsure"),
    ({"street": "Kaistr. 1", "postal_code": "28195", "city": "Bremen", "phone": HUGO["phone"]},
     "unsure"),
    ({"birth_date": "1983-05-02", **OTHER_PHONE}, "two"),
    ({"email": HUGO["email"], "phone": HUGO["phone"]}, "one"),
    ({"birth_date": HUGO["birth_date"], **OTHER_PHONE}, "one"),
])
def test_one_name_in_one_house(other: Person, expected: str) -> None:
    con = engine_with({"hugo": HUGO, "other": {**HIS_NAME_AND_HOUSE, **other}})
    con.execute("create table frequency (column_name varchar, value varchar, frequency double)")
    identity.update_pairs(con, replace(SHIPPED, relatives=2.0))
    scores = con.execute("select match_score from pair").fetchall()
    score = scores[0][0] if scores else 0.0
    found = "one" if score >= IdentitySettings().threshold else (
        "unsure" if score >= REVIEW_SCORE else "two")
    assert found == expected, score


@pytest.mark.parametrize(("right", "comparison", "level"), [
    ("eva, day and month", "birth_date", "day and month swapped"),
    ("eva, names swapped", "first_name", "swapped with last name"),
    ("eva, names swapped", "last_name", "swapped with first name"),
    ("eva, misspelt", "last_name", "typing error"),
])
def test_a_slip_is_more_evidence_for_than_against(
    explain: Explain, right: str, comparison: str, level: str,
) -> None:
    found, bits = explain("eva", right)[comparison]
    assert found == level
    assert 1 < bits < explain("eva", "eva moved")[comparison][1]


def test_agreeing_on_a_rare_name_says_more_than_on_a_common_one(explain: Explain) -> None:
    rare, common = explain("eva", "eva moved"), explain("anna in ulm", "anna in kiel")
    for comparison in ("first_name", "last_name"):
        assert rare[comparison][0] == common[comparison][0] == "equal"
        # .01 of the records bear the common name, 1 of 10,000 the rare one: log2(100) bits.
        assert rare[comparison][1] - common[comparison][1] == pytest.approx(6.644, abs=.01)


@pytest.mark.parametrize(("left", "right"), [
    ("eva", "eva moved"), ("eva", "eva, names swapped"), ("anna in ulm", "anna in kiel"),
    ("ilse", "eva"),
])
def test_the_evidence_told_adds_up_to_the_match_weight(
    con: duckdb.DuckDBPyConnection, explain: Explain, left: str, right: str,
) -> None:
    ids = record_ids(con)
    con.execute(f"create or replace temp table asked as "
                f"select {ids[left]} as left_id, {ids[right]} as right_id, true as is_kept")
    score_pairs(con, SHIPPED, described="weighable", pairs="asked", target="answered")
    ((weight,),) = con.execute("select match_weight from answered").fetchall()
    evidence = explain(left, right)
    assert [*evidence] == [*(c.name for c in COMPARISONS), "prior"]
    assert sum(bits for _, bits in evidence.values()) == pytest.approx(weight, abs=1e-6)
    assert all(bits == 0 for level, bits in evidence.values() if level == "unknown")


def test_frequencies_leave_out_values_seen_once() -> None:
    con = engine_with({"a": EVA, "b": EVA, "c": HENRY, "d": {"city": "Ulm"}})
    write_frequencies(con, described="described", target="frequency")
    found = {(column, value): frequency for column, value, frequency in con.execute(
        "select * from frequency").fetchall()}
    # Of the three known first names two are Eva, of the four cities two are Berlin.
    assert found["first_name", "eva"] == pytest.approx(2 / 3)
    assert found["city", "berlin"] == pytest.approx(1 / 2)
    assert not {value for _, value in found} & {"henry", "quast", "ulm"}


# Planted: four in ten persons have a second record, in which these slip, each by itself.
DUPLICATES, SLIPS = .4, {"birth_date": .1, "last_name": .15, "home": .2, "email": .3}
FIRST_NAMES = (
    "Anna", "Bernd", "Clara", "David", "Emma", "Felix", "Greta", "Hannes", "Ida", "Jonas", "Karla",
    "Ludwig", "Marie", "Norbert", "Olga", "Peter", "Quirin", "Ruth", "Simon", "Tilda", "Ulrich",
    "Vera", "Wilhelm", "Xenia", "Yannick", "Zita")
LAST_NAMES = [begin + end for begin in (
    "Acker", "Brink", "Dorn", "Esch", "Falk", "Gruber", "Hoff", "Jung", "Kamp", "Lind", "Moor",
    "Nest", "Ober", "Pfann", "Quell", "Ried", "Stein", "Traut", "Ufer", "Vogt", "Wald", "Zeller")
    for end in ("mann", "hofer", "ke", "stein", "er")]
CITIES = ("Berlin", "Hamburg", "München", "Köln", "Frankfurt", "Stuttgart", "Dresden", "Leipzig",
          "Ulm", "Kiel")
STREETS = ("Ahornweg", "Bergstr.", "Domplatz", "Fichtenallee", "Gartenstr.", "Hafenweg",
           "Lindenring", "Uferstr.")


def draw_population(seed: int, persons: int = 500) -> tuple[dict[str, Person], dict[str, int]]:
    """Records, and the person of each. Two or three share a house, a last name and a telephone."""
    random = Random(seed)
    households = [random.choice((1, 2, 3)) for _ in range(persons)]
    people: dict[str, Person] = {}
    truth: dict[str, int] = {}
    number = 0
    for members in households:
        home, last = draw_home(random), random.choice(LAST_NAMES)
        for first in random.sample(FIRST_NAMES, members):
            number += 1
            person: Person = {
                "first_name": first, "last_name": last, **home,
                "birth_date": f"{random.randint(1940, 2004)}-{random.randint(1, 12):02d}-"
                              f"{random.randint(10, 28)}",
                "email": f"{first}.{last}{number}@x.de" if random.random() < .7 else None}
            slips = [draw_slips(random, person)] if random.random() < DUPLICATES else []
            for slip in ({}, *slips):
                key = f"r{len(people):04d}"
                people[key], truth[key] = {**person, **slip}, number
            if number == persons:
                return people, truth
    raise AssertionError("a household has at least one member")


def draw_home(random: Random) -> dict[str, str | None]:
    area = random.randrange(100)
    return {"street": f"{random.choice(STREETS)} {random.randint(1, 90)}",
            "postal_code": f"{10115 + area * 811}", "city": CITIES[area % len(CITIES)],
            "phone": f"030 {random.randint(2_000_000, 8_999_999)}"}


def draw_slips(random: Random, person: Person) -> dict[str, Any]:
    slips: dict[str, Any] = {}
    if random.random() < SLIPS["birth_date"]:
        born = str(person["birth_date"])
        slips["birth_date"] = born[:-1] + str((int(born[-1]) + 1) % 9)
    if random.random() < SLIPS["last_name"]:
        name = str(person["last_name"])
        place = random.randrange(1, len(name) - 1)
        slips["last_name"] = name[:place] + name[place + 1] + name[place] + name[place + 2:]
    if random.random() < SLIPS["home"]:
        slips |= draw_home(random)
        if random.random() < .5:
            del slips["phone"]
    if random.random() < SLIPS["email"]:
        slips["email"] = f"{random.randrange(10**6):06d}@y.de"
    return slips


Fitted = tuple[duckdb.DuckDBPyConnection, MatchModel, dict[str, int]]


@pytest.fixture(scope="module")
def fitted() -> Iterator[Fitted]:
    """The planted population and the model fitted to it."""
    people, truth = draw_population(1)
    con = engine_with(people)
    yield con, identity.fit_model(con), truth
    con.close()


def same_pairs(group_of: Mapping[str, object]) -> set[tuple[str, str]]:
    groups: dict[object, list[str]] = {}
    for key in sorted(group_of):
        groups.setdefault(group_of[key], []).append(key)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def test_fitting_finds_what_was_planted(fitted: Fitted) -> None:
    con, model, truth = fitted
    planted = same_pairs(truth)
    con.execute("create or replace temp table planted (left_key varchar, right_key varchar)")
    con.executemany("insert into planted values (?, ?)", sorted(planted))
    equal = con.execute("""
        select avg((l.birth_text = r.birth_text)::int), avg((l.last_name = r.last_name)::int),
            avg((l.street_name = r.street_name and l.house_number = r.house_number)::int)
        from planted join record as a on left_key = a.record_key
        join record as b on right_key = b.record_key
        join described as l on a.record_id = l.record_id
        join described as r on b.record_id = r.record_id""").fetchall()[0]
    assert model.records_count == len(truth)
    assert model.matches_count == pytest.approx(len(planted), rel=.1)
    assert model.prior == pytest.approx(2 * len(planted) / len(truth) / (len(truth) - 1), rel=.1)
    for comparison, share in zip(("birth_date", "last_name", "address"), equal, strict=True):
        assert model.same[comparison][0] == pytest.approx(share, abs=.05), comparison
    # Two of three persons live with others, in up to three pairs a house.
    assert model.relatives > 1


def test_match_weights_are_splinks_to_the_last_bit(fitted: Fitted) -> None:
    con, model, _ = fitted
    con.execute("create or replace temp table described_all as "
                + with_frequencies("described", "frequency", model.records_count))
    con.execute("create or replace temp table pairs_asked as "
                f"select *, true as is_kept from ({candidates_sql('block_key', model.blocks)})")
    score_pairs(con, model, described="described_all", pairs="pairs_asked", target="ours")
    con.execute("create or replace temp table pairs_of_splink as select '0' as match_key, "
                "left_id as join_key_l, right_id as join_key_r from pairs_asked")
    with _linked(con, model, "described_all") as linker:
        linker.table_management.register_blocked_pairs_for_predict(
            linker._db_api.register(con.table("pairs_of_splink")))
        theirs = linker.inference.predict(warning_mode="never").physical_name
        asked, equal, levels = con.execute(f"""
            select count(*), count(*) filter (ours.match_weight = theirs.match_weight),
                count(distinct (gamma_first_name, gamma_last_name, gamma_birth_date, gamma_address))
            from ours join {theirs} as theirs
                on left_id = record_id_l and right_id = record_id_r""").fetchall()[0]
    assert equal == asked == con.execute("select count(*) from pairs_asked").fetchall()[0][0]
    assert levels >= 40, "of all kinds"


def test_what_is_joined_is_right_and_nearly_all(fitted: Fitted) -> None:
    con, model, truth = fitted
    identity.update_pairs(con, model)
    right, joined = same_pairs(truth), same_pairs(customers(con))
    assert len(right & joined) / len(joined) >= .98
    assert len(right & joined) / len(right) >= .9


def test_probabilities_are_shares_and_none_is_impossible(fitted: Fitted) -> None:
    _, model, _ = fitted
    for part in (model.same, model.strangers):
        for c in COMPARISONS:
            assert len(part[c.name]) == len(c.levels)
            assert sum(part[c.name]) == pytest.approx(1, abs=1e-4)
            assert min(part[c.name]) > 0
    assert [row[:2] for row in model.weights()] == [
        (c.name, level.label) for c in COMPARISONS for level in c.levels]


def test_the_recorded_model_is_the_model_and_holds_no_value(fitted: Fitted) -> None:
    _, model, _ = fitted
    text = model.to_json()
    assert MatchModel.from_json(text) == model
    assert MatchModel.from_json(text).version == model.version
    assert replace(model, prior=.5).version != model.version
    assert not [name for name in (*LAST_NAMES, *FIRST_NAMES) if name.lower() in text.lower()]


def other_model(change: str) -> str:
    data: dict[str, Any] = json.loads(SHIPPED.to_json())
    match change:
        case "a comparison is gone":
            del data["same"]["gender"]
        case "a comparison is new":
            data["strangers"]["height"] = [.5, .5]
        case "a level is gone":
            data["same"]["city"].pop()
        case "a field is gone":
            del data["relatives"]
        case "a field is new":
            data["neighbours"] = 1.0
    return json.dumps(data)


@pytest.mark.parametrize("change", [
    "a comparison is gone", "a comparison is new", "a level is gone", "a field is gone",
    "a field is new"])
def test_a_model_of_another_version_tells_what_to_do(change: str) -> None:
    with pytest.raises(OtherComparisons, match="fit it again with `cx360 identity train`"):
        MatchModel.from_json(other_model(change))


def test_fitting_again_gives_the_same_version(fitted: Fitted) -> None:
    people, _ = draw_population(2, persons=150)
    con = engine_with(people)
    model = identity.fit_model(con)
    assert model.fitted_by
    assert identity.fit_model(con).version == model.version
    assert model.version != fitted[1].version


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_and_one_alone_are_fitted_and_weighed(count: int) -> None:
    """There is nothing to fit to, so that the shipped probabilities stand."""
    con = engine_with({f"r{number}": EVA for number in range(count)})
    model = identity.fit_model(con)
    assert model.records_count == count
    assert model.fitted_by == ()
    assert 0 < model.prior <= .5
    for c in COMPARISONS:
        assert model.same[c.name] == pytest.approx([level.same for level in c.levels], abs=1e-4)
    assert identity.update_pairs(con, model) == {"pairs_weighed": 0, "pairs_kept": 0}
    assert len(customers(con)) == count
