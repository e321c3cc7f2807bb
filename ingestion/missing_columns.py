"""Which columns an extract cannot do without, and what is said of those that it lacks.

What does **not** belong here: values that are empty (`rows.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ingestion.declaration import ColumnMapping, TableDeclaration
from ingestion.deletions import DELETED, has_only_keys, is_there
from ingestion.planning import PlannedLoad, Problem
from ingestion.readers.files import Extract, ExtractError, told_names

# Wider than what `inspect` takes for a record's value: a name withheld costs less than one told.
_VALUE = re.compile(r"[\d\s.,:/+-]*\d[\d\s.,:/+-]*|[^@]+@[^@]+")
# No character: what becomes of a line break in UTF-16 that has lost a byte before.
_SHIFTED = "\u0a00"


def check_columns(batch: Sequence[PlannedLoad], extract: Extract) -> list[Problem]:
    """A missing key or required column stops the file; another missing one is a warning.

    Args:
        batch: loads of one table.
        extract: what the reader found in their files.

    Returns:
        The warnings, each once and of its first file: most often all of them lack the same.

    Raises:
        ExtractError: a file cannot do without a column.
    """
    told: dict[str, Problem] = {}
    for plan in batch:
        for said in _missing_columns(plan, extract.of_file(plan.path)):
            told.setdefault(said, Problem(plan.declaration.source, plan.table.label,
                                          plan.path.name, f"{plan.path.name}: {said}"))
    return list(told.values())


def missing_required(
    table: TableDeclaration, present: Callable[[str], bool], *, tells_deletions: bool = False,
) -> list[str]:
    """Names that a table cannot do without and that are not there.

    Args:
        table: the declaration.
        present: whether a name is there.
        tells_deletions: whether rows say of themselves that their record was deleted. They are
            judged one by one; often they have nothing but keys.
    """
    missing = [name for name in (*table.key, *table.totals)
               if not name.startswith("=") and not present(name)]
    if tells_deletions:
        return missing
    if table.deletion and not present(table.deletion.source):
        missing.append(table.deletion.source)
    required = {column.name for column in table.contract.columns if column.required}
    for canonical, mapping in table.columns.items():
        if canonical in required and _lacks(mapping, present) and not (
                mapping.words and any(map(present, mapping.names))):
            missing += [name for name in mapping.names if not present(name)]
    return list(dict.fromkeys(missing))


def _lacks(mapping: ColumnMapping, present: Callable[[str], bool]) -> bool:
    """Whether a mapping has not all that it needs: one of its `from`, or every other name."""
    found = [present(name) for name in mapping.names]
    return bool(found) and not (any(found) if mapping.sources else all(found))


def _missing_columns(plan: PlannedLoad, extract: Extract) -> list[str]:
    """A sentence for each column that one file does without.

    Raises:
        ExtractError: it cannot do without one.
    """
    if plan.table.format in ("json", "jsonl") and not extract.names:  # it has no record
        return []

    def present(name: str) -> bool:
        return is_there(name, extract)

    tells_deletions = DELETED in extract.names
    missing = missing_required(plan.table, present, tells_deletions=tells_deletions)
    if has_only_keys(plan.table, extract) and not missing:
        return []
    required = {column.name for column in plan.table.contract.columns if column.required}
    told = []
    for canonical, mapping in plan.table.columns.items():
        if not _lacks(mapping, present) or (canonical in required and not tells_deletions
                                            and not mapping.words):
            continue
        absent = [name for name in mapping.names if not present(name)]
        outcome = ("is written without it" if mapping.words and len(absent) < len(mapping.names)
                   else "stays empty")
        told.append(f"column {' / '.join(absent)} is missing, {canonical} {outcome}")
    if missing:
        raise ExtractError(
            f"{plan.path.name}: column {', '.join(missing)} is missing; "
            f"{told_names(extract, has_header(plan.table, extract))}. "
            f"{_remedy(plan.table, missing)}")
    if not has_header(plan.table, extract):
        told.append(f"{told_names(extract, is_header=False)}. What else it has is kept in "
                    "source_metadata, but not named: it may be a record's values")
    return told


def has_header(table: TableDeclaration, extract: Extract) -> bool:
    """Whether the names of an extract may be told: they are no record's values, by all that shows.

    None is a damaged line. Half of the declared columns are there, or half of the columns that are
    there are declared. Where one is missing, none that is there is a number, a date or an address.
    """
    if any(_SHIFTED in name for name in extract.names):
        return False
    unpivot = table.unpivot
    made = {*table.from_file_name, *((unpivot.name, unpivot.value) if unpivot else ())}
    names = [mapping.names for mapping in table.columns.values() if mapping.names]
    names += [(name,) for name in table.key if not name.startswith("=")]
    expected = [any(name in made or is_there(name, extract) for name in each) for each in names]
    if all(expected):
        return True
    known = {name for each in (*names, *(unpivot.accepted.values() if unpivot else ()))
             for name in each}
    known |= {name.split(".")[0] for name in known} | made
    is_known = any(expected) and (2 * sum(expected) >= len(expected)
                                  or 2 * len(extract.names & known) >= len(extract.names))
    return is_known and not any(map(_VALUE.fullmatch, extract.names - known))


def _remedy(table: TableDeclaration, missing: Sequence[str]) -> str:
    """A column may be declared with several names, a column of the key has one."""
    if set(missing) & set(table.key):
        return ("Deliver the column, or declare the files that call it otherwise as another table "
                f"of {table.entity} with their own `files`, `key` and `name`")
    return f"Add the new name to the declaration of table {table.label} or deliver the column"
