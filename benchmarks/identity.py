"""Identity resolution measured: pairwise precision, recall and F1, seconds and peak memory.

`python -m benchmarks identity [public|demo|scale|increment …]`, all four by default:

public     FEBRL 1 and 2 and fake_1000 as a company delivers them, same settings; their truth is in
           no column that identity reads. Needs CX360_PUBLIC_DATA.
demo       the demo company's planted truth per kind of difficulty, over several seeds.
scale      a country's customers at growing size: all of them with a recorded match model, the
           first run, which also fits one, and `cx360 identity train` after it.
increment  1 % new records on top, against a full rebuild with the same match model.

Seconds and memory are those of the identity step alone, in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.identity_step import (
    Resolution,
    deliver,
    measure_resolution,
    measure_training,
    place,
)
from benchmarks.pairs import Pairs, count_pairs
from benchmarks.population import write_population
from ingestion.demo import generate
from orchestration.settings import DEMO_SOURCES, PROJECT, public_data

PARTS = ("public", "demo", "scale", "increment")
EXAMPLES = PROJECT / "ingestion" / "sources" / "examples"
# Set -> file, its key, and SQL for the person, which no declaration maps.
PUBLIC = {
    "febrl_1": ("dataset1.csv", "rec_id", "split_part(rec_id, '-', 2)"),
    "febrl_2": ("dataset2.csv", "rec_id", "split_part(rec_id, '-', 2)"),
    "fake_1000": ("fake_1000.csv", "unique_id", "cluster"),
}
KINDS = {"typo": "has_typo", "moved": "has_moved", "changed e-mail": "has_other_email",
         "shared phone": "has_shared_phone", "no key in common": "has_no_exact_key"}
STAGED = ("stg_pos__orders", "stg_crm__cases", "stg_survey__responses")


class Report:
    """The table, printed row by row, and the aims that were missed."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        print(f"{'':<34}{'true pairs':>12}{'precision':>11}{'recall':>8}{'F1':>7}{'lowest P':>10}"
              f"{'lowest R':>10}{'seconds':>9}{'GiB':>6}", flush=True)

    def row(self, name: str, several: list[Pairs], took: Sequence[Resolution] = (), *,
            is_recall_only: bool = False) -> None:
        """One line: means over seeds, and the lowest where there are several."""
        def mean(values: list[float]) -> float:
            return sum(values) / len(values)

        precision, recall, f1 = ([getattr(p, name) for p in several]
                                 for name in ("precision", "recall", "f1"))
        cells = [f"{name:<34}{sum(p.same for p in several):>12,}",
                 f"{'' if is_recall_only else format(mean(precision), '.4f'):>11}",
                 f"{mean(recall):>8.4f}",
                 f"{'' if is_recall_only else format(mean(f1), '.3f'):>7}"]
        is_one = len(several) == 1
        cells += [f"{'' if is_one or is_recall_only else format(min(precision), '.4f'):>10}",
                  f"{'' if is_one else format(min(recall), '.4f'):>10}"]
        if took:
            cells += [f"{mean([one.seconds for one in took]):>9.1f}",
                      f"{max(one.peak_bytes for one in took) / 2**30:>6.2f}"]
        print("".join(cells), flush=True)

    def aim(self, is_met: bool, sentence: str) -> None:
        """Remember an aim that was missed."""
        if not is_met:
            self.missed.append(sentence)


def run_public(report: Report) -> None:
    data = public_data()
    if data is None:
        sys.exit("set CX360_PUBLIC_DATA to the folder of the public extracts")
    for name, (file, key, person) in PUBLIC.items():
        with tempfile.TemporaryDirectory(prefix="cx360_identity_") as folder:
            home, extracts = Path(folder), data / "identity"
            deliver(home, EXAMPLES / name, extracts)
            took = measure_resolution(home)
            with closing(duckdb.connect()) as con:
                pairs = count_pairs(con, f"""
                    select {person} as person_id, customer_id
                    from read_csv('{extracts / file}', all_varchar = true) as t
                    join {took.table('customer_records')} as c
                        on c.record_key = md5('crm.customers|{name}|' || trim({key}))""")
        report.row(name, [pairs], [took])
        if name == "fake_1000":
            report.aim(pairs.f1 >= .72 and pairs.precision >= .95,
                       f"{name}: F1 .72 at precision .95")
        else:
            report.aim(pairs.f1 >= .97, f"{name}: F1 .97")


