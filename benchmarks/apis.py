"""A REST API fetched and loaded: 200,000 contacts in pages of 200 from a server of its own process.

Prints records a second and peak memory of fetching and of loading, and what a second fetch costs
that finds ten changed records.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.measure import run_measured
from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import fetch_sources
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone

RECORDS, PAGE, CHANGED = 200_000, 200, 10
START = datetime(2026, 1, 1, tzinfo=UTC)
DECLARATION = """
source: crm
connection: {{kind: rest, base_url: "{url}"}}
tables:
  - entity: crm.customers
    request:
      path: /contacts
      parameters: {{since: "{{since}}"}}
      records: results
      paging: {{kind: cursor, from: next, parameter: after}}
    cursor: updatedAt
    key: id
    columns: {{first_name: properties.firstname, email: properties.email, city: properties.city}}
"""


def main() -> None:
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.apis", "serve"], text=True,
                              stdout=subprocess.PIPE)
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    try:
        with tempfile.TemporaryDirectory(prefix="cx360_apis_") as folder:
            (Path(folder) / "crm.yml").write_text(DECLARATION.format(url=url), encoding="utf-8")
            for step in ("fetch", "load", "fetch"):
                measured = run_measured(
                    [sys.executable, "-m", "benchmarks.apis", step, folder], dict(os.environ))
                if measured.code:
                    sys.exit(measured.output)
                print(f"{measured.output.strip()}, peak {measured.peak_bytes >> 20} MiB")
    finally:
        server.terminate()
        server.wait()


def run_step(step: str, folder: Path) -> None:
    """Fetch or load in a process of its own, and print what that took."""
    zone, declarations = RawZone(folder / "raw"), read_declarations(folder)
    started = time.monotonic()
    if step == "fetch":
        report = fetch_sources(declarations, zone, {})
        assert not report.problems, report.problems
        rows = sum(file.rows for file in report.landed)
    else:
        rows = sum(load.rows_accepted for load in load_extracts(declarations, folder, zone).loaded)
    seconds = time.monotonic() - started
    print(f"{step}: {rows:,} records in {seconds:.1f} s, {rows / seconds:,.0f} a second")


def serve() -> None:
    """Answer until stopped; the address is printed first."""
    contact = json.dumps({
        "properties": {"firstname": "Jürgen", "city": "Köln",
                       "note": "Schöne Grüße, prompt geliefert. " * 5},
        "archived": False}, ensure_ascii=False)[1:]
    epoch = int(START.timestamp())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            since = datetime.fromisoformat(query["since"][0])
            first = max(0, int((since - START).total_seconds()) - CHANGED)
            start = int(query.get("after", [str(first)])[0])
            end = min(start + PAGE, RECORDS)
            rows = ", ".join(f'{{"id": "{n}", "updatedAt": {epoch + n}, {contact}'
                             for n in range(start, end))
            following = end if end < RECORDS else "null"
            body = f'{{"results": [{rows}], "next": {following}}}'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve()
    elif sys.argv[1:]:
        run_step(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
