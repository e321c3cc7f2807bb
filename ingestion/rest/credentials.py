"""Finds credentials that stand in a declaration themselves, by the names that they go under.

A value that a placeholder fills is none: it comes from the environment or from a record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_BETWEEN_WORDS = re.compile(
    r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Names in lower case, with _ between their words.
_INNOCENT = re.compile(
    r"(^|_)(sort|order|group|partition|primary|foreign|row|field|project|issue|page|next|"
    r"continuation|sync|cursor)_?(key|token)(?=_|$)")
_SECRET = re.compile(
    r"secret(?!ar)|passw|passphrase|pwd|kennwort|credential|cookie|authorization|signature|"
    r"session_?id|api_?key|token(_|$)|(^|_)(bearer|jwt|hmac)(_|$)|"
    r"(^|_)(o?auth|pass|sig|(access|app|auth|client|license|private|shared|subscription)?key)\d*$")
_PLACEHOLDER = re.compile(r"\{(since|env\.|parent\.)")


def check_names(setting: str, value: Any) -> None:
    """Whether no text or number below a setting goes under the name of a secret.

    Raises:
        ValueError: one does; the message names where it stands.
    """
    if found := list(dict.fromkeys(_secrets(setting, value, is_secret=False))):
        raise ValueError(f"{', '.join(found)}: a declaration holds no credentials; use `auth`, or "
                         "an environment variable: {env.NAME}")


def check_address(setting: str, value: str) -> None:
    """Whether a text is an address without credentials and query.

    Raises:
        ValueError: it is not.
    """
    if not re.match(r"^(https?://|\{env\.)", value):
        raise ValueError(f"`{setting}` starts with https:// or names a variable: {{env.NAME}}")
    if "@" in urlsplit(value).netloc or "?" in value:
        raise ValueError(f"`{setting}` holds credentials or a query; give credentials in `auth`")


def _secrets(place: str, value: Any, *, is_secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        is_pair = bool({"value", "values"} & set(value))  # `key` is then a field to filter by
        for name, inner in value.items():
            is_named = _is_secret(str(name)) and not (is_pair and name == "key")
            yield from _secrets(f"{place}.{name}", inner, is_secret=is_secret or is_named)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _secrets(place, inner, is_secret=is_secret)
    elif is_secret and _is_literal(value):
        yield place


def _is_secret(name: str) -> bool:
    words = "_".join(filter(None, _BETWEEN_WORDS.split(name))).lower()
    return bool(_SECRET.search(_INNOCENT.sub("", words)))


def _is_literal(value: Any) -> bool:
    """Whether a value says something itself; a switch such as `include_token: true` does not."""
    if isinstance(value, str):
        return bool(value) and not _PLACEHOLDER.search(value)
    return value is not None and not isinstance(value, bool)
