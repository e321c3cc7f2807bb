"""How long to wait before a request is made again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime


def pause(place: str, attempt: int) -> float:
    """Seconds after an attempt: 1, 2, 4 … 60, and up to a quarter more.

    The addition is drawn from the place: deterministic, and not the same for every table.
    """
    seconds = min(60.0, 2.0 ** (attempt - 1))
    return seconds * (1 + zlib.crc32(f"{place}|{attempt}".encode()) / (4 << 32))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of `Retry-After`: a number, or a date, counted from the answer's own date."""
    said = headers.get("Retry-After", "").strip()
    if not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        until, now = parsedate_to_datetime(said), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
