"""Commands for a new source: what they write, what they print, and how they end."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingestion.declaration import read_declaration
from orchestration.cli import main

ROWS = [f"C{i},Ute,Wolkenstein,ute.wolkenstein{i}@example.org,1970-01-{i + 10}" for i in range(9)]
CUSTOMERS = "customer_id,first_name,last_name,email,birth_date\n" + "\n".join(ROWS) + "\n"
PERSONAL = ("Wolkenstein", "wolkenstein", "Ute", "1970-01-")


@pytest.fixture
def extracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CX360_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("CX360_HOME", str(tmp_path / "home"))
    folder = tmp_path / "extracts"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_inspect_writes_check_source_accepts(extracts: Path, tmp_path: Path) -> None:
    file = tmp_path / "sources" / "crm.yml"
    inspected = run("inspect", extracts / "customers.csv", "--output", file, "--source", "crm")
    assert inspected.exit_code == 0, inspected.output
    assert read_declaration(file).source == "crm"
    checked = run("check-source", file, "--extracts", extracts)
    assert checked.exit_code == 0, checked.output
    assert "9 read = 9 accepted + 0 rejected + 0 repeated" in checked.output
    assert "last_name W***" in checked.output
    for word in PERSONAL:
        assert word not in inspected.output + checked.output + file.read_text()
    assert not (tmp_path / "home").exists()


def test_values_where_they_do_not_belong_are_told_by_their_form(
    extracts: Path, tmp_path: Path,
) -> None:
    """A line shifted by one column has a name where a date should be."""
    (extracts / "orders.csv").write_text(
        "id,ordered,mail\nUte Wolkenstein,1,x\n2,Wolkenstein,y\n3,2026-02-31,z\n")
    declaration = tmp_path / "shop.yml"
    declaration.write_text("tables:\n  - {entity: pos.orders, files: orders.csv, key: id,"
                           " columns: {ordered_at: ordered, email: mail}}\n")
    result = run("check-source", declaration, "--extracts", extracts)
    assert result.exit_code == 0, result.output
    assert "Wolkenstein" not in result.output
    assert "(ordered_at = Aaaaaaaaaaa)" in result.output
    assert "(ordered_at = 2026-02-31)" in result.output


@pytest.mark.parametrize(("settings", "told"), [
    ("files: gone.csv", "gone.csv: file not found"),
    ("files: customers.csv, encoding: utf-16", "header is not utf-16"),
    ("files: customers.csv, key: KundenNr", "column KundenNr is missing"),
])
def test_check_source_ends_with_1_where_an_extract_cannot_be_read(
    extracts: Path, tmp_path: Path, settings: str, told: str,
) -> None:
    file = tmp_path / "crm.yml"
    key = "" if "key" in settings else ", key: customer_id"
    file.write_text(f"tables:\n  - {{entity: crm.customers, {settings}{key},"
                    " columns: {email: email}}\n")
    result = run("check-source", file, "--extracts", extracts)
    assert (result.exit_code, told in result.output) == (1, True), result.output


@pytest.mark.parametrize(("arguments", "code", "told"), [
    (("gone.csv",), 1, "no extract there; name a file, a folder or a pattern"),
    (("customers.csv", "--source", "My CRM"), 2, "cannot name a source"),
    (("customers.csv", "--entity", "crm.clients"), 2, "Invalid value for '--entity'"),
    (("customers.csv", "--output", "customers.csv"), 2, "is there already; name another file"),
])
def test_inspect_ends_with_a_sentence(
    extracts: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int,
    told: str,
) -> None:
    monkeypatch.chdir(extracts)
    result = run("inspect", *arguments)
    assert (result.exit_code, told in result.output) == (code, True), result.output
    assert (extracts / "customers.csv").read_text(encoding="utf-8") == CUSTOMERS


@pytest.fixture
def server(extracts: Path) -> Iterator[str]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(extracts))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    thread.join()
    web.server_close()


def test_an_address_is_inspected_and_declared_as_such(server: str, tmp_path: Path) -> None:
    file = tmp_path / "crm.yml"
    result = run("inspect", f"{server}/customers.csv", "--output", file)
    assert result.exit_code == 0, result.output
    (table,) = read_declaration(file).tables
    assert (table.entity, table.files) == ("crm.customers", f"{server}/customers.csv")
    checked = run("check-source", file)
    assert checked.exit_code == 0, checked.output
    assert "9 read = 9 accepted" in checked.output
