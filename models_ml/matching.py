"""Probabilistic matching: fits the evidence of each comparison, with Splink.

Works on tables of an engine that the caller hands over. Which pairs are compared is
`models_ml/blocking.py`, what a fitted model says of them `models_ml/weighing.py`, what becomes of
the scores `models_ml/clustering.py`.

Evidence is a match weight in bits (Fellegi and Sunter 1969, "A theory for record linkage"): log2 of
how much likelier what was seen is for one person than for two. Two strangers are not the only
alternative to one person, though: relatives share name and address, colleagues a mailbox and a
telephone. So a pair is weighed against three: strangers, relatives, colleagues.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from models_ml.blocking import (
    LEAST_PAIRS,
    PAIRS_PER_RECORD,
    BlockLimits,
    candidates_sql,
    choose_block_limits,
)
from models_ml.comparisons import (
    COMPARISONS,
    DESCRIBED,
    FREQUENCY_COLUMNS,
    Level,
)
from models_ml.weighing import level_sql, score_pairs, with_frequencies

if TYPE_CHECKING:
    import duckdb
    from splink import Linker

SAMPLE_RECORDS = 800
"""Records whose pairs, all of them, say how often strangers agree."""

EM_PAIRS = 100_000
SETTLING_PAIRS = 50_000
EM_MINIMUM_PAIRS = 50


@dataclass(frozen=True)
class FittingRule:
    """What pairs share while other comparisons are fitted, as SQL, and what it says nothing of.

    Comparisons of the columns in it are left out by Splink itself.
    """

    condition: str
    silent_about: tuple[str, ...] = ()


FITTING_RULES: tuple[tuple[FittingRule, ...], ...] = (
    (FittingRule("l.first_name = r.first_name and l.last_core = r.last_core "
                 "and l.postal_code = r.postal_code", ("city",)),
     FittingRule("l.first_name = r.first_name and l.last_core = r.last_core")),
    (FittingRule("l.birth_text = r.birth_text and l.first_code = r.first_code", ("first_name",)),),
    (FittingRule("l.birth_text = r.birth_text and l.last_code = r.last_code", ("last_name",)),),
    (FittingRule("l.email = r.email"),),
)
"""Alternatives in groups: of each the first that has enough pairs. Narrow enough that a fair share
of the pairs is one person however many the records, and never an address or a telephone alone:
what relatives share would make them look like one person."""

SHIPPED_MATCHES = 30.0
SHIPPED_STRANGERS = 9_000.0
"""Pairs that the shipped probabilities count for beside those found in the data."""

LEAST_RELATED = 0.01
"""Related pairs for each pair that is one person, where none are seen."""

SETTLING_ROUNDS = 2


class OtherComparisons(ValueError):
    """A match model was fitted for other comparisons than today's."""


