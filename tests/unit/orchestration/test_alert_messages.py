"""Messages about alerts: what is in them, sent once, and again after a failure."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.alert_list import Alert
from orchestration.alert_messages import find_unsent, messages_file, render_payload, send_alerts
from orchestration.publisher import Snapshot
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
        self.refused = b"nobody"
        self.gets = 0


@pytest.fixture
def http() -> Iterator[tuple[str, Sink]]:
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(sink.status)
            if sink.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            sink.gets += 1
            self.send_response(200)
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
                if word == b"EHLO":
                    self.wfile.write(b"250-sink\r\n250 AUTH PLAIN\r\n")
                    continue
                if word == b"RCPT" and sink.refused in line:
                    self.wfile.write(b"550 unknown\r\n")
                    continue
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
    assert "&lt;！channel&gt;" in payload["text"]
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
    assert mail["Date"].datetime.tzinfo is not None
    assert re.fullmatch("<[0-9a-f]{32}@example.com>", mail["Message-ID"])
    text = mail.get_content()  # type: ignore[attr-defined]
    assert LEADING.headline in text
    assert "Dazu gehört: NPS: niedriger." in text
    assert "cx360 alerts acknowledge" in text
    assert mail.get_content_type() == "text/plain"
    assert send_alerts(settings, AS_OF).events == {"mail": 0}


def test_a_password_is_not_sent_in_the_clear(tmp_path: Path, smtp: tuple[int, Sink],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    port, sink = smtp
    monkeypatch.setattr("orchestration.alert_sending.LOCAL_HOSTS", ())
    alerts = AlertSettings(
        mail_to=("a@example.com",), mail_from="cx360@example.com", smtp_host="127.0.0.1",
        smtp_port=port, smtp_user="user", smtp_password=SECRET)
    (problem,) = send_alerts(home(tmp_path, alerts, [LEADING]), AS_OF).problems
    assert "no encryption" in problem
    assert sink.bodies == []


def serve_once(answer: Iterator[bytes]) -> tuple[str, threading.Thread]:
    """Address of a server that answers one request with these bytes, whatever they are."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(65536)
            try:
                for part in answer:
                    connection.sendall(part)
            except OSError:
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/{SECRET}", thread


def test_a_redirect_is_not_followed_and_not_taken_for_sent(
    tmp_path: Path, http: tuple[str, Sink],
) -> None:
    address, sink = http
    sink.status = 302
    sent = send_alerts(home(tmp_path, AlertSettings(webhook=address), [LEADING]), AS_OF)
    assert sent.events == {"webhook": 0}
    assert "answered 302" in sent.problems[0]
    assert sink.gets == 0


def test_an_answer_that_is_no_http_is_a_warning(tmp_path: Path) -> None:
    address, thread = serve_once(iter([f"{SECRET} is no status\r\n\r\n".encode()]))
    (problem,) = send_alerts(home(tmp_path, AlertSettings(webhook=address), [LEADING]),
                             AS_OF).problems
    thread.join()
    assert "does not answer" in problem
    assert SECRET not in problem


def test_a_server_that_trickles_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orchestration.alert_sending.DEADLINE_SECONDS", 0.3)

    def trickle() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        for _ in range(20):
            time.sleep(0.1)
            yield b"x"

    address, thread = serve_once(trickle())
    started = time.monotonic()
    (problem,) = send_alerts(home(tmp_path, AlertSettings(webhook=address), [LEADING]),
                             AS_OF).problems
    assert time.monotonic() - started < 1.5
    assert "more than" in problem
    thread.join()


@pytest.mark.parametrize("changed", [
    {"webhook": f"https://cx:{SECRET}@hooks.example.invalid/x"},
    {"webhook": f"https://hooks.example.invalid:{SECRET}/x"},
    {"mail_to": ("a@example.com",), "smtp_host": f"{SECRET}..x"},
    {"mail_to": ("a@example.com",), "smtp_host": "127.0.0.1", "smtp_user": SECRET},
])
def test_no_setting_makes_sending_raise_or_tell_a_value(
    tmp_path: Path, smtp: tuple[int, Sink], changed: dict[str, object],
) -> None:
    settings = replace(AlertSettings(mail_from="cx360@example.com", smtp_port=smtp[0],
                                     smtp_password="pässwort"), **changed)  # type: ignore[arg-type]
    (problem,) = send_alerts(home(tmp_path, settings, [LEADING]), AS_OF).problems
    assert "failed" not in problem
    assert SECRET not in problem
    assert "ä" not in problem


def test_what_nobody_thought_of_is_told_by_its_kind_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("orchestration.alert_messages.post", fail)
    (problem,) = send_alerts(home(tmp_path, AlertSettings(webhook="https://x.example"), [LEADING]),
                             AS_OF).problems
    assert "(RuntimeError)" in problem
    assert SECRET not in problem


def test_a_recipient_that_is_refused_is_told(tmp_path: Path, smtp: tuple[int, Sink]) -> None:
    port, sink = smtp
    sink.refused = b"b@example.com"
    alerts = AlertSettings(
        mail_to=("a@example.com", "b@example.com"), mail_from="cx360@example.com",
        smtp_host="127.0.0.1", smtp_port=port)
    settings = home(tmp_path, alerts, [LEADING])
    sent = send_alerts(settings, AS_OF)
    assert sent.events == {"mail": 1}
    assert "to 1 of 2 addresses of CX360_ALERT_MAIL_TO" in sent.problems[0]
    assert "b@example.com" not in sent.problems[0]
    # It was sent: the others do not get it again.
    assert send_alerts(settings, AS_OF).problems == ()


def test_an_event_that_was_told_stays_told_when_its_first_alert_is_over(
    tmp_path: Path, http: tuple[str, Sink],
) -> None:
    address, sink = http
    settings = home(tmp_path, AlertSettings(webhook=address), [LEADING])
    assert send_alerts(settings, AS_OF).events == {"webhook": 1}
    con = duckdb.connect(str(settings.warehouse_path))
    con.execute("update marts.alerts set alert_state = 'over'")
    con.executemany(f"insert into marts.alerts values ({', '.join('?' * 17)})",
                    [list(FOLLOWING.__dict__.values())])
    con.close()
    assert send_alerts(settings, AS_OF).events == {"webhook": 0}
    assert len(sink.bodies) == 1


def test_a_run_with_nothing_new_sends_what_was_not_sent(
    tmp_path: Path, http: tuple[str, Sink], monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, sink = http
    settings = replace(home(tmp_path, AlertSettings(webhook=address), [LEADING]),
                       extracts=tmp_path)
    snapshot = Snapshot("00001", tmp_path, "", AS_OF, {})
    monkeypatch.setattr(cli, "read_settings", lambda: settings)
    monkeypatch.setattr(cli, "find_unchanged", lambda _: (snapshot, ()))
    sink.status = 500
    told = CliRunner().invoke(cli.main, ["run"])
    assert told.exit_code == 0
    assert "answered 500" in told.output
    assert "Nothing new" in told.output
    sink.status = 200
    assert "not sent" not in CliRunner().invoke(cli.main, ["run"]).output
    assert len(sink.bodies) == 2


def test_only_new_alerts_for_the_worse_are_sent() -> None:
    taken = replace(LEADING, state="acknowledged")
    assert find_unsent([[LEADING, FOLLOWING], [BETTER], [taken]], set()) == [[LEADING, FOLLOWING]]
    # What is over is not told, though nobody was told of it.
    ended = replace(FOLLOWING, state="over")
    assert find_unsent([[LEADING, ended]], set()) == [[LEADING]]
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
