"""What a person may do about loads: list them, have one explained, replay it, withdraw it.

Called under the run lock; what was decided counts from the next run on.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingestion.raw_zone import Load, RawZone
from orchestration.rejects import group_rejects
from orchestration.settings import Settings


class UnknownLoad(ValueError):
    """No load, or several, begin with the given id."""


def find_load(zone: RawZone, load_id: str) -> Load:
    """The load whose id begins with the given text.

    Raises:
        UnknownLoad: there is none, or there are several.
    """
    loads = zone.loads()
    found = ([load for load in loads if load.load_id == load_id]
             or [load for load in loads if load.load_id.startswith(load_id)])
    if len(found) != 1:
        many = "no load" if not found else f"{len(found)} loads"
        raise UnknownLoad(f"{many} with an id beginning with {load_id!r}; `cx360 loads` lists them")
    return found[0]


def list_loads(loads: Iterable[Load]) -> list[str]:
    """One line per load, oldest first."""
    return [f"{load.load_id}  {load.state:<11} {load.source_system + ' ' + load.label:<32} "
            f"{load.file:<44} {load.rows_accepted:>9,} accepted {load.rows_rejected:>7,} rejected"
            for load in loads]


def explain_load(zone: RawZone, load: Load) -> list[str]:
    """Everything known of a load, its rejects counted by reason; no value of a row."""
    lines = [
        f"load        {load.load_id} (number {load.load_sequence})",
        f"source      {load.source_system}, table {load.label} -> {load.entity}",
        f"file        {load.file}",
        f"extract of  {load.extracted_on or 'no declared date'}",
        f"rows        {load.rows_read:,} read = {load.rows_accepted:,} accepted + "
        f"{load.rows_rejected:,} rejected + {load.rows_repeated:,} repeated"
        + (f" + {load.rows_repaired:,} repaired by replays" if load.rows_repaired else ""),
        f"facts       {load.first_event_at or '-'} to {load.last_event_at or '-'}",
        f"state       {load.state}{': ' + load.reason if load.reason else ''}",
    ]
    if load.replays_load_id:
        lines.append(f"replay      of rejects of load {load.replays_load_id}, after load number "
                     f"{load.replayed_after}")
    for group in group_rejects(zone, [load]):
        some = ", ".join(map(str, group.rows)) + (
            ", …" if group.rows_count > len(group.rows) else "")
        became = f" -> repaired by {group.repaired_by}" if group.repaired_by else ""
        lines.append(f"rejected    {group.rows_count:,} rows: {group.reason} (row {some}){became}")
    if (folder := zone.rejects_of(load)).exists():
        lines.append(f"            kept in {folder}")
    if load.state == "quarantined":
        lines.append(f"next        {_correction(load)}; or judge it anew with `cx360 loads "
                     f"replay {load.load_id}`; or leave it out for good "
                     f"with `cx360 loads withdraw {load.load_id} --reason …`")
    return lines


def _correction(load: Load) -> str:
    if load.file.startswith("_landed/"):
        return ("correct the declaration and run again; or correct the source, have its rows "
                f"fetched again with `cx360 fetch {load.source_system} --anew` and leave this load "
                "out")
    return ("correct the extract or its declaration and run again (if the extract is gone: "
            "`cx360 rejects replay`)")


def replay_load(settings: Settings, zone: RawZone, load: Load) -> str:
    """Have the next run load and judge it anew.

    Returns:
        What will happen, as a sentence.
    """
    if load.replays_load_id:
        zone.set_states({load.load_id: ("staged", "")})
        return f"{load.load_id}: the next run judges the stored rows anew"
    is_there = load.file.endswith(".yml") or any(
        (folder / load.file).exists() for folder in (settings.extracts, zone.path))
    if is_there:
        zone.set_states({load.load_id: ("superseded", "to be replayed from its extract")})
        return f"{load.load_id}: the next run reads {load.file} again"
    zone.set_states({load.load_id: ("staged", "")})
    return f"{load.load_id}: {load.file} is gone; the next run judges the stored rows anew"


def withdraw_load(zone: RawZone, load: Load, reason: str) -> str:
    """Leave a load out from the next run on, and its replays; its rows and its history stay."""
    zone.set_states({
        other.load_id: ("withdrawn", reason) for other in zone.loads()
        if other.load_id == load.load_id
        or (other.replays_load_id == load.load_id and other.state != "superseded")})
    return f"{load.load_id}: withdrawn; the next run builds everything without it"
