"""Dates and points in time as SQL expressions: what a text in one of several formats means."""

from __future__ import annotations

from ingestion.readers.files import literal

# Formats beside those of strptime -> how many of them make a second.
UNIX_FORMATS = {"unix": 1, "unix_ms": 1_000, "unix_us": 1_000_000}
_YEAR_2100 = 4_102_444_800
# What has happened lies before its extract; a day of grace for time zones. Where that has no date,
# it lies before a fixed one: a row may not depend on the day on which it is loaded.
LATEST_PAST = "coalesce(extracted_on + interval 2 day, timestamp '2030-01-01')"
# The engine reads English names of months; patterns that mean the same to it and to Python.
GERMAN_MONTHS = (
    (r"\b(Januar|Jänner)\b", "January"), (r"\b(Februar|Feber)\b", "February"),
    (r"\b(März|Maerz)\b", "March"), (r"\b(Mär|Mrz)\b", "Mar"), (r"\bMai\b", "May"),
    (r"\bJuni\b", "June"), (r"\bJuli\b", "July"), (r"\bOktober\b", "October"),
    (r"\bOkt\b", "Oct"), (r"\bDezember\b", "December"), (r"\bDez\b", "Dec"))


def since_1970(text: str, per_second: int) -> str:
    """Point in time, in UTC, from the seconds, milliseconds or microseconds since 1970."""
    number = f"try_cast({text} as decimal(24, 6))"
    micros = f"cast({number} * {1_000_000 // per_second} as bigint)"
    return (f"case when regexp_full_match({text}, '\\d+([.]\\d+)?') "
            f"and {number} < {_YEAR_2100 * per_second} then make_timestamp({micros}) end")


def by_formats(text: str, formats: tuple[str, ...], *, is_past: bool) -> str:
    """The first format that reads the text. Those of two digits for the year come before all
    others, since the engine's `%Y` takes 25 for the year 25.

    Two digits leave the century open: what lies in the past (a birth) is never after its extract.
    """
    def read(some: list[str]) -> str:
        known = ", ".join(map(literal, some))
        found = f"try_strptime({text}, [{known}])"
        if not any("%b" in form or "%B" in form for form in some):
            return found
        english = text
        for german, month in GERMAN_MONTHS:
            english = f"regexp_replace({english}, {literal(german)}, {literal(month)})"
        return f"coalesce({found}, try_strptime({english}, [{known}]))"

    short = [form for form in formats if "%y" in form]
    long = [form for form in formats if form not in short]
    if not short or not is_past:
        return read(short + long)
    past = (f"{read(short)} - case when {read(short)} > {LATEST_PAST} then interval 100 year "
            "else interval 0 year end")
    return f"coalesce({past}, {read(long)})" if long else past


def instant(text: str, parsed: str, zone: str) -> str:
    """UTC: text with its own offset speaks for itself, other text is local to the zone."""
    # Three searches for a sign cost half of one for the pattern, which hardly any text needs.
    has_offset = (f"(contains({text}, 'Z') or contains({text}, '+') or {text} like '%:%-%') and "
                  f"regexp_matches({text}, '\\d{{2}}:\\d{{2}}.*(Z|[+-]\\d{{2}}(:?\\d{{2}})?)$')")
    # The engine reads offsets only as +hh or +hh:mm, without a blank before them.
    offset = rf"regexp_replace({text}, '\s*([+-]\d{{2}}):?(\d{{2}})$', '\1:\2')"
    stated = f"timezone('UTC', try_cast({offset} as timestamptz))"
    local = parsed if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {parsed}))"
    return f"case when {has_offset} then {stated} else {local} end"
