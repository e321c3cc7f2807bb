"""Sends new alerts by webhook and mail: each event once, what failed again with the next run.

Only events with a new alert for the worse are sent, and no text of a customer or employee is ever
in a message. What was sent is recorded in `state/alert_messages.parquet`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.alert_list import Alert, group_alerts, list_alerts
from orchestration.alert_sending import NotSent, mail, post, send_in_time
from orchestration.settings import AlertSettings, Settings
from orchestration.warehouse import escape_chat, reading

LOG = pa.schema([("alert_id", pa.string()), ("channel", pa.string()), ("sent_as_of", pa.date32())])
_WORDS = {
    "de": {"subject": "{count} neue Alarme, Stand {as_of}", "one": "1 neuer Alarm, Stand {as_of}",
           "owner": "Zuständig", "more": "Dazu gehört",
           "todo": "Übernehmen: cx360 alerts acknowledge ID --by … --reason …"},
    "en": {"subject": "{count} new alerts as of {as_of}", "one": "1 new alert as of {as_of}",
           "owner": "Owner", "more": "With it",
           "todo": "To take one on: cx360 alerts acknowledge ID --by … --reason …"},
}


@dataclass(frozen=True)
class Sent:
    """What became of the messages: events sent by channel, and what went wrong."""

    events: dict[str, int]
    problems: tuple[str, ...]


def messages_file(settings: Settings) -> Path:
    """Where it is recorded what was sent."""
    return settings.state_path / "alert_messages.parquet"


def send_alerts(settings: Settings, as_of: date) -> Sent:
    """Send what is new on every channel that is set.

    A channel that does not answer raises nothing: it is told in `problems`, and the next run tries
    again.
    """
    channels: dict[str, Callable[[AlertSettings, str, Sequence[Sequence[Alert]], date, str], str]]
    channels = {}
    if settings.alerts.webhook:
        channels["webhook"] = post_webhook
    if settings.alerts.mail_to:
        channels["mail"] = send_mail
    if not channels:
        return Sent({}, ())
    language = settings.company.alert_language
    with reading(settings.warehouse_path) as con:
        events = group_alerts(list_alerts(con, language, also_over=True))
    counts: dict[str, int] = {}
    problems = []
    for channel, send in channels.items():
        fresh = find_unsent(events, _sent(settings, channel))
        counts[channel] = 0
        if not fresh:
            continue
        try:
            note = send(settings.alerts, settings.company.company_name, fresh, as_of, language)
        except NotSent as error:
            problems.append(f"{len(fresh)} new alerts were not sent by {channel}: {error}. They "
                            "are sent with the next run, or with `cx360 alerts send`")
            continue
        _record(settings, channel, fresh, as_of)
        counts[channel] = len(fresh)
        if note:
            problems.append(f"{len(fresh)} new alerts were sent by {channel}, but {note}")
    return Sent(counts, tuple(problems))


def find_unsent(events: Sequence[Sequence[Alert]], sent: set[str]) -> list[list[Alert]]:
    """Events with a new alert for the worse, of which nobody has been told yet.

    Args:
        events: with the alerts that are over: an event that was told by one of them stays told.
        sent: alerts that were in a message.

    Returns:
        Of each event the alerts that are still open.
    """
    return [[one for one in event if one.state != "over"] for event in events
            if any(one.state == "new" and one.is_worse for one in event)
            and not any(one.alert_id in sent for one in event)]


def render_payload(
    company: str, events: Sequence[Sequence[Alert]], as_of: date, language: str,
) -> dict[str, object]:
    """JSON of a webhook; see docs/alerts.md. `text` is what chat tools show, escaped for them."""
    return {
        "source": "cx360", "company": company, "as_of": as_of.isoformat(),
        "text": _summarise(events, as_of, language, escape_chat),
        "events": [{
            "event_id": event[0].event_id, "headline": event[0].headline,
            "reason": event[0].reason, "owner": event[0].owner,
            "alerts": [{
                "alert_id": one.alert_id, "series_id": one.series_id, "series": one.series_name,
                "state": one.state, "is_worse": one.is_worse,
                "started_on": one.started.isoformat(), "raised_on": one.raised.isoformat(),
                "observed": one.observed, "expected": one.expected,
                "change_low": one.change_low, "change_high": one.change_high, "unit": one.unit,
            } for one in event]} for event in events]}


def post_webhook(
    alerts: AlertSettings, company: str, events: Sequence[Sequence[Alert]], as_of: date,
    language: str,
) -> str:
    """Post the alerts as JSON; see `post` and `send_in_time`."""
    body = json.dumps(render_payload(company, events, as_of, language), ensure_ascii=False,
                      allow_nan=False).encode()
    return send_in_time(lambda: post(alerts.webhook, body), "the webhook")


def send_mail(
    alerts: AlertSettings, company: str, events: Sequence[Sequence[Alert]], as_of: date,
    language: str,
) -> str:
    """Send the alerts as one plain text mail; see `mail` and `send_in_time`."""
    message = EmailMessage()
    message["Subject"] = f"cx360: {_title(events, as_of, language)}"
    message["From"] = alerts.mail_from
    message["To"] = ", ".join(alerts.mail_to)
    message["Date"] = format_datetime(datetime.now(UTC))
    # The same alerts again have the same id, by which mail programs know them.
    told = "|".join([as_of.isoformat(), *(one.alert_id for event in events for one in event)])
    message["Message-ID"] = (f"<{hashlib.sha256(told.encode()).hexdigest()[:32]}"
                             f"@{alerts.mail_from.rpartition('@')[2]}>")
    message.set_content(f"{' '.join(company.split())}\n\n"
                        f"{_summarise(events, as_of, language, str)}\n\n"
                        f"{_WORDS[language]['todo']}\n")
    return send_in_time(lambda: mail(alerts, message), "mail")


def _title(events: Sequence[Sequence[Alert]], as_of: date, language: str) -> str:
    words = _WORDS[language]
    return words["one" if len(events) == 1 else "subject"].format(
        count=len(events), as_of=as_of.isoformat())


def _summarise(
    events: Sequence[Sequence[Alert]], as_of: date, language: str, escape: Callable[[str], str],
) -> str:
    words = _WORDS[language]
    lines = [_title(events, as_of, language)]
    for event in events:
        lines += ["", f"{escape(event[0].headline)} [{event[0].alert_id}]",
                  escape(event[0].reason)]
        lines += [f"{words['more']}: {escape(one.headline)}" for one in event[1:]]
        lines.append(f"{words['owner']}: {escape(event[0].owner)}")
    return "\n".join(lines)


def _sent(settings: Settings, channel: str) -> set[str]:
    path = messages_file(settings)
    if not path.exists():
        return set()
    rows = pq.read_table(path).to_pylist()
    return {row["alert_id"] for row in rows if row["channel"] == channel}


def _record(
    settings: Settings, channel: str, events: Sequence[Sequence[Alert]], as_of: date,
) -> None:
    path = messages_file(settings)
    table = pq.read_table(path) if path.exists() else LOG.empty_table()
    added = pa.Table.from_pylist(
        [{"alert_id": one.alert_id, "channel": channel, "sent_as_of": as_of}
         for event in events for one in event], schema=LOG)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    pq.write_table(pa.concat_tables([table, added]), temporary)
    temporary.replace(path)
