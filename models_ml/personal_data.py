"""Finds personal data in feedback texts and replaces it by placeholders before a model reads it.

Everything behind this sees only masked texts. The families of rules stand in `personal_*.py`, what
was weighed in `docs/decisions/0005-masking.md`; telling the language does not belong here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from models_ml.frames import require_columns
from models_ml.language import UNKNOWN_LANGUAGE
from models_ml.masking_words import WORD_FILES
from models_ml.personal_addresses import find_addresses
from models_ml.personal_contacts import find_contacts, find_phones
from models_ml.personal_labels import find_labelled_numbers
from models_ml.personal_names import find_known_names, find_names
from models_ml.personal_numbers import (
    CODE_WORDS,
    find_bank_numbers,
    find_birth_dates,
    find_long_numbers,
    find_plates,
    find_record_numbers,
)

KINDS = ("NAME", "EMAIL", "PHONE", "ADDRESS", "BIRTH_DATE", "IBAN", "CARD", "ACCOUNT_NUMBER",
         "ORDER_NUMBER", "CUSTOMER_NUMBER", "INVOICE_NUMBER", "REFERENCE_NUMBER", "NUMBER", "PLATE",
         "HANDLE", "URL")
"""Kinds of personal data; the placeholder of a kind is its name in brackets: `[NAME]`."""

PLACEHOLDER = re.compile(r"\[(?:" + "|".join(KINDS) + r")\]")
DEFAULT_COUNTRY = "DE"

_MOST_PASSES = 5
# Mark-up must not stand between a label and its number; what holds an address is searched itself.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,9}(?:\s[^<>@]{0,200})?/?>")
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|li|tr|td|h\d)\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")
_RULES = Path(__file__).parent


class Finding(NamedTuple):
    """Personal data in a text: Python positions, end exclusive, and one of `KINDS`."""

    start: int
    end: int
    kind: str


def mask_personal_data(
    texts: pd.DataFrame,
    *,
    known_names: Mapping[str, Collection[str]] | None = None,
    default_country: str = DEFAULT_COUNTRY,
) -> pd.DataFrame:
    """Replace personal data by placeholders.

    Grain: one row per text, in order. A masked text masked again stays as it is. Placeholders that
    stand in the text as delivered are taken as text and not counted.

    Args:
        texts: text_key, text, language (ISO 639-1 or `unknown`).
        known_names: names of people a text is about, such as the customer who wrote it, by
            text_key; they are masked wherever they stand.
        default_country: ISO 3166 code of telephone numbers written without one.

    Returns:
        text_key, masked_text, personal_data_count, personal_data_kinds (sorted, comma separated;
        null where nothing was found).

    Raises:
        ValueError: a column is missing.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    known = known_names or {}
    rows: list[tuple[str, int, str | None]] = []
    for key, text, language in texts[["text_key", "text", "language"]].itertuples(index=False):
        findings = find_personal_data(text, language, known_names=known.get(key, ()),
                                      default_country=default_country)
        kinds = sorted({finding.kind for finding in findings})
        rows.append((replace(text, findings), len(findings), ",".join(kinds) or None))
    masked = pd.DataFrame(rows, columns=["masked_text", "personal_data_count",
                                         "personal_data_kinds"])
    return pd.DataFrame({
        "text_key": texts["text_key"].reset_index(drop=True).astype("str"),
        "masked_text": masked["masked_text"].astype("str"),
        "personal_data_count": masked["personal_data_count"].astype("Int64"),
        "personal_data_kinds": masked["personal_data_kinds"].astype("str"),
    })


def find_personal_data(
    text: str,
    language: str = UNKNOWN_LANGUAGE,
    *,
    known_names: Collection[str] = (),
    default_country: str = DEFAULT_COUNTRY,
) -> list[Finding]:
    """Find personal data, in the order of the text and without overlaps.

    What is found is masked and the rest searched again, until nothing is left: a name may come to
    stand behind a closing only when the number between them is gone. So masking is idempotent.
    """
    findings: list[Finding] = []
    for _ in range(_MOST_PASSES):
        masked = replace(text, findings)
        found = _find_once(masked, language, known_names, default_country)
        if not found:
            break
        findings = sorted([*findings, *_to_raw(found, findings)])
    return findings


def replace(text: str, findings: Collection[Finding]) -> str:
    """The text with the placeholder of its kind for each finding."""
    parts, at = [], 0
    for finding in findings:
        parts += [text[at:finding.start], f"[{finding.kind}]"]
        at = finding.end
    return "".join([*parts, text[at:]])


def masking_version(default_country: str = DEFAULT_COUNTRY) -> str:
    """A version that changes when masking may conclude otherwise.

    Eight hexadecimal digits over the rules, their words, the country and the numbering plans.
    """
    digest = hashlib.md5(default_country.encode())
    digest.update(importlib.metadata.version("phonenumbers").encode())
    for path in sorted([*_RULES.glob("personal_*.py"), *WORD_FILES]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _find_once(
    text: str, language: str, known_names: Collection[str], default_country: str,
) -> list[Finding]:
    """The candidates that overlap no placeholder and none that came before them."""
    text = _TAG.sub(_blank_tag, text) if "<" in text else text
    taken = bytearray(len(text))
    if "[" in text:
        for match in PLACEHOLDER.finditer(text):
            taken[match.start():match.end()] = b"\1" * len(match[0])

    def is_free(start: int, end: int) -> bool:
        return taken.find(1, start, end) < 0

    findings = []
    for start, end, kind in _candidates(text, language, known_names, default_country, is_free):
        if start < end and is_free(start, end):
            taken[start:end] = b"\1" * (end - start)
            findings.append(Finding(start, end, kind))
    return sorted(findings)


def _blank_tag(match: re.Match[str]) -> str:
    """A line break or blanks of the same length; a tag that holds a link stays."""
    if "//" in match[0]:
        return match[0]
    return ("\n" if _BLOCK_TAG.match(match[0]) else " ").ljust(len(match[0]))


def _candidates(
    text: str, language: str, known_names: Collection[str], default_country: str,
    is_free: Callable[[int, int], bool],
) -> Iterator[tuple[int, int, str]]:
    """All candidates, the surest kinds first: of two that overlap the earlier one counts."""
    words = frozenset(_WORD.findall(text.lower()))
    yield from find_contacts(text, words)
    if _DIGIT.search(text):
        yield from find_bank_numbers(text)
        yield from find_birth_dates(text, words)
        yield from find_record_numbers(text, words)
        yield from find_phones(text, language, default_country, is_free)
        yield from find_labelled_numbers(text, words)
        yield from find_plates(text, language, words)
        yield from find_addresses(text, words)
        yield from find_long_numbers(text)
    elif not words.isdisjoint(CODE_WORDS):
        yield from find_record_numbers(text, words)
    if known_names:
        yield from find_known_names(text, known_names)
    yield from find_names(text, words)


def _to_raw(found: list[Finding], before: list[Finding]) -> Iterator[Finding]:
    """Positions in the raw text of what was found in the text masked by `before`."""
    waiting = iter(before)
    following = next(waiting, None)
    shift = 0
    for start, end, kind in found:
        while following and following.start <= start + shift:
            shift += following.end - following.start - len(following.kind) - 2
            following = next(waiting, None)
        yield Finding(start + shift, end + shift, kind)
