"""What assets share: the settings of a run, held under the run lock, and dbt."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import metadata

import dagster as dg
from dagster_dbt import DbtCliResource
from packaging.version import Version
from pydantic import PrivateAttr

from ingestion.raw_zone import RawZone
from orchestration import dbt
from orchestration.audit import Audit
from orchestration.orphans import end_orphans
from orchestration.run_lock import run_lock
from orchestration.settings import DBT_PROJECT, Settings, read_settings
from orchestration.withheld import withhold_values


class Run(dg.ConfigurableResource):
    """One run: it reads the settings once and holds the home's lock until it ends."""

    _settings: Settings = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Run"]:
        """Take the lock, wait for another run if there is one, and release it at the end."""
        settings = read_settings()
        log = context.log

        def announce(message: str) -> None:
            if log:
                log.info(message)

        with run_lock(settings.home, announce):
            end_orphans(settings.raw_path, announce)
            dbt.set_environment(settings)
            withhold_values()
            self._settings = settings
            yield self

    @property
    def settings(self) -> Settings:
        """Settings of this run."""
        return self._settings

    @property
    def zone(self) -> RawZone:
        """The raw zone."""
        return RawZone(self._settings.raw_path)

    @property
    def audit(self) -> Audit:
        """The stages' states."""
        return Audit(self._settings.state_path / "stages.json")


class Dbt(DbtCliResource):
    """dbt as a child process, without two things that cost eight seconds a run and serve nobody.

    `dbt --version` is asked of the package instead, and no second adapter is opened inside this
    process: only `fetch_row_counts` and `fetch_column_metadata` need one, and they would leave a
    connection to the warehouse open.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


def resources() -> dict[str, object]:
    """Resources of the code location."""
    return {
        "run": Run(),
        "dbt": Dbt(project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT),
                              dbt_executable=str(dbt.DBT)),
    }