@dataclass(frozen=True)
class MatchModel:
    """What fitting found; with the frequencies it is all that scoring needs.

    `same` and `strangers`: probability of each level by comparison, in the order of
    `COMPARISONS`. `prior`: probability that two records drawn at random are one person.
    `relatives` and `colleagues`: pairs of that kind for each pair that is one person.
    `fitted_by`: the rules of `FITTING_RULES` that gave estimates; without any the shipped
    probabilities of one person stand.
    """

    records_count: int
    matches_count: float
    prior: float
    relatives: float
    colleagues: float
    same: Mapping[str, tuple[float, ...]]
    strangers: Mapping[str, tuple[float, ...]]
    blocks: BlockLimits
    fitted_by: tuple[str, ...]

    @property
    def version(self) -> str:
        """Names the parameters: equal parameters, equal version."""
        return hashlib.md5(self.to_json().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """Text that `from_json` reads; holds no value of any record."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> MatchModel:
        """Read what `to_json` wrote.

        Raises:
            OtherComparisons: the model was fitted for other comparisons than today's.
        """
        data = json.loads(text)
        if set(data) != set(cls.__dataclass_fields__):
            raise OtherComparisons("the match model was recorded by another version; fit it again "
                                   "with `cx360 identity train`")
        for part in ("same", "strangers"):
            data[part] = {name: tuple(values) for name, values in data[part].items()}
            shape = {name: len(values) for name, values in data[part].items()}
            if shape != {c.name: len(c.levels) for c in COMPARISONS}:
                raise OtherComparisons("the match model was fitted for other comparisons; fit it "
                                       "again with `cx360 identity train`")
        return cls(**{**data, "fitted_by": tuple(data["fitted_by"]),
                      "blocks": BlockLimits(**data["blocks"])})

    def weights(self) -> list[tuple[str, str, float, float, float]]:
        """Return (comparison, level, P(same person), P(strangers), weight in bits), for people."""
        return [
            (c.name, level.label, same, strangers, math.log2(same / strangers))
            for c in COMPARISONS
            for level, same, strangers in zip(
                c.levels, self.same[c.name], self.strangers[c.name], strict=True)
        ]


def write_frequencies(con: duckdb.DuckDBPyConnection, *, described: str, target: str) -> None:
    """Create `target` (column_name, value, frequency): how common each value is, in 0..1.

    Values seen once are left out: they tell nothing more, and are the most personal.
    """
    parts = " union all ".join(
        f"select '{column}' as column_name, {column} as value, "
        f"count(*) / sum(count(*)) over () as frequency, count(*) as records_count "
        f"from {described} where {column} is not null group by {column}"
        for column in FREQUENCY_COLUMNS)
    con.execute(f"""
        create or replace table {target} as
        select column_name, value, round(frequency, 12) as frequency from ({parts})
        where records_count > 1 order by column_name, value""")


def fit_match_model(
    con: duckdb.DuckDBPyConnection, *, described: str, frequencies: str, keys: str,
    progress: Callable[[str], None] = lambda message: None,
) -> MatchModel:
    """Fit the model to the data, without labels.

    Strangers' probabilities are counted over all pairs of a fixed sample, less those that are one
    person. Those of one person come from expectation maximisation (Splink; Winkler 1988). Both
    are averaged with the shipped probabilities by the number of pairs behind them, so that little
    data cannot make an outcome impossible. How many pairs are one person, relatives or colleagues
    is the expected number of each among the compared pairs.

    Args:
        con: engine with the tables; temporary tables are left in it.
        described: relation with the columns of `models_ml.comparisons.DESCRIBED`.
        frequencies: table made by `write_frequencies` from the same relation.
        keys: table made by `models_ml.blocking.write_block_keys` from the same relation.
        progress: told what is being done.
    """
    count = con.execute(f"select count(*) from {described}").fetchall()[0][0]
    con.execute("create or replace temp table fit_described as "
                + with_frequencies(described, frequencies, count))
    con.execute("create or replace temp table fit_sample as select * from fit_described "
                f"order by hash(record_id), record_id limit {SAMPLE_RECORDS}")
    progress("matching: counting how often strangers agree")
    observed = _count_levels(con)
    model = MatchModel(
        records_count=count, matches_count=0.0, prior=min(0.5, 1 / max(count, 2)),
        relatives=1.0, colleagues=0.1,
        same={c.name: tuple(level.same for level in c.levels) for c in COMPARISONS},
        strangers=observed,
        blocks=choose_block_limits(con, keys=keys, record_count=count), fitted_by=())
    progress("matching: expectation maximisation")
    found, rules = _maximise(con, model)
    model = replace(model, fitted_by=rules)
    progress("matching: counting how many pairs are one person")
    one_in = max(PAIRS_PER_RECORD * count // LEAST_PAIRS, 1)
    con.execute("create or replace temp table fit_candidates as "
                + candidates_sql(keys, model.blocks, one_in))
    con.execute("create or replace temp table fit_pairs as "
                "select *, true as is_kept from fit_candidates "
                f"order by hash(left_id, right_id), left_id, right_id limit {SETTLING_PAIRS}")
    con.execute("create or replace temp table fit_paired as select * from fit_described "
                "where record_id in (select left_id from fit_pairs union all "
                "select right_id from fit_pairs)")
    candidates, scored = con.execute(
        "select (select count(*) from fit_candidates), (select count(*) from fit_pairs)"
    ).fetchall()[0]
    for _ in range(SETTLING_ROUNDS):
        model = _settle(con, model, observed, found, one_in * candidates / max(scored, 1))
    for table in ("fit_described", "fit_sample", "fit_candidates", "fit_pairs", "fit_paired"):
        con.execute(f"drop table {table}")
    return model


def _settle(
    con: duckdb.DuckDBPyConnection, model: MatchModel, observed: Mapping[str, tuple[float, ...]],
    found: Mapping[str, tuple[float, ...]], scale: float,
) -> MatchModel:
    """Weigh the compared pairs with the model and let what they turn out to be correct it."""
    score_pairs(con, model, described="fit_paired", pairs="fit_pairs", target="fit_scores")
    matches, relatives, colleagues = (scale * (found or 0.0) for found in con.execute("""
        select sum(match_score), sum(match_score * power(2.0, -against_relatives)),
            sum(match_score * power(2.0, -against_colleagues)) from fit_scores""").fetchall()[0])
    con.execute("drop table fit_scores")
    matches = max(matches, model.records_count / 100, 1.0)
    pairs = max(model.records_count * (model.records_count - 1) / 2, 2.0)
    prior = min(matches / pairs, 0.5)
    same, strangers = {}, {}
    for c in COMPARISONS:
        shipped = [level.same for level in c.levels]
        weight = matches if c.name in found else 0.0
        same[c.name] = _shares([
            (weight * f + SHIPPED_MATCHES * s) / (weight + SHIPPED_MATCHES)
            for f, s in zip(found.get(c.name, shipped), shipped, strict=True)])
        strangers[c.name] = _shares([
            max(seen - prior * m, seen / 100)
            for seen, m in zip(observed[c.name], same[c.name], strict=True)])
    return replace(
        model, matches_count=round(matches, 3), prior=float(f"{prior:.6g}"),
        relatives=float(f"{max(relatives / matches, LEAST_RELATED):.6g}"),
        colleagues=float(f"{max(colleagues / matches, LEAST_RELATED):.6g}"),
        same=same, strangers=strangers)


def _shares(values: Iterable[float]) -> tuple[float, ...]:
    """Bring probabilities to the sum 1, in six significant digits, none of them 0."""
    raised = [max(float(value), 1e-8) for value in values]
    return tuple(float(f"{value / sum(raised):.6g}") for value in raised)


def _count_levels(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[float, ...]]:
    """Share of each level among all pairs of `fit_sample`, beside the shipped shares."""
    columns = [column for column in DESCRIBED if column != "record_id"]
    sides = ", ".join(f"{side}.{column} as {column}_{side}" for column in columns for side in "lr")
    # Written down first, because the engine compares rows of a table with all cores.
    con.execute(f"create or replace temp table fit_sample_pairs as select {sides} "
                "from fit_sample as l join fit_sample as r on l.record_id < r.record_id")
    levels = ", ".join(f"{level_sql(c)} as {c.name}" for c in COMPARISONS)
    outcomes = con.execute(f"select {levels}, count(*) as pairs_count from fit_sample_pairs "
                           "group by all").fetchall()
    con.execute("drop table fit_sample_pairs")
    shares = {}
    for place, c in enumerate(COMPARISONS):
        counts: dict[int, int] = defaultdict(int)
        for row in outcomes:
            counts[row[place]] += row[-1]
        shares[c.name] = _shares([
            counts[number] + SHIPPED_STRANGERS * level.strangers
            for number, level in enumerate(c.levels)])
    return shares


def _maximise(
    con: duckdb.DuckDBPyConnection, model: MatchModel,
) -> tuple[dict[str, tuple[float, ...]], tuple[str, ...]]:
    """Probabilities of one person's levels by expectation maximisation; rules that gave some.

    A rule with few pairs, or in whose pairs no two groups can be told apart, gives none.
    """
    from splink.internals.exceptions import EMTrainingException

    found: dict[str, list[tuple[float, ...]]] = {}
    rules = []
    for alternatives in FITTING_RULES:
        rule = next((rule for rule in alternatives if _has_pairs(con, rule.condition)), None)
        if rule is None:
            continue
        with _linked(con, model, "fit_described") as linker:
            try:
                session = linker.training.estimate_parameters_using_expectation_maximisation(
                    rule.condition, estimate_without_term_frequencies=True, max_pairs=EM_PAIRS)
            except (EMTrainingException, ValueError):
                # Splink says so when no pair of the rule is one person: probabilities vanish.
                continue
        rules.append(rule.condition)
        fitted = {c.output_column_name for c in session.core_model_settings.comparisons}
        for comparison in linker._settings_obj.comparisons:
            name = comparison.output_column_name
            levels = [level for level in comparison.comparison_levels if not level.is_null_level]
            seen = [_trained(level) for level in levels]
            if name in fitted - set(rule.silent_about) and sum(seen) > 0:
                found.setdefault(name, []).append(tuple(seen))
    means = {name: tuple(sum(values) / len(values) for values in zip(*sessions, strict=True))
             for name, sessions in found.items()}
    return means, tuple(rules)


def _has_pairs(con: duckdb.DuckDBPyConnection, condition: str) -> bool:
    found = con.execute("select count(*) from (select 1 from fit_described as l "
                        f"join fit_described as r on {condition} and l.record_id < r.record_id "
                        f"limit {EM_MINIMUM_PAIRS})").fetchall()
    return bool(found[0][0] >= EM_MINIMUM_PAIRS)


def _trained(level: Any) -> float:
    """Fitted probability of a level; 0 where no pair showed it."""
    records = [record["probability"] for record in level._trained_m_probabilities]
    numbers = [0.0 if isinstance(value, str) else float(value) for value in records]
    return sum(numbers) / len(numbers) if numbers else 0.0


@contextmanager
def _linked(con: duckdb.DuckDBPyConnection, model: MatchModel, table: str) -> Iterator[Linker]:
    """Splink on a table of described records; what it writes meanwhile is dropped in the end.

    Its tables hold names and are not temporary: left alone they would pile up in the store.
    """
    try:
        with _quiet():
            yield _linker(con, model, table)
    finally:
        for (name,) in con.execute("select table_name from duckdb_tables() "
                                   "where starts_with(table_name, '__splink__')").fetchall():
            con.execute(f'drop table if exists "{name}"')


def _linker(con: duckdb.DuckDBPyConnection, model: MatchModel, table: str) -> Linker:
    from splink import DuckDBAPI, Linker, SettingsCreator

    def level_settings(level: Level, same: float, strangers: float) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "sql_condition": "ELSE" if level.condition == "else" else level.condition,
            "label_for_charts": level.label, "m_probability": same, "u_probability": strangers}
        if level.frequency_column:
            settings["tf_adjustment_column"] = level.frequency_column
        return settings

    comparisons: list[Any] = [
        {"output_column_name": c.name, "comparison_description": c.name, "comparison_levels": [
            {"sql_condition": c.unknown, "label_for_charts": "unknown", "is_null_level": True},
            *(level_settings(*values) for values in zip(
                c.levels, model.same[c.name], model.strangers[c.name], strict=True)),
        ]}
        for c in COMPARISONS
    ]
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="record_id", comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": "l.record_id = r.record_id", "sql_dialect": "duckdb"}],
        probability_two_random_records_match=model.prior, max_iterations=40,
        linker_uid="cx360")
    database = DuckDBAPI(con)
    return Linker(database.register(con.table(table)), settings, log_level=None,
                  validate_settings=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Splink's remarks off the screen: parameters that are not fitted are expected here."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
