"""What a person may do about rejects: count them by reason, look at those of a load, replay them.

Reasons and row numbers are told, never a record: that is personal data and stays in the raw zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb

from ingestion.raw_zone import Load, RawZone
from ingestion.readers.extract import file_list
from ingestion.replays import Replay
from orchestration.settings import Settings


class RejectGroup(NamedTuple):
    """Rejects of one table of a source that have one present reason, or were repaired.

    `repaired_by` is empty for those still rejected; `rows` are the first few rows of the source.
    """

    source_system: str
    label: str
    reason: str
    repaired_by: str
    rows_count: int
    loads_count: int
    rows: list[int]


def group_rejects(zone: RawZone, loads: Iterable[Load]) -> list[RejectGroup]:
    """Rejects of loads by reason, the most frequent first; numbers within reasons are left out."""
    loads = [load for load in loads if zone.rejects_of(load).exists()]
    if not loads:
        return []
    ids = {load.load_id for load in loads}
    replays = [load for load in zone.loads() if load.replays_load_id in ids
               and load.state != "superseded"]
    files = [path for load in loads for path in sorted(zone.rejects_of(load).glob("*.parquet"))]
    judged = [path for load in loads if load.rejects_version for path in sorted(
        zone.judgement_of(load, load.rejects_version).glob("*.parquet"))]
    repairs = [path for load in replays for path in sorted(zone.repairs_of(load).glob("*.parquet"))]
    judged_sql = (f"read_parquet({file_list(judged)})" if judged else
                  "(select null::varchar as load_id, null::bigint as reject_number, "
                  "null::varchar as reason where false)")
    repairs_sql = (f"read_parquet({file_list(repairs)})" if repairs else
                   "(select null::varchar as load_id, null::varchar as replays_load_id, "
                   "null::bigint as reject_number where false)")
    # Numbering a million rejects takes longer than counting them.
    number = ("row_number() over (partition by load_id order by filename, file_row_number)"
              if judged or repairs else "null")
    rows = duckdb.execute(f"""
        with loads as (
            select unnest($1) as load_id, unnest($2) as source_system, unnest($3) as label
        ), rejects as (
            select load_id, source_row, reason, {number} as reject_number
            from read_parquet({file_list(files)}, filename = true, file_row_number = true)
        )
        select loads.source_system, loads.label,
            regexp_replace(coalesce(judged.reason, rejects.reason), 'row [0-9]+', 'row …', 'g'),
            coalesce(repairs.load_id, '') as repaired_by, count(*) as rows_count,
            count(distinct rejects.load_id),
            min(rejects.source_row, 5)
        from rejects
        join loads on rejects.load_id = loads.load_id
        left join {judged_sql} as judged on rejects.load_id = judged.load_id
            and rejects.reject_number = judged.reject_number
        left join {repairs_sql} as repairs on rejects.load_id = repairs.replays_load_id
            and rejects.reject_number = repairs.reject_number
        group by 1, 2, 3, 4 order by repaired_by <> '', rows_count desc, 1, 2, 3, 4""",
        [[load.load_id for load in loads], [load.source_system for load in loads],
         [load.label for load in loads]]).fetchall()
    return [RejectGroup(*row) for row in rows]


def counting(loads: Iterable[Load]) -> list[Load]:
    """Loads whose rejects are open: neither superseded nor withdrawn."""
    return [load for load in loads if load.state in ("staged", "admitted", "quarantined")]


def list_rejects(zone: RawZone, source: str = "") -> list[str]:
    """One line per table, reason and replay; repaired ones last."""
    groups = group_rejects(zone, [load for load in counting(zone.loads())
                                  if source in ("", load.source_system)])
    open_groups: dict[tuple[str, str, str], list[RejectGroup]] = {}
    for group in groups:
        key = group.source_system, group.label, "" if group.repaired_by else group.reason
        open_groups.setdefault(key, []).append(group)
    return [f"{sum(g.rows_count for g in same):>9,}  {system + ' ' + label:<32} "
            f"{reason or 'repaired by replays'}"
            for (system, label, reason), same in open_groups.items()]


def explain_rejects(zone: RawZone, load: Load) -> list[str]:
    """Rejects of one load: by present reason, or by the replay that took them over and when."""
    lines = [f"{load.load_id}  {load.source_system} {load.label}, {load.file}: "
             f"{load.rows_rejected:,} rejected, {load.rows_repaired:,} repaired"]
    after = {other.load_id: other.replayed_after for other in zone.loads()}
    for group in group_rejects(zone, [load]):
        some = ", ".join(map(str, group.rows)) + (
            ", …" if group.rows_count > len(group.rows) else "")
        lines.append(f"  {group.rows_count:>7,}  {group.reason} (row {some})"
                     + (f" -> repaired by {group.repaired_by}, after load number "
                        f"{after[group.repaired_by]}" if group.repaired_by else ""))
    folder = zone.rejects_of(load)
    if folder.exists():
        lines.append(f"  records are kept in {folder}")
    return lines


def describe_replay(settings: Settings, replay: Replay) -> str:
    """What a replay did, as a sentence; an extract that is still there is read anew anyway."""
    load = replay.load
    said = (f"{load.load_id}  {load.source_system} {load.label}, {load.file}: "
            f"{replay.rows_accepted:,} accepted"
            + (f", {replay.rows_repeated:,} repeated" if replay.rows_repeated else "")
            + f", {replay.rows_remaining:,} still rejected")
    if replay.made:
        said += f" -> load {replay.made.load_id}"
    if (settings.extracts / load.file).is_file():
        said += "; its extract is still there, so the next run reads all of it anew"
    return said
