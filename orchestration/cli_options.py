"""What commands share: options, settings from options, and errors told as a sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ingestion.declaration import DeclarationError
from ingestion.fetching.fetch import UnknownSource
from orchestration.dbt import DbtError
from orchestration.decision_files import DecisionError
from orchestration.explain import NothingBuilt, UnknownCustomer
from orchestration.explain_kpi import UnknownKpi
from orchestration.loads import UnknownLoad
from orchestration.settings import SettingsError
from orchestration.text_show import UnknownText


def told_clearly(command: Callable[..., None]) -> Callable[..., None]:
    """What cannot be used ends with a sentence, not with a traceback."""
    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except (SettingsError, DeclarationError, DbtError, UnknownLoad, UnknownKpi,
                DecisionError, UnknownSource) as error:
            click.echo(f"cx360: {error}", err=True)
            sys.exit(2)
        except (UnknownCustomer, UnknownText, NothingBuilt) as error:
            click.echo(f"cx360: {error}", err=True)
            sys.exit(1)
    return wrapper


def home_option(command: Callable[..., None]) -> Callable[..., None]:
    """Where the home is."""
    return click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path),
        help="Folder for everything cx360 produces (CX360_HOME; default: data).")(command)


def reveal_option(command: Callable[..., None]) -> Callable[..., None]:
    """Whether personal data is shown."""
    return click.option("--reveal", is_flag=True,
                        help="Show personal data as it is, not masked.")(command)


def set_environment(**variables: object) -> None:
    """Options are settings: whatever reads them later reads the environment."""
    for name, value in variables.items():
        if value is not None:
            os.environ[name] = str(value)
