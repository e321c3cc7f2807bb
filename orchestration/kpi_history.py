"""The history of KPIs: what was published of them and when, recorded with every snapshot.

dbt makes it from the file in `state/` and the values of the run; here it goes back into that file,
once the snapshot is out. A run that is killed in between does it again: what a run records depends
only on what runs of other as-of dates have recorded.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.readers.files import literal
from orchestration.settings import Settings
from orchestration.warehouse import engine

RECORDED = "intermediate.int_kpi_history_recorded"


def history_file(settings: Settings) -> Path:
    """Where the history lies; recorded, so that no rebuild makes it again."""
    return settings.state_path / "kpi_history.parquet"


def record_kpi_history(settings: Settings) -> int:
    """Keep what the run published of KPIs.

    Returns:
        Rows of the history.
    """
    path = history_file(settings)
    temporary = path.with_suffix(".tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    with engine(settings.memory_limit) as con:
        con.execute(f"attach {literal(str(settings.warehouse_path))} as warehouse (read_only)")
        rows: int = con.execute(
            f"copy (select * from warehouse.{RECORDED} order by all) "
            f"to {literal(str(temporary))} (format parquet)").fetchall()[0][0]
    temporary.replace(path)
    return rows


def count_history(settings: Settings) -> int:
    """Rows recorded so far."""
    path = history_file(settings)
    if not path.exists():
        return 0
    with engine(settings.memory_limit) as con:
        count: int = con.execute(
            f"select count(*) from read_parquet({literal(str(path))})").fetchall()[0][0]
    return count
