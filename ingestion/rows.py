"""Rows of one batch of extracts: canonical values, and for each unusable row the reason.

Works on the relations `extract` (from a reader) and `load_plan`. Among the converted rows
`emptied_<column>` says why a lenient column was left without its value.
"""

from __future__ import annotations

import duckdb

from ingestion.contract import DUCKDB_TYPES, LATEST, Column, Entity
from ingestion.conversion import converted, mismatch, source_text
from ingestion.declaration import ColumnMapping, SourceDeclaration, TableDeclaration
from ingestion.deletions import (
    deletion_reasons,
    deletion_time,
    is_deleted,
    told_by,
    unclear_mark,
)
from ingestion.moments import LATEST_PAST
from ingestion.readers.files import Extract, identifier, literal


def conversion_query(
    declaration: SourceDeclaration, table: TableDeclaration, extract: Extract,
) -> str:
    """Query with one row per source row: canonical values and, where it cannot be used, why."""
    entity = table.contract
    mappings: dict[str, tuple[Column, ColumnMapping]] = {
        column.name: (column, table.columns[column.name])
        for column in entity.columns if column.name in table.columns}
    if table.updated_at:
        mappings["updated_at"] = (Column("updated_at", "timestamp", ""), table.updated_at)

    deleted = is_deleted(table, extract)
    currency = _currency(declaration, table)
    texts = {name: source_text(mapping, table, extract.text, extract.names, currency)
             for name, (_, mapping) in mappings.items()}
    if deleted:  # a tombstone has its key and its times only
        texts = {name: text if name == "updated_at"
                 else f"case when not ({deleted}) then {text} end" for name, text in texts.items()}
    values = {name: converted(identifier(f"text_{name}"), column, mapping, table,
                              is_typed=extract.is_typed and bool(mapping.names)
                              and not mapping.parts,  # what is joined is text
                              currency=currency)
              for name, (column, mapping) in mappings.items()}
    key = [source_text(ColumnMapping(value=name[1:]) if name.startswith("=")
                       else ColumnMapping(sources=(name,)), table, extract.text, extract.names)
           for name in table.key]
    used = {name for _, mapping in mappings.values() for name in mapping.names}
    used |= {name for name in table.key if not name.startswith("=")} | told_by(table, extract)
    metadata = extract.without(used)
    if deleted:
        metadata = f"case when not ({deleted}) then {metadata} end"

    strict = [column for column, _ in mappings.values() if not column.lenient]
    lenient = [column for column, _ in mappings.values() if column.lenient]
    reasons = [reason for column in strict for reason in _type_reasons(column)]
    reasons += [f"case when text_{column.name} is null {'and not is_deleted ' if deleted else ''}"
                f"then {literal(f'column {column.name}: empty, but required')} end"
                for column in entity.columns if column.required]
    reasons += [reason for column in strict for reason in _range_reasons(column, entity)]
    if key:
        reference = f"concat_ws('|', {', '.join(f'key_{i}' for i in range(len(key)))})"
        reasons += [f"case when key_{i} is null then {literal(f'key column {name}: empty')} end"
                    for i, name in enumerate(table.key)]
    else:
        content = ", ".join(f"coalesce(text_{name}, chr(0))" for name in mappings)
        reference = f"md5(concat_ws(chr(1), {content}))"

    if deleted:
        reasons += ["cx360_unclear", *deletion_reasons(table)]

    def or_null(column: Column) -> str:
        if column.name in values:
            return f"{values[column.name]} as {identifier(column.name)}"
        return f"cast(null as {DUCKDB_TYPES[column.type]}) as {identifier(column.name)}"

    picked = [f"{text} as {identifier(f'text_{name}')}" for name, text in texts.items()]
    picked += [f"{text} as key_{i}" for i, text in enumerate(key)]
    picked.append(f"{_totals_reason(table, extract)} as cx360_total")
    picked.append(f"{deleted or 'false'} as is_deleted")
    typed = [or_null(column) for column in entity.columns]
    changed = values.get("updated_at", "cast(null as timestamp)")
    passed = ", ".join([f"text_{name}" for name in mappings]
                       + [f"key_{i}" for i in range(len(key))] + ["cx360_total"])
    if deleted:
        picked += [
            f"{unclear_mark(table, extract)} as cx360_unclear",
            f"case when {deleted} then {deletion_time(table, extract)} end as cx360_deleted_at"]
        changed = f"coalesce({changed}, cx360_deleted_at)"
        passed += ", cx360_unclear, cx360_deleted_at"
    typed.append(f"{changed} as updated_at")
    judged = "".join(
        f", coalesce({', '.join([*_type_reasons(column), *_range_reasons(column, entity)])})"
        f" as emptied_{column.name}" for column in lenient)
    keys = [
        _record_key(column.references, _system(declaration, mappings, column), column.name)
        + f" as {column.key_name}"
        for column in entity.columns if column.references]
    return f"""
        with picked as (
            select load_plan.load_id, load_plan.load_sequence, load_plan.extracted_on,
                cx360_row as source_row, {metadata} as source_metadata,
                {', '.join(picked)}
            from extract join load_plan on extract.cx360_file = load_plan.cx360_file
        ), typed as (
            select load_id, load_sequence, extracted_on, source_row, source_metadata, is_deleted,
                {passed}, {', '.join(typed)}
            from picked
        ), judged as (
            select *{judged} from typed
        ), keyed as (
            select *{_without_unusable(lenient, extract.names - used)},
                {reference} as source_record_ref,
                {_joined(reasons)} as cx360_reason
            from judged
        )
        select keyed.* exclude ({passed}),
            {literal(declaration.source)} as source_system,
            {_record_key(entity.name, declaration.source, 'source_record_ref')} as record_key
            {''.join(', ' + key for key in keys)}
        from keyed"""


