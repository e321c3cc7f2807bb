"""Extracts in object stores and on web servers: fetched once, told without credentials."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from ingestion.declaration import DeclarationError, read_declarations
from ingestion.planning import find_new_extracts
from ingestion.readers import remote
from tests.unit.ingestion.places import Shop

CSV = b"Nr,Datum,Betrag,Kunde\n1,2025-01-01 10:00:00,1.5,a\n2,2025-01-02,2,b\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/bucket/day/orders_2025-01-01.csv": CSV,
                 "/bucket/day/orders_2025-01-02.csv": CSV.replace(b"1,2025", b"3,2025"),
                 "/bucket/day/other.txt": b"x"})
    yield memory
    memory.rm("/bucket", recursive=True)


DAILY = ("files: 'memory://bucket/day/orders_*.csv', "
         "extracted_on: 'orders_(\\d{4}-\\d{2}-\\d{2})'")


def test_a_folder_of_a_store_loads_and_is_known_again_without_fetching(
    shop: Shop, store: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.declare(DAILY)
    loads = shop.load().loaded
    assert [(load.file, load.rows_accepted, str(load.extracted_on)) for load in loads] == [
        ("memory:///bucket/day/orders_2025-01-01.csv", 2, "2025-01-01"),
        ("memory:///bucket/day/orders_2025-01-02.csv", 2, "2025-01-02")]
    fetched: list[str] = []
    original = remote.fetch_object
    monkeypatch.setattr("ingestion.remote_extracts.fetch_object", lambda found, path: (
        fetched.append(found.name), original(found, path)))
    assert find_new_extracts(
        read_declarations(shop.sources), shop.extracts, shop.zone) == (0, ())
    report = shop.load()
    assert (report.loaded, report.known_count, fetched) == ((), 2, [])
    store.pipe("/bucket/day/orders_2025-01-03.csv", CSV.replace(b"2,2025", b"4,2025"))
    assert len(shop.load().loaded) == 1
    assert fetched == ["orders_2025-01-03.csv"]
    shop.declare(DAILY.replace("files", "null_values: [x], files"))
    assert len(shop.load().loaded) == 3
    assert sorted(fetched) == ["orders_2025-01-01.csv", "orders_2025-01-02.csv",
                               *["orders_2025-01-03.csv"] * 2]


def test_content_does_not_stay_beside_the_loads(
    shop: Shop, store: fsspec.AbstractFileSystem,
) -> None:
    """Else a person's erasure would miss it."""
    shop.declare(DAILY)
    assert find_new_extracts(
        read_declarations(shop.sources), shop.extracts, shop.zone)[0] == 2
    shop.load()
    store.pipe("/bucket/day/orders_2025-01-04.csv", b"")
    assert find_new_extracts(read_declarations(shop.sources), shop.extracts, shop.zone)[0] == 0
    kept = [path for path in shop.zone.path.rglob("*") if path.name.startswith("orders_")]
    assert kept == []


def test_a_store_without_such_objects_is_told(shop: Shop, store: object) -> None:
    shop.declare("files: 'memory://bucket/night/*.csv'")
    assert shop.problem().startswith("memory://bucket/night/*.csv: file not found; deliver it")


@pytest.mark.parametrize(("url", "sentence"), [
    ("s3://bucket/*.csv", "this store needs a library; run `.venv/bin/pip install -e '.[s3]'`"),
    ("az://box/*.csv", "this store needs a library; run `.venv/bin/pip install -e '.[az]'`"),
    ("ham://bucket/x.csv", "ham://bucket/x.csv: not reachable (ValueError)"),
    ("https://h.invalid/*.csv", "a web server lists no files"),
])
def test_stores_that_cannot_be_used_are_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, url: str, sentence: str,
) -> None:
    for name in ("s3fs", "adlfs"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    shop.declare(f"files: '{url}'")
    assert sentence in shop.problem()


@pytest.mark.parametrize("url", [
    "https://anna:secret@h.example/x.csv", "https://h.example/x.csv?a=1&X-Amz-Signature=abc",
    "https://h.example/x.csv?token=abc", "az://box/x.csv?sig=abc"])
def test_no_declaration_holds_credentials(shop: Shop, url: str) -> None:
    shop.declare(f"files: '{url}'")
    with pytest.raises(DeclarationError, match="the address holds credentials") as error:
        read_declarations(shop.sources)
    assert "secret" not in str(error.value)
    assert "abc" not in str(error.value)


class Server:
    """A web server with one file; `lies` makes it promise more bytes than it sends."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.status, self.etag, self.lies, server = 200, "v1", 0, self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer(b"")

            def do_GET(self) -> None:
                self._answer(CSV)

            def _answer(self, body: bytes) -> None:
                server.requests.append(self.command)
                self.send_response(server.status)
                if server.etag:
                    self.send_header("ETag", server.etag)
                self.send_header("Content-Length", str(len(CSV) + server.lies))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                return

        self._httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._httpd.server_port}/export/orders.csv?format=csv"
        self._thread = threading.Thread(target=self._httpd.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_a_file_of_a_web_server_is_fetched_when_it_changed(shop: Shop, server: Server) -> None:
    shop.declare(f"files: '{server.url}'")
    load = shop.only()
    assert (load.file, load.rows_accepted) == (server.url.partition("?")[0], 2)
    assert server.requests == ["HEAD", "GET"]
    assert shop.load().known_count == 1
    assert server.requests == ["HEAD", "GET", "HEAD"]
    server.etag = "v2"
    assert shop.load().known_count == 1
    assert server.requests[3:] == ["HEAD", "GET"]


def test_a_server_that_tells_no_version_is_asked_each_time(shop: Shop, server: Server) -> None:
    server.etag = ""
    shop.declare(f"files: '{server.url}'")
    shop.only()
    assert shop.load().known_count == 1
    assert server.requests == ["HEAD", "GET"] * 2


@pytest.mark.parametrize(("status", "lies", "sentence"), [
    (404, 0, "not reachable (HTTPError 404)"), (500, 0, "not reachable (HTTPError 500)"),
    (401, 0, "not reachable (HTTPError 401)"), (200, 5, "the transfer ended early"),
])
def test_what_a_server_does_not_deliver_is_told_without_the_query(
    shop: Shop, server: Server, status: int, lies: int, sentence: str,
) -> None:
    server.status, server.lies = status, lies
    shop.declare(f"files: '{server.url}'")
    message = shop.problem()
    assert sentence in message
    assert "format=csv" not in message


def test_what_was_fetched_is_written_down_once(
    shop: Shop, store: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once per object, a folder of thousands would take minutes."""
    shop.declare(DAILY)
    written: list[str] = []
    original = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: (
        written.append(path.name), original(path, target))[1])
    assert len(shop.load().loaded) == 2
    assert written.count("remote_objects.tmp") == 1
    shop.load()
    assert written.count("remote_objects.tmp") == 1
