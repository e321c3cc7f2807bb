"""DuckDB SQL for the metrics that suites are checked against; the caller runs it.

Metrics are counted in the engine, because they need all rows at once (uniqueness, references).
"""

from __future__ import annotations

from collections.abc import Iterable

from expectations.specification import MlTable, RawTable


def quote_identifier(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def reference_metric(column: str) -> str:
    """Name of the metric that counts rows where reference `column` and its key disagree."""
    return f"{column}_mismatch_count"


def load_metrics_sql(table: RawTable, relation: str, loads: str) -> str:
    """Return SQL with one row per load of `loads`, by load_id.

    `relation` is SQL for the raw rows (such as a `read_parquet` call); `loads` is SQL for the loads
    to judge, with load_id, rows_read, rows_accepted, rows_rejected and rows_repeated.
    """
    counted, selected = "", ""
    for column in table.raw_columns:
        if column.references:
            name = quote_identifier(reference_metric(column.name))
            reference, key = quote_identifier(column.name), quote_identifier(column.key_name)
            counted += f",\n        count_if(({reference} is null) <> ({key} is null)) as {name}"
            selected += f",\n    cast(coalesce(stored.{name}, 0) as bigint) as {name}"
    return f"""
with stored as (
    select
        load_id,
        count(*) as row_count,
        count(record_key) - count(distinct record_key) as duplicate_key_count{counted}
    from {relation}
    group by load_id
)

select
    loads.load_id,
    coalesce(stored.row_count, 0) as row_count,
    loads.rows_read,
    loads.rows_accepted,
    loads.rows_rejected,
    loads.rows_repeated,
    abs(
        loads.rows_read - loads.rows_accepted - loads.rows_rejected - loads.rows_repeated
    ) as unaccounted_row_count,
    abs(loads.rows_accepted - coalesce(stored.row_count, 0)) as missing_row_count,
    coalesce(loads.rows_rejected / nullif(loads.rows_read, 0), 0) as rejected_share,
    coalesce(stored.duplicate_key_count, 0) as duplicate_key_count{selected}
from {loads} as loads
left join stored on loads.load_id = stored.load_id
order by loads.load_id
""".strip()


def content_sql(table: MlTable, relation: str) -> str:
    """Return SQL with one row, rows and content: relations of the same rows give the same.

    `content` is a sum over the rows, so that of a table is the sum of those of its parts.
    """
    return _sum_sql([column.name for column in table.columns], relation)


def keys_sql(table: MlTable, relation: str) -> str:
    """Return the SQL of `content_sql` for the key alone: relations of the same keys give the same.

    It costs a sixth of comparing them key by key.
    """
    return _sum_sql(table.key, relation)


def _sum_sql(names: Iterable[str], relation: str) -> str:
    columns = ", ".join(quote_identifier(name) for name in names)
    return (f"select count(*) as rows, coalesce(sum(cast(hash({columns}) as hugeint)), 0) as "
            f"content from {relation}")


def table_metrics_sql(
    table: MlTable, relation: str, *, expected: str | None, fresh: str | None = None,
    is_covered: bool = False,
) -> str:
    """Return SQL with one row for an ML table.

    `relation` is SQL for its rows; `expected` is SQL for a relation whose keys (columns named as
    the table's key) must all be there, or None where no other table says which these are. `fresh`
    is SQL for the rows among which a doubled key must be where the others are known to have none.
    With `is_covered` the keys of `expected` are known to be there.
    """
    key = ", ".join(quote_identifier(column) for column in table.key)
    missing = ""
    if expected is not None:
        counted = "0" if is_covered else f"""(
        select count(*)
        from (select {key} from {expected} except select {key} from {relation})
    )"""
        missing = f",\n    {counted} as missing_key_count"
    doubled = f"count(*) - count(distinct row({key}))"
    if fresh is not None:
        doubled = (f"(select count(*) from {relation} semi join (select {key} from {fresh}) "
                   f"using ({key})) - (select count(distinct row({key})) from {fresh})")
    return f"""
select
    count(*) as row_count,
    {doubled} as duplicate_key_count{missing}
from {relation}
""".strip()


def update_metrics_sql(
    table: MlTable, kept: str, added: str, *, expected: str | None, is_covered: bool = False,
) -> str:
    """Return SQL with the row of `table_metrics_sql` for a table of two relations.

    Keys of `kept` must have been found unique before; they are compared with the added ones only.
    With `is_covered` the keys of `expected` are known to be there.
    """
    key = ", ".join(quote_identifier(column) for column in table.key)
    missing = ""
    if expected is not None:
        counted = "0" if is_covered else f"""(
        select count(distinct ({key}))
        from (select {key} from {expected})
        anti join (select {key} from {kept} union all select {key} from {added}) using ({key})
    )"""
        missing = f",\n    {counted} as missing_key_count"
    return f"""
select
    (select count(*) from {kept}) + count(*) as row_count,
    count(*) - count(distinct ({key})) + (
        select count(*) from {kept} semi join (select {key} from {added}) using ({key})
    ) as duplicate_key_count{missing}
from {added}
""".strip()
