"""Rows between a header and its records which explain the header, as exports of surveys have them.

A row that is taken for one is no record of any count, so what could be a record is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingestion.inspection.vocabulary import vocabulary

_DATA = re.compile(r"""\d{1,4}[-./]\d{1,2}[-./]\d{2,4}.*|[^@\s]+@[^@\s]+\.\w+|https?://.*
                       |[+-]?\d[\d.,]*""", re.VERBOSE)
_MOSTLY = 0.9
_IMPORT_ID = re.compile(r'\{\s*"ImportId"\s*:.*\}', re.DOTALL)  # Qualtrics
# SurveyMonkey has them below questions, and nothing below the respondent's number.
_SUB_HEADERS = {"response", "open-ended response"}
_MOST_ROWS = 3


def is_data(text: str) -> bool:
    """Whether a cell is a number, a date or an address, which no header has."""
    return bool(_DATA.fullmatch(text))


def holds_data(values: Sequence[str]) -> bool:
    """Whether a column holds numbers, dates or addresses, below whatever its first line says."""
    filled = [value for text in values if (value := text.strip())]
    return bool(filled) and sum(map(is_data, filled)) >= _MOSTLY * len(filled)


def rows_below_header(records: Sequence[Sequence[str]]) -> int:
    """How many rows below the header, the first record, are none of its records.

    They are known by the marks of survey tools; else one is, that has different texts where the
    rows below have numbers or dates, and nothing that a record would have.
    """
    for number in range(min(_MOST_ROWS, len(records) - 1), 0, -1):
        cells = _filled(records[number])
        if cells and all(map(_IMPORT_ID.fullmatch, cells)):
            return number
    if len(records) < 3:
        return 0
    _, below, *others = records
    cells = _filled(below)
    if not cells or any(map(is_data, cells)):
        return 0
    if not below[0].strip() and _SUB_HEADERS & {cell.lower() for cell in cells}:
        return 1
    told = set()
    for place, text in enumerate(below):
        values = [record[place] for record in others if len(record) > place]
        if re.search(r"\d", text) and _form(text) in set(map(_form, values)):
            return 0  # a code
        if text.strip() and holds_data(values):
            told.add(text.strip())
    return int(len(told - set(vocabulary().null_codes)) > 1)


def _filled(record: Sequence[str]) -> list[str]:
    return [text for cell in record if (text := cell.strip())]


def _form(text: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text.strip()))
