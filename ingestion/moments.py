"""Dates and points in time as SQL expressions: what a text in one of several formats means."""

from __future__ import annotations

from collections.abc import Callable

from ingestion.readers.files import literal

# Formats beside those of strptime -> how many of them make a second.
UNIX_FORMATS = {"unix": 1, "unix_ms": 1_000, "unix_us": 1_000_000}
# Days since 1900 as workbooks count them; of five digits, which years and times of day have not.
EXCEL_FORMAT = "excel"
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
# Words that the engine takes for a time, whatever the format: epoch is 1900 or 1970 to it.
_SPECIAL = "('epoch', 'infinity', '-infinity', '+infinity', 'inf', '-inf', '+inf')"
# Names of zones that mean one thing -> a place that has it at its time of the year, minutes ahead.
_ZONES = {
    "Z": ("", 0), "UT": ("", 0), "UTC": ("", 0), "GMT": ("", 0),
    **{name: (place, minutes) for place, names in {
        "Europe/Lisbon": {"WEZ": 0, "WET": 0, "WESZ": 60, "WEST": 60},
        "Europe/Berlin": {"MEZ": 60, "CET": 60, "MESZ": 120, "CEST": 120},
        "Europe/Athens": {"OEZ": 120, "EET": 120, "OESZ": 180, "EEST": 180},
        "America/New_York": {"EST": -300, "EDT": -240},
        "America/Chicago": {"CST": -360, "CDT": -300},
        "America/Denver": {"MST": -420, "MDT": -360},
        "America/Los_Angeles": {"PST": -480, "PDT": -420},
    }.items() for name, minutes in names.items()}}
WITH_ZONE = (
    r"(?i)^(.*\d:\d{2}.*?)\s*(?:"
    rf"({'|'.join(sorted(_ZONES, key=len, reverse=True))})"
    r"|(?:UTC|GMT)?\s*([+-])(0?\d|1[0-4])(?::?([0-5]\d))?)$")


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


def day(text: str, clock: str) -> str:
    """The day of what a clock showed."""
    return (f"case when {text}[-1] > '9' and lower({text}) in {_SPECIAL} then null "
            f"else cast({clock} as date) end")


def moment(text: str, formats: tuple[str, ...], *, is_past: bool) -> str:
    """What a text in one of the formats, without any in ISO 8601, says a clock showed."""
    written = tuple(form for form in formats if form != EXCEL_FORMAT)
    read = (by_formats(text, written, is_past=is_past) if written
            else f"try_cast({text} as timestamp)")
    return read if written == formats else f"coalesce({read}, {_since_1900(text)})"


def _since_1900(text: str) -> str:
    """What a clock showed, by the days since 1899-12-30; a part of one is the time of day."""
    milliseconds = (f"cast(round(try_cast(replace({text}, ',', '.') as decimal(24, 15)) "
                    "* 86400000) as bigint)")
    return (f"case when regexp_full_match({text}, '\\d{{5}}([.,]\\d+)?') "
            f"then timestamp '1899-12-30' + to_milliseconds({milliseconds}) end")


def instant(text: str, read: Callable[[str], str], zone: str) -> str:
    """UTC: text with its own offset speaks for itself, other text is local to the zone.

    Args:
        text: SQL text.
        read: SQL of what a clock showed, from SQL text without a zone.
        zone: where the clock stood that says nothing of it.
    """
    # Three searches cost half of one for the pattern, which hardly any text needs.
    may_say_more = f"{text}[-1] > '9' or contains({text}, '+') or {text} like '%:%-%'"
    has_offset = (
        f"regexp_matches({text}, '\\d{{2}}:\\d{{2}}.*(Z|[+-]\\d{{1,2}}(:?\\d{{2}})?)$')")
    # The engine reads offsets only as +hh or +hh:mm, without a blank before them.
    offset = rf"regexp_replace({text}, '\s*([+-]\d{{2}}):?(\d{{2}})$', '\1:\2')"
    stated = f"timezone('UTC', try_cast({offset} as timestamptz))"
    local = read(text) if zone == "UTC" else (
        f"timezone('UTC', timezone({literal(zone)}, {read(text)}))")
    return (f"case when {may_say_more} then case when lower({text}) not in {_SPECIAL} "
            f"then coalesce(case when {has_offset} then {stated} else {local} end, "
            f"{_of_named_zone(text, read)}) end else {local} end")


def _of_named_zone(text: str, read: Callable[[str], str]) -> str:
    """UTC from text with the name of a zone or an offset behind it; null for any other.

    Where the clocks of a zone went by another name at that time, nobody can tell what is meant.
    """
    def part(group: int) -> str:
        return f"regexp_extract({text}, {literal(WITH_ZONE)}, {group})"

    def by_name(values: dict[str, str]) -> str:
        cases = " ".join(f"when {literal(name)} then {value}" for name, value in values.items())
        return f"case upper({part(2)}) {cases} end"

    clock = f"coalesce({read(part(1))}, try_cast({part(1)} as timestamp))"
    sign = f"case {part(3)} when '-' then -1 else 1 end"
    minutes = (f"coalesce({by_name({n: str(m) for n, (_, m) in _ZONES.items()})}, 0) + {sign} * ("
               f"coalesce(try_cast({part(4)} as integer), 0) * 60 "
               f"+ coalesce(try_cast({part(5)} as integer), 0))")
    found = f"({clock} - to_minutes({minutes}))"
    place = by_name({name: literal(place) for name, (place, _) in _ZONES.items() if place})
    return (f"case when regexp_matches({text}, {literal(WITH_ZONE)}) and coalesce("
            f"timezone({place}, timezone('UTC', {found})) = {clock}, true) then {found} end")
