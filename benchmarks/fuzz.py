"""Loads thousands of generated damaged files over all readers: correct, or told, but never lost.

For each file, what is demanded: no exception; no hang; either it is refused with a message that
names it, or its counts add up, its files hold as many rows as counted, and every mark of a record
that is in the file is in a row or in a reject. An undamaged file loads without any reject. No
message holds a mark: they stand for personal data.

`python -m benchmarks fuzz --seed 2` generates other files.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.damaged_files import MARK, DamagedFile, DamagedSet, damaged_sets, declaration_of
from ingestion.declaration import read_declarations
from ingestion.loading import load_extracts
from ingestion.raw_zone import Load, RawZone

FILES = 2_000
HANG_SECONDS = 120


class LostError(AssertionError):
    """A file was neither loaded correctly nor refused."""


def load_damaged(damaged: DamagedSet, home: Path) -> Counter[tuple[str, str]]:
    """Load a set of damaged files and count the outcomes by format.

    Raises:
        LostError: an outcome that must not be.
    """
    extracts, sources = home / "extracts", home / "sources"
    extracts.mkdir()
    sources.mkdir()
    (sources / "shop.yml").write_text(declaration_of(damaged), encoding="utf-8")
    contents: dict[bytes, str] = {}
    for number, file in enumerate(damaged.files):
        if file.content not in contents:  # the same content twice is one load
            contents[file.content] = f"f{number}.dat"
            (extracts / f"f{number}.dat").write_bytes(file.content)
    zone = RawZone(home / "raw")
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    report = load_extracts(read_declarations(sources), extracts, zone)
    faulthandler.cancel_dump_traceback_later()
    loads = {load.file: load for load in report.loaded}
    refused = {problem.file: problem.message for problem in report.problems}
    for told in (*report.problems, *report.warnings):
        _demand(told.message.startswith(told.file) and not MARK.search(told.message),
                f"message: {told.message}")
    outcomes: Counter[tuple[str, str]] = Counter()
    for file in damaged.files:
        name = contents[file.content]
        if name in refused:
            _demand(name not in loads, "refused and loaded")
            _demand(file.rows is None, f"undamaged, but refused: {refused[name]}")
            outcomes[damaged.format, "refused with a reason"] += 1
        else:
            _demand(name in loads, "neither loaded nor refused")
            _check_load(zone, loads[name], file)
            outcomes[damaged.format, "loaded with rejects" if loads[name].rows_rejected
                     - damaged.settings.get("skip_last", 0) > 0 else "loaded"] += 1
    return outcomes


def _check_load(zone: RawZone, load: Load, file: DamagedFile) -> None:
    _demand(load.rows_read == load.rows_accepted + load.rows_rejected + load.rows_repeated,
            f"counts do not add up: {load}")
    accepted = [str(path) for path in zone.files_of([load])]
    folder = zone.rejects_of(load)
    rejected = [str(path) for path in folder.iterdir()] if folder.exists() else []
    rows = _texts(accepted), _texts(rejected)
    _demand((len(rows[0]), len(rows[1])) == (load.rows_accepted, load.rows_rejected),
            f"files hold {len(rows[0])} and {len(rows[1])} rows: {load}")
    if file.rows is not None:
        _demand(load.rows_accepted == file.rows, f"{file.rows} rows, but {load}")
    if file.marks:
        found = set(MARK.findall("\n".join(rows[0] + rows[1])))
        _demand(file.marks <= found, f"lost: {sorted(file.marks - found)} of {load}")


def _texts(files: list[str]) -> list[str]:
    if not files:
        return []
    return [text for (text,) in duckdb.execute(
        "select cast(to_json(r) as varchar) from read_parquet($1) as r", [files]).fetchall()]


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise LostError(otherwise)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks fuzz")
    parser.add_argument("--seed", type=int, default=1, help="other files with each (1)")
    given_seed = parser.parse_args().seed
    outcomes: Counter[tuple[str, str]] = Counter()
    started = time.monotonic()

    # Each set has four to eight files.
    @seed(given_seed)
    @settings(max_examples=FILES // 4, deadline=None, database=None,
              suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(damaged_sets())
    def load_each(damaged: DamagedSet) -> None:
        with tempfile.TemporaryDirectory(prefix="cx360_fuzz_") as home:
            outcomes.update(load_damaged(damaged, Path(home)))

    load_each()
    for (form, outcome), count in sorted(outcomes.items()):
        print(f"{form:8} {outcome:22} {count:6,}")
    print(f"seed {given_seed}: {outcomes.total():,} generated files, none lost, "
          f"{time.monotonic() - started:.0f} s")
    if outcomes.total() < FILES:
        sys.exit(f"fewer than {FILES:,} files were generated")


if __name__ == "__main__":
    main()
