"""Actions of the demo company: nobody without consent, nobody of the holdout on a list."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
from company import Company


def test_there_are_actions_of_several_kinds(demo: Company) -> None:
    kinds = {kind for (kind,) in demo.read("select distinct action_kind from next_best_actions")}
    assert "leave_alone" in kinds
    assert len(kinds) >= 3
    assert demo.read("select count(*) from next_best_actions "
                     "where action_kind <> 'leave_alone' and expected_value <= 0") == [(0,)]


def test_not_one_action_is_for_a_customer_without_consent(demo: Company) -> None:
    """By the consents as they were delivered: the latest decision about marketing is a grant."""
    decisions = demo.read_raw(f"""
        select customer_key, decided_at, is_granted from {demo.raw('crm_consents')}
        where purpose = 'marketing'""")
    customers = dict(demo.read("select record_key, customer_id from customer_records"))
    latest: dict[str, tuple[object, bool]] = {}
    for record, decided_at, is_granted in decisions:
        customer = customers[record]
        # Of two decisions at one moment the withdrawal counts.
        if customer not in latest or (decided_at, not is_granted) > (
                latest[customer][0], not latest[customer][1]):
            latest[customer] = (decided_at, is_granted)
    consenting = {customer for customer, (_, is_granted) in latest.items() if is_granted}
    acted_on = {customer for (customer,) in demo.read(
        "select distinct customer_id from next_best_actions")}
    assert acted_on
    assert acted_on - consenting == set()
    assert len(latest) > len(consenting), "nobody withdrew: the test would see nothing"


def test_lists_hold_consented_customers_outside_the_holdout(
    copy: Company, tmp_path: Path,
) -> None:
    held_out = {customer for (customer,) in copy.read(
        "select distinct customer_id from next_best_actions where is_holdout")}
    assert held_out
    file = tmp_path / "list.csv"
    printed = copy.cx360("activate", "list", "email", "--by", "test", "--output", str(file))
    assert "logged in state/exports.parquet" in printed
    with file.open(encoding="utf-8", newline="") as lines:
        listed = [row["Customer ID"] for row in csv.DictReader(lines)]
    assert listed and set(listed) & held_out == set()
    consented = {customer for (customer,) in copy.read(
        "select customer_id from customers where has_marketing_consent")}
    assert set(listed) <= consented
    logged = pq.read_table(copy.home / "state" / "exports.parquet")["customer_id"].to_pylist()
    assert sorted(logged) == sorted(listed)
    assert "0 customers" in copy.cx360("activate", "list", "email", "--count")
