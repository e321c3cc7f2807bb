"""What a gate concludes. Verdicts hold names and counts only, so they may be logged and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Failure:
    """One broken rule; `column` is empty when it concerns the load or table as a whole."""

    rule: str
    column: str
    count: int
    sentence: str


@dataclass(frozen=True)
class LoadVerdict:
    """Whether one load may be admitted; `metrics` has a number for every rule of its suite."""

    load_id: str
    failures: tuple[Failure, ...]
    metrics: Mapping[str, float] = field(hash=False)

    @property
    def passed(self) -> bool:
        """True when no rule is broken."""
        return not self.failures


@dataclass(frozen=True)
class TableVerdict:
    """Whether an ML table of `rows` rows may be read; `metrics` as in `LoadVerdict`."""

    table: str
    rows: int
    failures: tuple[Failure, ...]
    metrics: Mapping[str, float] = field(hash=False)

    @property
    def passed(self) -> bool:
        """True when no rule is broken."""
        return not self.failures
