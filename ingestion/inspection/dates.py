"""Which formats the dates and points in time of a column are written in."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from ingestion.moments import GERMAN_MONTHS, UNIX_FORMATS, WITH_ZONE

_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p", " %I:%M %p", "T%H:%M:%S")
_DATES = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%Y",
          "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d %b %Y", "%d %B %Y",
          "%d. %B %Y", "%d. %b %Y", "%b %d, %Y",
          "%B %d, %Y", "%Y%m%d")
FORMATS = tuple(date + time for time in _TIMES for date in _DATES)
_DIGITS = {"%Y": r"\d{4}", "%b": "[A-Za-z]{3}", "%B": "[A-Za-z]{3,9}", "%p": "[AaPp][Mm]"}
_PATTERNS = {form: re.compile(
    r"\d{8}" if form == "%Y%m%d" else re.sub(
        "%[A-Za-z]", lambda m: _DIGITS.get(m.group(), r"\d{1,2}"), form.replace(".", r"\.")))
    for form in FORMATS}
ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?)?")
OFFSET = re.compile(WITH_ZONE)
_LIKE = re.compile(r"(\d|[A-Z][a-z]{2,8} \d).*\d.*")
_YEAR_2000, _YEAR_2100 = 946_684_800, 4_102_444_800
_DAY_2000, _DAY_2050 = 36_526, 54_789
_YEARS = range(1900, 2101)
ENOUGH = 0.9  # share of values that must be dates for the column to be one
ENOUGH_NAMED = 0.6  # where its name speaks of a date; typing errors are common in birth dates


def find_unix(values: Counter[str]) -> tuple[str, ...] | None:
    """The format of points in time after 2000 that are counted since 1970; None if these are none.
    """
    def since_1970(text: str, per_second: int) -> bool:
        return bool(re.fullmatch(r"\d+([.]\d+)?", text)) and (
            _YEAR_2000 <= float(text) / per_second < _YEAR_2100)

    return next(((form,) for form, per_second in UNIX_FORMATS.items()
                 if values and all(since_1970(text, per_second) for text in values)), None)


def are_days_since_1900(values: Counter[str]) -> bool:
    """Whether the values are days of 2000 to 2050 as workbooks count them: cells with dates that
    are formatted as numbers.
    """
    return bool(values) and all(
        re.fullmatch(r"\d{5}([.,]\d+)?", text) and _DAY_2000 <= int(text[:5]) < _DAY_2050
        for text in values)


def find_formats(
    values: Counter[str], *, is_named: bool,
) -> tuple[str, ...] | None:
    """The fewest formats that read the values.

    Args:
        values: value -> how often.
        is_named: whether the name of the column speaks of a date, without which plain digits are
            none.

    Returns:
        Formats of `strptime`, none for ISO 8601; None if these are no dates. Of day and month the
        order that reads more comes first, of two that read the same the day.
    """
    total = sum(values.values())
    values = _without_zones(values)
    if not total or sum(n for text, n in values.items() if _LIKE.fullmatch(text)) < total / 2:
        return None
    enough = ENOUGH_NAMED if is_named else ENOUGH
    left = Counter({text: n for text, n in values.items() if not _is_iso(text)})
    has_iso = sum(left.values()) < total * (1 - enough / 4)
    chosen: list[str] = []
    while sum(left.values()) > total * 0.005 and len(chosen) < 4:
        read = {form: [text for text in left if _reads(text, form)] for form in FORMATS
                if form not in chosen and (is_named or form != "%Y%m%d")}
        form = max(read, key=lambda f: (sum(left[text] for text in read[f]), -FORMATS.index(f)))
        if sum(left[text] for text in read[form]) < max(1, total * 0.005):
            break
        chosen.append(form)
        for text in read[form]:
            del left[text]
    if sum(left.values()) > total * (1 - enough):
        return None
    if chosen and has_iso:  # once formats are named, ISO has to be named as well
        chosen += ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]
    return tuple(chosen)


def changed_over(form: str) -> str:
    """The format with day and month in the other order; empty where nobody writes so."""
    other = form.translate(str.maketrans("dm", "md"))
    return other if other != form and other in FORMATS else ""


def is_ambiguous(values: Counter[str], form: str) -> bool:
    """Whether the values could as well be read with day and month changed over."""
    other = changed_over(form)
    clocks = _without_zones(values)
    return bool(other) and all(_reads(text, other) for text in clocks if _reads(text, form))


def has_time(values: Counter[str]) -> bool:
    """Whether the values have a time of day that is not always midnight."""
    return any(re.search(r"\d:\d{2}", text) and not re.search(r"\b(00:00|12:00 AM)", text)
               for text in values)


def _without_zones(values: Counter[str]) -> Counter[str]:
    clocks = Counter[str]()
    for text, count in values.items():
        zone = OFFSET.fullmatch(text)
        clocks[zone[1] if zone else text] += count
    return clocks


def _is_iso(text: str) -> bool:
    if not ISO.fullmatch(text):
        return False
    try:
        datetime.strptime(text[:10], "%Y-%m-%d")
    except ValueError:
        return False
    return True


def _reads(text: str, form: str) -> bool:
    if "%b" in form or "%B" in form:
        for german, month in GERMAN_MONTHS:
            text = re.sub(german, month, text)
    if not _PATTERNS[form].fullmatch(text):  # tells most apart, and much sooner
        return False
    try:
        return datetime.strptime(text, form).year in _YEARS
    except ValueError:
        return False
