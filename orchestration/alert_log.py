"""Which alerts earlier runs have told: recorded history in `state/alerts.parquet`.

An alert keeps its id and its first day however data that came later move it, because people have
been told of it. A run adds what is new and changes nothing; the same run again adds nothing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.settings import Settings

LOG = pa.schema([
    ("alert_id", pa.string()), ("series_id", pa.string()), ("change_direction", pa.string()),
    ("started_date", pa.date32()), ("raised_date", pa.date32()),
    ("first_reported_date", pa.date32())])


def alerts_file(settings: Settings) -> Path:
    """Where the log lies."""
    return settings.state_path / "alerts.parquet"


def read_alert_log(settings: Settings, as_of: date) -> pd.DataFrame:
    """Alerts that runs up to the as-of date have told; what came later is not known to this one."""
    path = alerts_file(settings)
    table = pq.read_table(path) if path.exists() else LOG.empty_table()
    log = table.to_pandas()
    return log[[day <= as_of for day in log["first_reported_date"]]].reset_index(drop=True)


def record_alerts(settings: Settings, alerts: pd.DataFrame) -> int:
    """Add the alerts that are not in the log.

    Args:
        settings: where the log lies.
        alerts: rows with the columns of the log.

    Returns:
        How many were added.
    """
    path = alerts_file(settings)
    table = pq.read_table(path) if path.exists() else LOG.empty_table()
    known = set(table["alert_id"].to_pylist())
    fresh = alerts[~alerts["alert_id"].isin(known)].sort_values(["first_reported_date", "alert_id"])
    if fresh.empty:
        return 0
    added = pa.Table.from_pandas(fresh[LOG.names], schema=LOG, preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    pq.write_table(pa.concat_tables([table, added]), temporary)
    temporary.replace(path)
    return len(fresh)
