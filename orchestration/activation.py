"""Lists for activation: actions of consented customers as files that tools for mailing, dialling or
CRM import, and the log of what was handed out.

Who may be contacted is decided in `marts.next_best_actions`. Here its answer is narrowed once more,
never widened: the holdout, suppressions that were decided since the run, and what an earlier list
of the same run has handed out are left out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.readers.files import literal
from models_ml.tables import TABLES
from orchestration.ml_tables import arrow_schema
from orchestration.settings import Settings
from orchestration.suppressions import ALL_CHANNELS, read_suppressions
from orchestration.warehouse import engine

# Column of the file -> expression over the action and its customer; the words are those that the
# import dialogues of the usual tools recognise by themselves.
_PERSON = {"First Name": "customers.first_name", "Last Name": "customers.last_name"}
_ACTION = {
    "Customer ID": "actions.customer_id", "Customer Number": "numbers.customer_number",
    "Language": "customers.language",
    "Action": "actions.action_kind", "Product": "products.product_name",
    "Reason": "actions.reason_{language}", "Evidence": "actions.evidence_{language}",
    "Expected Value": "actions.expected_value", "Currency": "actions.currency",
    "Tone": "preferences.preferred_tone", "Best Weekday": "preferences.preferred_weekday",
    "Best Time": "preferences.preferred_day_part", "Action ID": "actions.action_id",
}
_PHONE = {"Phone Number": "customers.phone", **_PERSON, "Company": "customers.company_name",
          **_ACTION}
LAYOUTS: dict[str, dict[str, str]] = {
    "email": {"Email Address": "customers.email", **_PERSON, "Company": "customers.company_name",
              "Tags": "actions.action_kind", **_ACTION},
    "sms": _PHONE,
    "phone": _PHONE,
    "post": {"Title": "customers.title", **_PERSON, "Company": "customers.company_name",
             "Address": "customers.street", "Postal Code": "customers.postal_code",
             "City": "customers.city", "Country": "customers.country", **_ACTION},
}
"""Columns of a list by the channel that it is for; the first one is how the customer is reached."""

FORMATS = ("csv", "parquet")
LANGUAGES = ("de", "en")

EXPORTS = pa.schema([
    ("export_id", pa.string()), ("exported_at", pa.timestamp("us")), ("exported_by", pa.string()),
    ("as_of_date", pa.date32()), ("channel", pa.string()), ("action_kind", pa.string()),
    ("action_id", pa.string()), ("customer_id", pa.string()), ("file_name", pa.string()),
    ("file_format", pa.string()), ("content_hash", pa.string()),
    ("holdout_draw", pa.string()),
])
"""One row per action that a list held."""

HELD_OUT = "in the holdout"
LEFT_OUT = (HELD_OUT, "suppressed", "handed out before", "contacted enough")
"""Why a customer with an action is not on a list; the first that holds."""

# A cell that a spreadsheet would run as a formula; a telephone number with its plus is none.
FORMULA_STARTS = ("=", "@", "-", "+", "\t", "\r")


class HoldoutBroken(RuntimeError):
    """A list would hold customers of the holdout; nothing was written."""


@dataclass(frozen=True)
class ActivationList:
    """Actions of one channel: `rows` has the columns of the file, `actions` those of the log."""

    channel: str
    as_of: date | None
    rows: pd.DataFrame
    actions: pd.DataFrame
    left_out: dict[str, int]


def exports_file(settings: Settings) -> Path:
    """Where the log lies; recorded, so that no rebuild makes it again."""
    return settings.state_path / "exports.parquet"


def collect_actions(
    settings: Settings, con: duckdb.DuckDBPyConnection, channel: str, *,
    kinds: Sequence[str] = (), language: str = "de", most: int | None = None,
) -> ActivationList:
    """Collect the actions of a channel, the most valuable first, each customer once.

    Args:
        settings: of the home.
        con: the warehouse.
        channel: a key of LAYOUTS.
        kinds: kinds of action; none means all.
        language: of reason and evidence, one of LANGUAGES.
        most: how many at most.
    """
    con.register("suppressed_now", pa.Table.from_pandas(
        read_suppressions(settings), schema=arrow_schema(TABLES["contact_suppressions"]),
        preserve_index=False))
    exported = exports_file(settings)
    log = (f"read_parquet({literal(str(exported))})" if exported.exists()
           else "(select null as action_id, null as customer_id, null as channel, "
                "null::date as as_of_date where false)")
    columns = ", ".join(f'{expression.format(language=language)} as "{name}"'
                        for name, expression in LAYOUTS[channel].items())
    kind_filter = f"and actions.action_kind in ({', '.join(map(literal, kinds))})" if kinds else ""
    con.execute(f"""
        create or replace temp table found as
        with records as (
            select identity_record_key as record_key, customer_id
            from staging.stg_ml__customer_records
            union select alias_customer_id, customer_id from marts.customer_aliases
            union select customer_id, customer_id from marts.customers
        ),
        suppressed as (
            select distinct records.customer_id from suppressed_now
            join records using (record_key)
            where suppressed_now.channel in ({literal(channel)}, {literal(ALL_CHANNELS)})
                and (suppressed_until is null or suppressed_until >= (
                    select max(as_of_date) from marts.next_best_actions))
        ),
        -- What lists of this run have handed out: the run did not know of it.
        handed_out as (
            select customer_id, as_of_date, count(*) as contacts_count,
                bool_or(channel = {literal(channel)}) as is_on_channel
            from {log} group by all
        ),
        overall as (
            select max(maximum_contacts) as maximum_contacts
            from seeds.contact_channels where channel = {literal(ALL_CHANNELS)}
        ),
        permitted as (
            select customer_id, all_contacts_count
            from intermediate.int_contact_permissions_resolved where channel = {literal(channel)}
        )
        select
            actions.*,
            case
                when actions.is_holdout then {literal(HELD_OUT)}
                when suppressed.customer_id is not null then 'suppressed'
                when handed_out.is_on_channel then 'handed out before'
                when permitted.all_contacts_count + handed_out.contacts_count
                    >= overall.maximum_contacts then 'contacted enough'
            end as left_out
        from marts.next_best_actions as actions
        cross join overall
        left join permitted on actions.customer_id = permitted.customer_id
        left join suppressed on actions.customer_id = suppressed.customer_id
        left join handed_out on actions.customer_id = handed_out.customer_id
            and actions.as_of_date = handed_out.as_of_date
        where actions.channel = {literal(channel)} {kind_filter}
        qualify row_number() over (partition by actions.customer_id order by action_rank) = 1""")
    con.unregister("suppressed_now")
    left_out = dict.fromkeys(LEFT_OUT, 0) | dict(con.execute(
        "select left_out, count(*) from found where left_out is not null group by all").fetchall())
    as_of = con.execute("select max(as_of_date) from found").fetchall()[0][0]
    # Who is left out is not looked up.
    kept = con.execute(f"""
        with numbers as (
            select found.customer_id, min(crm.customer_number) as customer_number
            from found
            join staging.stg_ml__customer_records as records using (customer_id)
            join staging.stg_crm__customers as crm using (identity_record_key)
            group by found.customer_id
        )
        select
            {columns},
            actions.action_id, actions.customer_id, actions.action_kind, actions.is_holdout,
            actions.holdout_draw
        from found as actions
        join marts.customers as customers on actions.customer_id = customers.customer_id
        left join marts.products as products on actions.product_id = products.product_id
        left join marts.contact_preferences as preferences
            on actions.customer_id = preferences.customer_id
        left join numbers on actions.customer_id = numbers.customer_id
        where actions.left_out is null
        order by actions.expected_value desc, actions.action_id
        {f"limit {most}" if most is not None else ""}""").df()
    return ActivationList(
        channel, as_of, kept[list(LAYOUTS[channel])],
        kept[["action_id", "customer_id", "action_kind", "is_holdout", "holdout_draw"]], left_out)


def write_list(
    settings: Settings, collected: ActivationList, path: Path, file_format: str, *, by: str,
    at: datetime,
) -> str:
    """Write the file and then the log; without rows neither.

    CSV is UTF-8 with commas and a header, as mailing tools expect it; cells of names that a
    spreadsheet would run as a formula begin with an apostrophe.

    Args:
        settings: of the home.
        collected: what to write.
        path: the file; its folder is made, an existing file is replaced.
        file_format: one of FORMATS.
        by: who hands it out.
        at: when, in UTC without a zone.

    Returns:
        Id of the export.

    Raises:
        HoldoutBroken: a customer of the holdout is on the list.
        ValueError: the list has no rows.
    """
    if collected.actions["is_holdout"].any():
        raise HoldoutBroken("the list holds customers of the holdout; nothing was written")
    if collected.rows.empty:
        raise ValueError("the list has no rows")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Nobody else may read it, from its first byte on.
    handle, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if file_format == "csv":
                _without_formulas(collected.rows).to_csv(file, index=False, encoding="utf-8")
            else:
                collected.rows.to_parquet(file, index=False)
        content_hash = sha256(temporary.read_bytes()).hexdigest()
        export_id = sha256(f"{at.isoformat()}|{content_hash}".encode()).hexdigest()[:32]
        # First the log: a list that is out and not logged is worse than one logged and not out.
        _append_log(settings, pa.Table.from_pandas(collected.actions.assign(
            export_id=export_id, exported_at=at, exported_by=by, as_of_date=collected.as_of,
            channel=collected.channel, file_name=path.name, file_format=file_format,
            content_hash=content_hash)[EXPORTS.names], schema=EXPORTS, preserve_index=False))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return export_id


def list_exports(settings: Settings) -> pd.DataFrame:
    """Exports so far, one row each, the newest first; without their customers."""
    path = exports_file(settings)
    if not path.exists():
        return pd.DataFrame(columns=["exported_at", "exported_by", "channel", "actions",
                                     "as_of_date", "file_name", "export_id"])
    with engine(settings.memory_limit) as con:
        return con.execute(f"""
            select exported_at, exported_by, channel, count(*) as actions, as_of_date, file_name,
                export_id
            from read_parquet({literal(str(path))}) group by all
            order by exported_at desc, export_id""").df()


def count_exported(settings: Settings) -> int:
    """Rows logged so far."""
    path = exports_file(settings)
    return pq.read_metadata(path).num_rows if path.exists() else 0


def _append_log(settings: Settings, rows: pa.Table) -> None:
    path = exports_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = pq.read_table(path, schema=EXPORTS) if path.exists() else EXPORTS.empty_table()
    temporary = path.with_suffix(".tmp")
    pq.write_table(pa.concat_tables([before, rows]), temporary)
    temporary.replace(path)


def _without_formulas(rows: pd.DataFrame) -> pd.DataFrame:
    """Texts that begin as a formula get an apostrophe; telephone numbers stay as tools need."""
    texts = [name for name in rows.columns if name != "Phone Number"
             and pd.api.types.is_string_dtype(rows[name])]
    return rows.assign(**{name: rows[name].map(
        lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
        else cell) for name in texts})