def run_demo(report: Report, seeds: int, customers: int, months: int) -> None:
    took, crm, everybody = [], [], []
    kinds: dict[str, list[Pairs]] = {kind: [] for kind in KINDS}
    namesakes, joined_namesakes = 0, 0
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory(prefix="cx360_identity_") as folder:
            home = Path(folder)
            truth = home / "demo" / "truth"
            generate(home / "demo" / "extracts", customers=customers, months=months, seed=seed,
                     truth=truth)
            deliver(home, DEMO_SOURCES, home / "demo" / "extracts")
            took.append(measure_resolution(home))
            with closing(duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)) as con:
                con.execute(f"""
                    create temp table records as
                    select t.*, c.customer_id, c.record_key
                    from read_parquet('{truth}/identity.parquet') as t
                    join {took[-1].table('customer_records')} as c on c.record_key
                        = md5(t.entity || '|' || t.source_system || '|' || t.source_record_ref)
                    where t.entity = 'crm.customers'""")
                crm.append(count_pairs(con, "select person_id, customer_id from records"))
                for kind, flag in KINDS.items():
                    ((same, right),) = con.execute(f"""
                        select count(*), count_if(a.customer_id = b.customer_id)
                        from records as a join records as b
                            on a.person_id = b.person_id and a.record_key < b.record_key
                        where a.{flag} or b.{flag}""").fetchall()
                    kinds[kind].append(Pairs(same, right, right))
                ((pairs, joined),) = con.execute("""
                    select count(*), count_if(a.customer_id = b.customer_id)
                    from records as a join records as b
                        on a.namesake_person_id = b.person_id and a.person_id < b.person_id
                    """).fetchall()
                namesakes, joined_namesakes = namesakes + pairs, joined_namesakes + joined
                everybody.append(count_pairs(con, _everybody(truth, took[-1])))
    report.row(f"demo, {seeds} seeds, CRM records", crm, took)
    for kind, found in kinds.items():
        report.row(f"  {kind}", found, is_recall_only=True)
    report.row("  all identity records", everybody)
    print(f"  different people of one name in one house: {joined_namesakes} of {namesakes} pairs "
          "joined", flush=True)
    report.aim(min(p.precision for p in crm) >= .99, "demo: precision .99 in every seed")
    report.aim(min(p.recall for p in crm) >= .93, "demo: recall .93 in every seed")
    report.aim(joined_namesakes == 0, "demo: no people of one name in one house joined")


def _everybody(truth: Path, took: Resolution) -> str:
    """SQL for one row per identity record that names one person, guests and respondents too.

    A guest's record is a set of identifiers; the person who left most facts with it owns it.
    """
    facts = " union all ".join(
        f"select identity_record_key as record_key, t.person_id from staging.{model} as s "
        f"join read_parquet('{truth}/identity.parquet') as t "
        "on s.source_system = t.source_system and s.source_record_ref = t.source_record_ref "
        f"and t.entity = '{model.removeprefix('stg_').replace('__', '.')}'" for model in STAGED)
    return f"""
        select person_id, customer_id from records
        union all
        select o.person_id, c.customer_id
        from (
            select record_key, person_id from ({facts})
            where record_key not in (select record_key from records) and person_id is not null
            group by record_key, person_id
            qualify row_number() over (
                partition by record_key order by count(*) desc, person_id) = 1
        ) as o
        join {took.table('customer_records')} as c on o.record_key = c.record_key"""


