"""What an extract looks like: its columns, their types, and what the declaration makes of them.

A shape is kept once, in a file named by its content; the manifest says which load has which. What
does **not** belong here: how the shapes of a table followed one another (`schema_history.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from ingestion.declaration import TableDeclaration
from ingestion.deletions import has_only_keys, told_by
from ingestion.missing_columns import has_header
from ingestion.planning import PlannedLoad
from ingestion.readers.files import Extract

UNMAPPED = "source_metadata"
# A document whose keys are data, such as {"4711": …}, has no columns worth keeping them all. A
# header that has run into a record has columns that are personal data.
MOST_COLUMNS = 2_000
# JSON has a type per value: those of the first records of a file stand for the file's.
_SAMPLED_RECORDS = 1_000
_JSON_TYPES = {"VARCHAR": "text", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "array",
               "BIGINT": "number", "UBIGINT": "number", "HUGEINT": "number", "DOUBLE": "number"}


@dataclass(frozen=True)
class ShapeColumn:
    """One column: `position` from 1, None where the format has no order or it is not delivered.

    `type` as the format states it, `text` where it has none, empty where no value tells.
    """

    name: str
    position: int | None
    type: str
    mapped_to: str
    is_delivered: bool = True


@dataclass(frozen=True)
class Shape:
    """The columns of an extract, and those that the declaration asks for in vain."""

    columns: tuple[ShapeColumn, ...]

    def to_json(self) -> str:
        """The shape as text; equal shapes give the same."""
        return json.dumps([asdict(column) for column in self.columns], ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> Shape:
        """The shape that `to_json` wrote."""
        return Shape(tuple(ShapeColumn(**column) for column in json.loads(text)))


def observe_shapes(
    con: duckdb.DuckDBPyConnection, batch: list[PlannedLoad], extract: Extract,
) -> dict[str, Shape]:
    """Shape of every extract of a batch that was just opened, by load id.

    Rows in the declaration have none, nor has a file that tells of deletions and nothing else: it
    does not say which columns the records of its table have.
    """
    table = batch[0].table
    told = [] if table.records else [
        (plan, own) for plan in batch
        if not has_only_keys(table, own := extract.of_file(plan.path))]
    if table.format not in ("json", "jsonl"):
        untyped = {} if table.format == "parquet" else dict.fromkeys(batch[0].columns, "text")
        return {plan.load_id: _shape(table, own, plan.columns, plan.types or untyped)
                for plan, own in told}
    types = _json_types(con)
    return {plan.load_id: _shape(table, own, own.names, types[str(plan.path)], is_ordered=False)
            for plan, own in told if own.names}


def _shape(
    table: TableDeclaration, extract: Extract, names: Iterable[str], types: dict[str, str], *,
    is_ordered: bool = True,
) -> Shape:
    names = list(names) if is_ordered else sorted(names)
    there = set(names)
    uses = _uses(table, there, told_by(table, extract))
    columns = [ShapeColumn(name, position if is_ordered else None, types.get(name, ""),
                           ", ".join(sorted(uses[name])) if name in uses else UNMAPPED)
               for position, name in enumerate(names, 1)]
    if len(columns) > MOST_COLUMNS or not has_header(table, extract):
        columns = [column for column in columns if column.mapped_to != UNMAPPED]
    made = {*table.from_file_name, *((table.unpivot.name, table.unpivot.value)
                                     if table.unpivot else ())}
    missing: set[str] = set()
    for mapping in (*table.columns.values(), *([table.updated_at] if table.updated_at else [])):
        found = {name for name in mapping.names if _column(name, there) in there | made}
        if mapping.names and not (found if mapping.sources else found == set(mapping.names)):
            missing |= {_column(name, there) for name in mapping.names if name not in found}
    columns += [ShapeColumn(name, None, "", ", ".join(sorted(uses[name])), is_delivered=False)
                for name in sorted(missing)]
    return Shape(tuple(columns))


def _column(name: str, there: set[str]) -> str:
    """The column that a declared name means: one with dots may reach into a document."""
    return name if name in there else name.split(".")[0]


def _uses(table: TableDeclaration, there: set[str], deletions: set[str]) -> dict[str, set[str]]:
    """Column of an extract -> what is made of it."""
    read = {canonical: mapping.names for canonical, mapping in table.columns.items()}
    read["updated_at"] = table.updated_at.names if table.updated_at else ()
    read["source_record_ref"] = tuple(name for name in table.key if not name.startswith("="))
    read["is_deleted"] = tuple(deletions)
    read["unpivot"] = tuple(name for accepted in table.unpivot.accepted.values()
                            for name in accepted) if table.unpivot else ()
    uses: dict[str, set[str]] = defaultdict(set)
    for use, names in read.items():
        for name in names:
            uses[_column(name, there)].add(use)
    return uses


def _json_types(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """File -> column -> type of its values in the first records; several are told together."""
    rows = con.execute(f"""
        select distinct cx360_file, each.key, each.type
        from (select * from extract where cx360_row <= {_SAMPLED_RECORDS}) as extract,
            json_each(extract.record) as each""").fetchall()
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for file, name, kind in rows:
        if kind in _JSON_TYPES:
            found[file][name].add(_JSON_TYPES[kind])
    return defaultdict(dict, {
        file: {name: " or ".join(sorted(kinds)) for name, kinds in columns.items()}
        for file, columns in found.items()})


class Shapes:
    """The shapes that loads had, each in a file named by its content."""

    def __init__(self, zone: Path) -> None:
        self._folder = zone / "_schemas"

    def keep(self, shape: Shape) -> str:
        """Keep a shape; its name is the same for equal ones."""
        text = shape.to_json()
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        path = self._folder / f"{name}.json"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        return name

    def read(self, name: str) -> Shape:
        """The shape of that name."""
        return Shape.from_json((self._folder / f"{name}.json").read_text(encoding="utf-8"))
