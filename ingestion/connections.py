"""How a source is reached whose rows are asked for: the kinds of connections, never a secret.

What does **not** belong here: asking (`fetching/`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingestion.rest.settings import RestConnection


def check_variable(name: str) -> str:
    """Whether a text can be the name of an environment variable; it is never told, lest it is not.

    Raises:
        ValueError: it cannot.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("names an environment variable such as CRM_DATABASE_URL, which holds the "
                         "secret; the secret itself does not belong here")
    return name


class DatabaseConnection(BaseModel):
    """A database; the variable named by `url_env` holds `postgresql://user:password@server/name`.

    A statement that takes longer than `timeout_seconds` is given up.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["postgresql", "mysql", "mariadb"]
    url_env: str
    timeout_seconds: int = Field(default=3600, ge=1)

    _variable = field_validator("url_env")(check_variable)

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that must be set."""
        return (self.url_env,)


Connection = Annotated[DatabaseConnection | RestConnection, Field(discriminator="kind")]