def _currency(declaration: SourceDeclaration, table: TableDeclaration) -> str:
    """Currency that all amounts of a table are declared to be in; empty where rows say theirs."""
    declared = table.columns.get("currency")
    return (declared.value or "") if declared else declaration.currency


def lenient_columns(table: TableDeclaration) -> list[str]:
    """Declared columns without whose value a row still counts."""
    return [column.name for column in table.contract.columns
            if column.lenient and column.name in table.columns]


def is_doubtful(table: TableDeclaration) -> str:
    """Condition on converted rows: rejected, or accepted without a value."""
    return " or ".join(["cx360_reason is not null", *(
        f"emptied_{column} is not null" for column in lenient_columns(table))])


def _totals_reason(table: TableDeclaration, extract: Extract) -> str:
    """Why a line with totals is no record; null for records."""
    cases = []
    for name, patterns in table.totals.items():
        value = source_text(ColumnMapping(sources=(name,)), table, extract.text, extract.names)
        matches = " or ".join(f"({value}) glob {literal(pattern)}" for pattern in patterns)
        cases.append(f"when {matches} then {literal(f'totals line, told by column {name}')}")
    return f"case {' '.join(cases)} end" if cases else "cast(null as varchar)"


def _joined(reasons: list[str]) -> str:
    """All that is wrong with a row. Nearly always it is nothing: texts are put together only then.
    """
    if not reasons:
        return "cx360_total"
    some = " or ".join(f"({reason}) is not null" for reason in reasons)
    return (f"coalesce(cx360_total, case when {some} "
            f"then concat_ws('; ', {', '.join(reasons)}) end)")


def _type_reasons(column: Column) -> list[str]:
    """Text that is not of the column's type."""
    if column.type in ("string", "json"):
        return []
    return [f"case when text_{column.name} is not null and {identifier(column.name)} is null "
            f"then {literal(mismatch(column))} end"]


def _range_reasons(column: Column, entity: Entity) -> list[str]:
    """Values beyond the contract's bounds, and dates that no business has."""
    name = identifier(column.name)
    bounds = [f"{name} {sign} {bound}" for sign, bound in
              (("<", column.minimum), (">", column.maximum)) if bound is not None]
    if column.type in ("date", "timestamp"):
        # The first day begins up to 14 hours sooner in UTC.
        grace = " - interval 14 hour" if column.type == "timestamp" else ""
        bounds += [f"{name} < date '{column.earliest}'{grace}", f"{name} > date '{LATEST}'"]
        if column.is_past:
            bounds.append(f"{name} > {LATEST_PAST}")
        elif column.name == entity.event_time:
            bounds.append(f"{name} > extracted_on + interval 2 day")
    if not bounds:
        return []
    said = literal(f"column {column.name}: value out of range")
    return [f"case when {' or '.join(bounds)} then {said} end"]


