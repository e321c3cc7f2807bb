"""Sends new alerts by webhook and mail: each event once, what failed again after the next run.

Only events with a new alert for the worse are sent, and no text of a customer or employee is ever
in a message. What was sent is recorded in `state/alert_messages.parquet`.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from html import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.alert_list import Alert, group_alerts, list_alerts
from orchestration.settings import AlertSettings, Settings
from orchestration.warehouse import reading

TIMEOUT_SECONDS = 15
TLS_PORT = 465
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
LOG = pa.schema([("alert_id", pa.string()), ("channel", pa.string()), ("sent_as_of", pa.date32())])
_WORDS = {
    "de": {"subject": "{count} neue Alarme, Stand {as_of}", "one": "1 neuer Alarm, Stand {as_of}",
           "owner": "Zuständig", "more": "Dazu gehört",
           "todo": "Übernehmen: cx360 alerts acknowledge ID --by … --reason …"},
    "en": {"subject": "{count} new alerts as of {as_of}", "one": "1 new alert as of {as_of}",
           "owner": "Owner", "more": "With it",
           "todo": "To take one on: cx360 alerts acknowledge ID --by … --reason …"},
}


class NotSent(RuntimeError):
    """A message was not taken; tells what to do, and neither address nor password."""


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
    channels: dict[str, Callable[[AlertSettings, str, Sequence[Sequence[Alert]], date, str], None]]
    channels = {}
    if settings.alerts.webhook:
        channels["webhook"] = post_webhook
    if settings.alerts.mail_to:
        channels["mail"] = send_mail
    if not channels:
        return Sent({}, ())
    language = settings.company.alert_language
    with reading(settings.warehouse_path) as con:
        events = group_alerts(list_alerts(con, language))
    counts: dict[str, int] = {}
    problems = []
    for channel, send in channels.items():
        fresh = find_unsent(events, _sent(settings, channel))
        counts[channel] = 0
        if not fresh:
            continue
        try:
            send(settings.alerts, settings.company.company_name, fresh, as_of, language)
        except NotSent as error:
            problems.append(f"{len(fresh)} new alerts were not sent by {channel}: {error}. They "
                            "are sent after the next run, or with `cx360 alerts send`")
            continue
        _record(settings, channel, fresh, as_of)
        counts[channel] = len(fresh)
    return Sent(counts, tuple(problems))


def find_unsent(events: Sequence[Sequence[Alert]], sent: set[str]) -> list[Sequence[Alert]]:
    """Events with a new alert for the worse, of which nobody has been told yet."""
    return [event for event in events
            if any(one.state == "new" and one.is_worse for one in event)
            and not any(one.alert_id in sent for one in event)]


def render_payload(
    company: str, events: Sequence[Sequence[Alert]], as_of: date, language: str,
) -> dict[str, object]:
    """JSON of a webhook; see docs/alerts.md. `text` is what chat tools show, escaped for them."""
    return {
        "source": "cx360", "company": company, "as_of": as_of.isoformat(),
        "text": escape(_summarise(events, as_of, language), quote=False),
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
) -> None:
    """Post the alerts as JSON.

    Raises:
        NotSent: no answer, or another one than 2xx.
    """
    body = json.dumps(render_payload(company, events, as_of, language), ensure_ascii=False,
                      allow_nan=False).encode()
    request = urllib.request.Request(
        alerts.webhook, data=body, method="POST",
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "cx360"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        raise NotSent(f"the address of CX360_ALERT_WEBHOOK answered {error.code}; check whether it "
                      "still holds") from None
    except (OSError, ValueError):
        raise NotSent("the address of CX360_ALERT_WEBHOOK does not answer; check it and the "
                      "network") from None


def send_mail(
    alerts: AlertSettings, company: str, events: Sequence[Sequence[Alert]], as_of: date,
    language: str,
) -> None:
    """Send the alerts as one plain text mail.

    Raises:
        NotSent: the server does not answer, refuses, or offers no encryption for the password.
    """
    message = EmailMessage()
    message["Subject"] = f"cx360: {_title(events, as_of, language)}"
    message["From"] = alerts.mail_from
    message["To"] = ", ".join(alerts.mail_to)
    message.set_content(f"{' '.join(company.split())}\n\n{_summarise(events, as_of, language)}\n\n"
                        f"{_WORDS[language]['todo']}\n")
    try:
        with _connect(alerts) as server:
            if alerts.smtp_user:
                server.login(alerts.smtp_user, alerts.smtp_password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise NotSent("the mail server refuses CX360_SMTP_USER and CX360_SMTP_PASSWORD") from None
    except smtplib.SMTPRecipientsRefused:
        raise NotSent("the mail server takes no mail to CX360_ALERT_MAIL_TO") from None
    except smtplib.SMTPException as error:
        raise NotSent(f"the mail server refuses ({type(error).__name__}); check "
                      "CX360_ALERT_MAIL_FROM and CX360_SMTP_HOST") from None
    except OSError:
        raise NotSent("the mail server of CX360_SMTP_HOST does not answer; check it and the "
                      "network") from None


def _connect(alerts: AlertSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if alerts.smtp_port == TLS_PORT:
        return smtplib.SMTP_SSL(alerts.smtp_host, alerts.smtp_port, timeout=TIMEOUT_SECONDS,
                                context=context)
    server = smtplib.SMTP(alerts.smtp_host, alerts.smtp_port, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    elif alerts.smtp_user and alerts.smtp_host not in LOCAL_HOSTS:
        server.close()
        raise NotSent("the mail server offers no encryption, so that no password is sent; use "
                      f"port {TLS_PORT} or another server in CX360_SMTP_HOST")
    return server


def _title(events: Sequence[Sequence[Alert]], as_of: date, language: str) -> str:
    words = _WORDS[language]
    return words["one" if len(events) == 1 else "subject"].format(
        count=len(events), as_of=as_of.isoformat())


def _summarise(events: Sequence[Sequence[Alert]], as_of: date, language: str) -> str:
    words = _WORDS[language]
    lines = [_title(events, as_of, language)]
    for event in events:
        lines += ["", f"{event[0].headline} [{event[0].alert_id}]", event[0].reason]
        lines += [f"{words['more']}: {one.headline}" for one in event[1:]]
        lines.append(f"{words['owner']}: {event[0].owner}")
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
