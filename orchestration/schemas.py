"""What a person may ask of the schema history: which columns come now, and what has changed.

How the history is made is in `ingestion/schema_history.py`.
"""

from __future__ import annotations

from typing import Any


def latest_changes(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Periods that began after a table's first extract, and columns that never came; newest first.

    That a column was there from the beginning is no change.
    """
    changes = [row for row in history if row["period_number"] > 1 or row["state"] != "present"]
    return sorted(changes, key=lambda row: -row["first_load_sequence"])


def list_changes(history: list[dict[str, Any]]) -> list[str]:
    """One line per change, newest first."""
    return [f"{row['source_system'] + ' ' + row['label']:<32} {row['column_name']:<28} "
            f"{row['state']:<8} {row['column_type'] or '':<12} {row['mapped_to'] or '':<24} "
            f"since {row['first_file']}" for row in latest_changes(history)]


def list_columns(history: list[dict[str, Any]]) -> list[str]:
    """One line per column as it is now, by source and table in the order of the extract."""
    now = [row for row in history if row["is_current"]]
    now.sort(key=lambda row: (row["source_system"], row["label"], row["position"] is None,
                              row["position"] or 0, row["column_name"]))
    return [f"{row['source_system'] + ' ' + row['label']:<32} {row['column_name']:<28} "
            f"{row['state']:<8} {row['column_type'] or '':<12} -> {row['mapped_to'] or ''}"
            for row in now]