def _without_unusable(lenient: list[Column], outside: frozenset[str]) -> str:
    """`replace` clause that moves unusable values of lenient columns into `source_metadata`.

    `outside` are the extract's columns that ride there anyway; none of them is written over.
    """
    replaced, metadata = [], "source_metadata"
    for column in lenient:
        name, emptied = column.name, f"emptied_{column.name}"
        replaced.append(f"case when {emptied} is null then {identifier(name)} end "
                        f"as {identifier(name)}")
        label = literal(f"{name} (delivered)" if name in outside else name)
        metadata = (f"case when {emptied} is null then {metadata} else cast(json_merge_patch("
                    f"coalesce({metadata}, '{{}}'), json_object({label}, text_{name})) "
                    "as varchar) end")
    return f" replace ({', '.join(replaced)}, {metadata} as source_metadata)" if lenient else ""


def _record_key(entity: str, system: str, reference: str) -> str:
    prefix = literal(f"{entity}|{system}|")
    return f"case when {reference} is not null then md5({prefix} || {reference}) end"


def _system(
    declaration: SourceDeclaration, mappings: dict[str, tuple[Column, ColumnMapping]],
    column: Column,
) -> str:
    mapping = mappings[column.name][1] if column.name in mappings else None
    return (mapping.system if mapping else None) or declaration.source


def resolve_duplicates(con: duckdb.DuckDBPyConnection, table: TableDeclaration) -> None:
    """Decide among rows of one extract that share a key.

    Keyed: the newest row counts, the last one among equals. With `repeats` the first row makes the
    record. An API whose pages move while they are read gives a record twice, which is no fault: the
    other rows are repetitions. Without a key, rows that are equal in all columns are rejected if
    the declaration says so, and rows that share the declared columns are told apart by an
    occurrence number.
    """
    if table.repeats:
        _reject_all_but_first(con, "source_row", "'repeated'")
    elif table.key:
        reason = "'duplicate key: row ' || r.kept_row || ' of the same extract counts'"
        if table.comes_in_pages:
            reason = f"case when {_is_of_other_record(table)} then 'repeated' else {reason} end"
        _reject_all_but_first(con, "updated_at desc nulls last, source_row desc", reason)
    else:
        if table.duplicates == "reject":
            _reject_all_but_first(con, "source_row", "'exact duplicate of row ' || r.kept_row",
                                  within="coalesce(source_metadata, '')")
        if _rank(con, "source_row"):
            con.execute(f"""
                update converted set
                    source_record_ref = r.source_record_ref || '#' || r.occurrence,
                    record_key = md5({literal(table.entity + '|')} || converted.source_system
                        || '|' || r.source_record_ref || '#' || r.occurrence)
                {_LATER_ROWS}""")


_LATER_ROWS = ("from ranked as r where converted.load_id = r.load_id "
               "and converted.source_row = r.source_row and r.occurrence > 1")


def _is_of_other_record(table: TableDeclaration) -> str:
    """Whether a row and the one that counts were made of different records."""
    if not (table.explode or table.explode_fields):
        return "true"
    record = ("(select e.cx360_record from extract as e join load_plan as p "
              "on e.cx360_file = p.cx360_file where p.load_id = r.load_id and e.cx360_row = {row})")
    return f"{record.format(row='r.source_row')} <> {record.format(row='r.kept_row')}"


def _reject_all_but_first(
    con: duckdb.DuckDBPyConnection, order: str, reason: str, within: str = "''",
) -> None:
    if _rank(con, order, within):
        con.execute(f"update converted set cx360_reason = {reason} {_LATER_ROWS}")


def _rank(con: duckdb.DuckDBPyConnection, order: str, within: str = "''") -> bool:
    """Number the rows that share a key in the table `ranked`; False where there are none."""
    con.execute(f"""
        create or replace temp table duplicates as
        select load_id, source_record_ref, {within} as part
        from converted where cx360_reason is null
        group by all having count(*) > 1""")
    if not con.execute("select count(*) from duplicates").fetchall()[0][0]:
        return False
    con.execute(f"""
        create or replace temp table ranked as
        select c.load_id, c.source_row, c.source_record_ref,
            row_number() over same_key as occurrence,
            first_value(c.source_row) over same_key as kept_row
        from (select *, {within} as part from converted where cx360_reason is null) as c
        join duplicates as d
            on c.load_id = d.load_id and c.source_record_ref = d.source_record_ref
            and c.part = d.part
        window same_key as (
            partition by c.load_id, c.source_record_ref, c.part order by {order})""")
    return True
