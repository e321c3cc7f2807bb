"""Drivers of satisfaction: published shares, planted order, missing answers, a million answers.

`python -m benchmarks.drivers [swiss|sfo|demo|missing|speed …]`, all parts without a name. `demo
--seeds 40` takes fewer companies. SFO needs CX360_PUBLIC_DATA.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.measure import peak_memory, run_cx360, run_measured
from ingestion.demo.company import build_catalogue, build_world
from ingestion.demo.difficulty import CORRELATED_DRIVERS, DRIVERS, Difficulty
from ingestion.demo.people import build_people
from ingestion.demo.purchases import build_purchases
from ingestion.demo.satisfaction import RATING_QUESTIONS, build_purchase_survey
from ingestion.demo.tools import random_stream
from models_ml.drivers import Factor, find_drivers
from models_ml.missing_answers import AnswerCounts, estimate_moments
from models_ml.relative_importance import measure_importance, regress
from orchestration import driver_queries as queries
from orchestration.settings import PROJECT, public_data

SWISS_SHARES = (0.0571, 0.1712, 0.2601, 0.1056, 0.1128)
SWISS_R_SQUARED = 0.70674
BLOCKS = 128
DEMO_CUSTOMERS, LARGE_CUSTOMERS = 3000, 20_000
FALSE_FACTS = ("amount", "discount_share", "ordered_on_weekend", "by_text_message", "noise")
AIRLINE_ROWS, AIRLINE_FACTORS, AIRLINE_SEEDS = 20_000, 14, 20
SPEED_FACTORS = 20
missed: list[str] = []


def aim(text: str, is_met: bool) -> None:
    """Print a figure with whether it meets its aim."""
    print(f"  {'✓' if is_met else '✗'} {text}", flush=True)
    if not is_met:
        missed.append(text)


def swiss() -> None:
    """LMG on R's swiss, from the rows that the unit test states."""
    from tests.unit.models_ml.test_relative_importance import SWISS

    print("swiss, 47 provinces")
    matrix = np.cov(SWISS.T)
    found, r_squared = measure_importance(matrix), regress(matrix).r_squared
    aim(f"R² {r_squared:.5f} ({SWISS_R_SQUARED})", abs(r_squared - SWISS_R_SQUARED) < 5e-6)
    aim(f"LMG {', '.join(f'{share:.4f}' for share in found)} "
        f"({', '.join(map(str, SWISS_SHARES))})", np.allclose(found, SWISS_SHARES, atol=5e-5))


def count_answers(rows: np.ndarray, block: np.ndarray) -> AnswerCounts:
    """Counts of complete or incomplete rows through the queries of the step."""
    with duckdb.connect() as con:
        factors = rows.shape[1] - 1
        fill_answers(con, rows, block)
        queries.spread_answers(con, "overall", [f"factor_{place}" for place in range(factors)])
        (piece,) = queries.list_slices(con, "all", "all", 1)
        counts = queries.read_answers(con, piece, factors).counts
    return counts.pick(list(range(factors + 1)))


def fill_answers(con: duckdb.DuckDBPyConnection, rows: np.ndarray, block: np.ndarray) -> None:
    """Tables of the step from rows of factors and, last, the outcome."""
    names = [f"factor_{place}" for place in range(rows.shape[1] - 1)]
    frame = pd.DataFrame(rows, columns=[*names, "score"]).assign(
        response_id=np.arange(len(rows)), block=block)
    con.register("frame", frame)
    con.execute("create table driver_outcomes as "
                "select response_id, 'overall' as outcome, score from frame")
    con.execute(f"create table driver_values as select response_id, factor, value from "
                f"(unpivot (select response_id, {', '.join(names)} from frame) "
                f"on {', '.join(names)} into name factor value value) where not isnan(value)")
    con.execute("""
        create table driver_responses as
        select response_id, null as customer_id, null as responded_at,
            date '2026-01-01' as responded_date, 1.0::double as weight,
            response_id as person_key, block, 'all' as "all", 'web' as channel,
            'purchase' as touchpoint, 'unknown' as segment from frame""")
    con.unregister("frame")


