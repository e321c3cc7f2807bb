"""Which pairs of records are compared: those that share a block, never all with all.

Works on tables of an engine that the caller hands over. How pairs are weighed does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models_ml.transactions import transaction

if TYPE_CHECKING:
    import duckdb

PAIRS_PER_RECORD = 12
LEAST_PAIRS = 1_000_000
"""Bound of the compared pairs: so many per record, or in all where the records are few."""

BLOCK_SIZES = (60, 40, 30, 20, 15, 10, 7, 5, 3, 2)
"""Limits tried for a block, the most generous first."""


@dataclass(frozen=True)
class Block:
    """Records with an equal `key` (SQL, null = in no block) are compared.

    A block larger than its limit is left out: so common a value does not single anybody out, and
    its pairs grow with the square. `limit` bounds what `choose_block_limits` may choose. A pair
    that shares one block only, and one that does not tell by itself, is compared only where the
    records are few.
    """

    name: str
    key: str
    limit: int
    tells: bool = True


def _joined(*parts: str) -> str:
    return " || '|' || ".join(parts)


BLOCKS: tuple[Block, ...] = (
    Block("loyalty number", "loyalty_id", 30),
    Block("email", "email", 30),
    Block("phone", "phone", 30),
    Block("name", _joined("first_root", "last_name"), 60),
    Block("first name and birth date", _joined("first_root", "birth_text"), 60),
    Block("last name sound and birth date", _joined("last_code", "birth_text"), 60),
    Block("birth date and postal code", _joined("birth_text", "postal_code"), 60),
    Block("last name sound and postal code", _joined("last_code", "postal_code"), 60),
    Block("first name and postal code", _joined("first_root", "postal_code"), 60),
    Block("address", _joined("street_name", "house_number", "coalesce(left(postal_code, 2), '')"),
          60, tells=False),
    Block("company", "company_name", 60),
    Block("last name and city", _joined("last_name", "city"), 60),
    Block("first name and city", _joined("first_root", "city"), 60, tells=False),
    Block("birth date", "birth_text", 60, tells=False),
    Block("name sounds", _joined("least(first_code, last_code)",
                                 "greatest(first_code, last_code)"), 60),
    Block("first name sound, month of birth", _joined("first_code", "left(birth_text, 7)"), 60,
          tells=False),
    Block("last name sound, birthday", _joined("last_code", "substr(birth_text, 6)"), 60,
          tells=False),
    Block("first name sound, birthday", _joined("first_code", "substr(birth_text, 6)",
                                                "left(birth_text, 3)"), 60, tells=False),
    Block("e-mail before the @", "email_own", 30),
)
"""Ways to find pairs, the most telling first; later ones get what is left of the budget."""


def write_block_keys(con: duckdb.DuckDBPyConnection, *, described: str, target: str) -> None:
    """Append to `target` (block_number, block_key, record_id) one row per record and block.

    A key is a hash of 32 bits, because millions of them are read in every run. Of a million values
    some hundred share theirs with another: their blocks are one, which adds a few pairs to weigh,
    or leaves them out where only both together are more than the limit.

    Args:
        con: engine with both tables.
        described: relation with the columns of `models_ml.matching.DESCRIBED`.
        target: table block_number TINYINT, block_key UINTEGER, record_id BIGINT.
    """
    with transaction(con):
        for number, block in enumerate(BLOCKS):
            con.execute(f"""
                insert into {target}
                select {number}, hash({block.key}) & 4294967295, record_id from {described}
                where ({block.key}) is not null""")


@dataclass(frozen=True)
class BlockLimits:
    """Most records of each block by name (0: switched off), and what one shared block counts.

    `one_is_enough`: whether a pair is compared for sharing any one block.
    """

    most: Mapping[str, int]
    one_is_enough: bool

    def compared_sql(self) -> str:
        """Condition on the shared blocks `l` of a pair, grouped: whether it is compared."""
        if self.one_is_enough:
            return "true"
        telling = ", ".join(str(number) for number, block in enumerate(BLOCKS) if block.tells)
        return f"count(*) > 1 or bool_or(l.block_number in ({telling}))"

    def limits_sql(self) -> str:
        """Relation (block_number, record_limit), as SQL."""
        rows = ", ".join(f"({number}, {self.most.get(block.name, 0)})"
                         for number, block in enumerate(BLOCKS))
        return f"(values {rows}) as limits (block_number, record_limit)"


def choose_block_limits(
    con: duckdb.DuckDBPyConnection, *, keys: str, record_count: int,
) -> BlockLimits:
    """Give each block the largest limit whose pairs still fit the budget.

    The blocks are served in their order; one that does not fit with any limit gets 0, which
    switches it off. A block of k records has k (k - 1) / 2 pairs, so work grows with
    the records, whatever the data.
    """
    sizes = con.execute(f"""
        select block_number, record_count, count(*) as blocks_count from (
            select block_number, block_key, count(*) as record_count from {keys} group by all)
        where record_count between 2 and {max(BLOCK_SIZES)}
        group by all""").fetchall()
    budget = most_pairs = max(PAIRS_PER_RECORD * record_count, LEAST_PAIRS)
    limits = {}
    for number, block in enumerate(BLOCKS):
        limits[block.name] = 0
        for limit in BLOCK_SIZES:
            if limit > block.limit:
                continue
            pairs = sum(count * size * (size - 1) // 2
                        for block_number, size, count in sizes
                        if block_number == number and size <= limit)
            if pairs <= budget:
                limits[block.name] = limit
                budget -= pairs
                break
    return BlockLimits(limits, one_is_enough=most_pairs - budget <= LEAST_PAIRS)


def candidates_sql(keys: str, limits: BlockLimits, one_in: int = 1) -> str:
    """Query for the pairs (left_id < right_id) to compare; see `Block`.

    `one_in`: of how many records one, as the left one, brings its pairs; a fixed sample.
    """
    left = "" if one_in == 1 else f"and hash(l.record_id) % {one_in} = 0"
    near = keys if one_in == 1 else f"""(
        select * from {keys} as keys semi join (
            select * from {keys} as l where true {left}) using (block_number, block_key))"""
    return f"""
        with near as (from {near}), live as (
            select block_number, block_key from near
            join {limits.limits_sql()} using (block_number)
            group by block_number, block_key, record_limit
            having count(*) between 2 and record_limit
        ), members as (
            select near.* from near semi join live using (block_number, block_key)
        )
        select l.record_id as left_id, r.record_id as right_id
        from members as l join members as r using (block_number, block_key)
        where l.record_id < r.record_id {left}
        group by all having {limits.compared_sql()}"""
