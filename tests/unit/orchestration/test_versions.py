"""Whatever order extracts come in: the same current state, and the same history.

The SQL is that of the models, rendered without dbt, over Parquet that the loader wrote from files.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration.settings import DBT_PROJECT

FIRST_DAY = date(2026, 1, 1)
STATED = "updated_at: Stand"
EXTRACTED = r"extracted_on: '(\d{8})'"
DECLARATION = """
tables:
  - entity: crm.customers
    files: "*.csv"
    key: Nr
    {settings}
    columns: {{last_name: Name}}
"""


def render(model: str) -> str:
    """SQL of a model text, with the macros of records and nothing else of dbt."""
    macros = (DBT_PROJECT / "macros/records.sql").read_text().replace("cx360.", "")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    return environment.from_string(macros + model).render({
        "dbt": SimpleNamespace(
            dateadd=lambda part, number, value: f"{value} + interval {number} {part}",
            hash=lambda value: f"md5({value})",
            concat=lambda parts: " || ".join(ast.literal_eval(str(parts).strip()))),
        "return": lambda value: value,
        "source": lambda schema, table: table,
        "var": {"reporting_currency": "EUR"}.get,
        "to_company_date": lambda column: (
            f"cast(timezone('Europe/Berlin', timezone('UTC', {column})) as date)"),
    })


@dataclass(frozen=True)
class Version:
    """What a source says of a record on a day; without a name the record is deleted."""

    record: str
    day: int
    name: str

    @property
    def date(self) -> date:
        return FIRST_DAY + timedelta(days=self.day)

    def line(self) -> str:
        stated = datetime.combine(self.date, datetime.min.time()) + timedelta(hours=9)
        return f"{self.record},{self.name},{stated},{'' if self.name else 'yes'}\n"


class Company:
    """Files of customers and the raw zone they go to."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.extracts, self.sources = folder / "extracts", folder / "sources"
        for path in (self.extracts, self.sources):
            path.mkdir(parents=True)
        (self.sources / "crm.yml").write_text(DECLARATION.format(settings=settings))
        self.zone = RawZone(folder / "raw")

    def deliver(self, *extracts: tuple[str, str]) -> None:
        """Load extracts of given names and lines in one run."""
        for name, lines in extracts:
            (self.extracts / f"{name}.csv").write_text(f"Nr,Name,Stand,cx360_deleted\n{lines}")
        report = load_extracts(read_declarations(self.sources), self.extracts, self.zone)
        assert not report.problems

    def ask(self, model: str) -> set[tuple[Any, ...]]:
        files = list(map(str, self.zone.files_of(self.zone.loads())))
        with duckdb.connect() as con:
            con.execute(f"create view crm_customers as select * from read_parquet({files})")
            return set(con.execute(model).fetchall())

    def current(self) -> set[tuple[Any, ...]]:
        """Record and name of everybody who is there."""
        latest = render("{{ latest_version(source('raw', 'crm_customers')) }}")
        return self.ask(f"select source_record_ref, last_name from ({latest})")

    def history(self) -> set[tuple[Any, ...]]:
        """Record, name, first day and day after the last of every version."""
        model = (DBT_PROJECT / "models/staging/crm/stg_crm__customer_versions.sql").read_text()
        return self.ask(
            f"select r.source_record_ref, v.last_name, v.valid_from, v.valid_to "
            f"from ({render(model)}) as v join (select distinct record_key, source_record_ref "
            "from crm_customers) as r on v.identity_record_key = r.record_key")


def states(versions: Iterable[Version], *, is_stated: bool) -> tuple[set[Any], set[Any]]:
    """What is there in the end, and when what was: by walking through the days."""
    current, history = set(), set()
    of_record: dict[str, list[Version]] = {}
    for version in sorted(set(versions), key=lambda version: version.day):
        said = of_record.setdefault(version.record, [])
        # A source that tells when it changed a record has another version then.
        if is_stated or not said or said[-1].name != version.name:
            said.append(version)
    for record, said in of_record.items():
        if said[-1].name:
            current.add((record, said[-1].name))
        for version, following in zip(said, [*said[1:], None], strict=True):
            if version.name:
                history.add((record, version.name, version.date,
                             following.date if following else None))
    return current, history


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[list[Version]], list[int], list[int]]:
    """Extracts of up to five days, the order in which they come, and in how many runs.

    One version per record and day: of two that the source dates alike, the one loaded later counts.
    """
    versions = draw(st.lists(
        st.builds(Version, st.sampled_from("123"), st.integers(0, 4), st.sampled_from(["", *"ab"])),
        min_size=1, max_size=10, unique_by=lambda version: (version.record, version.day)))
    days = sorted({version.day for version in versions})
    extracts = [[version for version in versions if version.day == day] for day in days]
    order = draw(st.permutations(range(len(extracts))))
    cuts = draw(st.lists(st.integers(0, len(extracts)), max_size=3))
    return extracts, list(order), sorted({0, *cuts, len(extracts)})


