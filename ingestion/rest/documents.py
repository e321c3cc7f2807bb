"""Answers in JSON: the records in them exactly as delivered, and what stands around them.

A record is cut out of the text, not written anew, so that no digit of an amount and no field given
twice is lost. What does **not** belong here: asking for answers (`client.py`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
_CHARSET = re.compile(r"charset=\"?([\w-]+)")
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Record:
    """One record: its text in one line, and what it says."""

    text: str
    value: Any


@dataclass(frozen=True)
class Document:
    """One answer: its records, and the rest of it."""

    records: tuple[Record, ...]
    rest: Any
    has_records: bool


def look_up(document: Any, path: str) -> Any:
    """Value at a path such as `paging.next.after` or `errors.0.code`; None where there is none.

    A name may hold points itself, as in `@odata.nextLink`.
    """
    while path:
        if isinstance(document, dict) and path in document:
            return document[path]
        part, _, path = path.partition(".")
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def is_true(value: Any) -> bool:
    """Whether a value says yes: true, or 1, or either as a text."""
    return isinstance(value, (bool, int, str)) and str(value).lower() in ("true", "1")


def has_field(document: Any, path: str) -> bool:
    """Whether something stands at a path, be it null."""
    parent, _, name = path.rpartition(".")
    holder = look_up(document, parent)
    return name in holder if isinstance(holder, dict) else look_up(document, path) is not None


def decoded(content: bytes, content_type: str) -> str:
    """JSON is UTF-8; what is not may be in the encoding that the answer states.

    Raises:
        ValueError: it is in neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        stated = _CHARSET.search(content_type)
        try:
            return content.decode(stated[1] if stated else "utf-8")
        except LookupError:
            raise ValueError("unknown encoding") from None


def read_document(text: str, path: str) -> Document:
    """Take an answer apart: records at `path` (the answer itself if empty), and what is around.

    A single object there is one record; null, there or on the way, is a list without records.

    Raises:
        ValueError: the text is no JSON.
    """
    found: list[Record] = []
    seen: list[bool] = []
    rest, end = _value(text, _blank(text, 0), path.split(".") if path else [], found, seen)
    if _blank(text, end) != len(text):
        raise ValueError("something follows the JSON document")
    return Document(tuple(found), rest, bool(seen))


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _value(
    text: str, at: int, path: list[str], found: list[Record], seen: list[bool],
) -> tuple[Any, int]:
    """The value at a place and where it ends; the records at `path` are kept and left out of it."""
    if not path:
        seen.append(True)
        return None, _records(text, at, found)
    if text[at:at + 1] != "{":
        seen += [True] * text.startswith("null", at)
        return _DECODER.raw_decode(text, at)
    members: dict[str, Any] = {}
    at = _blank(text, at + 1)
    while text[at:at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _blank(text, at)
        if not isinstance(name, str) or text[at:at + 1] != ":":
            raise ValueError("not a JSON object")
        at = _blank(text, at + 1)
        if name == path[0]:
            members[name], at = _value(text, at, path[1:], found, seen)
        else:
            members[name], at = _DECODER.raw_decode(text, at)
        at = _blank(text, at)
        if text[at:at + 1] == ",":
            at = _blank(text, at + 1)
        elif text[at:at + 1] != "}":
            raise ValueError("not a JSON object")
    return members, at + 1


def _records(text: str, at: int, found: list[Record]) -> int:
    """Keep the elements of the list, or the one value, at a place; where it ends."""
    is_list = text[at:at + 1] == "["
    at = _blank(text, at + 1) if is_list else at
    while not (is_list and text[at:at + 1] == "]"):
        value, end = _DECODER.raw_decode(text, at)
        if is_list or value is not None:
            found.append(Record(_in_one_line(text[at:end]), value))
        if not is_list:
            return end
        at = _blank(text, end)
        if text[at:at + 1] == ",":
            at = _blank(text, at + 1)
        elif text[at:at + 1] != "]":
            raise ValueError("not a JSON list")
    return at + 1


def _in_one_line(text: str) -> str:
    """Line ends stand between values only: within a text, JSON writes them as escapes."""
    return text.replace("\r", " ").replace("\n", " ")


def with_fields(record: Record, added: dict[str, Any]) -> str:
    """Text of a record with fields before its own; what is no object stays as it is."""
    if not added or not isinstance(record.value, dict):
        return record.text
    fields = json.dumps(added)[:-1]
    own = record.text[1:]
    return fields + (own if own.strip() == "}" else "," + own)
