"""The text step on many distinct texts: processor seconds, peak memory, what 1 % new texts cost.

`python -m benchmarks.texts [--sizes 100000,1000000]`. Texts are put together from parts in German
and English and written to a warehouse of their own, a third of them with a score; the step runs in
a process of its own, as in a run: language, masking, sentiment, topics, signals, routing, suites.
Every run starts an interpreter and imports Great Expectations, which a line of its own tells, and
one with a new text loads its lists and models (about 2 s): at 100,000 texts that alone is 5 % of
the first run. So the aim for the share of a run with 1 % new, start and imports included, is judged
from a million texts on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from datetime import date
from hashlib import md5
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.measure import run_measured
from orchestration.ml_tables import prepare_ml_tables, write_ml_table
from orchestration.settings import DBT_PROJECT, Settings
from orchestration.text_step import analyse_texts

SIZES = (100_000,)
GIB = 2**30
MEMORY_AIM = 2.0
SHARE_AIM, SHARE_SIZE = 0.02, 1_000_000
"""Most that a run with 1 % new texts may cost of the first one, and from how many texts on."""

AS_OF, LATER = date(2026, 3, 31), date(2026, 4, 1)
"""As-of date of the first run, and when the texts that are new after it were written."""

START = "import benchmarks.texts, expectations.validation as door; door.great_expectations()"
"""What a run that reads no text at all would do."""

SEEDS = ("topics", "topic_terms", "signal_terms", "routing_rules")
CUSTOMERS = 200_000
OPENERS = ("Bestellung {n}:", "Am {d}. Mai im Markt {n}:", "Zum Artikel {n}:", "Order {n}:",
           "On May {d} in store {n}:", "About item {n}:")
PARTS = {
    "de": ("die Lieferung kam zu spät", "die Ware ist sehr gut", "der Mitarbeiter war unfreundlich",
           "die App stürzt beim Bezahlen ab", "der Preis ist in Ordnung", "alles war schnell da",
           "die Rechnung stimmt nicht", "ich warte noch auf die Erstattung",
           "niemand ruft zurück", "die Beratung hat mir geholfen"),
    "en": ("the delivery was late", "the product works very well", "the clerk was rude",
           "the app crashes when I pay", "the price is fair", "everything arrived quickly",
           "the invoice is wrong", "I am still waiting for my refund", "nobody calls back",
           "the advice was helpful"),
}


def main() -> int:
    """Measure each size; ends with 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--step", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        analyse_texts(_settings(given.step)).raise_if_blocked()
        return 0
    missed = False
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="cx360_texts_") as folder:
            missed |= _measure(Path(folder), size)
    return int(missed)


def _measure(home: Path, size: int) -> bool:
    settings = _settings(home)
    settings.raw_path.mkdir()
    prepare_ml_tables(settings)
    write_ml_table(settings, "customer_records", [_customers()])
    start = run_measured([sys.executable, "-c", START])
    if start.code:
        sys.exit(start.output)
    print(f"start of an interpreter with its imports: of processors "
          f"{start.processor_seconds:,.1f} s", flush=True)
    found = {}
    new = size // 100
    for name, texts in (("all new", size), ("1 % new", size + new), ("nothing new", size + new)):
        _deliver(settings, texts, texts - size)
        found[name] = run_measured([sys.executable, "-m", "benchmarks.texts", "--step", str(home)])
        if found[name].code:
            sys.exit(found[name].output)
        print(f"{texts:,} texts, {name}: {found[name].seconds:,.1f} s, "
              f"of processors {found[name].processor_seconds:,.1f} s, "
              f"{found[name].peak_bytes / GIB:.2f} GiB", flush=True)
    # Not by the clock: others share the machine.
    first, more, none = (found[name].processor_seconds for name in found)
    print(f"{size:,} texts: {size / first:,.0f} a second of one core; a run with 1 % new costs "
          f"{more / first:.2%} of the first, one without any {none / first:.2%}, the new texts "
          f"beyond it {(more - none) / first:.2%}; start and imports are "
          f"{start.processor_seconds / first:.2%} of the first")
    peak = max(one.peak_bytes for one in found.values()) / GIB
    missed = []
    if peak > MEMORY_AIM:
        missed.append(f"{MEMORY_AIM} GiB")
    if size >= SHARE_SIZE and more / first > SHARE_AIM:
        missed.append(f"1 % new texts cost {SHARE_AIM:.0%}")
    for aim in missed:
        print(f"aim missed: {aim}")
    return bool(missed)