def named(extract: Sequence[Version], number: int, *, is_stated: bool) -> tuple[str, str]:
    """An extract; where records tell when they changed, names of files say nothing of it."""
    name = f"extract_{9 - number}" if is_stated else f"{extract[0].date:%Y%m%d}"
    return name, "".join(version.line() for version in extract)


@pytest.mark.parametrize("is_stated", [True, False], ids=["updated_at", "extracted_on"])
def test_no_order_of_extracts_changes_the_outcome(is_stated: bool) -> None:
    """Corrections, deletions and returns among them, in one run or in many."""
    @settings(max_examples=8, derandomize=True, deadline=None, database=None,
              suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(deliveries())
    def deliver(drawn: tuple[list[list[Version]], list[int], list[int]]) -> None:
        extracts, order, cuts = drawn
        files = [named(extract, number, is_stated=is_stated)
                 for number, extract in enumerate(extracts)]
        with tempfile.TemporaryDirectory() as folder:
            company = Company(Path(folder), STATED if is_stated else EXTRACTED)
            for start, end in pairwise(cuts):
                company.deliver(*(files[number] for number in order[start:end]))
            told = (company.current(), company.history())
        assert told == states(
            (version for extract in extracts for version in extract), is_stated=is_stated)

    deliver()


HISTORY = [Version("1", 0, "Alt"), Version("2", 0, "Bo"), Version("1", 2, "Neu"),
           Version("2", 2, ""), Version("3", 3, "Cy"), Version("1", 4, "Neuer")]


@pytest.mark.parametrize("sizes", [[6], [1] * 6, [2, 4], [5, 1]])
def test_one_large_extract_is_as_good_as_many_small_ones(tmp_path: Path, sizes: list[int]) -> None:
    """Of a record's rows in one extract the newest is accepted, the others are rejected."""
    company = Company(tmp_path, STATED)
    rest = list(HISTORY)
    for number, size in enumerate(sizes):
        part, rest = rest[:size], rest[size:]
        company.deliver((f"part_{number}", "".join(version.line() for version in part)))
    assert company.current() == {("1", "Neuer"), ("3", "Cy")}


def test_a_look_back_that_brings_versions_again_changes_nothing(tmp_path: Path) -> None:
    once, twice = Company(tmp_path / "once", STATED), Company(tmp_path / "twice", STATED)
    days = [[version for version in HISTORY if version.day == day] for day in (0, 2, 3, 4)]
    for number, day in enumerate(days):
        again = [*days[number - 1], *day] if number else day
        once.deliver((f"{number}", "".join(version.line() for version in day)))
        twice.deliver((f"{number}", "".join(version.line() for version in again)))
    assert twice.current() == once.current()
    assert twice.history() == once.history()


def test_of_versions_that_the_source_dates_alike_the_one_loaded_later_counts(
    tmp_path: Path,
) -> None:
    company = Company(tmp_path, STATED)
    company.deliver(("b", "1,first,2026-01-01,\n"))
    company.deliver(("a", "1,second,2026-01-01,\n"))
    assert company.current() == {("1", "second")}
    company.deliver(("c", "1,,2026-01-01,yes\n"))
    assert company.current() == set()
    company.deliver(("d", "1,third,2026-01-01,\n"))
    assert company.current() == {("1", "third")}


def test_where_nothing_is_dated_the_order_of_loading_counts(tmp_path: Path) -> None:
    """Runs one after the other; within a run, the names of the files."""
    company = Company(tmp_path, "null_values: ['-']")
    company.deliver(("z", "1,first,,\n2,first,,\n"))
    company.deliver(("b", "1,third,,\n"), ("a", "1,second,,\n2,,,yes\n"))
    assert company.current() == {("1", "third")}
    company.deliver(("0", "2,again,,\n"))
    assert company.current() == {("1", "third"), ("2", "again")}


def test_a_deletion_found_on_a_day_outlives_the_changes_of_that_day(tmp_path: Path) -> None:
    """One that says no time of day is the last word of its day, and of no other."""
    company = Company(tmp_path, f"{STATED}\n    {EXTRACTED}")
    company.deliver(("20260105", "1,,,yes\n2,,,yes\n3,Cy,2026-01-01,\n"))
    company.deliver(("20260104", "1,Al,2026-01-05 18:00:00,\n2,Bo,2026-01-06 00:00:00,\n"))
    assert company.current() == {("2", "Bo"), ("3", "Cy")}
