"""Points in time as APIs write them: how far records reach, and `{since}` in an API's own way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ingestion.rest.settings import Since

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds since 1970 stay below this until the year 5138; milliseconds pass it in 1973.
_LARGEST_SECONDS = 100_000_000_000


def as_instant(value: Any) -> datetime | None:
    """ISO 8601 (UTC where it says no offset) or seconds or milliseconds since 1970, else None."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return _EPOCH + timedelta(seconds=number / (1000 if number > _LARGEST_SECONDS else 1))
    except (OverflowError, ValueError):
        return None


def write_instant(instant: datetime | None, form: Since) -> str:
    """A point in time as an API wants it; the start where there is none yet."""
    instant = instant or as_instant(form.start) or _EPOCH
    seconds = (instant - _EPOCH).total_seconds()
    if form.format == "epoch":
        return str(int(seconds))
    if form.format == "epoch_ms":
        return str(int(seconds * 1000))
    if form.format == "date":
        return f"{instant:%Y-%m-%d}"
    return f"{instant:%Y-%m-%dT%H:%M:%S}Z"
