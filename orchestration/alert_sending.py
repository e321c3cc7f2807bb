"""How a message leaves: by POST or by mail, within a deadline, and without telling a secret.

What is in a message, and which ones are due, belongs to `alert_messages.py`.
"""

from __future__ import annotations

import http.client
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage

from orchestration.settings import AlertSettings

TIMEOUT_SECONDS = 15
"""Of one step of the network …"""
DEADLINE_SECONDS = 25
"""… and of all of them: a server that answers byte by byte must not hold the run."""
TLS_PORT = 465
LOCAL_HOSTS = ("localhost", "127.0.0.1")


class NotSent(RuntimeError):
    """A message was not taken; tells what to do, and neither address nor password."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: what is behind a redirect would get a GET without the message."""

    def redirect_request(self, *arguments: object) -> None:
        """Leave every 3xx an error."""


def send_in_time(send: Callable[[], str], by: str) -> str:
    """Call what sends a message, and wait until the deadline at most.

    Args:
        send: returns what went wrong though the message was sent, or "".
        by: what it goes through, in words.

    Returns:
        What `send` returned.

    Raises:
        NotSent: whatever went wrong. A message of another error may hold an address or password,
            so that only its kind is told.
    """
    notes: list[str] = []
    failures: list[NotSent] = []

    def attempt() -> None:
        try:
            notes.append(send())
        except NotSent as error:
            failures.append(error)
        except Exception as error:
            failures.append(NotSent(f"{by} failed ({type(error).__name__}); check its settings"))

    # A thread of its own, because a look-up of names knows no timeout at all.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    if thread.is_alive():
        raise NotSent(f"{by} took more than {DEADLINE_SECONDS} seconds; check the server and the "
                      "network")
    if failures:
        raise failures[0]
    return notes[0]


def post(address: str, body: bytes) -> str:
    """Post JSON.

    Raises:
        NotSent: no answer, or another one than 2xx.
    """
    request = urllib.request.Request(
        address, data=body, method="POST",
        headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "cx360"})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        raise NotSent(f"the address of CX360_ALERT_WEBHOOK answered {error.code}; check whether it "
                      "still holds") from None
    except (OSError, ValueError, http.client.HTTPException):
        raise NotSent("the address of CX360_ALERT_WEBHOOK does not answer; check it and the "
                      "network") from None


def mail(alerts: AlertSettings, message: EmailMessage) -> str:
    """Send a mail.

    Returns:
        That some of the recipients were refused, or "".

    Raises:
        NotSent: the server does not answer, refuses, or offers no encryption for the password.
    """
    try:
        with _connect(alerts) as server:
            if alerts.smtp_user:
                server.login(alerts.smtp_user, alerts.smtp_password)
            refused = server.send_message(message)
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
    except UnicodeError:
        raise NotSent("CX360_SMTP_HOST is no name of a server, or CX360_SMTP_USER or "
                      "CX360_SMTP_PASSWORD has a letter beyond ASCII") from None
    if not refused:
        return ""
    return (f"the mail server takes no mail to {len(refused)} of {len(alerts.mail_to)} addresses "
            "of CX360_ALERT_MAIL_TO; correct them")


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
