"""Explains a customer: its records, what holds them together, and where its values come from.

Reads the warehouse as the last run left it. Personal data is masked unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.decisions import Decision, to_record_key
from orchestration.masking import HIDDEN, show
from orchestration.settings import Settings
from orchestration.warehouse import reading

Evidence = Callable[[str, str], Sequence[tuple[str, str, float]]]
"""Left and right record key -> (comparison, outcome, weight in bits), the prior among them."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "customer_type": ("customer_type",),
    "name": ("title", "first_name", "last_name"),
    "company_name": ("company_name",),
    "email": ("email",),
    "phone": ("phone",),
    "birth_date": ("birth_date",),
    "gender": ("gender",),
    "address": ("street", "postal_code", "city", "region", "country"),
    "language": ("language",),
    "account": ("account_id",),
    "acquisition": ("acquisition_channel", "acquisition_campaign_id", "acquisition_cost"),
    "loyalty": ("loyalty_tier", "loyalty_joined_at"),
}
"""Attributes of the golden record and their columns, as dbt's macro `survivorship_attributes`."""

DESCRIBING = ("title", "first_name", "last_name", "company_name", "birth_date", "gender",
              "street", "postal_code", "city", "country")
STATUSES = {
    "used": "holds the cluster together",
    "unsure": "not sure enough to join",
    "cut_decision": "cut: a person decided that they are different",
    "cut_bridge": "cut: the only and weak tie between two groups",
    "cut_size": "cut: the cluster would be larger than its limit",
    "cut_conflict": "cut: names or birth dates conflict, or were never compared",
}
EXPLAINED_PAIRS = 5
BITS_PER_MARK = 2.0
SILENT_BITS = 0.05


class UnknownCustomer(ValueError):
    """No customer has this id, and no record this name."""


class NothingBuilt(ValueError):
    """No run has built what is to be explained."""


@dataclass(frozen=True)
class Found:
    """The customer that was asked for, and by what."""

    customer_id: str
    how: str


