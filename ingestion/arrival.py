"""Judges what arrived: a source that is late, and extracts that are hardly what they should be.

A pure function of declarations, the manifest and a date; who calls it says whether that is the
as-of date of a run or today's. Only findings that would surprise somebody who knows the source are
told: what usually happens there, such as no delivery on Sundays or a few rows on holidays, is read
from its own loads. What does **not** belong here: rows (`loading.py`) and whether a load may be
used (`expectations/`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from ingestion.declaration import DURATION, SourceDeclaration, TableDeclaration
from ingestion.raw_zone import Load

# Loads that a judgement compares with at least, and how far it looks back.
FEWEST_LOADS = 8
FEWEST_OF_WEEKDAY = 6
LOADS_BACK = 60
# A count is suspicious that is beyond all three: a factor of the usual one, robust standard
# deviations of its logarithm, and standard deviations of a count.
FACTOR = 1.8
DEVIATIONS = 4.0
COUNT_DEVIATIONS = 3.0
# A declared date is far from its facts where the gap is beyond twice the largest so far, by days.
GAP_DAYS = 3
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Finding:
    """Something about one table of a source that somebody should ask about."""

    source_system: str
    label: str
    table: str
    kind: str  # late, rows, repeated, dates
    sentence: str


def judge_arrivals(
    declarations: Iterable[SourceDeclaration], loads: Sequence[Load], on: date,
    new: Collection[str] = (), fetched_on: Mapping[tuple[str, str], date] | None = None,
) -> tuple[Finding, ...]:
    """Find what did not arrive by a date, and what arrived but looks wrong.

    Args:
        declarations: the company's sources; tables without files are not judged.
        loads: the manifest.
        on: date that lateness is counted to.
        new: ids of the loads just made. They are judged beside the newest load of each table,
            unless most of what the table has is new: a first load of years is no arrival.
        fetched_on: source and table that a database or an API is asked for -> date of its last
            fetch. Such a table is late when it was not asked, not when nothing had changed, and
            how many rows changed says nothing.
    """
    found: list[Finding] = []
    for declaration in declarations:
        for table in declaration.tables:
            if table.records:
                continue
            if not table.files:
                asked = (fetched_on or {}).get((declaration.source, table.landed_label))
                found += [Finding(declaration.source, table.label, table.contract.table, "late",
                                  f"{declaration.source} {table.label}: {said}")
                          for said in (_late(table, asked, on, set(), "fetch") if asked else ())]
                continue
            own = sorted((load for load in loads if not load.replays_load_id
                          and load.state in ("staged", "admitted", "quarantined")
                          and (load.source_system, load.label)
                          == (declaration.source, table.label)), key=_order)
            sentences = []
            if last := _last_date(own, on):
                sentences += [("late", said) for said in _late(
                    table, last, on, _weekdays_without(own), "extract")]
            usable = [load for load in own if load.state != "quarantined"]
            judged = [load for load in usable if load.load_id in new]
            if 2 * len(judged) > len(usable):
                judged = []
            if usable and usable[-1] not in judged:
                judged.append(usable[-1])
            for load in judged:
                before = usable[:usable.index(load)][-LOADS_BACK:]
                sentences += _judge_load(table, load, before)
            found += [Finding(declaration.source, table.label, table.contract.table, kind,
                              f"{declaration.source} {table.label}: {said}")
                      for kind, said in sentences]
    return tuple(found)


def data_date(load: Load) -> date | None:
    """Date up to which a load tells: the declared one, else that of its latest event (UTC)."""
    return load.extracted_on or (load.last_event_at.date() if load.last_event_at else None)


def _last_date(own: Sequence[Load], on: date) -> date | None:
    """Date that a table's loads tell up to: the last declared one, else that of the latest fact.

    A fact of the future, most often a typing error, says nothing of when its extract came. The
    company's day may be a day behind the facts', which are in UTC.
    """
    declared = [load.extracted_on for load in own if load.extracted_on]
    happened = [load.last_event_at.date() for load in own if load.last_event_at]
    return max(declared or [day for day in happened if (day - on).days <= 1], default=None)


def _order(load: Load) -> tuple[date, int]:
    """By declared date, else as they were loaded: facts may be dated wrongly."""
    return load.extracted_on or date.min, load.load_sequence


def _late(
    table: TableDeclaration, last: date, on: date, never: set[int], what: str,
) -> list[str]:
    """Days after the last delivery that were expected to bring one, beyond the declared period.

    `never` are weekdays without any.
    """
    matched = DURATION.match(table.expected_every)
    if not matched:
        return []
    number, unit = int(matched[1]), matched[2]
    # Dates know no hours: what comes several times a day is late when a day is missing.
    period = max(1, math.ceil(number / 24) if unit == "h" else number)
    passed = (on - last).days
    if period == 1:
        passed = sum((last + timedelta(days=i + 1)).weekday() not in never for i in range(passed))
    if passed <= period:
        return []
    days = passed - period
    return [f"last {what} of {last}, expected every {table.expected_every}, on {on} "
            f"{days} {'day' if days == 1 else 'days'} late"]


def _weekdays_without(own: list[Load]) -> set[int]:
    """Weekdays that this source never had an extract of, in four weeks or more."""
    dates = sorted({day for load in own[-LOADS_BACK:] if (day := load.extracted_on)})
    if not dates or len(dates) < 2 * FEWEST_LOADS or (dates[-1] - dates[0]).days < 28:
        return set()
    return set(range(7)) - {day.weekday() for day in dates}


def _judge_load(
    table: TableDeclaration, load: Load, before: list[Load],
) -> list[tuple[str, str]]:
    said = []
    if (usual := _suspicious_rows(load, before)) is not None:
        said.append(("rows", f"{load.rows_read:,} rows in {load.file}, usual are {usual:,}"))
    if table.contract.event_time and load.rows_read:
        if twin := _repeated(load, before):
            said.append(("repeated", f"{load.file} has the same content as {twin.file}"))
        if gap := _far_gap(load, before):
            said.append(("dates", f"{load.file} is dated {load.extracted_on}, but its latest fact "
                                  f"is of {gap}"))
    return said


def _suspicious_rows(load: Load, before: list[Load]) -> int | None:
    """The usual number of rows, where this one is far from it; else None.

    Usual is the median of the same weekday, where there are enough of these, else of all. How much
    counts usually vary is taken from all loads, each against its own weekday: the median of their
    absolute deviations (Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408), on logarithms
    because counts vary by factors.
    """
    if len(before) < FEWEST_LOADS:
        return None
    days = [_weekday(x) for x in before]
    knows_weekdays = min((days.count(day) for day in {*days, _weekday(load)}),
                         default=0) >= FEWEST_OF_WEEKDAY
    groups: dict[int, list[float]] = {}
    for day, earlier in zip(days, before, strict=True):
        groups.setdefault(day if knows_weekdays else 0, []).append(math.log1p(earlier.rows_read))
    middles = {day: median(values) for day, values in groups.items()}
    deviations = [abs(value - middles[day]) for day, values in groups.items() for value in values]
    smallest = min(map(len, groups.values()))
    # A median of few lies close to them, which makes their deviations look small.
    spread = _MAD_TO_SIGMA * median(deviations) * (1 + 2 / smallest)
    middle = middles[_weekday(load) if knows_weekdays else 0]
    usual = math.expm1(middle)
    is_far = abs(math.log1p(load.rows_read) - middle) > max(DEVIATIONS * spread, math.log(FACTOR))
    if not knows_weekdays:  # a day of the week may be another matter, or a month's end
        logs = groups[0]
        margin = math.log(FACTOR) / 2
        is_far = is_far and not (
            min(logs) - margin < math.log1p(load.rows_read) < max(logs) + margin)
    chance = COUNT_DEVIATIONS * math.sqrt(max(usual, load.rows_read))
    return round(usual) if is_far and abs(load.rows_read - usual) > chance else None


def _weekday(load: Load) -> int:
    """0 is Monday; 7 is no date."""
    day = data_date(load)
    return day.weekday() if day else 7


def _repeated(load: Load, before: list[Load]) -> Load | None:
    """The earlier load with the same content, where a source is not known to send that."""
    hashes = [x.content_hash for x in before if x.rows_read]
    if len(set(hashes)) < len(hashes):
        return None
    return next((x for x in reversed(before) if x.content_hash == load.content_hash), None)


def _far_gap(load: Load, before: list[Load]) -> date | None:
    """Date of the latest fact, where it is far from the declared one as never before."""
    gaps = [(x.extracted_on - x.last_event_at.date()).days
            for x in (*before, load) if x.extracted_on and x.last_event_at]
    if len(gaps) <= FEWEST_LOADS or not (load.extracted_on and load.last_event_at):
        return None
    *earlier, gap = gaps
    largest = max(0, *earlier)
    return load.last_event_at.date() if gap > 2 * largest + GAP_DAYS else None
