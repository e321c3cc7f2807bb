"""The correction for silence: planted silence recovered, no correction where there is none, speed.

`python -m benchmarks nonresponse` simulates surveys in which who was delivered late answers less
and is less satisfied, so that the true mean of all is known, and a million invitations.
`python -m benchmarks.nonresponse --home <demo home>` compares a finished demo with what its silent
customers would have answered; there silence follows the mood, of which the facts tell little.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from orchestration.silence_step import FACTS, correct_measure, describe_invitations

SEEDS = 200
INVITATIONS = 4_000
MILLION = 1_000_000
COVERAGE = (0.92, 0.98)
FALSE_SHARE = 0.075
DELIVERIES = np.array(["on_time", "late", "very_late"], dtype=object)
CHANNELS = np.array(["email", "sms", "app"], dtype=object)


def simulate(seed: int, count: int, *, is_planted: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Invitations with facts and overall ratings, and what everybody would have answered."""
    rng = np.random.default_rng(seed)
    delivery = rng.choice(3, count, p=[0.7, 0.2, 0.1])
    channel = rng.choice(3, count, p=[0.6, 0.2, 0.2])
    contacts = rng.choice(3, count, p=[0.8, 0.15, 0.05])
    score = np.clip(75 - 9 * delivery - 6 * contacts + 4 * (channel == 2)
                    + 20 * rng.standard_normal(count), 0, 100)
    pull = -0.55 * delivery - 0.4 * contacts + 0.5 * (channel == 2) if is_planted else 0.0
    answers = rng.random(count) < 1 / (1 + np.exp(0.6 - pull))
    frame = pd.DataFrame({fact: np.full(count, "none", dtype=object) for fact in FACTS}).assign(
        delivery=DELIVERIES[delivery], invitation_channel=CHANNELS[channel],
        contacts_before=np.array(["none", "one", "several"], dtype=object)[contacts],
        quarter=pd.Timestamp("2026-01-01"), person_key=[f"p{i // 2}" for i in range(count)],
        survey="purchase", sent_date=pd.Timestamp("2026-02-01"),
        overall_rating=np.where(answers, score, np.nan))
    return frame, score


def recover(seeds: int, *, is_planted: bool) -> pd.DataFrame:
    """One row per seed: raw and corrected error, whether the interval holds the truth."""
    rows = []
    for seed in range(seeds):
        frame, score = simulate(seed, INVITATIONS, is_planted=is_planted)
        with duckdb.connect() as con:
            con.register("simulated", frame)
            con.execute("create temp table units as select * replace (quarter::date as quarter, "
                        "sent_date::date as sent_date) from simulated")
            told = correct_measure(con, "purchase", "overall_rating")
        row = told[told["grain"] == "all"].iloc[0]
        # The mean of the simulated, not of these customers, is what an interval is about.
        rows.append({
            "raw": row["raw_score"] - score.mean(),
            "corrected": row["corrected_score"] - score.mean(),
            "low": row["corrected_score_low"], "high": row["corrected_score_high"],
            "said": row["verdict"] in ("lower", "higher"),
        })
    return pd.DataFrame(rows)


def true_mean(*, is_planted: bool) -> float:
    """Mean of a very large simulation."""
    return float(simulate(99_991, 1_000_000, is_planted=is_planted)[1].mean())


def run_simulation() -> bool:
    """Print bias and coverage with planted silence, and false corrections without."""
    planted, mean = recover(SEEDS, is_planted=True), true_mean(is_planted=True)
    covered = float(((planted["low"] <= mean) & (mean <= planted["high"])).mean())
    print(f"  {SEEDS} surveys of {INVITATIONS:,} invitations, two a person, silence by the facts")
    print(f"    raw score off by {planted['raw'].mean():+.2f} points, corrected by "
          f"{planted['corrected'].mean():+.2f} (true mean {mean:.1f})")
    is_covered = COVERAGE[0] <= covered <= COVERAGE[1]
    print(f"  {'✓' if is_covered else '✗'} 95 % intervals hold the truth in {covered:.1%} "
          f"(aim {COVERAGE[0]:.0%} to {COVERAGE[1]:.0%})")
    is_right = abs(planted["corrected"].mean()) <= 0.1 * abs(planted["raw"].mean())
    print(f"  {'✓' if is_right else '✗'} a tenth of the bias or less is left")
    said = float(recover(SEEDS, is_planted=False)["said"].mean())
    is_quiet = said <= FALSE_SHARE
    print(f"  {'✓' if is_quiet else '✗'} silence by chance is called a difference in {said:.1%} "
          f"(aim at most {FALSE_SHARE:.1%})")
    return is_covered and is_right and is_quiet