def run_sizes(report: Report, sizes: list[int], parts: set[str]) -> None:
    seconds: list[float] = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="cx360_identity_") as name:
            folder = Path(name)
            base, grown, truth = (folder / file for file in (
                "base.duckdb", "grown.duckdb", "truth.parquet"))
            write_population(base, grown, truth, size, size // 100)
            home = folder / "home"
            place(home, base)
            first = measure_resolution(home)
            trained = measure_training(home)
            place(folder / "recorded", base, models_of=home)
            resolved = measure_resolution(folder / "recorded")
            seconds.append(resolved.seconds)
            with closing(duckdb.connect()) as con:
                pairs = count_pairs(con, f"""
                    select t.person_id, c.customer_id from read_parquet('{truth}') as t
                    join {resolved.table('customer_records')} as c
                        on t.record_key = c.record_key""")
            report.row(f"{size:,} records, recorded model", [pairs], [resolved])
            print(f"  first run, which fits the model, {_told(first)}; "
                  f"`cx360 identity train` after it {_told(trained)}", flush=True)
            if size >= 1_000_000:
                peak = max(one.peak_bytes for one in (first, trained, resolved))
                report.aim(resolved.seconds < 90, f"{size:,} records, recorded model: 90 s")
                report.aim(peak < 4 * 2**30, f"{size:,} records: 4 GiB")
            if "increment" in parts:
                # Not the first home: after `train` its next run weighs and clusters all anew.
                place(folder / "recorded", grown)
                increment = measure_resolution(folder / "recorded")
                place(folder / "anew", grown, models_of=home)
                full = measure_resolution(folder / "anew")
                _tell_increment(report, size, increment, full)
    if len(sizes) > 1:
        growth, times = sizes[-1] / sizes[0], seconds[-1] / seconds[0]
        print(f"  {growth:.0f} times the records take {times:.1f} times the seconds", flush=True)
        report.aim(times < 1.3 * growth, "scale: about linear")


def _told(took: Resolution) -> str:
    return f"{took.seconds:.1f} s ({took.peak_bytes / 2**30:.2f} GiB)"


def _tell_increment(
    report: Report, size: int, increment: Resolution, full: Resolution,
) -> None:
    share = increment.seconds / full.seconds
    with closing(duckdb.connect()) as con:
        differing = {name: _count_differing(con, increment.table(name), full.table(name))
                     for name in ("customer_records", "identity_edges")}
    outcome = ("identical" if not any(differing.values()) else
               ", ".join(f"{count:,} rows of {name} DIFFER" for name, count in differing.items()))
    print(f"  {size:,} + 1 %: increment {_told(increment)}, full rebuild {_told(full)}, "
          f"share {share:.1%}; {outcome}", flush=True)
    report.aim(not any(differing.values()), f"{size:,} + 1 %: identical to a full rebuild")
    report.aim(share <= .10, f"{size:,} + 1 %: a tenth of the full rebuild")


def _count_differing(con: duckdb.DuckDBPyConnection, one: str, other: str) -> int:
    """Rows that only one of two tables has; floats are compared to 1e-9."""
    columns = ", ".join(
        f"round({name}, 9) as {name}" if kind == "DOUBLE" else name
        for name, kind, *_ in con.execute(f"describe select * from {one}").fetchall())
    first, second = (f"select {columns} from {table}" for table in (one, other))
    ((count,),) = con.execute(f"""
        select count(*) from (
            (({first}) except all ({second})) union all (({second}) except all ({first})))
        """).fetchall()
    return int(count)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks identity", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--seeds", type=int, default=10, help="demo companies (10)")
    parser.add_argument("--customers", type=int, default=3000, help="of each of them (3000)")
    parser.add_argument("--months", type=int, default=24, help="of their history (24)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000],
                        help="records of scale and increment (100000 1000000)")
    given = parser.parse_args()
    parts = set(given.parts or PARTS)
    if unknown := parts - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    report = Report()
    if "public" in parts:
        run_public(report)
    if "demo" in parts:
        run_demo(report, given.seeds, given.customers, given.months)
    if parts & {"scale", "increment"}:
        run_sizes(report, given.sizes, parts)
    for sentence in report.missed:
        print(f"aim missed: {sentence}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