def _customers() -> pd.DataFrame:
    keys = [md5(f"customer {number}".encode()).hexdigest() for number in range(CUSTOMERS)]
    return pd.DataFrame({"record_key": keys, "customer_id": keys, "is_senior": True,
                         "match_rule": "single", "match_score": 1.0, "household_key": None})


def _settings(home: Path) -> Settings:
    return Settings(home=home, company_folder=home / "company", sources=home, extracts=home,
                    as_of=AS_OF)


def _deliver(settings: Settings, size: int, new: int = 0) -> None:
    """The first `size` texts of one endless list, so that a larger delivery adds to a smaller.

    The last `new` of them were written after the as-of date of the first run.
    """
    with closing(duckdb.connect(str(settings.warehouse_path))) as con:
        con.execute("create schema if not exists intermediate; create schema if not exists seeds")
        for seed in SEEDS:
            con.execute(f"create or replace table seeds.{seed} as from "
                        f"read_csv('{DBT_PROJECT}/seeds/{seed}.csv', all_varchar = true)")
        con.execute("""
            create or replace table seeds.topic_terms as
            select * replace (cast(weight as double) as weight) from seeds.topic_terms;
            create or replace table seeds.signal_terms as
            select * replace (cast(weight as double) as weight) from seeds.signal_terms;
            create or replace table seeds.routing_rules as
            select * replace (cast(priority as integer) as priority) from seeds.routing_rules""")
        half = len(OPENERS) // 2
        con.register("opener", pd.DataFrame({
            "language": ["de"] * half + ["en"] * half, "number": [*range(half)] * 2,
            "opener": OPENERS}))
        con.register("part", pd.DataFrame([
            (language, number, part) for language, parts in PARTS.items()
            for number, part in enumerate(parts)], columns=["language", "number", "part"]))
        con.execute(f"""
            create or replace table intermediate.int_feedback_texts_deduplicated as
            with drawn as (
                select i, case when i % 5 < 4 then 'de' else 'en' end as language,
                    hash(i) as one, hash(i + 1000000007) as two
                from range({size}) as numbers(i)
            ), written as (
                select i, replace(replace(opener, '{{n}}', cast(i as varchar)), '{{d}}',
                    cast(1 + i % 30 as varchar)) || ' ' || first.part || ', ' || second.part || '.'
                    as text
                from drawn
                join opener on drawn.language = opener.language and one % {half} = opener.number
                join part as first on drawn.language = first.language and one % 10 = first.number
                join part as second
                    on drawn.language = second.language and two % 10 = second.number
            )
            select md5(text) as text_key, text, i from written""")
        con.execute(f"""
            create or replace table intermediate.int_feedback_texts_unioned as
            select text_key, text_key as feedback_id, text_key as source_record_key,
                md5('customer ' || hash(i) % {CUSTOMERS}) as identity_record_key,
                case when i < {size - new} then date '{AS_OF}' else date '{LATER}' end
                    as occurred_date
            from intermediate.int_feedback_texts_deduplicated;
            create or replace table intermediate.int_identity_attributes_unioned as
            select md5('customer ' || i) as record_key, 'Anna' || i % 500 as first_name,
                'Maier' || i % 7000 as last_name
            from range({CUSTOMERS}) as customers(i);
            create or replace table intermediate.int_text_labels_collected as
            select text_key, (hash(i) % 5) / 4.0 as score_normalised,
                cast(null as varchar) as nps_class, cast(null as varchar) as department,
                cast(null as varchar) as topic
            from intermediate.int_feedback_texts_deduplicated where i < 3000 and i % 3 = 0;
            alter table intermediate.int_feedback_texts_deduplicated drop column i""")


if __name__ == "__main__":
    sys.exit(main())
