"""Messages about alerts: what is in them, sent once, and again after a failure."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest

from orchestration.alert_list import Alert
from orchestration.alert_messages import find_unsent, messages_file, render_payload, send_alerts
from orchestration.settings import AlertSettings, Settings, read_settings

AS_OF = date(2026, 6, 30)
LEADING = Alert(
    "aaaaaaaaaaaa", "aaaaaaaaaaaa", True, "on_time_delivery", "Liefertreue", "new", True,
    date(2026, 6, 20), date(2026, 6, 24), 0.22, 0.91, -0.72, -0.66, "share",
    "logistics@example.com", "Liefertreue: seit 20. Juni 2026 niedriger als erwartet.",
    "Zugleich: Kontaktrate <!channel> 0,2 statt 0,1.")
FOLLOWING = replace(
    LEADING, alert_id="bbbbbbbbbbbb", is_leading=False, series_id="nps", series_name="NPS",
    headline="NPS: niedriger.")
BETTER = replace(LEADING, alert_id="cccccccccccc", event_id="cccccccccccc", is_worse=False)
SECRET = "s3cret-token"


class Sink:
    """What a local server got; answers with `status` (of HTTP) or takes a mail."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.status = 200


@pytest.fixture
def http() -> Iterator[tuple[str, Sink]]:
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(sink.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook/{SECRET}", sink
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def smtp() -> Iterator[tuple[int, Sink]]:
    sink = Sink()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    mail = b""
                    while not mail.endswith(b"\r\n.\r\n"):
                        mail += self.rfile.readline()
                    sink.bodies.append(mail[:-3])
                if word == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(b"250 ok\r\n")

    server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], sink
    server.shutdown()
    thread.join()
    server.server_close()


def home(tmp_path: Path, alerts: AlertSettings, rows: list[Alert]) -> Settings:
    settings = replace(read_settings({"CX360_HOME": str(tmp_path)}), alerts=alerts)
    con = duckdb.connect(str(settings.warehouse_path))
    con.execute("""create schema marts; create table marts.alerts (
        alert_id text, event_id text, is_leading boolean, series_id text, series_name_de text,
        alert_state text, is_worse boolean, started_date date, raised_date date,
        observed_value double, expected_value double, change_low double, change_high double,
        unit text, owner text, headline_de text, reason_de text)""")
    con.executemany(f"insert into marts.alerts values ({', '.join('?' * 17)})",
                    [list(row.__dict__.values()) for row in rows])
    con.close()
    return settings


def test_a_webhook_gets_each_event_once(tmp_path: Path, http: tuple[str, Sink]) -> None:
    address, sink = http
    settings = home(tmp_path, AlertSettings(webhook=address), [LEADING, FOLLOWING, BETTER])
    assert send_alerts(settings, AS_OF).events == {"webhook": 1}
    payload = json.loads(sink.bodies[0])
    assert payload["source"] == "cx360"
    assert payload["as_of"] == "2026-06-30"
    (event,) = payload["events"]
    assert [one["alert_id"] for one in event["alerts"]] == ["aaaaaaaaaaaa", "bbbbbbbbbbbb"]
    assert event["owner"] == "logistics@example.com"
    # What a chat tool would read as a command is escaped in what it shows.
    assert "&lt;!channel&gt;" in payload["text"]
    assert "<!channel>" not in payload["text"]
    assert send_alerts(settings, AS_OF).events == {"webhook": 0}
    assert len(sink.bodies) == 1


def test_what_was_refused_is_told_and_sent_the_next_time(
    tmp_path: Path, http: tuple[str, Sink],
) -> None:
    address, sink = http
    sink.status = 500
    settings = home(tmp_path, AlertSettings(webhook=address), [LEADING])
    (problem,) = send_alerts(settings, AS_OF).problems
    assert "answered 500" in problem
    assert "CX360_ALERT_WEBHOOK" in problem
    assert SECRET not in problem
    assert not messages_file(settings).exists()
    sink.status = 204
    assert send_alerts(settings, AS_OF).problems == ()
    assert len(sink.bodies) == 2


def test_a_server_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    alerts = AlertSettings(
        webhook=f"http://127.0.0.1:{port}/{SECRET}", mail_to=("a@example.com",),
        mail_from="cx360@example.com", smtp_host="127.0.0.1", smtp_port=port)
    sent = send_alerts(home(tmp_path, alerts, [LEADING]), AS_OF)
    assert len(sent.problems) == 2
    assert not any(SECRET in problem for problem in sent.problems)
    assert "CX360_SMTP_HOST" in sent.problems[1]


def test_a_mail_tells_the_event_and_what_to_do(tmp_path: Path, smtp: tuple[int, Sink]) -> None:
    port, sink = smtp
    alerts = AlertSettings(
        mail_to=("a@example.com", "b@example.com"), mail_from="cx360@example.com",
        smtp_host="127.0.0.1", smtp_port=port)
    settings = home(tmp_path, alerts, [LEADING, FOLLOWING])
    assert send_alerts(settings, AS_OF).events == {"mail": 1}
    mail = message_from_bytes(sink.bodies[0], policy=policy.default)
    assert mail["Subject"] == "cx360: 1 neuer Alarm, Stand 2026-06-30"
    assert mail["To"] == "a@example.com, b@example.com"
    text = mail.get_content()  # type: ignore[attr-defined]
    assert LEADING.headline in text
    assert "Dazu gehört: NPS: niedriger." in text
    assert "cx360 alerts acknowledge" in text
    assert mail.get_content_type() == "text/plain"
    assert send_alerts(settings, AS_OF).events == {"mail": 0}


def test_a_password_is_not_sent_in_the_clear(tmp_path: Path, smtp: tuple[int, Sink],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    port, sink = smtp
    monkeypatch.setattr("orchestration.alert_messages.LOCAL_HOSTS", ())
    alerts = AlertSettings(
        mail_to=("a@example.com",), mail_from="cx360@example.com", smtp_host="127.0.0.1",
        smtp_port=port, smtp_user="user", smtp_password=SECRET)
    (problem,) = send_alerts(home(tmp_path, alerts, [LEADING]), AS_OF).problems
    assert "no encryption" in problem
    assert sink.bodies == []


def test_only_new_alerts_for_the_worse_are_sent() -> None:
    taken = replace(LEADING, state="acknowledged")
    assert find_unsent([[LEADING, FOLLOWING], [BETTER], [taken]], set()) == [[LEADING, FOLLOWING]]
    # A later alert of an event that was told is no new event.
    assert find_unsent([[LEADING, FOLLOWING]], {"bbbbbbbbbbbb"}) == []


def test_without_settings_nothing_is_sent(tmp_path: Path) -> None:
    assert send_alerts(home(tmp_path, AlertSettings(), [LEADING]), AS_OF).events == {}


def test_a_payload_holds_only_what_the_docs_name() -> None:
    payload = render_payload("Falkenhof", [[LEADING]], AS_OF, "de")
    assert set(payload) == {"source", "company", "as_of", "text", "events"}
    docs = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    events = payload["events"]
    assert isinstance(events, list)
    for name in (*payload, *events[0], *events[0]["alerts"][0]):
        assert f'"{name}"' in docs, name
