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


def list_members(con: duckdb.DuckDBPyConnection, initiative: Initiative, before: date) -> bool:
    """Make the table members: customer_id, is_treated, and group_key (empty for a campaign).

    Args:
        con: connection to the warehouse with the tables of `impact_queries.prepare`.
        initiative: whose customers.
        before: orders from this day on do not tell where a customer belongs.

    Returns:
        Whether the sides were drawn by lot.
    """
    parameters = {
        "scope": initiative.scope, "before": before,
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
    con.execute(_ATTRIBUTE, parameters)
    return False


def count_sides(con: duckdb.DuckDBPyConnection, started_on: date) -> tuple[int, int, int]:
    """Treated customers known when it started, compared ones, and groups of these."""
    treated, compared, groups = con.execute("""
        select count(*) filter (is_treated), count(*) filter (not is_treated),
            count(distinct group_key) filter (not is_treated)
        from members left join first_purchases using (customer_id)
        where group_key is null or first_day < $1""", [started_on]).fetchall()[0]
    return treated, compared, groups


def _keys(scope: str, values: tuple[str, ...]) -> list[str]:
    """What a value may be called: by name or key, or by source/reference."""
    keys = split_named(values)
    for value in values:
        source, slash, reference = (part.strip() for part in value.partition("/"))
        if scope in ENTITIES and slash:
            keys.append(md5(f"{ENTITIES[scope]}|{source}|{reference}".encode()).hexdigest())
    return keys


_FITS = "(list_contains($treated, lower(scope_name)) or list_contains($treated, scope_key))"

# Whom several records put on both sides is on neither.
_CAMPAIGN = f"""
    create or replace temp table members as
    select customer_id, not bool_or(is_control_group) as is_treated, null::varchar as group_key
    from intermediate.int_initiative_scopes_unioned
    join records on records.record_key = identity_record_key
    where scope = $scope and {_FITS}
    group by customer_id
    having bool_or(is_control_group) = bool_and(is_control_group)"""

_CAMPAIGN_AND_OTHERS = f"""
    create or replace temp table members as
    with reached as (
        select distinct customer_id, is_control_group
        from intermediate.int_initiative_scopes_unioned
        join records on records.record_key = identity_record_key
        where scope = $scope and {_FITS}
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
        select customer_id, scope_key, min(lower(scope_name)) as scope_name, count(*) as facts
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
    select customer_id, {_FITS} as is_treated, scope_key as group_key
    from (select customer_id, belongs_to.scope_key, belongs_to.scope_name from chosen) as belonging
    where {_FITS} or len($compared) = 0 or list_contains($compared, lower(scope_name))
        or list_contains($compared, scope_key)"""
