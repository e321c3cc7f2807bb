"""What `profiles.yml` loads into dbt's own process: its errors hold no value of a row."""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.withheld import withhold_values


class Plugin(BasePlugin):
    """A plugin of dbt-duckdb; it is made before the first connection is opened."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Called once by dbt-duckdb."""
        withhold_values()
