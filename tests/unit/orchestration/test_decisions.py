"""Decisions of people: what is read, what is refused and how it is said, and how a row is added."""

from __future__ import annotations

from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

from orchestration.decision_files import DecisionError
from orchestration.decisions import (
    append_decision,
    decisions_file,
    find_waiting,
    parse_decisions,
    read_decisions,
    read_identity_decisions,
    to_record_key,
)
from orchestration.settings import Settings

HEADER = "decision;left_record;right_record;decided_by;decided_at;reason\n"
A, B, C, D = (md5(f"crm.customers|crm|{name}".encode()).hexdigest() for name in "abcd")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path / "company",
                    sources=tmp_path, extracts=tmp_path)


def parse(*rows: str, header: str = HEADER) -> list[tuple[int, str, str, str]]:
    """Decisions in force: row, decision and the names of the records."""
    names = {A: "a", B: "b", C: "c", D: "d"}
    found = parse_decisions((header + "\n".join(rows)).encode(), "identity.csv")
    return sorted((one.row, one.decision, *sorted((names[one.left], names[one.right])))
                  for one in found)


def problems(*rows: str) -> list[str]:
    with pytest.raises(DecisionError) as raised:
        parse(*rows)
    return str(raised.value).splitlines()


def test_without_a_file_nothing_is_decided(settings: Settings) -> None:
    assert read_decisions(settings) == ()
    frame = read_identity_decisions(settings)
    assert [*frame] == ["decision", "left_record_key", "right_record_key", "is_same"]
    assert frame.dtypes.astype(str).tolist() == ["str", "str", "str", "bool"]


@pytest.mark.parametrize("content", [
    (HEADER + "same;crm/a;crm/b;Änne;2026-03-31;Anruf\n").encode("utf-8-sig"),
    (HEADER + "Same ;crm/a; crm/b;Änne;31.03.2026;Anruf\n;;;;;\n").encode("windows-1252"),
    (HEADER.replace(";", ",") + f"same,{B},{A.upper()},Änne,2026-03-31,Anruf\n").encode(),
    (HEADER.replace(";", "\t") + "same\tcrm / a\tcrm/b\tÄnne\t2026-03-31\tAnruf").encode(),
    ("Reason;note;Decided_at;decided_by;RIGHT_RECORD;left_record;decision\r\n"
     "Anruf;x;2026-03-31;Änne;crm/a;crm/b;same\r\n").encode(),
])
def test_the_form_of_the_file_does_not_matter(content: bytes) -> None:
    (one,) = parse_decisions(content, "identity.csv")
    assert (one.row, one.decision, one.left, one.right) == (2, "same", min(A, B), max(A, B))
    assert (one.decided_by, one.decided_on, one.reason) == ("Änne", date(2026, 3, 31), "Anruf")


def test_a_record_is_named_by_its_key_or_by_source_and_reference() -> None:
    assert to_record_key("crm/10023") == md5(b"crm.customers|crm|10023").hexdigest()
    assert to_record_key(" crm/10/023 ") == md5(b"crm.customers|crm|10/023").hexdigest()
    assert to_record_key(A) == to_record_key(A.upper()) == A
    assert [to_record_key(text) for text in ("", "10023", "crm/", "/1", A[:-1])] == [None] * 5


@pytest.mark.parametrize(("row", "expected"), [
    ("smae;crm/a;crm/b;x;2026-03-31;y", "column decision: unknown word; write same or different"),
    ("same;10023;crm/b;x;2026-03-31;y", "column left_record: names no record"),
    ("same;crm/a;;x;2026-03-31;y", "column right_record: names no record"),
    (f"same;crm/a;{A};x;2026-03-31;y", "column right_record: the same record"),
    ("same;crm/a;crm/b;;2026-03-31;y", "column decided_by: empty; write who decided"),
    ("same;crm/a;crm/b;x;2026-31-03;y", "column decided_at: no date; write one as 2026-03-31"),
    ("same;crm/a;crm/b;x;;y", "column decided_at: no date"),
    ("same;crm/a;crm/b;x;2026-03-31", "column reason: empty; write why"),
])
def test_a_row_that_cannot_be_used_is_told_by_row_and_column(row: str, expected: str) -> None:
    (problem,) = problems("same;crm/c;crm/d;x;2026-03-31;y", row)
    assert problem.startswith(f"identity.csv: row 3, {expected}")


def test_everything_wrong_is_told_at_once_and_never_a_value() -> None:
    found = problems("Mustermann;Erika;crm/b;x;2026-03-31;y", "same;crm/a;crm/b;x;gestern;")
    assert [problem.split(":")[1].strip() for problem in found] == [
        "row 2, column decision", "row 2, column left_record", "row 3, column decided_at",
        "row 3, column reason"]
    assert not any(word in "".join(found) for word in ("Mustermann", "Erika", "gestern"))


@pytest.mark.parametrize("reason", ['"asked', '"asked" by phone', '"' + "a" * 200_000 + '"'])
def test_a_quotation_mark_out_of_place_swallows_no_row(reason: str) -> None:
    (problem,) = problems("same;crm/a;crm/b;x;2026-03-31;y",
                          f"same;crm/c;crm/d;x;2026-03-31;{reason}",
                          "same;crm/e;crm/f;x;2026-03-31;y")
    assert problem.startswith("identity.csv: row 3: a cell begins with a quotation mark")


