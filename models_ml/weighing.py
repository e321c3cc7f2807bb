"""What a fitted match model says of pairs: weighs them, explains one.

Works on tables of an engine that the caller hands over. The evidence is Splink's, bit for bit: the
same levels, the same weights and adjustments by frequency, added up in the same order. It is one
statement of our own because Splink writes a dozen tables around it, three quarters of the time.
How a model is fitted is `models_ml/matching.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from models_ml.comparisons import COMPARISONS, DESCRIBED, FREQUENCY_COLUMNS, Comparison

if TYPE_CHECKING:
    import duckdb

    from models_ml.matching import MatchModel

REVIEW_SCORE = 0.2
"""Pairs below are not kept: neither tied nor worth a look."""

LEAST_WEIGHT = -2.0
"""Bits against strangers below which no pair reaches `REVIEW_SCORE`: odds of one to four."""

CHUNK_PAIRS = 1_500_000


def with_frequencies(described: str, frequencies: str, records_count: int) -> str:
    """Query for the described records with `tf_<column>`: how common each value is."""
    joins = " ".join(
        f"left join {frequencies} as f_{column} on f_{column}.column_name = '{column}' "
        f"and f_{column}.value = described.{column}" for column in FREQUENCY_COLUMNS)
    terms = ", ".join(
        f"case when described.{column} is not null then "
        f"coalesce(f_{column}.frequency, {1 / max(records_count, 2):.12g}) end as tf_{column}"
        for column in FREQUENCY_COLUMNS)
    return f"select described.*, {terms} from {described} as described {joins}"


def level_sql(comparison: Comparison) -> str:
    """SQL for the number of the level of a pair, from 0; -1 where one side is unknown."""
    *conditions, _ = comparison.levels
    whens = " ".join(f"when {level.condition} then {number}"
                     for number, level in enumerate(conditions))
    return f"case when {comparison.unknown} then -1 {whens} else {len(conditions)} end"


def score_pairs(
    con: duckdb.DuckDBPyConnection, model: MatchModel, *, described: str, pairs: str, target: str,
    progress: Callable[[str], None] = lambda message: None,
) -> None:
    """Create `target` with the weighed pairs that are worth keeping.

    Kept are pairs with a score of at least `REVIEW_SCORE`, those that are likelier one person
    than strangers, but likelier still relatives or colleagues, and those that say `is_kept`.

    Args:
        con: engine with the tables.
        model: what fitting found.
        described: relation with the columns of a query of `with_frequencies`.
        pairs: table left_id, right_id, is_kept (whatever its score).
        target: gets left_id, right_id, match_weight (bits against strangers, prior included),
            against_relatives, against_colleagues, related_weight (bits against either),
            match_score (probability of one person, 0..1).
        progress: told how many pairs are done.
    """
    con.execute(f"""
        create or replace temp table {target} (left_id bigint, right_id bigint,
            match_weight double, against_relatives double, against_colleagues double,
            related_weight double, match_score double)""")
    total = con.execute(f"select count(*) from {pairs}").fetchall()[0][0]
    if not total:
        return
    # Not by rowid: inside a transaction the engine numbers its own rows otherwise.
    con.execute("create or replace temp table numbered_pairs as "
                "select left_id, right_id, is_kept, row_number() over (order by left_id) as number "
                f"from {pairs}")
    for first in range(0, total, CHUNK_PAIRS):
        chunk = (f"(select left_id, right_id, is_kept from numbered_pairs "
                 f"where number between {first + 1} and {first + CHUNK_PAIRS})")
        evidence = (f"select left_id, right_id, is_kept, {_match_weight_sql(model)} "
                    f"as match_weight, {', '.join(f'level_{c.name}' for c in COMPARISONS)} "
                    f"from ({_levels_sql(described, chunk)})")
        con.execute(f"""
            insert into {target} by name
            select * exclude (is_kept) from ({_weigh_sql(model, f"({evidence})")})
            where is_kept or match_score >= {REVIEW_SCORE} or match_weight > 0""")
        progress(f"matching: {min(first + CHUNK_PAIRS, total):,} of {total:,} pairs weighed")
    con.execute("drop table numbered_pairs")


def _levels_sql(described: str, pairs: str) -> str:
    """Query for pairs with `level_<comparison>`, and `tf_<column>` of the commoner value."""
    columns = [column for column in DESCRIBED if column != "record_id"]
    sides = ", ".join(f"{side}.{column} as {column}_{side}" for column in columns for side in "lr")
    frequencies = ", ".join(f"greatest(l.tf_{column}, r.tf_{column}) as tf_{column}"
                            for column in FREQUENCY_COLUMNS)
    levels = ", ".join(f"{level_sql(c)} as level_{c.name}" for c in COMPARISONS)
    return f"""
        select left_id, right_id, is_kept, {levels},
            {", ".join(f"tf_{column}" for column in FREQUENCY_COLUMNS)}
        from (
            select left_id, right_id, is_kept, {sides}, {frequencies} from {pairs} as pairs
            join {described} as l on left_id = l.record_id
            join {described} as r on right_id = r.record_id)"""


def _evidence_sql(model: MatchModel) -> list[tuple[Comparison, tuple[str, ...]]]:
    """SQL for the bits of each comparison: of its level, then of how common the value is.

    A level that counts frequency is worth what its value is: log2 of its share among strangers is
    replaced by that of the value (Splink, "Term frequency adjustments").
    """
    evidence = []
    for c in COMPARISONS:
        whens = " ".join(
            f"when {number} then cast({math.log2(same / strangers)!r} as double)"
            for number, (same, strangers) in enumerate(
                zip(model.same[c.name], model.strangers[c.name], strict=True)))
        adjusted = tuple(
            f"case when level_{c.name} = {number} then "
            f"cast({math.log2(model.strangers[c.name][number])!r} as double) "
            f"- log2(tf_{level.frequency_column}) else cast(0 as double) end"
            for number, level in enumerate(c.levels) if level.frequency_column)
        evidence.append((c, (f"case level_{c.name} {whens} else cast(0 as double) end",
                             *adjusted)))
    return evidence


def _prior(model: MatchModel) -> float:
    """Bits of two records drawn at random."""
    return math.log2(model.prior / (1 - model.prior))


def _match_weight_sql(model: MatchModel) -> str:
    """SQL for the bits for one person against strangers, on the columns of `_levels_sql`."""
    terms = [term for _, bits in _evidence_sql(model) for term in bits]
    return " + ".join([f"cast({_prior(model)!r} as double)", *terms])


def _weigh_sql(model: MatchModel, compared: str) -> str:
    """Query for the weights of compared pairs, against strangers and against the related."""
    def against(kind: str) -> str:
        terms = []
        for c in COMPARISONS:
            common = getattr(c, kind)
            whens = " ".join(
                f"when {number} then "
                f"{math.log2(same / (common * same + (1 - common) * strangers)):.9f}"
                for number, (same, strangers) in enumerate(
                    zip(model.same[c.name], model.strangers[c.name], strict=True)))
            terms.append(f"case level_{c.name} {whens} else 0 end")
        terms.append(f"{-math.log2(getattr(model, kind)):.9f}")
        return " + ".join(terms)

    return f"""
        select left_id, right_id, is_kept, match_weight, against_relatives, against_colleagues,
            related_weight, 1 / (1 + power(2.0, -greatest(match_weight, -60))
                 + power(2.0, -greatest(related_weight, -60))) as match_score
        from (
            select *,
                -log2(power(2.0, -against_relatives) + power(2.0, -against_colleagues))
                    as related_weight
            from (
                select left_id, right_id, is_kept, match_weight,
                    {against("relatives")} as against_relatives,
                    {against("colleagues")} as against_colleagues
                from {compared} as compared
                where is_kept or match_weight >= {LEAST_WEIGHT}))"""


def explain_pair(
    con: duckdb.DuckDBPyConnection, model: MatchModel, *, described: str, left_id: int,
    right_id: int,
) -> list[tuple[str, str, float]]:
    """Return the evidence of one pair: (comparison, level, weight in bits), then the prior."""
    pair = f"(select {int(left_id)} as left_id, {int(right_id)} as right_id, true as is_kept)"
    told = _evidence_sql(model)
    bits = ", ".join(f"level_{c.name}, {' + '.join(terms)}" for c, terms in told)
    (row,) = con.execute(f"select {bits} from ({_levels_sql(described, pair)})").fetchall()
    evidence = []
    for (c, _), level, weight in zip(told, row[::2], row[1::2], strict=True):
        label = "unknown" if level < 0 else c.levels[level].label
        evidence.append((c.name, label, float(weight)))
    return [*evidence, ("prior", "two records at random", _prior(model))]