def run_million() -> None:
    """Print what a million invitations cost, facts of their customers included."""
    begun, used = time.monotonic(), time.process_time()
    with duckdb.connect(config={"memory_limit": "1500MB"}) as con:
        con.execute(f"""
            create schema intermediate;
            create table records as select 'r' || i as record_key, 'c' || i // 3 as customer_id
                from range({MILLION}) t(i);
            create table intermediate.int_segment_facts_unioned as
                select 'r' || hash(i) % {MILLION} as identity_record_key,
                    case when i % 5 = 0 then 'case' else 'order' end as fact_type,
                    date '2024-01-01' + (hash(i, 1) % 900)::integer as fact_date,
                    null::double as score
                from range({MILLION * 5}) t(i);
            create table intermediate.int_invitations_described as
                select 'i' || i as invitation_id, 'r' || hash(i, 2) % {MILLION}
                        as identity_record_key,
                    'purchase' as survey, day::timestamp as sent_at, day as sent_date,
                    ['email', 'sms', 'app'][1 + (hash(i, 3) % 3)::integer] as invitation_channel,
                    ['web', 'store'][1 + (hash(i, 4) % 2)::integer] as order_channel,
                    ['on_time', 'late', 'very_late'][1 + (hash(i, 5) % 3)::integer] as delivery,
                    'none' as case_state, 'unknown' as waiting,
                    case when answers then day::timestamp + interval 2 day end as responded_at,
                    null::double as nps, null::double as csat_score,
                    null::double as ces,
                    case when answers then hash(i, 7) % 101 end::double as overall_rating
                from (select i, date '2024-06-01' + (hash(i, 6) % 700)::integer as day,
                        hash(i, 8) % 3 = 0 as answers from range({MILLION}) t(i))""")
        made, made_used = time.monotonic(), time.process_time()
        describe_invitations(con, "records", date(2026, 6, 30))
        described = time.monotonic()
        told = correct_measure(con, "purchase", "overall_rating")
        ended = time.monotonic()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"  {MILLION:,} invitations, {5 * MILLION:,} facts of their customers: described in "
          f"{described - made:.1f} s, {len(told)} slices of a measure in {ended - described:.1f} s "
          f"({time.process_time() - made_used:.1f} s of processor time), peak memory of the "
          f"process {peak / 2**30:.2f} GiB (made in {made - begun:.1f} s, {made_used - used:.1f})")


def run_demo(home: Path) -> None:
    """Print raw, corrected and true means of a demo's purchase survey."""
    told = pd.read_parquet(home / "ml" / "nonresponse_corrections.parquet")
    truth = pd.read_parquet(home / "demo" / "truth" / "invitations.parquet")
    nps = 100 * float((truth["recommend"] >= 9).mean() - (truth["recommend"] <= 6).mean())
    overall = float((truth["overall"].mean() - 1) / 9 * 100)
    for measure, true in (("nps", nps), ("overall_rating", overall)):
        row = told[(told["measure"] == measure) & (told["survey"] == "purchase")
                   & (told["grain"] == "all")].iloc[0]
        print(f"  {measure}: who answered {row['raw_score']:.1f}, corrected "
              f"{row['corrected_score']:.1f} ({row['corrected_score_low']:.1f} to "
              f"{row['corrected_score_high']:.1f}), {row['verdict']}; true of all invited "
              f"{true:.1f}; the facts explain {row['explained_share']:.1%} of the scores")


def main() -> int:
    """Print the figures; ends with 1 on a miss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--home", type=Path, help="home of a finished demo: compare with its truth")
    arguments = parser.parse_args()
    if arguments.home:
        run_demo(arguments.home)
        return 0
    # First, because the peak is that of the process.
    run_million()
    is_met = run_simulation()
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
