"""Files whose names differ in digits only are one table, also where their columns are not the same.

One pattern finds them all, so that two tables would load each file twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ingestion.inspection.gathering import joined, skeleton_of
from ingestion.inspection.inspected import Inspected
from ingestion.inspection.notation import Style
from ingestion.inspection.proposing import Mapped, Table


def join_alike(inspected: Sequence[Inspected], folder: Path) -> list[Inspected]:
    """Tables of the same files, entity and key as one, with the names that a column has had."""
    kept: list[Inspected] = []
    for one in inspected:
        for place, first in enumerate(kept):
            if together := _together(first, one, folder):
                kept[place] = together
                break
        else:
            kept.append(one)
    return kept


def overlap(one: Inspected, inspected: Sequence[Inspected], folder: Path) -> str:
    """A file of other tables that the pattern of this one finds, too; empty where there is none."""
    return next((name for other in inspected
                 if other.group is not one.group and not other.group.form.sheet
                 for name in (path.relative_to(folder).as_posix() for path in other.group.files)
                 if fnmatchcase(name, one.group.pattern) and name != one.group.pattern), "")


def _together(first: Inspected, second: Inspected, folder: Path) -> Inspected | None:
    skeletons = {skeleton_of(path, folder) for one in (first, second) for path in one.group.files}
    style = _one_style(first.style, second.style)
    if (len(skeletons) > 1 or first.group.form != second.group.form or first.group.form.sheet
            or not style or not first.tables or len(first.tables) != len(second.tables)):
        return None
    tables = [_one_table(*pair) for pair in zip(first.tables, second.tables, strict=True)]
    if not all(tables):
        return None
    own = {column.name for column in first.columns}
    columns = (*first.columns, *(c for c in second.columns if c.name not in own))
    facts = replace(
        first.facts, columns=columns,
        date_formats=_one_list(first.facts.date_formats, second.facts.date_formats),
        time_formats=_one_list(first.facts.time_formats, second.facts.time_formats))
    return replace(first, group=joined(first.group, second.group, folder), columns=columns,
                   style=style, facts=facts,
                   tables=tuple(table for table in tables if table))


def _one_style(first: Style, second: Style) -> Style | None:
    """A file without any decimals goes with all others."""
    if first == second or (second.decimal, second.thousands) == (".", ""):
        return first
    return second if (first.decimal, first.thousands) == (".", "") else None


def _one_list(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Formats of either; where only one names some, the other is written as ISO says."""
    iso = () if (first and second) or first == second else ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
    return tuple(dict.fromkeys([*first, *second, *iso]))


def _one_table(first: Table, second: Table) -> Table | None:
    """Both as one; None where they differ in more than the names of their columns."""
    if ((first.entity, first.key, first.repeats, first.unpivot, first.records)
            != (second.entity, second.key, second.repeats, second.unpivot, second.records)):
        return None
    updated = _one_mapping(first.updated_at, second.updated_at)
    columns: dict[str, Mapped] = {}
    for name in dict.fromkeys([*first.columns, *second.columns]):
        mapped = _one_mapping(first.columns.get(name), second.columns.get(name))
        if mapped is None:
            return None
        columns[name] = mapped
    if updated is None and (first.updated_at or second.updated_at):
        return None
    deleted = _one_flag(first.deleted, second.deleted)
    if deleted is None and (first.deleted or second.deleted):
        return None  # a file without the flag would bring deleted records back
    return replace(first, columns=columns, updated_at=updated, deleted=deleted)


def _one_flag(first: Mapped | None, second: Mapped | None) -> Mapped | None:
    """The flag of deleted records with the marks of both; that of seen marks where one is assumed.
    """
    if first is None or second is None or first.sources != second.sources:
        return None
    if first.confidence != second.confidence:
        return max(first, second, key=lambda flag: flag.score)
    marks = sorted({*first.setting["values"], *second.setting["values"]})
    return replace(first, setting=first.setting | {"values": marks})


def _one_mapping(first: Mapped | None, second: Mapped | None) -> Mapped | None:
    if first is None or second is None or first.setting == second.setting:
        return first or second
    if not (first.sources and second.sources):
        return first if first.sources else second  # a column rather than a constant
    (names, how), (others, other_how) = _origin(first.setting), _origin(second.setting)
    if not names or not others or how != other_how:
        return None
    either = list(dict.fromkeys([*names, *others]))
    return replace(first, setting={"from": either} | how if how else either,
                   sources=tuple(dict.fromkeys(first.sources + second.sources)))


def _origin(setting: Any) -> tuple[list[str], dict[str, Any]]:
    """Accepted names of a mapping and the rest of it; no names where it is made of several."""
    how = dict(setting) if isinstance(setting, dict) else {"from": setting}
    names = how.pop("from", [])
    return [names] if isinstance(names, str) else list(names), how
