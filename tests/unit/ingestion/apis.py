"""A local server that answers as a test says, and a company that fetches from it and loads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb

import ingestion
from ingestion.declaration import SourceDeclaration, read_declarations
from ingestion.fetching.fetch import FetchReport, fetch_sources
from ingestion.fetching.fetcher import Secrets
from ingestion.loading import LoadReport, load_extracts
from ingestion.raw_zone import Load, RawZone
from ingestion.rest.fetcher import RestFetcher

SHIPPED = Path(ingestion.__file__).parent / "sources" / "apis"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """A request as the server sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """An answer; `body` is JSON unless it is bytes, `lies` makes it promise more than it sends."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    lies: int = 0


class Api:
    """A server on a free port. `answer` decides; what it was asked is kept in `calls`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Reply] = lambda call: Reply({}, 404)
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                content = self.rfile.read(length).decode()
                is_json = "json" in (self.headers.get("Content-Type") or "")
                call = Call(
                    self.command, address.path,
                    {name: values[-1] for name, values in parse_qs(address.query).items()},
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(content) if is_json else content)
                api.calls.append(call)
                reply = api.answer(call)
                body = (reply.body if isinstance(reply.body, bytes)
                        else json.dumps(reply.body, ensure_ascii=False).encode())
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json"} | reply.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) + reply.lies))
                self.end_headers()
                self.wfile.write(body)
                if reply.lies:
                    self.close_connection = True

            do_POST = do_GET

            def log_message(self, *arguments: object) -> None:
                return

        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._httpd.server_port}"
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def asked(self, path: str) -> list[Call]:
        """Requests for a path."""
        return [call for call in self.calls if call.path == path]


class Company:
    """A company with one source; `secrets` are its environment, `waits` the pauses it made."""

    def __init__(self, folder: Path, declaration: str, secrets: Secrets) -> None:
        self.folder, self.secrets = folder, dict(secrets)
        self.zone = RawZone(folder / "raw")
        self.waits: list[float] = []
        (folder / "sources").mkdir(parents=True)
        (folder / "extracts").mkdir()
        self.declare(declaration)

    def declare(self, declaration: str) -> None:
        source = declaration.partition("source: ")[2].split()[0]
        (self.folder / "sources" / f"{source}.yml").write_text(declaration, encoding="utf-8")
        self.declarations = read_declarations(self.folder / "sources")

    def fetch(self, now: datetime = NOW) -> FetchReport:
        def opened(source: SourceDeclaration, secrets: Secrets) -> RestFetcher:
            return RestFetcher(source, secrets, sleep=self.waits.append)

        return fetch_sources(self.declarations, self.zone, self.secrets, now=now, opened=opened)

    def load(self) -> LoadReport:
        return load_extracts(self.declarations, self.folder / "extracts", self.zone)

    def run(self, now: datetime = NOW) -> dict[str, list[Load]]:
        """Fetch and load without any problem; the new loads by table, and every row is counted."""
        fetched = self.fetch(now)
        assert not fetched.problems, fetched.problems
        report = self.load()
        assert not report.problems, report.problems
        loads: dict[str, list[Load]] = {}
        for load in report.loaded:
            assert load.rows_read == load.rows_accepted + load.rows_rejected + load.rows_repeated
            loads.setdefault(load.label, []).append(load)
        return loads

    def problem(self) -> str:
        """The one sentence of a fetch that brings nothing."""
        report = self.fetch()
        assert not report.landed
        (message,) = {problem.message for problem in report.problems}
        return message

    def rows(self, columns: str, loads: list[Load]) -> list[tuple[Any, ...]]:
        files = [str(path) for path in self.zone.files_of(loads)]
        return duckdb.sql(f"select {columns} from read_parquet({files}, union_by_name = true) "
                          "order by all").fetchall()

    def written(self) -> str:
        """Everything that fetching and loading wrote outside of the tables' rows."""
        return "".join(path.read_text(encoding="utf-8")
                       for path in self.zone.path.rglob("*.json"))


def shipped(name: str, base_url: str = "") -> str:
    """A shipped declaration as a user copies it; `base_url` stands in for a public address."""
    text = (SHIPPED / f"{name}.yml").read_text(encoding="utf-8")
    if base_url:
        (line,) = [line for line in text.splitlines() if line.strip().startswith("base_url:")]
        text = text.replace(line, f"  base_url: {base_url}")
    return text
