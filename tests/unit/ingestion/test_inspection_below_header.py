"""Rows below the header of a survey's export are found and left out; records never are."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workbooks import workbook
from ingestion.declaration import SourceDeclaration, read_declaration
from ingestion.inspection import declaration_text, inspect_extracts
from ingestion.inspection.below_header import rows_below_header
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone

ROWS = 60
QUALTRICS = [
    ["StartDate", "EndDate", "Progress", "RecordedDate", "ResponseId", "ExternalReference",
     "Q1", "Q2_1", "Q2_2", "Q2_3", "Q3_TEXT"],
    ["Start Date", "End Date", "Progress", "Recorded Date", "Response ID",
     "External Data Reference", "How likely is it that you\nrecommend us?",
     "How satisfied are you? - Price", "How satisfied are you? - Choice",
     "How satisfied are you? - Staff", "Anything else?"],
    ['{"ImportId":"startDate","timeZone":"Europe/Berlin"}', '{"ImportId":"endDate"}',
     '{"ImportId":"progress"}', '{"ImportId":"recordedDate"}', '{"ImportId":"_recordId"}',
     '{"ImportId":"externalDataReference"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_1"}',
     '{"ImportId":"QID2_2"}', '{"ImportId":"QID2_3"}', '{"ImportId":"QID3_TEXT"}']]
SURVEYMONKEY = [
    ["Respondent ID", "Collector ID", "Start Date", "End Date", "Custom Data 1",
     "How likely is it that you would recommend us to a friend?", "What could we do better?"],
    ["", "", "", "", "", "Response", "Open-Ended Response"]]
UNITS = [["Antwort-Nr", "Kundennr", "Datum", "Weiterempfehlung (0-10)", "Wartezeit", "Kommentar"],
         ["", "", "TT.MM.JJJJ hh:mm", "Punkte", "Minuten", ""]]


def moment(row: int) -> datetime:
    return datetime(2026, 3, 1, 8) + timedelta(hours=7 * row)


def qualtrics(row: int) -> list[Any]:
    at = str(moment(row))
    return [at, at, 100, at, f"R_{row:015}", f"K{row % 23:04}", row % 11, row % 5 + 1,
            (row + 1) % 5 + 1, (row + 2) % 5 + 1, ["Very friendly staff in the shop", ""][row % 2]]


def surveymonkey(row: int) -> list[Any]:
    at = moment(row).strftime("%m/%d/%Y %I:%M:%S %p")
    return [118_000_000_000 + row, 434_000_000, at, at, f"K{row % 23:04}", row % 11,
            ["Please open earlier on every Monday", ""][row % 2]]


def units(row: int) -> list[Any]:
    return [1000 + row, f"K{row % 23:04}", moment(row).strftime("%d.%m.%Y %H:%M"), row % 11,
            row % 30, ["Alles gut in der Filiale", ""][row % 2]]


def as_csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def proposed(folder: Path, name: str, content: bytes) -> SourceDeclaration:
    (folder / name).write_bytes(content)
    text = declaration_text(inspect_extracts(folder / name))
    (folder / "proposed.yml").write_text(text, encoding="utf-8")
    return read_declaration(folder / "proposed.yml")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(("header", "record"), [
    (QUALTRICS, qualtrics), (SURVEYMONKEY, surveymonkey), (UNITS, units)])
def test_rows_that_explain_the_header_are_left_out(
    tmp_path: Path, kind: str, header: list[list[str]], record: Any,
) -> None:
    rows = [*header, *map(record, range(ROWS))]
    declaration = proposed(tmp_path, f"survey.{kind}", as_csv(rows) if kind == "csv"
                           else workbook({"Sheet0": rows}))
    files = [table for table in declaration.tables if table.files]
    assert {table.skip_after_header for table in files} == {len(header) - 1}
    assert "survey.responses" in {table.entity for table in files}
    report = load_extracts([declaration], tmp_path, RawZone(tmp_path / "raw"))
    assert not report.problems
    assert sum(load.rows_rejected for load in report.loaded) == 0
    responses = next(load for load in report.loaded if load.entity == "survey.responses")
    assert (responses.rows_read, responses.rows_accepted) == (ROWS, ROWS)


@pytest.mark.parametrize("first", [
    ["A1", "unknown", "n/a", "n/a", "x"], ["A1", "Meier", "soon", "nothing", ""],
    ["", "Meier", "n/a", "soon", "x"], ["4711", "Meier", "soon", "much", "x"],
    ["A1", "Meier", "2025-01-01", "n/a", "x"], ["A1", "Meier", "", "", "Response"],
    ["", "", "", "", ""]])
def test_a_record_with_words_for_numbers_stays_one(first: list[str]) -> None:
    records = [["id", "name", "date", "amount", "note"], first,
               *(["B" + str(i), "Kunz", "2025-01-02", f"{i}.5", "y"] for i in range(20))]
    assert rows_below_header(records) == 0