def test_a_delimiter_within_a_text_is_told() -> None:
    found = problems("same;crm/a;crm/b;x;2026-03-31;asked; by phone",
                     "same;crm/c;crm/d;x;2026-03-31;y;;", "same;crm/e;crm/f;x;2026-03-31;y;z")
    assert [problem.split(";")[0] for problem in found] == [
        f"identity.csv: row {row}: more cells than columns" for row in (2, 4)]


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(DecisionError, match="column decided_by, reason is missing"):
        parse_decisions(b"decision;left_record;right_record;decided_at\n", "identity.csv")


def test_the_latest_decision_about_a_pair_counts() -> None:
    assert parse("same;crm/a;crm/b;x;2026-03-31;y", "different;crm/b;crm/a;x;2026-04-01;y",
                 "same;crm/a;crm/b;x;2026-02-01;y") == [(3, "different", "a", "b")]


def test_saying_it_twice_is_no_contradiction() -> None:
    assert parse("same;crm/a;crm/b;x;2026-03-31;y", "same;crm/b;crm/a;z;2026-03-31;y") == [
        (3, "same", "a", "b")]


def test_same_and_different_on_one_date_contradict_each_other() -> None:
    (problem,) = problems("same;crm/a;crm/b;x;2026-03-31;y", "same;crm/c;crm/d;x;2026-03-31;y",
                          "different;crm/b;crm/a;x;2026-03-31;y")
    assert problem.startswith("identity.csv: rows 2 and 4: same and different for one pair")


def test_a_contradiction_that_a_later_decision_settled_is_none() -> None:
    assert parse("same;crm/a;crm/b;x;2026-03-31;y", "different;crm/b;crm/a;x;2026-03-31;y",
                 "same;crm/a;crm/b;x;2026-04-01;y") == [(4, "same", "a", "b")]


def test_a_chain_of_same_contradicts_different() -> None:
    (problem,) = problems(
        "same;crm/a;crm/b;x;2026-03-31;y", "different;crm/a;crm/d;x;2027-01-01;y",
        "same;crm/d;crm/c;x;2026-03-31;y", "same;crm/c;crm/b;x;2026-03-31;y")
    assert problem.startswith("identity.csv: row 3 says different, but rows 2, 4, 5 together")


def test_a_decision_about_a_record_that_is_not_there_waits() -> None:
    rows = (HEADER + "same;crm/a;crm/b;x;2026-03-31;y\nsame;crm/c;crm/d;x;2026-03-31;y\n"
            "different;crm/a;crm/d;x;2026-03-31;y\n").encode()
    decisions = parse_decisions(rows, "identity.csv")
    con = duckdb.connect()
    con.execute("create table records as select unnest($1) as record_key", [[A, B, C]])
    assert find_waiting(con, decisions, records="records") == (3, 4)
    assert find_waiting(con, (), records="records") == ()


def decide(settings: Settings, left: str = "crm/a", right: str = "crm/b", decision: str = "same",
           **options: str) -> int:
    return append_decision(settings, decision, left, right, on=date(2026, 3, 31),
                           **{"by": "Änne", "reason": "told by phone", **options})


def test_the_first_decision_makes_a_file_that_excel_reads(settings: Settings) -> None:
    assert decide(settings) == 2
    assert decisions_file(settings).read_bytes().decode("utf-8") == (
        "\ufeff" + HEADER + "same;crm/a;crm/b;Änne;2026-03-31;told by phone\n")
    assert decide(settings, "crm/c", "crm/d") == 3
    assert [one.row for one in sorted(read_decisions(settings), key=lambda one: one.row)] == [2, 3]


@pytest.mark.parametrize(("encoding", "by"), [("windows-1252", "Jürgen"), ("utf-8", "Łukasz")])
def test_a_row_is_added_in_the_form_the_file_has(
    settings: Settings, encoding: str, by: str,
) -> None:
    path = decisions_file(settings)
    path.parent.mkdir(parents=True)
    before = (HEADER.strip() + ";note\r\n"
              'same;crm/c;crm/d;Änne;31.03.2026;"a;b";n').encode(encoding)
    path.write_bytes(before)
    assert decide(settings, by=by, reason="first; then\nsecond") == 3
    assert path.read_bytes() == before + (
        f'\r\nsame;crm/a;crm/b;{by};2026-03-31;"first; then second";\r\n').encode(encoding)


def test_a_name_that_the_code_page_lacks_makes_the_file_utf8(settings: Settings) -> None:
    path = decisions_file(settings)
    path.parent.mkdir(parents=True)
    path.write_bytes((HEADER + "same;crm/c;crm/d;Änne;31.03.2026;x\n").encode("windows-1252"))
    decide(settings, by="Łukasz")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert {one.decided_by for one in read_decisions(settings)} == {"Änne", "Łukasz"}


def test_a_decision_that_contradicts_is_not_added(settings: Settings) -> None:
    decide(settings)
    before = decisions_file(settings).read_bytes()
    with pytest.raises(DecisionError, match="rows 2 and 3"):
        decide(settings, decision="different")
    with pytest.raises(DecisionError, match="row 3, column decided_by"):
        decide(settings, "crm/c", by=" ")
    assert decisions_file(settings).read_bytes() == before
    assert [path.name for path in decisions_file(settings).parent.iterdir()] == ["identity.csv"]
