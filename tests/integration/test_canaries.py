"""Personal values are planted wherever an extract can hold them, then searched where none may be.

Only raw zone, warehouse and identity store may keep them. A value counts as found in any spelling:
the search knows parts of words and digits, which nothing else in the demo company has.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company import Company

CANARY = re.compile(rb"kanarina|zwitscherm|4915090909|15090909|12030000\s?0000", re.IGNORECASE)
FIRST, LAST = "Kanarina", "Zwitschermühle"
PHONE, IBAN, STREET = "+49 150 90909090", "DE02 1203 0000 0000 2020 51", "Zwitschermühlenweg 77"
HANDLE, CARD = "zwitschermaus77", "FK90909090"
TEXT = (f"Ich bin {FIRST} {LAST}, {STREET}, mail kanarina@text.example, Tel. 0150 90909090, "
        f"IBAN {IBAN} oder {IBAN.replace(' ', '')}. Die Lieferung kam zu spät!")
DAY = "2026-07-01"

# Extract -> what is planted there, in the columns of the demo's own extract of that kind.
ACCEPTED: dict[str, list[dict[str, Any]]] = {
    "crm/customers": [{
        "KundenNr": "90909090", "KundenkartenNr": CARD, "Kundenart": "Privat", "Vorname": FIRST,
        "Nachname": LAST, "E-Mail": "kanarina@crm.example", "Telefon": PHONE, "Straße": STREET,
        "Geburtsdatum": "13.06.1994", "PLZ": "30131", "Ort": "Hannover", "Land": "DE",
        "ErfasstAm": "01.06.2026 10:00:00", "Notizfeld": TEXT}],
    "crm/cases": [{
        "VorgangNr": "V909", "KundenNr": "90909090", "E-Mail": "kanarina@case.example",
        "Telefon": PHONE, "Kanal": "E-Mail", "Anlass": "Lieferung", "Status": "offen",
        "Eingang": "30.06.2026 10:00:00", "Betreff": f"Beschwerde von {FIRST} {LAST}"}],
    "crm/case_messages": [{
        "NachrichtNr": "N909", "VorgangNr": "V909", "Von": "Kunde",
        "Zeitpunkt": "30.06.2026 10:00:00", "Text": TEXT}],
    "crm/research_notes": [{
        "NotizNr": "R909", "KundenNr": "90909090", "Methode": "Interview", "Teilnehmer": "Kunde",
        "Datum": "30.06.2026", "Notiz": TEXT}],
    "pos/orders": [
        {"receipt_no": "909", "customer_no": "90909090", "channel": "WEB", "status": "BEZ",
         "ordered_at": f"{DAY} 10:00:00", "net_amount": "10.5"},
        {"receipt_no": "910", "email": "kanarina@guest.example", "phone": PHONE, "card_no": CARD,
         "channel": "WEB", "status": "BEZ", "ordered_at": f"{DAY} 11:00:00", "net_amount": "5"}],
    "survey/responses": [{
        "response_id": "R909", "survey": "purchase", "respondent": "customer",
        "email": "kanarina@survey.example", "responded_at": f"{DAY}T10:00:00Z"}],
    "survey/answers": [{
        "answer_id": "A909", "response_id": "R909", "question_id": "K06", "text": TEXT}],
    "helpdesk/tickets": [{
        "id": "T909", "customer": "90909090", "requester_email": "kanarina@ticket.example",
        "via": "chat", "created_at": f"{DAY}T10:00:00Z", "subject": f"{FIRST} {LAST}",
        "attachment": {"from": "kanarina@attachment.example"}}],
    "helpdesk/ticket_messages": [{
        "id": "N910", "ticket": "T909", "author": "customer", "created_at": f"{DAY}T10:00:00Z",
        "body": TEXT}],
    "social/posts": [{
        "post_id": "P909", "platform": "sternecheck", "kind": "review", "author": HANDLE,
        "posted_at": f"{DAY}T10:00:00Z", "stars": 1, "stars_of": 5, "text": TEXT}],
    "social/profile_links": [{
        "link_id": "L909", "platform": "sternecheck", "author": HANDLE, "customer": "90909090",
        "email": "kanarina@link.example"}],
}
REJECTED = {
    "crm/customers": [{"KundenNr": "90909091", "Vorname": FIRST, "Nachname": LAST,
                       "Geburtsdatum": f"{FIRST} am 1.", "ErfasstAm": f"{FIRST} am 1.",
                       "E-Mail": "kanarina@rejected.example"}],
    "pos/orders": [{"receipt_no": "911", "ordered_at": "kanarina@rejected.example",
                    "net_amount": PHONE}],
}
# A whole day with e-mails where amounts belong.
QUARANTINED = "pos/orders_2026-07-02.csv"
EVENTS = "digital/events_2026-08.parquet"
# Files that cannot be read at all: no header, a name twice, another delimiter, no Parquet.
UNREADABLE = {
    "crm/customers_2026-07-03.csv": f"90909092;{FIRST};{LAST};kanarina@bad.example\n1;2;3;4\n",
    "crm/cases_2026-07-03.csv": f"{FIRST};{FIRST};kanarina@bad.example\n1;2;3\n",
    "crm/accounts_2026-07-03.csv": f"FirmaNr,Name,{FIRST} {LAST}\nF909,{FIRST},{LAST}\n",
    "digital/events_2026-07.parquet": f"PAR1 {FIRST} {LAST} kanarina@bad.example PAR1",
}
# JSON Lines with a line that is no JSON, and one that is no UTF-8.
BROKEN_LINES = f'{{"id": "T910", "requester_email": "kanarina@bad.example"\n"{FIRST}"\n'


def plant(extracts: Path) -> None:
    """Write the extracts of the next days."""
    for name in ACCEPTED:
        sample = sorted(extracts.glob(f"{name}_*"))[-1]
        rows = [*ACCEPTED[name], *REJECTED.get(name, [])]
        target = extracts / f"{name}_{DAY}{sample.suffix}"
        if sample.suffix == ".jsonl":
            target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        else:
            write_csv(sample, target, rows)
    write_csv(sorted(extracts.glob("pos/orders_*"))[0], extracts / QUARANTINED, [
        {"receipt_no": f"X{i}", "ordered_at": "2026-07-02 10:00:00", "email": "kanarina@q.example",
         "net_amount": f"{FIRST} {LAST}"} for i in range(20)])
    with (extracts / f"pos/orders_{DAY}.csv").open("a") as orders:
        orders.write(f"912,{','.join([LAST] * 40)}\n")
    for name, content in UNREADABLE.items():
        (extracts / name).write_bytes(content.encode("windows-1252"))
    (extracts / "helpdesk/tickets_2026-07-03.jsonl").write_text(BROKEN_LINES)
    (extracts / "social/posts_2026-07-03.jsonl").write_bytes(
        json.dumps({"post_id": LAST}, ensure_ascii=False).encode("windows-1252"))
    duckdb.sql(f"""
        copy (select * replace ('E909' as event_id, timestamp '{DAY} 10:00:00' as occurred_at,
            'search' as event_type, 'kanarina@event.example' as email, '{LAST}' as search_term)
            from '{extracts}/digital/events_2026-06.parquet' limit 1)
        to '{extracts / EVENTS}'""")


def write_csv(sample: Path, target: Path, rows: list[dict[str, Any]]) -> None:
    encoding, delimiter = (("windows-1252", ";") if target.parent.name == "crm" else ("utf-8", ","))
    header = sample.read_text(encoding=encoding).splitlines()[0].replace('"', "").split(delimiter)
    extra = [name for name in dict.fromkeys(key for row in rows for key in row)
             if name not in header]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*header, *extra], restval="", delimiter=delimiter,
                            lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    target.write_text(text.getvalue(), encoding=encoding)


@pytest.fixture(scope="module")
def planted(demo: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, str]:
    """The demo company after one run over the planted extracts, and what the run printed."""
    folder = tmp_path_factory.mktemp("canaries")
    company = replace(demo.copy(folder / "home"), extracts=folder / "extracts")
    shutil.copytree(demo.extracts, company.extracts)
    plant(company.extracts)
    return company, company.cx360("run")


@pytest.fixture(scope="module")
def after(planted: tuple[Company, str]) -> Company:
    return planted[0]


# --- the search ---------------------------------------------------------------------------------


def files_with_canaries(company: Company) -> list[str]:
    """Files of a home whose bytes hold a canary, but for those that may."""
    return [path.relative_to(company.home).as_posix() for path in sorted(company.home.rglob("*"))
            if path.is_file() and not path.is_symlink()
            and path.relative_to(company.home).parts[0] not in ("raw", "warehouse.duckdb")
            and not path.name.startswith("identity_store.")
            and CANARY.search(path.read_bytes())]


def columns_with_canaries(database: Path) -> Iterator[str]:
    """Columns of a DuckDB file that hold one; its bytes are compressed."""
    with closing(duckdb.connect(str(database), read_only=True)) as con:
        for schema, table, column in con.execute(
                "select table_schema, table_name, column_name from information_schema.columns "
                "where table_catalog = current_database()").fetchall():
            if holds_canary(con, f'"{schema}"."{table}"', column):
                yield f"{schema}.{table}.{column}"


def parquet_with_canaries(*folders: Path) -> Iterator[str]:
    """Columns of Parquet files that hold one, as `folder: column`."""
    with closing(duckdb.connect()) as con:
        for path in sorted(path for folder in folders for path in folder.rglob("*.parquet")):
            for column, *_ in con.execute(f"describe select * from '{path}'").fetchall():
                if holds_canary(con, f"'{path}'", column):
                    yield f"{path.parent.parent.name}/{path.parent.name}: {column}"


def holds_canary(con: duckdb.DuckDBPyConnection, relation: str, column: str) -> bool:
    query = (f'select 1 from {relation} where '
             f'regexp_matches(cast("{column}" as varchar), ?, \'i\') limit 1')
    return bool(con.execute(query, [CANARY.pattern.decode()]).fetchall())


def test_every_canary_reached_the_raw_zone(after: Company) -> None:
    """Else the search would prove nothing."""
    found = {}
    for load in after.zone.loads():
        if DAY in load.file or load.file in (EVENTS, QUARANTINED):
            rows = after.zone.path / load.table / load.load_id
            columns = parquet_with_canaries(rows, after.zone.rejects_of(load))
            found[load.file] = {column.split(": ")[1] for column in columns}
    assert len(found) == len(ACCEPTED) + 2
    assert [name for name in found if not found[name]] == []
    for name in REJECTED:
        assert "record" in found[f"{name}_{DAY}.csv"]
    for name in (f"crm/customers_{DAY}.csv", f"helpdesk/tickets_{DAY}.jsonl"):
        assert "source_metadata" in found[name]
    assert {"email", "search_term"} <= found[EVENTS]
    assert found[QUARANTINED] == {"record"}
    assert after.load(QUARANTINED).state == "quarantined"


def test_canaries_reached_the_warehouse(after: Company) -> None:
    found = set(columns_with_canaries(after.home / "warehouse.duckdb"))
    assert {"staging.stg_crm__customers.email", "staging.stg_social__posts.post_text"} <= found


def test_unreadable_extracts_are_told(planted: tuple[Company, str]) -> None:
    after, _ = planted
    told = {problem["file"] for problem in after.zone.problems()}
    assert {Path(name).name for name in UNREADABLE} <= told


# --- nowhere else -------------------------------------------------------------------------------


def test_no_canary_is_printed(planted: tuple[Company, str]) -> None:
    after, printed = planted
    shown = printed + after.cx360("status") + after.cx360("loads") + after.cx360(
        "loads", "show", after.load(QUARANTINED).load_id)
    assert QUARANTINED in shown
    assert CANARY.findall(shown.encode()) == []


def test_no_canary_is_in_logs_events_results_documentation_and_state(after: Company) -> None:
    searched = {path.relative_to(after.home).parts[0] for path in after.home.rglob("*")}
    assert {"logs", "dagster", "dbt", "published", "data_docs", "state", "ml"} <= searched
    assert files_with_canaries(after) == []


def test_no_canary_is_in_a_published_table(after: Company) -> None:
    assert list(columns_with_canaries(after.published / "current" / "marts.duckdb")) == []
    assert list(parquet_with_canaries((after.published / "current").resolve())) == []


def test_no_canary_is_in_what_models_concluded(after: Company) -> None:
    assert list(parquet_with_canaries(after.home / "ml")) == []
    assert list(parquet_with_canaries(after.home / "state")) == []


def test_data_docs_show_the_quarantined_load_as_failing(after: Company) -> None:
    docs = after.published / "current" / "docs" / "data_quality"
    index = (docs / "index.html").read_text()
    assert f"load {after.load(QUARANTINED).load_id}: pos_orders: 100.0%" in index
    assert "Failed" in (docs / "raw.pos_orders.html").read_text()
    assert "Succeeded" in (docs / "raw.pos_stores.html").read_text()


# --- errors -------------------------------------------------------------------------------------


def rewrite(company: Company, column: str, state: str) -> str:
    """Give a column of the planted customers text where its type allows none."""
    load = company.load(f"crm/customers_{DAY}.csv")
    (file,) = company.zone.files_of([load])
    with duckdb.connect() as con:
        con.execute(f"create table rows as select * from read_parquet('{file}')")
        con.execute(f"copy (select * replace ('{FIRST} {LAST}' as {column}) from rows) "
                    f"to '{file}' (format parquet)")
    company.zone.set_states({load.load_id: (state, "")})  # type: ignore[dict-item]
    return company.cx360("run", "--force", status=1)


def test_an_error_of_dbt_does_not_tell_the_value(after: Company, tmp_path: Path) -> None:
    company = after.copy(tmp_path / "home")
    printed = rewrite(company, "extracted_on", "admitted")
    results = json.loads((company.home / "dbt" / "features" / "run_results.json").read_text())
    failed = {result["unique_id"]: result["message"] for result in results["results"]
              if result["status"] == "error"}
    message = failed["model.cx360.stg_crm__customers"]
    assert "a value" in message and "cannot be used" in message
    assert CANARY.findall(printed.encode()) == []
    assert files_with_canaries(company) == []


def test_an_error_of_python_does_not_tell_the_value(after: Company, tmp_path: Path) -> None:
    company = after.copy(tmp_path / "home")
    printed = rewrite(company, "load_sequence", "staged")
    assert "Conversion Error: a value" in printed
    assert CANARY.findall(printed.encode()) == []
    assert files_with_canaries(company) == []