def sfo() -> None:
    """Drivers of the overall rating per year with all respondents, through the whole flow."""
    data = public_data()
    if data is None:
        print("SFO skipped: set CX360_PUBLIC_DATA to the folder of the public extracts")
        return
    print("SFO, overall rating of the airport")
    with tempfile.TemporaryDirectory(prefix="cx360_drivers_") as folder:
        home = Path(folder)
        run_cx360("run", "--sources", str(PROJECT / "ingestion/sources/examples/sfo_survey"),
                  "--extracts", str(data / "sfo_survey"), home=home)
        tell_sfo(home)


def tell_sfo(home: Path) -> None:
    """What the run of a home found, and the time of one year more."""
    from orchestration.driver_step import explain_outcome

    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        models = con.execute(
            "select * from marts.driver_models where outcome = 'overall' and grain = 'year' "
            "and dimension = 'all' and factor_set = 'all' order by period").df()
        rows: list[Any] = list(models.itertuples())
        for model in rows:
            aim(f"{model.period}: {model.answers_count:,} respondents used (listwise deletion "
                f"{model.complete_share:.0%}), {model.factors_count} factors, R² "
                f"{model.r_squared:.3f} ({model.r_squared_low:.3f} to "
                f"{model.r_squared_high:.3f}), {model.importance_method}",
                model.r_squared > 0)
            best = con.execute(
                "select factor, importance_share, share_low, share_high, tie_group "
                "from marts.satisfaction_drivers where outcome = 'overall' and grain = 'year' "
                "and dimension = 'all' and factor_set = 'all' and period = ? "
                "and importance_rank <= 5 order by importance_rank", [model.period]).fetchall()
            for factor, share, low, high, group in best:
                print(f"      {group}. {factor} {share:.3f} ({low:.3f} to {high:.3f})")
    from orchestration.settings import read_settings
    from orchestration.warehouse import reading

    settings = read_settings({"CX360_HOME": str(home)})
    with threadpool_limits(1), reading(settings.warehouse_path) as con:
        queries.prepare(con, settings, date(2017, 12, 31))
        started = time.monotonic()
        chosen = queries.choose_factors(con, "overall")
        queries.spread_answers(con, "overall", chosen["factor"].tolist())
        print(f"  spreading the answers of all years: {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        for told, _ in explain_outcome(con, "overall"):
            print(f"    {told['dimension']} {told['dimension_value']} {told['period']}: "
                  f"{time.monotonic() - started:.1f} s")
            started = time.monotonic()


def demo_survey(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Ratings, facts without effect and the overall rating of a company, and blocks."""
    catalogue = build_catalogue(random_stream(seed, "catalogue"))
    world = build_world(customers, 24, seed, date(2026, 6, 30), Difficulty(), catalogue)
    people = build_people(world)
    purchases = build_purchases(world, people)
    survey = build_purchase_survey(world, people, purchases)
    questions = [*RATING_QUESTIONS.values(), "K06"]
    rows = survey.answers[survey.answers["question_id"].isin(questions)].pivot(
        index="response_id", columns="question_id", values="score").reindex(
        survey.responses["response_id"])[questions]
    orders = purchases.orders.set_index("number").loc[survey.responses["order_no"]]
    rng = np.random.default_rng(seed)
    amounts = rng.gamma(2.0, 30.0, len(orders))
    day = world.start + orders["day"].to_numpy()
    facts = np.column_stack([
        amounts, rng.binomial(1, 0.1, len(orders)) * rng.uniform(0.05, 0.2, len(orders)),
        np.isin(day.astype("datetime64[D]").astype(int) % 7, (2, 3)),
        survey.responses["channel"].eq("sms"), rng.standard_normal(len(orders))]).astype(float)
    facts[rng.random(facts.shape) < 0.1] = np.nan
    table = np.column_stack([rows.to_numpy(float)[:, :-1], facts, rows.to_numpy(float)[:, -1]])
    person = survey.truth["person_id"].to_numpy()
    answered = ~np.isnan(table[:, -1])
    return table[answered], person[answered] % BLOCKS, [*DRIVERS, *FALSE_FACTS]


def try_company(customers: int, seed: int) -> dict[str, object]:
    """Which order a company's answers give, and which facts without effect they name."""
    with threadpool_limits(1):
        rows, block, names = demo_survey(customers, seed)
        counts = count_answers(rows, block)
        found = find_drivers(
            estimate_moments(counts.merge_patterns()), [Factor(name) for name in names],
            variables=range(len(names)), outcome=len(names), seed=seed).factors
    frame = found.set_index("factor")
    planted = frame.loc[list(DRIVERS)]
    by_coefficient = planted["coefficient"].sort_values(ascending=False).index.tolist()
    by_importance = planted["importance"].sort_values(ascending=False).index.tolist()
    truth = true_order()
    groups = planted["tie_group"].to_dict()
    # What is said: the first of a group matters more than all groups below it.
    leaders = set(planted.sort_values("importance_rank").drop_duplicates("tie_group").index)
    wrong = any(later in leaders and groups[later] < groups[earlier]
                for earlier, later in itertools.combinations(truth, 2))
    high, low = CORRELATED_DRIVERS
    return {
        "answers": len(rows), "coefficients": by_coefficient == list(DRIVERS),
        "importance": by_importance == truth, "is_claim_wrong": wrong,
        "pair": by_importance.index(high) < by_importance.index(low)
        and by_coefficient.index(high) < by_coefficient.index(low),
        "false": int(frame.loc[list(FALSE_FACTS), "is_significant"].sum()),
        "found": int(planted["is_significant"].sum())}


def true_order() -> list[str]:
    """Order by LMG of the planted weights and the planted correlation."""
    difficulty = Difficulty()
    correlation = np.eye(len(DRIVERS))
    first, second = (DRIVERS.index(name) for name in CORRELATED_DRIVERS)
    correlation[first, second] = correlation[second, first] = difficulty.driver_correlation
    weights = np.array(difficulty.driver_weights)
    with_outcome = correlation @ weights
    variance = weights @ with_outcome / difficulty.satisfaction_r2
    shares = measure_importance(np.block([
        [correlation, with_outcome[:, None]], [with_outcome[None], np.array([[variance]])]]))
    return [DRIVERS[place] for place in np.argsort(-shares)]


def demo(seeds: int) -> None:
    """The planted order in many companies, through generator, queries and pure functions."""
    print(f"Demo company, {seeds} seeds; weights order {', '.join(DRIVERS)}; their LMG order, with "
          f"a pair correlated at {Difficulty().driver_correlation}: {', '.join(true_order())}")
    for customers in (DEMO_CUSTOMERS, LARGE_CUSTOMERS):
        with multiprocessing.Pool(2) as pool:
            tried = pd.DataFrame(pool.map(partial(try_company, customers), range(seeds)))
        print(f"  {customers:,} customers, {tried['answers'].mean():,.0f} answers")
        is_large = customers == LARGE_CUSTOMERS
        orders = (f"order of coefficients {tried['coefficients'].mean():.1%}, of importance "
                  f"{tried['importance'].mean():.1%}, the pair {tried['pair'].mean():.1%}")
        if is_large:
            aim(f"{orders} (≥ 95 %)", bool(
                min(tried[name].mean() for name in ("coefficients", "importance", "pair"))
                >= 0.95))
        else:
            print(f"    strict {orders}")
        right = 1 - tried["is_claim_wrong"].mean()
        aim(f"what is said about the order, ties aside, is right in {right:.1%} (≥ 95 %)",
            right >= 0.95)
        aim(f"companies in which any of {len(FALSE_FACTS)} facts without effect is named: "
            f"{tried['false'].gt(0).mean():.1%}, of the facts "
            f"{tried['false'].mean() / len(FALSE_FACTS):.1%} (≤ 7.5 %)",
            tried["false"].gt(0).mean() <= 0.075)
        print(f"    planted drivers named: {tried['found'].mean() / len(DRIVERS):.1%}")


def draw_airline(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Complete answers like an airline's survey, and the same with 30 % missing by the outcome."""
    rng = np.random.default_rng(seed)
    group = np.arange(AIRLINE_FACTORS) % 4
    latent = (0.35 * rng.standard_normal((AIRLINE_ROWS, 1))
              + 0.65 * rng.standard_normal((AIRLINE_ROWS, 4))[:, group]
              + 0.67 * rng.standard_normal((AIRLINE_ROWS, AIRLINE_FACTORS)))
    ratings = np.clip(np.rint(3.3 + 1.2 * latent), 1, 5)
    pull = (ratings - ratings.mean(axis=0)) @ np.linspace(0.35, 0.02, AIRLINE_FACTORS)
    mood = (np.sqrt(0.55) * pull / pull.std()
            + np.sqrt(0.45) * rng.standard_normal(AIRLINE_ROWS))
    score = np.clip(np.rint(6.5 + 1.8 * mood), 1, 10)
    standard = (score - score.mean()) / score.std()
    low, high = -5.0, 5.0
    while high - low > 1e-6:  # the level at which 30 % are missing
        middle = (low + high) / 2
        share = (1 / (1 + np.exp(-middle + standard))).mean()
        low, high = (middle, high) if share < 0.3 else (low, middle)
    missing = rng.random(ratings.shape) < (1 / (1 + np.exp(-low + standard)))[:, None]
    complete = np.column_stack([ratings, score])
    return complete, np.column_stack([np.where(missing, np.nan, ratings), score])


def missing() -> None:
    """Shares with 30 % of the answers missing depending on the outcome, against complete ones."""
    print(f"{AIRLINE_FACTORS} factors, {AIRLINE_ROWS:,} answers, 30 % of the ratings missing, more "
          f"where the outcome is low, {AIRLINE_SEEDS} seeds: largest error of a share")
    errors, listwise, kept = [], [], []
    for seed in range(AIRLINE_SEEDS):
        complete, partial_rows = draw_airline(seed)
        truth = _share(np.cov(complete.T))
        counts = count_answers(partial_rows, np.arange(AIRLINE_ROWS) % BLOCKS)
        found = estimate_moments(counts.merge_patterns()).covariance
        errors.append(np.abs(_share(found) - truth).max())
        whole = partial_rows[~np.isnan(partial_rows).any(axis=1)]
        listwise.append(np.abs(_share(np.cov(whole.T)) - truth).max())
        kept.append(len(whole) / AIRLINE_ROWS)
    aim(f"{max(errors):.4f}, mean {np.mean(errors):.4f} (≤ .02)", max(errors) <= 0.02)
    print(f"    listwise deletion keeps {np.mean(kept):.1%} and is off by up to "
          f"{max(listwise):.3f}, mean {np.mean(listwise):.3f}")


def _share(covariance: np.ndarray) -> np.ndarray:
    parts = measure_importance(covariance)
    return np.asarray(parts / parts.sum())


def speed() -> None:
    """Twenty factors with intervals, each size in a process of its own."""
    print(f"{SPEED_FACTORS} factors with intervals, one per row of values as in the warehouse")
    for rows, share in ((100_000, 0.0), (1_000_000, 0.0), (1_000_000, 0.1), (10_000_000, 0.1)):
        done = run_measured([sys.executable, "-m", "benchmarks.drivers", "one", str(rows),
                             str(share)])
        if done.code:
            sys.exit(done.output)
        seconds, memory, note = done.output.strip().splitlines()[-1].split("|")
        text = (f"{rows:,} answers, {share:.0%} of the values missing: {float(seconds):.1f} s, "
                f"{int(memory) / 2**30:.2f} GiB; {note}")
        if rows == 1_000_000:
            aim(f"{text} (< 10 s, < 2 GiB)", float(seconds) < 10 and int(memory) < 2 * 2**30)
        else:
            print(f"    {text}")


def one_size(rows: int, share: float) -> None:
    """Seconds and peak memory of one size, from values in a file to importance with intervals."""
    with tempfile.TemporaryDirectory(prefix="cx360_drivers_") as folder:
        file = Path(folder) / "values.duckdb"
        # A process of its own makes the data, so that its memory is not counted.
        made = run_measured([sys.executable, "-m", "benchmarks.drivers", "make", str(file),
                             str(rows), str(share)])
        if made.code:
            sys.exit(made.output)
        with threadpool_limits(1), duckdb.connect(str(file)) as con:
            con.execute("set memory_limit = '1200MB'")
            started = time.monotonic()
            factors = [f"factor_{place}" for place in range(SPEED_FACTORS)]
            used = queries.spread_answers(con, "overall", factors)
            spread = time.monotonic()
            (piece,) = queries.list_slices(con, "all", "all", 1)
            counts = queries.read_answers(con, piece, SPEED_FACTORS).counts
            read = time.monotonic()
            patterns = len(counts.observed)
            moments = estimate_moments(counts)
            fitted = time.monotonic()
            found = find_drivers(
                moments, [Factor(name) for name in factors], variables=range(SPEED_FACTORS),
                outcome=SPEED_FACTORS, ranked_outcome=SPEED_FACTORS + 1, seed=1)
            ended = time.monotonic()
    assert found.method == "lmg"
    print(f"{ended - started}|{peak_memory()}|spread {spread - started:.1f} s, counted "
          f"{read - spread:.1f} s, moments {fitted - read:.1f} s, importance "
          f"{ended - fitted:.1f} s; {patterns:,} patterns, {used:.0%} of the values used")


def make_values(file: str, rows: int, share: float) -> None:
    """Tables of the step with pseudo-random answers, correlated by what a respondent is like."""
    def draw(place: int, size: int) -> str:
        return f"(hash(response_id * 64 + {place}) % {size})"

    with duckdb.connect(file) as con:
        con.execute(f"create table response_ids as select range as response_id from range({rows})")
        con.execute(f"""
            create table driver_responses as
            select response_id, null as customer_id, null as responded_at,
                date '2026-01-01' as responded_date, 1.0::double as weight,
                response_id as person_key, {draw(60, BLOCKS)} as block, 'all' as "all",
                'web' as channel, 'purchase' as touchpoint, 'unknown' as segment
            from response_ids""")
        sums = " + ".join(f"{SPEED_FACTORS - place} * {draw(place, 101)}"
                          for place in range(SPEED_FACTORS))
        con.execute(f"""
            create table driver_outcomes as
            select response_id, 'overall' as outcome,
                round((({sums}) / 210.0 + {draw(61, 101)}) / 20) * 10 as score
            from response_ids""")
        con.execute("create table driver_values (response_id bigint, factor varchar, "
                    "value double)")
        for place in range(SPEED_FACTORS):
            con.execute(f"""
                insert into driver_values
                select response_id, 'factor_{place}',
                    round(({draw(place, 101)} + {draw(62, 101)}) / 20.0) * 10
                from response_ids where {draw(place + 30, 1000)} >= {round(share * 1000)}""")


def main(arguments: Sequence[str] | None = None) -> None:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["one"]:
        one_size(int(given[1]), float(given[2]))
        return
    if given[:1] == ["make"]:
        make_values(given[1], int(given[2]), float(given[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["swiss", "sfo", "demo", "missing", "speed"])
    parser.add_argument("--seeds", type=int, default=400)
    options = parser.parse_args(given)
    parts: dict[str, Callable[[], None]] = {
        "swiss": swiss, "sfo": sfo, "demo": partial(demo, options.seeds), "missing": missing,
        "speed": speed}
    for name, part in parts.items():
        if not options.parts or name in options.parts:
            part()
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