@contextmanager
def built_warehouse(
    settings: Settings, needed: str = "customers with explained identity",
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse to read.

    Args:
        settings: of the home.
        needed: what is read, for the message.

    Raises:
        NothingBuilt: there is none, or an older version of cx360 built it.
    """
    try:
        with reading(settings.warehouse_path) as con:
            yield con
    except FileNotFoundError as error:
        raise NothingBuilt(str(error)) from error
    except duckdb.CatalogException as error:
        raise NothingBuilt(
            f"{settings.warehouse_path} has no {needed} yet; run `cx360 run`") from error


def find_customer(con: duckdb.DuckDBPyConnection, given: str) -> Found:
    """The customer behind a customer id, a former one, a record key or `source/reference`.

    Raises:
        UnknownCustomer: nobody is.
    """
    key = to_record_key(given)
    searches = (
        ("select customer_id from marts.customers where customer_id = $1", "a customer id"),
        ("select customer_id from marts.customer_aliases where alias_customer_id = $1",
         "an id of earlier, or of a merged record"),
        ("select customer_id from marts.customer_records where record_key = $1", "a record"),
    )
    for query, how in searches if key else ():
        rows = con.execute(query, [key]).fetchall()
        if rows:
            return Found(rows[0][0], how)
    raise UnknownCustomer(
        f"{given}: no customer, earlier id or record of that name; write a customer id, a record "
        "key (both 32 digits and letters a to f), or source/reference as in crm/10023")


def explain_customer(
    con: duckdb.DuckDBPyConnection, given: str, *, decisions: Sequence[Decision] = (),
    evidence: Evidence | None = None, reveal: bool = False,
) -> list[str]:
    """Everything that is known of who a customer is, as lines of text.

    Args:
        con: the warehouse.
        given: customer id, earlier id, record key or `source/reference`.
        decisions: of people, in force; those about the customer's records are told.
        evidence: weighs a pair of records attribute by attribute.
        reveal: show personal data and the words of decisions as they are.

    Raises:
        UnknownCustomer: there is nobody of that name.
    """
    found = find_customer(con, given)
    records = _records(con, found.customer_id)
    numbers = {record["record_key"]: f"[{i}]" for i, record in enumerate(records, 1)}
    edges = _edges(con, found.customer_id)
    unsure = _unsure_pairs(con, found.customer_id)
    lines = [f"customer    {found.customer_id}"]
    if given.strip().lower() != found.customer_id:
        lines.append(f"asked for   {given.strip()}, {found.how}")
    lines += ["", f"Records ({len(records)}), the most senior first", *_indented(
        line for record in records for line in _describe(con, record, numbers, reveal))]
    lines += _edge_lines("Ties", [e for e in edges if e["edge_status"] == "used"], numbers)
    lines += _edge_lines("Ties that were cut", [e for e in edges if e["edge_status"] != "used"],
                         numbers)
    lines += _unsure_lines(unsure, numbers)
    lines += _decision_lines(decisions, numbers, reveal)
    if evidence:
        lines += _evidence_lines([*edges, *unsure], numbers, evidence)
    lines += _history_lines(con, found.customer_id)
    lines += _relation_lines(con, found.customer_id, reveal)
    lines += _golden_lines(con, found.customer_id, numbers, reveal)
    return lines


def describe_record(con: duckdb.DuckDBPyConnection, record_key: str, *, reveal: bool) -> str:
    """What a record says of the person, in one line."""
    parts = []
    described = rows_of(con, f"select {', '.join(DESCRIBING)} "
                      "from intermediate.int_identity_attributes_unioned where record_key = $1",
                      record_key)
    for row in described:
        parts += [show(column, value, reveal=reveal) for column, value in row.items()
                  if value is not None]
    for row in rows_of(con, "select distinct identifier_type, identifier_value "
                     "from intermediate.int_identifiers_unioned where record_key = $1 "
                     "order by all", record_key):
        value = show(row["identifier_type"], row["identifier_value"], reveal=reveal)
        parts.append(f"{row['identifier_type'].replace('_', ' ')} {value}")
    return ", ".join(parts) or "nothing that describes a person"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with aligned columns; the last column is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows]


def weighed(score: float | None, weight: float | None) -> str:
    """A probability and, where attributes were weighed, the evidence in bits."""
    text = "" if score is None else f"probability {score:.4f}"
    return text if weight is None else f"{text}, {weight:+.1f} bits"


def rows_of(con: duckdb.DuckDBPyConnection, query: str, *values: str) -> list[dict[str, Any]]:
    """Rows of a query by column name."""
    result = con.execute(query, list(values))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _records(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[dict[str, Any]]:
    return rows_of(con, "select * from marts.customer_records where customer_id = $1 "
                 "order by is_senior desc, first_load_sequence, record_key", customer_id)


def _describe(
    con: duckdb.DuckDBPyConnection, record: dict[str, Any], numbers: dict[str, str], reveal: bool,
) -> Iterator[str]:
    number = numbers[record["record_key"]]
    reference = record["source_record_ref"]
    name = (f"{record['source_system']}/{reference}" if reference else
            f"{record['entity']} of {record['source_system']}, known by its identifiers")
    rule = ("the id derives from it" if record["is_senior"] else
            f"by {record['match_rule']}, {weighed(record['match_score'], None)}")
    yield f"{number} {name}: {rule}"
    yield f"{'':{len(number)}} record {record['record_key']}"
    yield f"{'':{len(number)}} " + describe_record(con, record["record_key"], reveal=reveal)


def _edges(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[dict[str, Any]]:
    return rows_of(con, "select * from marts.identity_edges "
                 "where left_customer_id = $1 or right_customer_id = $1 "
                 "order by match_score desc, match_weight desc, left_record_key, "
                 "right_record_key, match_rule", customer_id)


def _pair(row: dict[str, Any], numbers: dict[str, str]) -> str:
    """Both records of a pair; the customer's own by their numbers, and first."""
    return _together(
        numbers.get(row[f"{side}_record_key"]) or
        f"record {row[f'{side}_record_key']} of customer {row[f'{side}_customer_id']}"
        for side in ("left", "right"))


def _together(names: Iterable[str]) -> str:
    return " – ".join(sorted(names, key=lambda name: (name[0] != "[", len(name), name)))


def _edge_lines(
    title: str, edges: list[dict[str, Any]], numbers: dict[str, str],
) -> list[str]:
    if not edges:
        return []
    return ["", f"{title} ({len(edges)})", *_indented(table([
        (_pair(edge, numbers), edge["match_rule"],
         weighed(edge["match_score"], edge["match_weight"]),
         "" if edge["edge_status"] == "used" else STATUSES[edge["edge_status"]])
        for edge in edges]))]


def _unsure_pairs(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[dict[str, Any]]:
    return rows_of(con, "select *, 'unsure' as edge_status from marts.identity_review "
                   "where review_reason = 'unsure' "
                   "and (left_customer_id = $1 or right_customer_id = $1) order by review_rank",
                   customer_id)


def _unsure_lines(pairs: list[dict[str, Any]], numbers: dict[str, str]) -> list[str]:
    if not pairs:
        return []
    return ["", f"Likely, but not sure enough to join ({len(pairs)})", *_indented(table([
        (_pair(pair, numbers), weighed(pair["match_score"], pair["match_weight"]))
        for pair in pairs]))]


def _decision_lines(
    decisions: Sequence[Decision], numbers: dict[str, str], reveal: bool,
) -> list[str]:
    about = [one for one in decisions if one.left in numbers or one.right in numbers]
    if not about:
        return []
    return ["", f"Decisions of people ({len(about)})", *_indented(table([
        (f"row {one.row}", one.decision,
         _together(numbers.get(key, f"record {key}") for key in (one.left, one.right)),
         f"on {one.decided_on}", one.decided_by if reveal else HIDDEN,
         one.reason if reveal else HIDDEN) for one in about]))]


def _evidence_lines(
    edges: list[dict[str, Any]], numbers: dict[str, str], evidence: Evidence,
) -> list[str]:
    """The weakest weighed pairs attribute by attribute, because a person would doubt them."""
    pairs = {(edge["left_record_key"], edge["right_record_key"]): edge
             for edge in edges if edge["match_weight"] is not None}
    doubtful = sorted(pairs, key=lambda pair: (pairs[pair]["match_weight"], pair))
    lines: list[str] = []
    for pair in doubtful[:EXPLAINED_PAIRS]:
        steps = evidence(*pair)
        lines += ["", f"Evidence {_pair(pairs[pair], numbers)}: "
                  f"{STATUSES[pairs[pair]['edge_status']]}", *_indented(
                      waterfall(steps) if steps else ["not weighed with the current match model"])]
        if steps:
            lines.append(f"  As relatives and colleagues are weighed too, the probability is "
                         f"{pairs[pair]['match_score']:.4f}.")
    left_out = len(doubtful) - EXPLAINED_PAIRS
    if left_out > 0:
        lines += ["", f"The evidence of {count(left_out, 'stronger pair')} is not told."]
    return lines


def waterfall(steps: Sequence[tuple[str, str, float]]) -> list[str]:
    """Evidence as a sum in bits, one line a step, the prior first.

    A bit doubles the odds that two records are one person; a mark of the bar is two bits.
    """
    total = 0.0
    rows = []
    silent = []
    for comparison, outcome, bits in sorted(steps, key=lambda step: step[0] != "prior"):
        if abs(bits) < SILENT_BITS:
            silent.append(f"{comparison.replace('_', ' ')} ({outcome})")
            continue
        total += bits
        rows.append((comparison.replace("_", " "), outcome, f"{bits:+6.1f}", f"{total:+6.1f}",
                     ("+" if bits > 0 else "-") * max(1, round(abs(bits) / BITS_PER_MARK))))
    rows.append(("all together", _odds(total), "", f"{total:+6.1f}", ""))
    return table(rows) + ([f"says nothing: {', '.join(silent)}"] if silent else [])


def _odds(bits: float) -> str:
    """Odds in words: 3 bits are `8 to 1 for one person`."""
    ratio = 2 ** min(abs(bits), 60)
    side = "for" if bits > 0 else "against"
    return f"{ratio:,.0f} to 1 {side} one person" if abs(bits) >= 0.5 else "even odds"


def _history_lines(con: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    aliases = [row["alias_customer_id"] for row in rows_of(
        con, "select alias_customer_id from marts.customer_aliases where customer_id = $1 "
        "order by all", customer_id)]
    changes = rows_of(con, "select * from marts.identity_changes "
                    "where from_customer_id = $1 or to_customer_id = $1 "
                    "order by change_sequence, from_customer_id, to_customer_id", customer_id)
    lines = []
    if aliases:
        lines += ["", f"Other ids that mean this customer ({len(aliases)})", *_indented(aliases)]
    if changes:
        lines += ["", f"Changes ({len(changes)})", *_indented(table([
            (f"as of {change['as_of_date']}", change["change_type"],
             " -> ".join("this customer" if change[f"{end}_customer_id"] == customer_id
                         else change[f"{end}_customer_id"] for end in ("from", "to")),
             count(change["records_count"], "record")) for change in changes]))]
    return lines


def _relation_lines(
    con: duckdb.DuckDBPyConnection, customer_id: str, reveal: bool,
) -> list[str]:
    rows = []
    for row in rows_of(con, "select households.household_id, members_count from marts.households "
                     "join marts.customers on customers.household_id = households.household_id "
                     "where customer_id = $1", customer_id):
        rows.append(("household", row["household_id"],
                     count(row["members_count"], "customer")))
    for row in rows_of(con, "select account_members.account_id, is_main_account, account_name "
                     "from marts.account_members join marts.accounts "
                     "on account_members.account_id = accounts.account_id "
                     "where customer_id = $1 order by is_main_account desc, 1", customer_id):
        name = show("company_name", row["account_name"] or "without a name", reveal=reveal)
        rows.append(("account", row["account_id"],
                     f"{name}{', main account' if row['is_main_account'] else ''}"))
    return ["", "Belongs to", *_indented(table(rows))] if rows else []


def _golden_lines(
    con: duckdb.DuckDBPyConnection, customer_id: str, numbers: dict[str, str], reveal: bool,
) -> list[str]:
    sources = {row["attribute"]: row for row in rows_of(
        con, "select * from marts.customer_attribute_sources where customer_id = $1", customer_id)}
    golden = rows_of(con, "select * from intermediate.int_customers_consolidated "
                   "where customer_id = $1", customer_id)
    rows = []
    for attribute, columns in ATTRIBUTES.items():
        source = sources.get(attribute)
        if source is None or not golden:
            continue
        values = [show(column, golden[0][column], reveal=reveal) for column in columns
                  if golden[0][column] is not None]
        others = int(source["values_count"]) - 1
        rows.append((
            attribute.replace("_", " "), " ".join(values),
            f"{source['source_system']} {numbers.get(source['record_key'], '')}".strip(),
            f"of {source['valued_date']}" if source["valued_date"] else "undated",
            f"{count(others, 'other value')} given up" if others > 0 else ""))
    if not rows:
        return ["", "Golden record: no CRM describes this customer"]
    return ["", "Golden record", *_indented(table(rows))]


def count(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
