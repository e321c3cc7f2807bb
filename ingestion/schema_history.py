"""How the columns of a source changed from extract to extract, as a table of the raw zone.

The history is derived from the manifest and the shapes that it names, without any recorded state of
its own: a killed run loses nothing, and whatever order extracts came in, the history is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.planning import Problem
from ingestion.raw_zone import Load, RawZone
from ingestion.shapes import UNMAPPED, ShapeColumn, Shapes

SCHEMA = pa.schema([
    ("source_system", pa.string()), ("label", pa.string()), ("entity", pa.string()),
    ("column_name", pa.string()), ("period_number", pa.int64()), ("state", pa.string()),
    ("column_type", pa.string()), ("mapped_to", pa.string()), ("position", pa.int64()),
    ("first_load_sequence", pa.int64()), ("first_extracted_on", pa.date32()),
    ("first_file", pa.string()), ("last_load_sequence", pa.int64()),
    ("last_extracted_on", pa.date32()), ("loads_count", pa.int64()), ("is_current", pa.bool_()),
])
# Names in one warning; the history has them all.
_TOLD_NAMES = 10


@dataclass
class _Period:
    """Consecutive extracts in which a column was the same."""

    column: ShapeColumn
    state: str
    number: int
    loads: list[Load] = field(default_factory=list)

    def goes_on_with(self, column: ShapeColumn) -> bool:
        """Whether nothing but the place in the file differs; an empty type says nothing."""
        return (self.column.is_delivered == column.is_delivered
                and self.column.mapped_to == column.mapped_to
                and (self.column.type == column.type or not (self.column.type and column.type)))

    def go_on(self, column: ShapeColumn, loads: list[Load]) -> None:
        if not column.type:
            column = ShapeColumn(column.name, column.position, self.column.type,
                                 column.mapped_to, column.is_delivered)
        self.column = column
        self.loads += loads


def derive_history(loads: Iterable[Load], shapes: Shapes) -> list[dict[str, object]]:
    """Rows of `schema_history`: one per source, table, column and period.

    Extracts follow one another by their declared date, else by load sequence. Superseded and
    withdrawn loads do not count. A column is `present` from the table's first extract on, `new`
    when it came later, `missing` when it is declared and never came, `removed` once it came no
    more; one that came back or changed its type is `present` again.
    """
    counted = [load for load in loads
               if load.schema_id and load.state not in ("superseded", "withdrawn")]
    counted.sort(key=lambda load: (
        load.source_system, load.label, str(load.extracted_on or ""), load.load_sequence))
    rows = []
    for _, of_table in groupby(counted, key=lambda load: (load.source_system, load.label)):
        rows += _periods(list(of_table), shapes)
    return rows


def _periods(loads: list[Load], shapes: Shapes) -> list[dict[str, object]]:
    periods: dict[str, list[_Period]] = {}
    came: set[str] = set()
    for number, (schema_id, group) in enumerate(groupby(loads, key=lambda load: load.schema_id)):
        run = list(group)
        columns = {column.name: column for column in shapes.read(schema_id).columns}
        for name in periods.keys() - columns.keys():
            columns[name] = ShapeColumn(
                name, None, "", periods[name][-1].column.mapped_to, is_delivered=False)
        for name, column in columns.items():
            known = periods.setdefault(name, [])
            if known and known[-1].goes_on_with(column):
                known[-1].go_on(column, run)
                continue
            if column.is_delivered:
                state = "new" if number and name not in came else "present"
            else:
                state = "removed" if name in came else "missing"
            known.append(_Period(column, state, len(known) + 1, list(run)))
        came |= {name for name, column in columns.items() if column.is_delivered}
    return [{
        "source_system": loads[-1].source_system, "label": loads[-1].label,
        "entity": loads[-1].entity, "column_name": name, "period_number": period.number,
        "state": period.state, "column_type": period.column.type or None,
        "mapped_to": period.column.mapped_to or None, "position": period.column.position,
        "first_load_sequence": period.loads[0].load_sequence,
        "first_extracted_on": period.loads[0].extracted_on, "first_file": period.loads[0].file,
        "last_load_sequence": period.loads[-1].load_sequence,
        "last_extracted_on": period.loads[-1].extracted_on, "loads_count": len(period.loads),
        "is_current": period is known[-1],
    } for name, known in sorted(periods.items()) for period in known]


def read_history(zone: RawZone) -> list[dict[str, object]]:
    """The history as it was last written; empty before the first load."""
    return (pq.read_table(zone.schema_history_path).to_pylist()
            if zone.schema_history_path.exists() else [])


def update_history(zone: RawZone) -> list[Problem]:
    """Write the history anew if it has changed.

    Returns:
        For every extract that has brought columns which the declaration does not name and no
        earlier history knew, a sentence; so each is reported once.
    """
    before = read_history(zone)
    rows = derive_history(zone.loads(), Shapes(zone.path))
    if rows == before and zone.schema_history_path.exists():
        return []
    temporary = zone.schema_history_path.with_suffix(".tmp")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), temporary)
    temporary.replace(zone.schema_history_path)
    known = {(row["source_system"], row["label"], row["column_name"]) for row in before
             if row["state"] in ("present", "new")}
    fresh = [row for row in rows if row["state"] == "new" and row["mapped_to"] == UNMAPPED
             and (row["source_system"], row["label"], row["column_name"]) not in known]

    def of_extract(row: dict[str, object]) -> tuple[str, str, str]:
        return str(row["source_system"]), str(row["label"]), str(row["first_file"])

    return [_told(*extract, [str(row["column_name"]) for row in group])
            for extract, group in groupby(sorted(fresh, key=of_extract), key=of_extract)]


def _told(source: str, label: str, file: str, names: list[str]) -> Problem:
    more = f" and {len(names) - _TOLD_NAMES:,} more" if len(names) > _TOLD_NAMES else ""
    columns, are = ("column", "is") if len(names) == 1 else ("columns", "are")
    return Problem(source, label, file, (
        f"{file}: {columns} {', '.join(names[:_TOLD_NAMES])}{more} {are} new in table {label} and "
        f"{are} kept in {UNMAPPED}; what shall be used is to be mapped in the declaration (told "
        "once; `cx360 schema` lists all)"))
