"""Who an initiative treated, and who is compared with them, as a table of the engine.

Sides are drawn by what a customer is or by lot, never by what the customer did in the window: who
bought a product, or is in a segment of today, chose to.
"""

from __future__ import annotations

from datetime import date
from hashlib import md5

import duckdb

from orchestration.initiatives import Initiative, split_named

# What `source/reference` names in a scope.
ENTITIES = {"store": "pos.stores", "campaign": "crm.campaigns"}


def are_values_known(con: duckdb.DuckDBPyConnection, initiative: Initiative) -> bool:
    """Whether every value that the file names occurs in the scope.

    Customers of a value that is misspelt would be compared with instead of treated, or be left out.
    """
    values = initiative.scope_values
    if initiative.scope != "campaign":
        values += initiative.comparison
    return all(con.execute(
        f"select count(*) from intermediate.int_initiative_scopes_unioned "
        f"where scope = $1 and {_fits('$2')}", [initiative.scope, _keys(initiative.scope, (value,))]
    ).fetchall()[0][0] for value in values)


def list_members(
    con: duckdb.DuckDBPyConnection, initiative: Initiative, before: date, last: date,
) -> bool:
    """Make the table members: customer_id, is_treated, and group_key (empty for a campaign).

    Args:
        con: connection to the warehouse with the tables of `impact_queries.prepare`.
        initiative: whose customers.
        before: orders from this day on do not tell where a customer belongs.
        last: what a campaign sent later does not count.

    Returns:
        Whether the sides were drawn by lot.
    """
    parameters = {
        "scope": initiative.scope, "before": before, "last": last,
        "treated": _keys(initiative.scope, initiative.scope_values),
        "compared": _keys(initiative.scope, initiative.comparison)}
    if initiative.scope == "all":
        con.execute("create or replace temp table members as select customer_id, "
                    "true as is_treated, null::varchar as group_key from first_purchases")
        return False
    if initiative.scope == "campaign":
        del parameters["before"], parameters["compared"]
        by_lot = not initiative.comparison
        con.execute(_CAMPAIGN if by_lot else _CAMPAIGN_AND_OTHERS, parameters)
        return by_lot
    del parameters["last"]
    con.execute(_ATTRIBUTE, parameters)
    return False


def count_sides(
    con: duckdb.DuckDBPyConnection, started_on: date | None,
) -> tuple[int, int, int]:
    """Treated customers who had bought before it started, compared ones, and groups of these.

    Without a day, as for a lot, everybody who was drawn.
    """
    treated, compared, groups = con.execute("""
        select count(*) filter (is_treated), count(*) filter (not is_treated),
            count(distinct group_key) filter (not is_treated)
        from members left join first_purchases using (customer_id)
        where $1::date is null or first_day < $1""", [started_on]).fetchall()[0]
    return treated, compared, groups


def _keys(scope: str, values: tuple[str, ...]) -> list[str]:
    """What a value may be called: by name or key, or by source/reference."""
    keys = split_named(values)
    for value in values:
        source, slash, reference = (part.strip() for part in value.partition("/"))
        if scope in ENTITIES and slash:
            keys.append(md5(f"{ENTITIES[scope]}|{source}|{reference}".encode()).hexdigest())
    return keys


# As `split_named`: small letters, single blanks.
_NAMED = r"lower(trim(regexp_replace(scope_name, '[\s\p{Z}]+', ' ', 'g')))"


def _fits(keys: str) -> str:
    return f"(list_contains({keys}, {_NAMED}) or list_contains({keys}, scope_key))"


_SENT = "scope = $scope and (fact_date is null or fact_date <= $last)"

# Whom several records put on both sides is on neither.
_CAMPAIGN = f"""
    create or replace temp table members as
    select customer_id, not bool_or(is_control_group) as is_treated, null::varchar as group_key
    from intermediate.int_initiative_scopes_unioned
    join records on records.record_key = identity_record_key
    where {_SENT} and {_fits("$treated")}
    group by customer_id
    having bool_or(is_control_group) = bool_and(is_control_group)"""

_CAMPAIGN_AND_OTHERS = f"""
    create or replace temp table members as
    with reached as (
        select distinct customer_id, is_control_group
        from intermediate.int_initiative_scopes_unioned
        join records on records.record_key = identity_record_key
        where {_SENT} and {_fits("$treated")}
    )
    select customer_id, coalesce(not is_control_group, false) as is_treated,
        null::varchar as group_key
    from (
        select customer_id, bool_and(is_control_group) as is_control_group
        from first_purchases left join reached using (customer_id)
        group by customer_id
    ) as everybody"""

# A customer belongs to what most orders (or records) name; of equally many to the first by name.
_ATTRIBUTE = f"""
    create or replace temp table members as
    with named as (
        select customer_id, scope_key, min({_NAMED}) as scope_name, count(*) as facts
        from intermediate.int_initiative_scopes_unioned
        join records on records.record_key = identity_record_key
        where scope = $scope and (fact_date is null or fact_date < $before)
        group by customer_id, scope_key
    ),
    chosen as (
        select customer_id,
            arg_min(struct_pack(scope_key, scope_name), struct_pack(f := -facts, k := scope_key))
                as belongs_to
        from named group by customer_id
    )
    select customer_id, {_fits("$treated")} as is_treated, scope_key as group_key
    from (select customer_id, belongs_to.scope_key, belongs_to.scope_name from chosen) as belonging
    where {_fits("$treated")} or len($compared) = 0 or {_fits("$compared")}"""
