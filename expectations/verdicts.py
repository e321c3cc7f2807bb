"""What a gate concludes. Verdicts hold names and counts only, so they may be logged and shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One broken rule; `column` is empty when it concerns the load or table as a whole."""

    rule: str
    column: str
    count: int
    sentence: str


@dataclass(frozen=True)
class LoadVerdict:
    """Whether one load may be admitted."""

    load_id: str
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """True when no rule is broken."""
        return not self.failures


@dataclass(frozen=True)
class TableVerdict:
    """Whether an ML table of `rows` rows may be read."""

    table: str
    rows: int
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """True when no rule is broken."""
        return not self.failures
