"""Source text to canonical values, as SQL expressions.

Every conversion yields null for text it cannot read; the caller rejects the row with the reason
given here, or leaves a lenient column empty. What does **not** belong here: reading files and
writing the raw zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ingestion.contract import DUCKDB_TYPES, Column
from ingestion.declaration import ColumnMapping, FileFormat
from ingestion.moments import EXCEL_FORMAT, UNIX_FORMATS, day, instant, moment, since_1970
from ingestion.readers.extract import trimmed
from ingestion.readers.files import literal

TRUE_WORDS = ("true", "t", "1", "1.0", "yes", "y", "ja", "j", "wahr", "x")
FALSE_WORDS = ("false", "f", "0", "0.0", "no", "n", "nein", "falsch")

# HTML's character references as shops, forums and survey tools write them.
_REFERENCES = {
    "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#34;": '"', "&#39;": "'", "&#039;": "'",
    "&#x27;": "'", "&apos;": "'", "&nbsp;": "\u00a0", "&#160;": "\u00a0", "&auml;": "ä",
    "&ouml;": "ö", "&uuml;": "ü", "&Auml;": "Ä", "&Ouml;": "Ö", "&Uuml;": "Ü", "&szlig;": "ß",
    "&eacute;": "é", "&euro;": "€", "&ndash;": "–", "&mdash;": "—", "&hellip;": "…",
    "&#38;": "&", "&amp;": "&",
}

_BLANK = "[ \u00a0\u2009\u202f]"
_CURRENCY_SIGNS = {"EUR": ("€", "Euro"), "USD": ("$", "US$"), "GBP": ("£",),
                   "CHF": ("Fr.", "SFr."), "JPY": ("¥",), "PLN": ("zł",), "CZK": ("Kč",)}
MARKED_CURRENCIES = tuple(_CURRENCY_SIGNS)
_MEANT = {
    "integer": "a whole number",
    "decimal": "a number",
    "double": "a number",
    "boolean": "yes or no",
    "timestamp": "a point in time",
    "date": "a date",
}


def source_text(
    mapping: ColumnMapping, form: FileFormat, text: Callable[[str], str], available: frozenset[str],
    currency: str = "",
) -> str:
    """SQL text of a mapped column: trimmed, null codes removed, value map applied.

    A name that the extract does not have counts as empty; with dots it is looked up by its first
    part.
    """
    if mapping.value is not None:
        return literal(mapping.value)
    nulls = mapping.null_values or form.null_values

    def one(name: str) -> str:
        if name.split(".")[0] not in available and name not in available:
            return "cast(null as varchar)"
        value = trimmed(text(name))
        if set(nulls) <= {""}:
            return f"nullif({value}, '')"
        codes = ", ".join(literal(code) for code in ("", *nulls))
        return f"case when {value} in ({codes}) then null else {value} end"

    if mapping.product:
        return _product([one(name) for name in mapping.product], mapping, form, currency)
    if mapping.parts:
        pieces = [literal(name[1:]) if name.startswith("=") else one(name)
                  for name in mapping.parts]
        some_missing = " or ".join(f"({piece}) is null" for piece in pieces)
        value = f"case when {some_missing} then null else concat_ws('|', {', '.join(pieces)}) end"
    elif mapping.words:
        value = f"nullif(concat_ws(' ', {', '.join(map(one, mapping.words))}), '')"
    else:
        pieces = [one(name) for name in mapping.sources]
        value = pieces[0] if len(pieces) == 1 else f"coalesce({', '.join(pieces)})"
    if mapping.unescape == "html":
        value = _html_unescaped(value)
    if mapping.map:
        cases = " ".join(f"when {literal(code)} then {literal(meaning)}"
                         for code, meaning in mapping.map.items() if code != "*")
        other = literal(mapping.map["*"]) if "*" in mapping.map else value
        empty = f"when ({value}) is null then null"
        value = f"case {empty} else case {value} {cases} else {other} end end"
    return value


def converted(
    text: str, column: Column, mapping: ColumnMapping, form: FileFormat, *, is_typed: bool,
    currency: str = "",
) -> str:
    """SQL value of canonical type from SQL text; null where the text does not fit.

    Amounts may be marked with the `currency` that they are in, and with no other.
    """
    target = DUCKDB_TYPES[column.type]
    if column.type in ("string", "json"):
        return text
    if column.type == "boolean":
        true, false = (", ".join(map(literal, words)) for words in (TRUE_WORDS, FALSE_WORDS))
        return (f"case when lower({text}) in ({true}) then true "
                f"when lower({text}) in ({false}) then false end")
    if column.type in ("integer", "decimal", "double"):
        decimal, thousands = (".", "") if is_typed or mapping.product else (
            mapping.decimal or form.decimal, form.thousands)
        if mapping.decimal and mapping.decimal == thousands:
            thousands = ""
        return _number(text, column.type, target, decimal, thousands, currency)
    formats = mapping.format or (() if is_typed else (
        form.timestamp_format + form.date_format if column.type == "timestamp"
        else form.date_format + form.timestamp_format))
    counted = [name for name in formats if name in UNIX_FORMATS]
    formats = tuple(name for name in formats if name not in UNIX_FORMATS
                    and (name == EXCEL_FORMAT or not is_typed))
    if formats and form.format == "excel":  # beside text, a sheet has cells that are dates
        formats += ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")

    def clock(text: str) -> str:
        return moment(text, formats, is_past=column.is_past)

    read = (day(text, clock(text)) if column.type == "date"
            else instant(text, clock, mapping.time_zone or form.time_zone))
    if not counted:
        return read
    since = ", ".join(since_1970(text, UNIX_FORMATS[name]) for name in counted)
    return f"cast(coalesce({since}, {read}) as {target})"


def _html_unescaped(text: str) -> str:
    """Text with the named character references that exports leave behind; `&amp;` comes last."""
    replaced = text
    for reference, character in _REFERENCES.items():
        replaced = f"replace({replaced}, {literal(reference)}, {literal(character)})"
    return f"case when contains({text}, '&') then {replaced} else {text} end"


def _product(
    texts: list[str], mapping: ColumnMapping, form: FileFormat, currency: str,
) -> str:
    """Numbers multiplied, as text; text that is no number stays visible as such."""
    numbers = [_number(text, "decimal", DUCKDB_TYPES["decimal"],
                       mapping.decimal or form.decimal, form.thousands, currency)
               for text in texts]
    empty = " or ".join(f"({text}) is null" for text in texts)
    value = " * ".join(f"({number})" for number in numbers)
    return (f"case when {empty} then null "
            f"else coalesce(cast({value} as varchar), 'not a number') end")


def mismatch(column: Column) -> str:
    """Why unreadable text in this column cannot be used; holds no value of the row."""
    return f"column {column.name}: not {_MEANT[column.type]}"


def number_patterns(
    decimal: str, thousands: str, currency: str = "", *, is_whole: bool = False,
) -> tuple[str, str]:
    """Numbers as a file writes them: the usual way, and with a minus behind or a currency.

    Grouping is checked, so that neither 12.5 nor 0.125 is read without its point; whole ones have
    nothing but zeros behind it. The patterns mean the same to the engine and to Python.
    """
    digits = r"\d+"
    if thousands:
        digits = rf"(\d+|[1-9]\d{{0,2}}({_alike(thousands)}\d{{3}})+)"
    fraction, small, power = rf"\{decimal}\d", rf"|\{decimal}\d+", r"([eE][+-]?\d+)?"
    if is_whole:
        fraction, small, power = rf"\{decimal}0", "", ""
    # Some databases write a half as .5. The minus of 5,- is a dash.
    usual, other = rf"({digits}({fraction}*)?{small})", rf"({digits}({fraction}+)?{small})"
    marks = "|".join(re.escape(mark) for mark in currency_marks(currency))
    blanks = rf"{_BLANK}*"
    before, behind = (rf"(({marks}){blanks})?", rf"({blanks}({marks}))?") if marks else ("", "")
    return (rf"[+-]?{usual}{power}",
            rf"([+-]?{blanks}{before}{other}|{before}[+-]{other}|{before}{other}{blanks}-){behind}")


def currency_marks(currency: str) -> tuple[str, ...]:
    """How amounts of a currency are marked, its code among them; none where it is not known."""
    return (*_CURRENCY_SIGNS.get(currency, ()), currency) if currency else ()


def _alike(thousands: str) -> str:
    """Blanks that do not break and bent apostrophes part thousands like the plain ones."""
    return {" ": _BLANK, "'": "['\u2019]"}.get(thousands, rf"\{thousands}")


def _number(
    text: str, kind: str, target: str, decimal: str, thousands: str, currency: str,
) -> str:
    """SQL number from text; of what is written otherwise than usual, the digits and the minus."""
    usual, other = number_patterns(decimal, thousands, currency, is_whole=kind == "integer")
    plain = text
    if thousands:
        plain = (f"replace({text}, {literal(thousands)}, '')" if thousands not in " '" else
                 f"regexp_replace({text}, {literal(_alike(thousands))}, '', 'g')")
    if decimal != ".":
        plain = f"replace({plain}, {literal(decimal)}, '.')"
    noise = "|".join([*map(re.escape, currency_marks(currency)), rf"[^0-9\{decimal}]"])
    bare = (f"case when contains({text}, '-') then '-' else '' end || replace(regexp_replace("
            f"{text}, {literal(noise)}, '', 'g'), {literal(decimal)}, '.')")

    def cast(number: str) -> str:
        if kind == "decimal":
            return (f"coalesce(try_cast({number} as {target}), "
                    f"try_cast(try_cast({number} as double) as {target}))")
        return f"try_cast({number} as {target})"

    return (f"case when regexp_full_match({text}, {literal(usual)}) then {cast(plain)} "
            f"when regexp_full_match({text}, {literal(other)}) then {cast(bare)} end")
