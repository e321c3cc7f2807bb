"""Laws of dbt as plain queries, for tests that run them on rows that keep them and that do not."""

from __future__ import annotations

import jinja2

from orchestration.settings import DBT_PROJECT

VARS = {"small_cell_minimum": 5, "employee_cell_minimum": 10}


class Dbt:
    """The macros of dbt that laws call, as DuckDB has them."""

    @staticmethod
    def split_part(text: str, delimiter: str, part: int) -> str:
        return f"split_part({text}, {delimiter}, {part})"


def law_query(law: str) -> str:
    """The query of a law over tables that are called as its models are."""
    text = (DBT_PROJECT / "tests" / f"{law}.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(text).render(
        config=lambda **given: "", ref=str, var=VARS.__getitem__, dbt=Dbt)
