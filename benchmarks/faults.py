"""Faults planted into the newest extracts of the demo: which grades of data_health they lower.

`python -m benchmarks.faults [name …]` prints, for each fault, the subjects expected to lose grades
and those that did. Every fault starts from the same home after one whole run; only what depends on
it is done again: loading, admission and the models up to data_health.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measure import run_cx360
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import RawZone
from orchestration import dbt
from orchestration.admission import admit_loads
from orchestration.settings import DBT_PROJECT, DEMO_SOURCES, Settings
from orchestration.verdict_log import VerdictLog

NEWEST, NEXT = "2026-06-30", "2026-07-01"
MEMORY = "2GB"
ENCODING = "windows-1252"
GRADES = "ABCDEF"


@dataclass(frozen=True)
class Fault:
    """`plant` changes the extracts and names those that count as never loaded before.

    `lost` says how many grades each subject loses, if it has one; every other keeps its grade.
    """

    what: str
    plant: Callable[[Path], set[str]]
    lost: dict[str, int]
    reason: str


def duplicate_keys(extracts: Path) -> set[str]:
    header, *rows = _lines(extracts / "crm" / f"cases_{NEWEST}.csv")
    _write(extracts / "crm" / f"cases_{NEXT}.csv", [header, *rows, *rows[:10]])
    return set()


def late_file(extracts: Path) -> set[str]:
    late = [path for day in range(27, 31) for path in extracts.glob(f"pos/*_2026-06-{day}.csv")]
    for path in late:
        path.unlink()
    return {path.relative_to(extracts).as_posix() for path in late}


def renamed_column(extracts: Path) -> set[str]:
    old = extracts / "survey" / f"responses_{NEWEST}.jsonl"
    (old.parent / f"responses_{NEXT}.jsonl").write_text(
        old.read_text().replace('"response_id"', '"responseId"'))
    return set()


def changed_scale(extracts: Path) -> set[str]:
    """Questions of 1 to 5 answered on 0 to 10, while the question still says 1 to 5."""
    questions = _json(extracts / "survey" / f"questions_{NEWEST}.jsonl")
    changed = {row["question_id"] for row in questions if (row["min"], row["max"]) == (1, 5)}
    for name in ("survey/answers", "helpdesk/survey_answers"):
        answers = _json(extracts / f"{name}_{NEWEST}.jsonl")
        for row in answers:
            if row["question_id"] in changed and row["score"] is not None:
                row["score"] = (row["score"] - 1) * 2.5
        (extracts / f"{name}_{NEXT}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in answers))
    return set()


def shifted_time_zone(extracts: Path) -> set[str]:
    """Since June the tills write UTC where the declaration says local time."""
    paths = sorted(extracts.glob("pos/order*_2026-06-*.csv"))
    for path in paths:
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            rows, names = list(reader), list(reader.fieldnames or ())
        for row in rows:
            row |= {name: _two_hours_earlier(row[name]) for name in names if name.endswith("_at")}
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    return {path.relative_to(extracts).as_posix() for path in paths}


def half_the_rows(extracts: Path) -> set[str]:
    header, *rows = _lines(extracts / "crm" / f"customers_{NEWEST}.csv")
    _write(extracts / "crm" / f"customers_{NEXT}.csv", [header, *rows[::2]])
    return set()


def rests_on(
    *entities: str, main: int, other: int, subject_type: str = "", scores: tuple[str, ...] = (),
) -> dict[str, int]:
    """Grades lost by the seed `health_inputs`: `main` where an entity makes the subject.

    `subject_type` and `scores` leave only rows that have them.
    """
    lost: dict[str, int] = {}
    with (DBT_PROJECT / "seeds" / "health_inputs.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["entity"] in entities and subject_type in ("", row["subject_type"]) and (
                    not scores or row["scores"] in scores):
                grades = main if row["is_main"] == "true" else other
                lost[row["subject"]] = max(grades, lost.get(row["subject"], 0))
    return {subject: grades for subject, grades in lost.items() if grades}


FAULTS = {
    "duplicate keys": Fault(
        "a third of the CRM's cases comes twice", duplicate_keys,
        rests_on("crm.cases", main=2, other=1),
        "crm.cases from crm: 1 load in quarantine, stale since 2026-06-30."),
    "late file": Fault(
        "the tills' files of the last four days are not there", late_file,
        rests_on("pos.orders", "pos.order_lines", main=1, other=1),
        "expected every 1 day(s), stale since 2026-06-26."),
    "renamed column": Fault(
        "the key of the survey's responses has a new name", renamed_column,
        rests_on("survey.responses", main=2, other=1),
        "survey.responses from survey: 1 extract missing or not readable, stale since 2026-06-30."),
    "changed scale": Fault(
        "satisfaction of 1 to 5 arrives as 0 to 10", changed_scale,
        rests_on("survey.answers", "survey.responses", main=5, other=2, scores=("csat", "any")),
        "scores lie outside the scale of their question."),
    "shifted time zone": Fault(
        "since June the tills write UTC instead of local time", shifted_time_zone,
        rests_on("pos.orders", "pos.order_lines", main=2, other=0, subject_type="mart"),
        "times moved by about -2 hours."),
    "half the rows": Fault(
        "every second customer is missing from the CRM's extract", half_the_rows,
        rests_on("crm.customers", main=2, other=1),
        "rows in the newest extract, usual are "),
}


class Rig:
    """A home after one run, to plant faults into: each starts from the same state."""

    def __init__(self, home: Path, extracts: Path, folder: Path) -> None:
        """Work below `folder`, always on the same paths, so that dbt parses once."""
        self._origin = home, extracts
        self._folder = folder
        self.settings = Settings(
            home=folder / "home", company_folder=folder / "company", sources=DEMO_SOURCES,
            extracts=folder / "extracts", memory_limit=MEMORY)

    def grades(self, plant: Callable[[Path], set[str]] = lambda extracts: set(),
               ) -> dict[str, tuple[str | None, str]]:
        """Grade and reasons of every subject after a fault."""
        self._restore()
        settings, zone = self.settings, RawZone(self.settings.raw_path)
        never_loaded = plant(settings.extracts)
        zone.write_manifest(load for load in zone.loads() if load.file not in never_loaded)
        load_extracts(read_declarations(settings.sources), settings.extracts, zone,
                      memory_limit=MEMORY)
        admit_loads(zone, VerdictLog(settings.verdicts_path), MEMORY)
        dbt.set_environment(settings)
        dbt.run_dbt(["run", "--select", "+data_health",
                     "--vars", dbt.variables(settings, zone.loads()),
                     "--target-path", str(self._folder / "target"),
                     "--log-path", str(self._folder / "logs")])
        with closing(duckdb.connect(str(settings.warehouse_path), read_only=True)) as con:
            return {subject: (grade, reasons) for subject, grade, reasons in con.execute(
                "select subject, grade, reasons from reporting.data_health").fetchall()}

    def _restore(self) -> None:
        home, extracts = self._origin
        for target in (self.settings.home, self.settings.extracts):
            shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(extracts, self.settings.extracts)
        self.settings.home.mkdir(parents=True)
        for part in ("raw", "ml"):
            shutil.copytree(home / part, self.settings.home / part)
        shutil.copyfile(home / "warehouse.duckdb", self.settings.warehouse_path)


def grades_lost(
    before: dict[str, tuple[str | None, str]], after: dict[str, tuple[str | None, str]],
) -> dict[str, int]:
    """Subjects that had a grade and have another -> how many grades they lost."""
    return {subject: GRADES.index(after[subject][0] or "F") - GRADES.index(grade or "F")
            for subject, (grade, _) in before.items() if grade and after[subject][0] != grade}


def grades_expected(before: dict[str, tuple[str | None, str]], fault: Fault) -> dict[str, int]:
    """What a fault costs the subjects that had a grade."""
    return {subject: grades for subject, grades in fault.lost.items() if before[subject][0]}


def main() -> int:
    names = sys.argv[1:] or list(FAULTS)
    with tempfile.TemporaryDirectory(prefix="cx360_faults_") as text:
        folder = Path(text)
        run_cx360("demo", "--customers", "300", "--months", "3", home=folder / "origin")
        run_cx360("run", home=folder / "origin")
        rig = Rig(folder / "origin", folder / "origin" / "demo" / "extracts", folder)
        before = rig.grades()
        failed = False
        for name in names:
            fault = FAULTS[name]
            after = rig.grades(fault.plant)
            lost = grades_lost(before, after)
            expected = grades_expected(before, fault)
            failed |= lost != expected
            print(f"\n{name}: {fault.what}: "
                  f"{'as expected' if lost == expected else 'NOT AS EXPECTED'}")
            print(f"  {'subject':<18}{'expected':>9}{'found':>7}  old → new  reasons")
            for subject in sorted(expected | lost):
                print(f"  {subject:<18}{-expected.get(subject, 0):>9}{-lost.get(subject, 0):>7}"
                      f"  {before[subject][0]} → {after[subject][0]}      {after[subject][1]}")
            print(f"  {len(before) - len(lost)} other subjects keep their grade", flush=True)
    return int(failed)


def _two_hours_earlier(value: str) -> str:
    return value and str(datetime.fromisoformat(value) - timedelta(hours=2))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding=ENCODING).splitlines()


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding=ENCODING)


def _json(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
