"""When databases and APIs are asked: by `cx360 fetch`, and once by a run, first of all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingestion.fetching.fetch import FetchReport
from orchestration import cli
from orchestration.alert_messages import Sent
from orchestration.fetch_step import needs_extracts
from orchestration.publisher import Snapshot
from orchestration.settings import read_settings

DECLARATION = """
source: shop
connection: {kind: postgresql, url_env: SHOP_TEST_URL}
tables:
  - entity: pos.orders
    table: orders
    key: nr
    columns: {ordered_at: at}
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "shop.yml").write_text(DECLARATION)
    for name, value in (("HOME", tmp_path / "home"), ("SOURCES", folder),
                        ("EXTRACTS", tmp_path / "nowhere"), ("FETCH", "true")):
        monkeypatch.setenv(f"CX360_{name}", str(value))
    monkeypatch.delenv("SHOP_TEST_URL", raising=False)
    return folder


def test_a_source_that_cannot_be_asked_is_told_and_ends_with_1(sources: Path) -> None:
    told = CliRunner().invoke(cli.main, ["fetch", "shop"])
    assert told.exit_code == 1
    assert "shop pos.orders: environment variable SHOP_TEST_URL is not set" in told.output


def test_a_source_without_a_connection_is_told_and_ends_with_2(sources: Path) -> None:
    told = CliRunner().invoke(cli.main, ["fetch", "crm"])
    assert told.exit_code == 2
    assert "no source crm with a `connection`; there is shop" in told.output


def test_a_company_without_files_needs_no_folder_of_them(sources: Path) -> None:
    assert not needs_extracts(read_settings())
    (sources / "files.yml").write_text(
        "source: files\ntables:\n  - {entity: pos.orders, files: a.csv, key: nr,\n"
        "     columns: {ordered_at: at}}\n")
    assert needs_extracts(read_settings())


@pytest.mark.parametrize(("options", "times"), [([], 1), (["--no-fetch"], 0)])
def test_a_run_asks_once_before_it_looks_for_anything_new(
    sources: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], times: int,
) -> None:
    done: list[str] = []
    snapshot = Snapshot("00001", sources, "", date(2026, 6, 30), {})
    monkeypatch.setattr(cli, "fetch_connected",
                        lambda *_: done.append("asked") or FetchReport())
    monkeypatch.setattr(cli, "find_unchanged",
                        lambda _: done.append("looked") or (snapshot, ()))
    monkeypatch.setattr(cli, "send_alerts", lambda *_: Sent({}, ()))
    told = CliRunner().invoke(cli.main, ["run", *options])
    assert (told.exit_code, done) == (0, ["asked"] * times + ["looked"])
    assert not read_settings().fetch  # the flow of this run does not ask again
