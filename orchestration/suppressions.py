"""Whom people decided not to contact: `decisions/suppressions.csv` in the company's folder.

One row closes a channel, or all of them, for a customer; it outranks every consent. On the form of
the file see `decision_files.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import attrgetter
from pathlib import Path

import pandas as pd

from models_ml.frames import conform
from models_ml.tables import TABLES
from orchestration.decision_files import (
    DATE_FORMATS,
    read_latest,
    read_seed,
    read_signature,
)
from orchestration.decisions import to_record_key
from orchestration.settings import Settings

COLUMNS = ("customer", "channel", "until", "decided_by", "decided_at", "reason")
ALL_CHANNELS = "*"
_ALL_WORDS = ("", "*", "all", "alle")


@dataclass(frozen=True)
class Suppression:
    """One row; `customer` is a record key or a customer's id, `until` None has no end."""

    row: int
    customer: str
    channel: str
    until: date | None
    decided_on: date


def suppressions_file(settings: Settings) -> Path:
    """Where the suppressions lie."""
    return settings.company_folder / "decisions" / "suppressions.csv"


def read_suppressions(settings: Settings) -> pd.DataFrame:
    """Return the suppressions as rows of the ML table contact_suppressions; none without the file.

    Of several rows about one customer and channel the latest decision counts. Customers need not
    exist: a row about one that has not been delivered yet waits for it.

    Raises:
        DecisionError: naming every row that cannot be used.
    """
    path = suppressions_file(settings)
    found = (parse_suppressions(path.read_bytes(), str(path), read_channel_words(settings))
             if path.exists() else ())
    return conform(pd.DataFrame(
        [(one.customer, one.channel, one.until, one.decided_on, one.row) for one in found],
        columns=["record_key", "channel", "suppressed_until", "decided_on", "decision_row"],
    ), TABLES["contact_suppressions"])


def read_channel_words(settings: Settings) -> dict[str, str]:
    """What may be written for a channel, in small letters -> the channel.

    The channels are those of the seed contact_channels; each goes by its code and by the names that
    the seed channels gives it.

    Raises:
        DecisionError: a seed cannot be read.
    """
    channels = [row["channel"] for row in read_seed(settings, "contact_channels")]
    names = {row["channel"]: row for row in read_seed(settings, "channels")}
    words = dict.fromkeys(_ALL_WORDS, ALL_CHANNELS)
    for channel in channels:
        named = names.get(channel, {})
        for word in (channel, named.get("name_en", ""), named.get("name_de", "")):
            words.setdefault(word.lower(), channel)
    return words


def parse_suppressions(
    content: bytes, name: str, channels: Mapping[str, str],
) -> tuple[Suppression, ...]:
    """Read the content of a file of suppressions; see `read_suppressions`.

    Args:
        content: of the file.
        name: of the file, for errors.
        channels: what may be written for a channel; see `read_channel_words`.
    """
    return read_latest(content, name, COLUMNS, partial(_read_row, channels=channels),
                       attrgetter("customer", "channel"))


def _read_row(
    row: int, cells: dict[str, str], channels: Mapping[str, str],
) -> Suppression | list[str]:
    """The suppression of a row, or everything that is wrong with it."""
    problems = []
    customer = to_record_key(cells["customer"])
    if customer is None:
        problems.append(f"row {row}, column customer: names nobody; write the customer_id, a "
                        "record key (32 digits and letters a to f) or source/reference as in "
                        "crm/10023")
    decided_on, unsigned = read_signature(row, cells)
    until = None
    if cells["until"]:
        # The same forms of a date as of the signature.
        until, _ = read_signature(row, {**cells, "decided_at": cells["until"]})
        if until is None:
            problems.append(f"row {row}, column until: no date; write the last day as one of "
                            + " or ".join(_shown(form) for form in DATE_FORMATS)
                            + ", or nothing where it has no end")
    # A row about a channel that nobody knows would close nothing, and say so to nobody.
    channel = channels.get(" ".join(cells["channel"].lower().split()))
    if channel is None:
        known = ", ".join(dict.fromkeys(channels.values()))
        problems.append(f"row {row}, column channel: no channel of the seed contact_channels; "
                        f"write one of {known}, or nothing for all")
    problems += unsigned
    if problems or customer is None or channel is None or decided_on is None:
        return problems
    return Suppression(row, customer, channel, until, decided_on)


def _shown(form: str) -> str:
    return date(2026, 3, 31).strftime(form)
