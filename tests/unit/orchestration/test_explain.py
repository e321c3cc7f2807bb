"""A customer explained on a small warehouse: who is found, what is told, and what is hidden."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

from orchestration.decisions import Decision
from orchestration.explain import (
    ATTRIBUTES,
    NothingBuilt,
    UnknownCustomer,
    built_warehouse,
    explain_customer,
    find_customer,
    waterfall,
)
from orchestration.identity_review import list_review
from orchestration.settings import DBT_PROJECT, Settings


def md5_of(text: str) -> str:
    return md5(text.encode()).hexdigest()


OLD, NEW, GUEST, OTHER = (*(md5_of(f"crm.customers|crm|{ref}") for ref in ("1", "2")),
                          md5_of("guest"), md5_of("other"))
CUSTOMER, NEIGHBOUR, FORMER = (md5_of(f"customer|{key}") for key in (OLD, OTHER, "gone"))

def pair_of(one: str, other: str) -> dict[str, object]:
    """Keys and customers of a pair of records, in the order of the tables."""
    customers = {OTHER: NEIGHBOUR}
    return {f"{side}_{column}": value
            for side, key in zip(("left", "right"), sorted((one, other)), strict=True)
            for column, value in (("record_key", key),
                                  ("customer_id", customers.get(key, CUSTOMER)))}


GOLDEN = {column: None for columns in ATTRIBUTES.values() for column in columns}

TABLES: dict[str, list[dict[str, object]]] = {
    "marts.customers": [
        {"customer_id": CUSTOMER, "household_id": "h1"},
        {"customer_id": NEIGHBOUR, "household_id": None}],
    "marts.customer_records": [
        {"record_key": key, "customer_id": customer, "source_record_ref": ref, "entity": entity,
         "source_system": source, "is_senior": senior, "match_rule": rule, "match_score": score,
         "first_load_sequence": load}
        for key, customer, ref, entity, source, senior, rule, score, load in (
            (NEW, CUSTOMER, "2", "crm.customers", "crm", False, "probabilistic", 0.97, 2),
            (GUEST, CUSTOMER, None, "pos.orders", "shop", False, "email", 0.98, 3),
            (OLD, CUSTOMER, "1", "crm.customers", "crm", True, "probabilistic", 0.97, 1),
            (OTHER, NEIGHBOUR, "3", "crm.customers", "crm", True, "single", 1.0, 1))],
    "marts.customer_aliases": [
        {"alias_customer_id": FORMER, "customer_id": CUSTOMER}],
    "marts.identity_edges": [
        {**pair_of(left, right), "match_rule": rule, "match_score": score,
         "match_weight": weight, "edge_status": status}
        for left, right, rule, score, weight, status in (
            (OLD, NEW, "probabilistic", 0.97, 7.25, "used"),
            (NEW, GUEST, "email", 0.98, None, "used"),
            (OLD, OTHER, "phone", 0.9, -3.5, "cut_conflict"))],
    "marts.identity_review": [
        {"review_rank": rank, "review_reason": reason, "match_score": 0.6, "match_weight": 1.5,
         "revenue_at_stake": 1234.5, "currency": "EUR", **pair_of(left, right),
         "left_source_system": "crm", "left_source_record_ref": "1",
         "right_source_system": "crm", "right_source_record_ref": None}
        for rank, reason, left, right in (
            (2, "unsure", OLD, OTHER), (1, "cut_bridge", NEW, OTHER))],
    "marts.identity_changes": [
        {"change_sequence": 1, "as_of_date": date(2026, 6, 30), "change_type": "renamed",
         "from_customer_id": FORMER, "to_customer_id": CUSTOMER, "records_count": 1}],
    "marts.households": [{"household_id": "h1", "members_count": 2}],
    "marts.accounts": [{"account_id": "a1", "account_name": "Muster GmbH"}],
    "marts.account_members": [
        {"account_id": "a1", "customer_id": CUSTOMER, "is_main_account": True}],
    "marts.customer_attribute_sources": [
        {"customer_id": CUSTOMER, "attribute": "name", "record_key": NEW, "source_system": "crm",
         "valued_date": date(2026, 1, 2), "values_count": 2}],
    "intermediate.int_customers_consolidated": [
        {**GOLDEN, "customer_id": CUSTOMER, "first_name": "Erika", "last_name": "Beispiel"}],
    "intermediate.int_identity_attributes_unioned": [
        {"record_key": NEW, "title": None, "first_name": "Erika", "last_name": "Beispiel",
         "company_name": None, "birth_date": date(1980, 3, 31), "gender": "female",
         "street": "Musterweg 1", "postal_code": "80331", "city": "München", "country": "DE"}],
    "intermediate.int_identifiers_unioned": [
        {"record_key": key, "identifier_type": "email", "identifier_value": "erika@beispiel.de"}
        for key in (NEW, GUEST)],
}
DECISIONS = (Decision(4, "same", min(OLD, NEW), max(OLD, NEW), "Änne", date(2026, 3, 31), "asked"),
             Decision(5, "different", "0" * 32, "1" * 32, "Änne", date(2026, 3, 31), "asked"))
PERSONAL = ("Erika", "Beispiel", "erika@", "Musterweg", "80331", "München", "03-31, f",
            "Muster GmbH")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    for name, rows in TABLES.items():
        con.execute(f"create schema if not exists {name.split('.')[0]}")
        names = list(rows[0])
        types = [next((type(row[column]) for row in rows if row[column] is not None), str)
                 for column in names]
        sql = {str: "varchar", bool: "boolean", int: "bigint", float: "double", date: "date"}
        con.execute(f"create table {name} (" + ", ".join(
            f"{column} {sql[kind]}" for column, kind in zip(names, types, strict=True)) + ")")
        con.executemany(f"insert into {name} values ({', '.join('?' * len(names))})",
                        [list(row.values()) for row in rows])
    yield con
    con.close()


@pytest.mark.parametrize(("given", "how"), [
    (CUSTOMER, "a customer id"),
    (CUSTOMER.upper(), "a customer id"),
    (FORMER, "an id of earlier, or of a merged record"),
    (GUEST, "a record"),
    ("crm/2", "a record"),
])
def test_a_customer_is_found_by_any_of_its_names(
    con: duckdb.DuckDBPyConnection, given: str, how: str,
) -> None:
    found = find_customer(con, given)
    assert (found.customer_id, found.how) == (CUSTOMER, how)


@pytest.mark.parametrize("given", ["crm/99", "0" * 32, "Erika", ""])
def test_nobody_is_told_as_nobody(con: duckdb.DuckDBPyConnection, given: str) -> None:
    with pytest.raises(UnknownCustomer, match="no customer, earlier id or record of that name"):
        find_customer(con, given)


def test_everything_about_a_customer_is_told(con: duckdb.DuckDBPyConnection) -> None:
    text = "\n".join(explain_customer(
        con, "crm/2", decisions=DECISIONS, reveal=True,
        evidence=lambda left, right: [("birth_date", "equal", 9.0), ("prior", "at random", -1.75)]
        if {left, right} == {OLD, NEW} else []))
    for line in (
        f"customer    {CUSTOMER}",
        "asked for   crm/2, a record",
        "[1] crm/1: the id derives from it",
        "[2] crm/2: by probabilistic, probability 0.9700",
        "[3] pos.orders of shop, known by its identifiers: by email, probability 0.9800",
        "Erika, Beispiel, 1980-03-31, female, Musterweg 1, 80331, München, DE, email erika@",
        "[1] – [2]  probabilistic  probability 0.9700, +7.2 bits",
        f"[1] – record {OTHER} of customer {NEIGHBOUR}  phone  probability 0.9000, -3.5 bits  "
        "cut: names or birth dates conflict, or were never compared",
        f"[1] – record {OTHER} of customer {NEIGHBOUR}  probability 0.6000, +1.5 bits",
        "row 4  same  [1] – [2]  on 2026-03-31  Änne  asked",
        "Evidence [1] – [2]: holds the cluster together",
        "As relatives and colleagues are weighed too, the probability is 0.9700.",
        f"as of 2026-06-30  renamed  {FORMER} -> this customer  1 record",
        "household  h1  2 customers",
        "account    a1  Muster GmbH, main account",
        "name  Erika Beispiel  crm [2]  of 2026-01-02  1 other value given up",
    ):
        assert line in text
    assert "row 5" not in text


def test_personal_data_is_hidden_unless_asked_for(con: duckdb.DuckDBPyConnection) -> None:
    told = explain_customer(con, CUSTOMER, decisions=DECISIONS)
    review = list_review(con, decisions=(), top=9, today=date(2026, 7, 1))
    hidden = "\n".join(told + review)
    assert not [word for word in (*PERSONAL, "Änne", "asked") if word in hidden]
    assert "E***, B***, 1980-**-**, f***, M*** ***, 80***, M***, DE, email e***@b***.de" in hidden


def test_a_pair_without_evidence_says_so(con: duckdb.DuckDBPyConnection) -> None:
    text = "\n".join(explain_customer(con, CUSTOMER, evidence=lambda left, right: []))
    assert "not weighed with the current match model" in text


def test_evidence_is_a_sum_in_bits_from_the_prior_on() -> None:
    lines = waterfall([("birth_date", "one digit", 6.0), ("city", "unknown", 0.0),
                       ("gender", "different", -4.0), ("prior", "two records at random", -10.0)])
    assert [re.sub(" +", " ", line) for line in lines] == [
        "prior two records at random -10.0 -10.0 -----",
        "birth date one digit +6.0 -4.0 +++",
        "gender different -4.0 -8.0 --",
        "all together 256 to 1 against one person -8.0",
        "says nothing: city (unknown)",
    ]


def test_pairs_to_review_come_in_order_with_a_row_to_paste(con: duckdb.DuckDBPyConnection) -> None:
    lines = list_review(con, decisions=(), top=1, today=date(2026, 7, 1))
    assert lines[0] == "2 pairs to review, 0 more decided since the last run"
    assert lines[2] == ("1. tied, but cut: the only and weak tie between two groups: "
                        "probability 0.6000, +1.5 bits; 1,234.50 EUR at stake")
    assert lines[-1] == f"   paste  same;{min(NEW, OTHER)};{max(NEW, OTHER)};WHO;2026-07-01;WHY"
    decided = Decision(2, "different", *sorted((OLD, OTHER)), "x", date(2026, 7, 1), "y")
    lines = list_review(con, decisions=(decided,), top=9, today=date(2026, 7, 1))
    assert lines[0] == "1 pair to review, 1 more decided since the last run"
    assert f"{min(OLD, OTHER)};{max(OLD, OTHER)}" not in "\n".join(lines)


def test_without_a_built_warehouse_the_remedy_is_told(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, company_folder=tmp_path, sources=tmp_path, extracts=tmp_path)
    with pytest.raises(NothingBuilt, match="run `cx360 run`"), built_warehouse(settings):
        pass
    duckdb.connect(str(settings.warehouse_path)).close()
    with pytest.raises(NothingBuilt, match="run `cx360 run`"), built_warehouse(settings) as con:
        find_customer(con, CUSTOMER)


def test_the_attributes_are_those_of_the_golden_record() -> None:
    macro = (DBT_PROJECT / "macros" / "survivorship.sql").read_text()
    declared = re.search(r"macro survivorship_attributes.*?return\((\{.*?\})\) }}", macro, re.S)
    assert declared is not None
    assert {attribute: tuple(parts["columns"]) for attribute, parts
            in ast.literal_eval(declared.group(1)).items()} == ATTRIBUTES
    with (DBT_PROJECT / "seeds" / "survivorship.csv").open() as seed:
        assert {row["attribute"] for row in csv.DictReader(seed)} == set(ATTRIBUTES)
