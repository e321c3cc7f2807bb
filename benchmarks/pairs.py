"""Pairs of records: those that are one person, those that were joined, and those that are both."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Pairs:
    """`same` are one person in truth, `joined` one customer, `right` both."""

    same: int
    joined: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the joined pairs that are right."""
        return self.right / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were joined."""
        return self.right / self.same if self.same else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def count_pairs(con: duckdb.DuckDBPyConnection, relation: str) -> Pairs:
    """Count the pairs among the rows of a relation with person_id and customer_id.

    Counted by the sizes of groups: n records make n (n - 1) / 2 pairs.
    """
    def within(columns: str) -> str:
        return (f"(select coalesce(sum(n * (n - 1) // 2), 0) from "
                f"(select count(*) as n from ({relation}) group by {columns}))")

    ((same, joined, right),) = con.execute(
        f"select {within('person_id')}, {within('customer_id')}, "
        f"{within('person_id, customer_id')}").fetchall()
    return Pairs(int(same), int(joined), int(right))
