"""Deleted records: which rows of an extract tell of one, and what is asked of such a row.

A deletion is a version of its record like any other, a tombstone: it has the key and the times of
the record and nothing else. Its row has yes in the column `cx360_deleted`, or what the table's
setting `deleted` names. Which version of a record counts does **not** belong here (dbt decides).
"""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.contract import Column
from ingestion.conversion import FALSE_WORDS, TRUE_WORDS, converted
from ingestion.declaration import ColumnMapping, FileFormat, TableDeclaration
from ingestion.readers.files import Extract, literal

DELETED = "cx360_deleted"
# When the record was deleted, in UTC: for extracts whose own columns do not tell.
DELETED_AT = "cx360_deleted_at"


def is_there(name: str, extract: Extract) -> bool:
    """Whether the extract has a column, or the document that a name with dots reaches into."""
    return name in extract.names or name.split(".")[0] in extract.names


def told_by(table: TableDeclaration, extract: Extract) -> set[str]:
    """Columns of the extract that tell of deletions."""
    names = {DELETED, DELETED_AT} & extract.names
    if table.deletion and is_there(table.deletion.source, extract):
        names.add(table.deletion.source)
    return names


def has_only_keys(table: TableDeclaration, extract: Extract) -> bool:
    """Whether an extract tells of deletions and has no column that describes a record."""
    described = {name for mapping in table.columns.values() for name in mapping.names}
    return DELETED in extract.names and not any(
        is_there(name, extract) for name in described - set(table.key))


def is_deleted(table: TableDeclaration, extract: Extract) -> str:
    """SQL that is true for a row that tells of a deletion; empty where no row can."""
    conditions = []
    if DELETED in extract.names:
        conditions.append(f"lower(trim({extract.text(DELETED)})) in ({_list(TRUE_WORDS)})")
    if table.deletion and is_there(table.deletion.source, extract):
        conditions.append(
            f"trim({extract.text(table.deletion.source)}) in ({_list(table.deletion.values)})")
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else ""


def deletion_time(extract: Extract) -> str:
    """SQL for the time that `cx360_deleted_at` tells; null where it is no column."""
    if DELETED_AT not in extract.names:
        return "cast(null as timestamp)"
    return converted(f"trim({extract.text(DELETED_AT)})", Column("updated_at", "timestamp", ""),
                     ColumnMapping(sources=(DELETED_AT,)), FileFormat(), is_typed=True)


def unclear_mark(extract: Extract) -> str:
    """SQL for why a row's mark of deletion cannot be understood; null where it can."""
    cases = []
    if DELETED in extract.names:
        value = f"lower(trim({extract.text(DELETED)}))"
        cases.append(f"when {value} not in ({_list(('', *TRUE_WORDS, *FALSE_WORDS))}) "
                     f"then {literal(f'column {DELETED}: not yes or no')}")
    if DELETED_AT in extract.names:
        cases.append(f"when trim({extract.text(DELETED_AT)}) <> '' and {deletion_time(extract)} "
                     f"is null then {literal(f'column {DELETED_AT}: not a point in time')}")
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"


def deletion_reasons(table: TableDeclaration) -> list[str]:
    """SQL for why a row that tells of a deletion cannot be used."""
    if not table.key:
        return ["case when is_deleted then 'deleted, but the table has no key that says which "
                "record' end"]
    if not table.updated_at:
        return []
    # Its record's other versions tell when they were made, and would outlive it for ever.
    return ["case when is_deleted and updated_at is null and extracted_on is null "
            "then 'deleted, but nothing says when' end"]


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(literal, values))
