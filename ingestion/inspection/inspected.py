"""What extracts seem to be: the result of looking at them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingestion.inspection.choosing import LEAST, Choice
from ingestion.inspection.gathering import Group
from ingestion.inspection.notation import Style
from ingestion.inspection.profiling import Column
from ingestion.inspection.proposing import FileFacts, Table

_SURE_MARGIN, _LIKELY_MARGIN = 1.0, 0.4


@dataclass(frozen=True)
class Inspected:
    """What one group of files seems to be.

    `rows` is how many were looked at, `is_partial` whether the first file has more. `unreadable`
    counts lines of another number of columns. `choice` is None where no entity explains it.
    `totals` has a column and the pattern by which it tells the line of totals at the end.
    `lists` are the names of lists, which no column of the contract takes.
    """

    group: Group
    rows: int
    is_partial: bool
    unreadable: int
    style: Style
    columns: tuple[Column, ...]
    choice: Choice | None
    runner_up: Choice | None
    facts: FileFacts
    tables: tuple[Table, ...]
    totals: tuple[str, str] | None = None
    lists: tuple[str, ...] = ()

    @property
    def confidence(self) -> str:
        """How sure the entity is, in a word: by how far it leads."""
        if self.choice is None:
            return "none"
        lead = self.choice.score - (self.runner_up.score if self.runner_up else 0.0)
        if self.choice.score < LEAST:
            return "guess"
        return ("sure" if lead >= _SURE_MARGIN else "likely" if lead >= _LIKELY_MARGIN
                else "guess")


@dataclass(frozen=True)
class Inspection:
    """What extracts seem to be: everything a declaration needs.

    `time_zone` and `why_time_zone` are a hint: nothing in a file says where its clock stood.
    """

    source: str
    folder: Path
    files: tuple[Inspected, ...]
    problems: tuple[str, ...]
    time_zone: str
    why_time_zone: str
