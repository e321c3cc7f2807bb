"""An attack on published cells: what a reader with patience could compute of hidden ones.

A reader knows that the days of a week, month, quarter and year add up to it, that all periods add
up to `all`, and that the values of a dimension add up to their total. Every such sum with hidden
cells in it is an equation. A hidden cell is recovered where the equations together leave it just
one value, which Gauss-Jordan elimination tells exactly (modulo a prime: nothing is rounded).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

PRIME = 2**61 - 1
NESTED = {"day": ("week", "month", "quarter", "year", "all"), "week": ("all",),
          "month": ("quarter", "year", "all"), "quarter": ("year", "all"), "year": ("all",)}


class Cell(NamedTuple):
    """Where a cell stands; `start` is null for `all`."""

    grain: str
    start: date | None
    dimension: str
    value: str


def period_start(grain: str, day: date) -> date | None:
    """First day of the period of a day."""
    match grain:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
    return None


def recovered_cells(cells: Mapping[Cell, bool]) -> set[Cell]:
    """Hidden cells that the published ones give away.

    Args:
        cells: every cell of one KPI -> whether it is hidden. What is not there is empty.
    """
    sums: dict[tuple[Cell, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.dimension != "all":
            sums[cell._replace(dimension="all", value="all"), cell.dimension].append(cell)
        for grain in NESTED.get(cell.grain, ()):
            assert cell.start is not None
            whole = cell._replace(grain=grain, start=period_start(grain, cell.start))
            sums[whole, cell.grain].append(cell)
    equations = []
    for (whole, _), parts in sums.items():
        if whole in cells:
            hidden = {part: 1 for part in parts if cells[part]}
            if cells[whole]:
                hidden[whole] = PRIME - 1
            equations.append(hidden)
    return _determined(equations)


def _determined(equations: Iterable[dict[Cell, int]]) -> set[Cell]:
    """Unknowns with one possible value: those alone in a row of the reduced system."""
    rows: dict[Cell, dict[Cell, int]] = {}
    rows_with: dict[Cell, set[Cell]] = defaultdict(set)
    for equation in sorted(equations, key=len):
        row = dict(equation)
        for pivot in [unknown for unknown in row if unknown in rows]:
            _subtract(row, rows[pivot], row[pivot])
        if not row:
            continue
        pivot = min(row, key=lambda unknown: len(rows_with[unknown]))
        inverse = pow(row[pivot], -1, PRIME)
        row = {unknown: factor * inverse % PRIME for unknown, factor in row.items()}
        for other in list(rows_with[pivot]):
            before = set(rows[other])
            _subtract(rows[other], row, rows[other][pivot])
            for unknown in before ^ set(rows[other]):
                rows_with[unknown].symmetric_difference_update({other})
        rows[pivot] = row
        for unknown in row:
            rows_with[unknown].add(pivot)
    return {pivot for pivot, row in rows.items() if len(row) == 1}


def _subtract(row: dict[Cell, int], other: Mapping[Cell, int], factor: int) -> None:
    for unknown, amount in other.items():
        left = (row.get(unknown, 0) - factor * amount) % PRIME
        if left:
            row[unknown] = left
        else:
            row.pop(unknown, None)
