"""Explains a value of a KPI: what it means, what makes it, what was checked, which records it is.

The value is computed again from its records, apart from the models. How a KPI is defined, which
models make it and which tests passed says what dbt left of the last run. Told are keys of records,
never what stands in them, and nothing of a suppressed value unless it is asked for.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

import duckdb

from ingestion.readers.files import identifier, literal
from models_ml.kpis import Record, Tally, counted_records, is_same, period_bounds, share_of
from orchestration.explain import NothingBuilt, count, rows_of, table
from orchestration.settings import Settings

VALUES = "model.cx360.kpi_values"
GRAINS = ("day", "week", "month", "quarter", "year", "all")
FETCHED_ROWS = 50_000
NAMES_TOLD = 20
Keep = Callable[[Sequence[str]], object]
SUPPRESSED = ("suppressed: fewer people than may be shown, or a part that would give others away; "
              "see --reveal")


class UnknownKpi(ValueError):
    """No KPI, period or part of that name; the message says what there is."""


@dataclass(frozen=True)
class Asked:
    """The value that is asked for; without a period that of the newest complete month."""

    kpi: str
    period: str | None = None
    dimension: str = "all"
    value: str = "all"


@dataclass(frozen=True)
class Explained:
    """What is told, and whether the records give the value that is reported."""

    lines: list[str]
    is_equal: bool


@dataclass(frozen=True)
class BuiltProject:
    """What dbt left of the last run: its models, and how its tests ended."""

    home: Path
    nodes: Mapping[str, dict[str, Any]]
    parents: Mapping[str, Sequence[str]]
    results: Mapping[str, dict[str, Any]]
    folder: Path


@dataclass(frozen=True)
class Definition:
    """How a KPI is computed of which facts in one dimension."""

    kpi_id: str
    node: dict[str, Any]
    facts: dict[str, Any]
    terms: Mapping[str, Any]

    @property
    def method(self) -> str:
        """How records become a value."""
        return str(self.terms["method"])


@dataclass(frozen=True)
class Cell:
    """Where a value stands. `bounds` are its first day and the day after its last."""

    kpi_id: str
    grain: str
    period: str
    bounds: tuple[date, date] | None
    dimension: str
    value: str

    @property
    def keys(self) -> list[str]:
        """Values of the key columns."""
        return [self.kpi_id, self.period, self.dimension, self.value]


@dataclass(frozen=True)
class Recomputed:
    """The value by the records, and the keys of the first of them by facts."""

    value: float | None
    n: int
    weighted: float | None
    parts: list[tuple[str, str, Tally, list[str]]]


def read_built_project(settings: Settings) -> BuiltProject:
    """Read what dbt left in the home.

    Raises:
        NothingBuilt: no run has built reports there.
    """
    folder = settings.home / "dbt" / "marts"
    if not (folder / "manifest.json").exists():
        raise NothingBuilt(f"{folder} has no manifest of a run yet; run `cx360 run`")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    runs = sorted((json.loads(path.read_text(encoding="utf-8"))
                   for path in folder.parent.glob("*/run_results.json")),
                  key=lambda run: str(run["metadata"]["generated_at"]))
    return BuiltProject(
        settings.home, {**manifest["nodes"], **manifest["unit_tests"]}, manifest["parent_map"],
        {result["unique_id"]: result for run in runs for result in run["results"]}, folder)


def explain_kpi(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, asked: Asked, *, shown: int = 20,
    all_records: TextIO | None = None, reveal: bool = False,
) -> Explained:
    """Everything that is known of a value of a KPI, as lines of text.

    Args:
        con: the warehouse.
        project: what dbt left of the run that built it.
        asked: KPI, period and part.
        shown: most keys of records told.
        all_records: CSV file for the keys of all records.
        reveal: tell a suppressed value too.

    Raises:
        UnknownKpi: there is no such KPI, period or part.
        NothingBuilt: an older version of cx360 built the warehouse.
    """
    kpi = find_kpi(con, asked.kpi)
    cell = _find_cell(con, kpi, asked)
    definition = _define(project, cell.kpi_id, cell.dimension)
    [told] = rows_of(con, "select * from reporting.kpi_values where kpi_id = $1 and period = $2 "
                     "and dimension = $3 and dimension_value = $4", *cell.keys)
    health = rows_of(con, "select * from reporting.data_health "
                     "where subject_type = 'kpi' and subject = $1", cell.kpi_id)
    is_hidden = told["is_suppressed"] and not reveal
    if told["is_suppressed"] and reveal:
        told |= _hidden_values(con, cell)
    lines = [*_kpi_lines(kpi, cell), *_value_lines(kpi, told, health, is_hidden=is_hidden)]
    recomputed = None if is_hidden else _recompute(con, project, definition, cell, shown,
                                                   all_records)
    is_equal = True
    if recomputed:
        compared, is_equal = _compare(told, recomputed)
        lines += compared
    lines += _model_lines(project, definition, cell)
    lines += _check_lines(con, project, definition, cell.kpi_id)
    if recomputed:
        for title, facts, tally, keys in recomputed.parts:
            lines += ["", f"{title} ({tally.records:,}{_first(keys, tally)}), keys of {facts}",
                      *(f"  {key}" for key in keys)]
    if all_records:
        lines += ["", "No records written: the value is suppressed" if is_hidden
                  else f"All keys written to {all_records.name}"]
    return Explained(lines, is_equal)


def find_kpi(con: duckdb.DuckDBPyConnection, given: str) -> dict[str, Any]:
    """The row of the catalogue of a KPI by its id, English or German name.

    Raises:
        UnknownKpi: none is called so, or several are.
    """
    catalogue = rows_of(con, "select * from reporting.kpi_catalogue order by kpi_id")
    named: dict[str, dict[str, dict[str, Any]]] = {}
    for kpi in catalogue:
        for column in ("kpi_id", "name_en", "name_de"):
            named.setdefault(_plain(kpi[column]), {})[kpi["kpi_id"]] = kpi
    wanted = _plain(given)
    found = named.get(wanted, {})
    if len(found) == 1:
        return next(iter(found.values()))
    near = found or {kpi_id: kpi for name in (
        *get_close_matches(wanted, named, n=5), *(name for name in named if wanted in name))
        for kpi_id, kpi in named[name].items()}
    told = "; ".join(f"{kpi['kpi_id']} ({kpi['name_en']} / {kpi['name_de']})"
                     for kpi in list(near.values())[:5 if wanted else 0])
    if found:
        raise UnknownKpi(f"{given}: several KPIs are called so: {told}; write the id")
    raise UnknownKpi(f"{given}: no KPI has this id or name; "
                     + (f"near are {told}" if told else
                        f"there are {', '.join(kpi['kpi_id'] for kpi in catalogue)}"))


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def _find_cell(con: duckdb.DuckDBPyConnection, kpi: dict[str, Any], asked: Asked) -> Cell:
    kpi_id = kpi["kpi_id"]
    dimensions = _names(con, "select distinct dimension from reporting.kpi_values "
                        "where kpi_id = $1", kpi_id)
    if not dimensions:
        wait = f"; `{kpi['filled_by']}` is to fill it" if kpi["filled_by"] else ""
        raise UnknownKpi(f"{kpi_id} has no values yet{wait}")
    dimension = _pick(dimensions, asked.dimension)
    if dimension is None:
        raise UnknownKpi(f"{kpi_id} is not split by {asked.dimension}; its dimensions are "
                         f"{', '.join(dimensions)}")
    values = _names(con, "select distinct dimension_value from reporting.kpi_values "
                    "where kpi_id = $1 and dimension = $2", kpi_id, dimension)
    value = _pick(values, asked.value)
    if value is None:
        if dimension == "all":
            raise UnknownKpi(f"{asked.value}: name the dimension it is of; those of {kpi_id} are "
                             f"{', '.join(dimensions)}")
        raise UnknownKpi(f"{kpi_id} has no {dimension} {asked.value}; there "
                         f"{'is' if len(values) == 1 else 'are'} {_some(values, asked.value)}")
    periods = rows_of(
        con, "select grain, period, is_period_complete from reporting.kpi_values where kpi_id = $1 "
        "and dimension = $2 and dimension_value = $3 order by period", kpi_id, dimension, value)
    months = [row["period"] for row in periods
              if row["grain"] == "month" and row["is_period_complete"]]
    period = (_period(asked.period) if asked.period else months[-1] if months else "all")
    if period not in {row["period"] for row in periods}:
        part = "" if dimension == "all" else f" of {dimension} {value}"
        raise UnknownKpi(f"{kpi_id}{part} has nothing in {period}; there are "
                         f"{_ranges(periods)}")
    [grain] = {row["grain"] for row in periods if row["period"] == period}
    bounds = None if period == "all" else period_bounds(period)
    return Cell(kpi_id, grain, period, bounds, dimension, value)


def _period(given: str) -> str:
    period = given.strip().upper()
    if period == "ALL":
        return "all"
    try:
        period_bounds(period)
    except ValueError as error:
        raise UnknownKpi(f"{given}: no period; write it as 2026-03-14, 2026-W11, 2026-03, 2026-Q1, "
                         "2026 or all") from error
    return period


def _names(con: duckdb.DuckDBPyConnection, query: str, *values: str) -> list[str]:
    return sorted(str(row[0]) for row in con.execute(query, list(values)).fetchall())


def _pick(names: Iterable[str], given: str) -> str | None:
    wanted = given.strip()
    alike = [name for name in names if name.casefold() == wanted.casefold()]
    return wanted if wanted in alike else alike[0] if len(alike) == 1 else None


def _some(names: list[str], given: str) -> str:
    if len(names) <= NAMES_TOLD:
        return ", ".join(names)
    near = [*get_close_matches(given, names, n=5), *(name for name in names if given in name)]
    told = list(dict.fromkeys([*near, *names]))[:NAMES_TOLD]
    return f"{', '.join(told)} and {len(names) - len(told):,} more"


def _ranges(periods: list[dict[str, Any]]) -> str:
    told = []
    for grain in GRAINS:
        labels = [row["period"] for row in periods if row["grain"] == grain]
        if labels:
            told.append(labels[0] if len(labels) == 1 else
                        f"{len(labels)} {grain}s from {labels[0]} to {labels[-1]}")
    return ", ".join(told)


def _define(project: BuiltProject, kpi_id: str, dimension: str) -> Definition:
    """The definition for a dimension: one that names it outranks one that names none."""
    found = [(node, node["config"]["meta"]) for node in project.nodes.values()
             if node["resource_type"] == "model"
             and kpi_id in node["config"].get("meta", {}).get("kpis", {})]
    for node, meta in sorted(found, key=lambda one: "dimensions" not in one[1]["kpis"][kpi_id]):
        terms = meta["kpis"][kpi_id]
        if dimension in terms.get("dimensions", [dimension]):
            return Definition(kpi_id, node, _model(project, meta["facts"]), terms)
    raise NothingBuilt(f"no model of the last run defines {kpi_id} by {dimension}; run `cx360 run`")


def _model(project: BuiltProject, name: str) -> dict[str, Any]:
    return next(node for node in project.nodes.values()
                if node["resource_type"] == "model" and node["name"] == name)


def _hidden_values(con: duckdb.DuckDBPyConnection, cell: Cell) -> dict[str, Any]:
    """What is behind a suppressed value; some are suppressed to hide that they are empty."""
    columns = ("value", "value_weighted", "n", "interval_low", "interval_high", "coverage")
    found = rows_of(con, f"select {', '.join(columns)} from intermediate.int_kpi_values_unioned "
                    "where kpi_id = $1 and period = $2 and dimension = $3 "
                    "and dimension_value = $4", *cell.keys)
    return found[0] if found else dict.fromkeys(columns)


def _recompute(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, definition: Definition, cell: Cell,
    shown: int, all_records: TextIO | None,
) -> Recomputed:
    keep: Keep | None = None
    if all_records:
        keep = csv.writer(all_records, lineterminator="\n").writerow
        keep(("facts", "record_key"))
    parts = [("Records", *_tally(con, definition, cell, shown, keep))]
    whole = definition.terms.get("share_of")
    if whole:
        is_total = cell.dimension in whole.get("total_in", ())
        over = Cell(whole["kpi"], cell.grain, cell.period, cell.bounds,
                    "all" if is_total else cell.dimension, "all" if is_total else cell.value)
        parts.append(("Records of the whole", *_tally(
            con, _define(project, over.kpi_id, over.dimension), over, shown, keep)))
    own, divisor = parts[0][2], parts[-1][2]
    return Recomputed(
        value=share_of(own.value, divisor.value) if whole else own.value,
        n=own.n if definition.terms.get("n") != "divisor" else
        divisor.n if whole else round(own.divisor),
        weighted=own.weighted, parts=parts)


def _tally(
    con: duckdb.DuckDBPyConnection, definition: Definition, cell: Cell, shown: int,
    keep: Keep | None,
) -> tuple[str, Tally, list[str]]:
    """Facts, sum and first keys of the records of a cell; `keep` gets every key."""
    tally = Tally(definition.method)
    first: list[str] = []
    for record in counted_records(definition.method,
                                  _records(con, _records_query(definition, cell))):
        tally.add(record)
        if keep:
            keep((definition.facts["name"], record.key))
        if len(first) < shown:
            first.append(record.key)
    return _relation(definition.facts), tally, first


def _records(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[Record]:
    result = con.cursor().execute(query)
    while rows := result.fetchmany(FETCHED_ROWS):
        yield from map(Record._make, rows)


def _records_query(definition: Definition, cell: Cell) -> str:
    """SQL for what is measured of the records of a cell, from the words of the definition."""
    terms, meta = definition.terms, definition.node["config"]["meta"]
    measured = [f"cast({expression} as {kind})" for expression, kind in (
        (terms.get("x", "1"), "double"), (terms.get("d", "null"), "double"),
        (meta.get("weight", "null"), "double"), (meta.get("order_by", "null"), "varchar"))]
    return (f"select record_key, person_key, {', '.join(measured)} {_from(definition, cell)} "
            "order by record_key")


def _from(definition: Definition, cell: Cell) -> str:
    """The facts and which of them count."""
    terms = definition.terms
    conditions = ["observed_date is not null", *(
        f"({expression})" for expression in [terms.get("where")] if expression), *(
        f"({terms[measured]}) is not null" for measured in ("x", "d") if measured in terms)]
    if definition.node["config"]["meta"].get("by_grain"):
        conditions.append(f"grain = {literal(cell.grain)}")
    if cell.bounds:
        conditions += [f"observed_date >= date '{cell.bounds[0]}'",
                       f"observed_date < date '{cell.bounds[1]}'"]
    if cell.dimension != "all":
        conditions.append(
            f"coalesce({identifier(cell.dimension)}, 'unknown') = {literal(cell.value)}")
    return f"from {_relation(definition.facts)} where {' and '.join(conditions)}"


def _relation(node: dict[str, Any]) -> str:
    return f"{node['schema']}.{node['name']}"


def _kpi_lines(kpi: dict[str, Any], cell: Cell) -> list[str]:
    of_grain = f" per {kpi['target_grain']}" if kpi["target_grain"] else ""
    rows = [("kpi", cell.kpi_id),
            ("name", " / ".join(dict.fromkeys((kpi["name_en"], kpi["name_de"])))),
            ("of", f"{cell.period}, " + ("all" if cell.dimension == "all" else
                                         f"{cell.dimension} {cell.value}")),
            ("definition", kpi["definition_en"]), ("formula", kpi["formula"]),
            ("unit", f"{kpi['unit']}, {kpi['direction']} is better"), ("owner", kpi["owner"]),
            ("target", _number(kpi["target"]) + of_grain), ("literature", kpi["literature"])]
    return table(rows)


def _value_lines(
    kpi: dict[str, Any], told: dict[str, Any], health: list[dict[str, Any]], *, is_hidden: bool,
) -> list[str]:
    if is_hidden:
        rows = [("value", SUPPRESSED)]
    else:
        low, high = told["interval_low"], told["interval_high"]
        value = f"{_number(told['value'])} {kpi['unit']}"
        if told["is_suppressed"]:
            value += ", suppressed in reports"
        rows = [("value", value),
                ("interval", "none" if low is None else
                 f"{_number(low)} to {_number(high)} (95 %)"),
                ("n", _number(told["n"])), ("coverage", _number(told["coverage"]))]
        if told["value_weighted"] is not None:
            rows.insert(1, ("weighted", _number(told["value_weighted"])))
        rows += [(name, _change(told, column)) for name, column in (
            ("change", "change"), ("on a year before", "year_change"))]
        if told["is_target_reached"] is not None:
            rows.append(("target", f"{_number(told['target'])}, "
                         f"{'reached' if told['is_target_reached'] else 'not reached'}"))
    if not told["is_period_complete"]:
        rows.append(("period", "not over yet"))
    rows += [("data grade", f"{row['grade'] or 'none'}: {row['reasons']}") for row in health]
    return ["", "Value", *_indented(table(rows))]


def _change(told: dict[str, Any], column: str) -> str:
    change = told[column]
    if change is None:
        return "not known"
    significant = told[f"is_{column}_significant"]
    return f"{'+' if change > 0 else ''}{_number(change)}" + (
        "" if significant is None else ", significant" if significant else ", within chance")


def _compare(told: dict[str, Any], recomputed: Recomputed) -> tuple[list[str], bool]:
    rows: list[tuple[str, str, str]] = []
    is_equal = True
    for name, reported, own in (
        ("value", told["value"], recomputed.value),
        ("weighted", told["value_weighted"], recomputed.weighted),
        ("n", told["n"] or 0, recomputed.n),
    ):
        if reported is None and own is None and name == "weighted":
            continue
        if is_same(reported, own):
            rows.append((name, _number(own), "equal"))
            continue
        is_equal = False
        rows.append((name, "none" if own is None else repr(own), "DIFFERS: reported is " + (
            "none" if reported is None else repr(reported) if own is None else
            f"{reported!r}, {reported - own:+.6g}")))
    return ["", "Computed again from the records", *_indented(table(rows))], is_equal


def _model_lines(project: BuiltProject, definition: Definition, cell: Cell) -> list[str]:
    made_by = _made_by(project, definition)
    terms = definition.terms
    method = f"{definition.method} of {terms.get('x', 'records')}"
    if "d" in terms:
        method += f" by {terms['d']}"
    if whole := terms.get("share_of"):
        method += f", as share of {whole['kpi']}" + (
            " in total" if cell.dimension in whole.get("total_in", ()) else "")
    rows = [("method", method), ("facts", _relation(definition.facts)),
            ("records", f"select record_key {_from(definition, cell)}")]
    compiled = project.folder / "compiled" / "cx360"
    if compiled.exists():
        rows.append(("compiled", str(compiled)))
    return ["", f"Made by ({count(len(made_by), 'model')}, facts first)",
            *(f"  dbt_project/{node['original_file_path']}" for node in made_by),
            *_indented(table(rows))]


def _closure(start: Iterable[str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += parents.get(node, ())
    return found


def _made_by(project: BuiltProject, definition: Definition) -> list[dict[str, Any]]:
    """Models from the facts to the reported values, in the order in which they are built."""
    children: dict[str, list[str]] = {}
    for node, direct in project.parents.items():
        for parent in direct:
            children.setdefault(parent, []).append(node)
    own = definition.node["unique_id"]
    upstream = _closure([own], project.parents)
    facts = {definition.facts["unique_id"]}
    if whole := definition.terms.get("share_of"):
        facts.add(_define(project, whole["kpi"], "all").facts["unique_id"])
    # What comes between: other models of KPIs are between too, but do not make this one.
    above = upstream & _closure(facts, children)
    below = {node for node in _closure([own], children) & _closure([VALUES], project.parents)
             if node == own or "kpis" not in project.nodes[node]["config"].get("meta", {})}
    depth: dict[str, int] = {}

    def deep(node: str) -> int:
        if node not in depth:
            depth[node] = 1 + max((deep(parent) for parent in project.parents.get(node, ())),
                                  default=0)
        return depth[node]

    return [project.nodes[node] for node in sorted(
        above | below, key=lambda node: (deep(node), node))]


def _check_lines(
    con: duckdb.DuckDBPyConnection, project: BuiltProject, definition: Definition, kpi_id: str,
) -> list[str]:
    made_by = {node["unique_id"] for node in _made_by(project, definition)}
    upstream = _closure([definition.node["unique_id"]], project.parents) - made_by
    own, others = [], []
    for unique_id, node in project.nodes.items():
        if node["resource_type"] not in ("test", "unit_test"):
            continue
        tested = {node["attached_node"]} if node.get("attached_node") else set(
            node["depends_on"]["nodes"])
        if tested & made_by:
            own.append(unique_id)
        elif tested & upstream:
            others.append(unique_id)
    laws = sorted(_test_name(project, test) for test in own
                  if project.nodes[test]["resource_type"] == "test"
                  and not project.nodes[test].get("attached_node"))
    rows = [("tests of these models", _ended(project, own)),
            (f"tests of the {count(len(upstream), 'table')} behind", _ended(project, others))]
    rows += [(f"{_status(project, test)}", _test_name(project, test))
             for test in sorted(own + others) if _status(project, test) != "passed"]
    contracts = sorted(_relation(project.nodes[node]) for node in made_by
                       if project.nodes[node]["config"].get("contract", {}).get("enforced"))
    rows.append(("columns under contract", ", ".join(contracts) or "none"))
    for row in rows_of(
        con, "select inputs.entity, count(loads.load_id) as loads, "
        "count(*) filter (where loads.state = 'admitted') as admitted, "
        "count(*) filter (where loads.state = 'quarantined') as quarantined, "
        "coalesce(sum(loads.rows_rejected) filter (where loads.is_admitted), 0) as rejected "
        "from seeds.health_inputs as inputs "
        "left join staging.stg_ingestion__loads as loads on inputs.entity = loads.entity "
        "where inputs.subject_type = 'kpi' and inputs.subject = $1 "
        "group by inputs.entity order by inputs.entity", kpi_id,
    ):
        rows.append((f"input {row['entity']}",
                     f"{count(row['admitted'], 'load')} admitted, {row['quarantined']} in "
                     f"quarantine, {count(int(row['rejected']), 'row')} rejected"
                     if row["loads"] else "not delivered"))
    return ["", "Checks of the last run", *_indented(table(rows)),
            *([f"  laws among them: {', '.join(laws)}"] if laws else [])]


def _test_name(project: BuiltProject, unique_id: str) -> str:
    return str(project.nodes[unique_id]["name"])


def _status(project: BuiltProject, unique_id: str) -> str:
    result = project.results.get(unique_id)
    if result is None:
        return "did not run"
    status = {"pass": "passed", "success": "passed", "fail": "FAILED", "error": "FAILED",
              "warn": "warned", "skipped": "skipped"}.get(result["status"], result["status"])
    failures = result.get("failures") or 0
    return f"{status} ({count(failures, 'row')})" if failures and status != "passed" else status


def _ended(project: BuiltProject, tests: list[str]) -> str:
    ended = Counter(_status(project, test).split(" (")[0] for test in tests)
    if set(ended) == {"passed"}:
        return f"all {len(tests)} passed"
    return ", ".join(f"{number} {status}" for status, number in ended.most_common()) or "none"


def _first(keys: list[str], tally: Tally) -> str:
    return f", the first {len(keys)}" if 0 < len(keys) < tally.records else ""


def _number(value: float | None) -> str:
    """A number without zeros at its end."""
    if value is None:
        return "none"
    text = f"{value:,.6f}"
    return text.rstrip("0").rstrip(".")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
