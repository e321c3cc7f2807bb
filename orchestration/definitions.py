"""The code location: everything below `defs/`, loaded lazily."""

from __future__ import annotations

import dagster as dg

from orchestration.resources import resources
from orchestration.settings import PROJECT


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs, schedules and sensors."""
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=PROJECT / "orchestration"),
        dg.Definitions(resources=resources(), executor=dg.in_process_executor),
    )
