"""What a declaration says of a REST API: its address, how to ask, where the records are.

Texts may hold `{env.NAME}` (an environment variable), `{since}` (where the last fetch got to) and
`{parent.field}` (a field of the record that a request is made for). A secret is only ever the name
of an environment variable. What does **not** belong here: asking (`client.py`, `pages.py`).
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ingestion.rest.credentials import check_address, check_names

ENVIRONMENT_NAME = r"^[A-Z][A-Z0-9_]*$"
PLACEHOLDER = re.compile(r"\{(since|env\.[A-Z][A-Z0-9_]*|parent\.[A-Za-z0-9_.]+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Auth(_Strict):
    """How requests show who asks. Every `…_env` names an environment variable.

    `bearer` sends `token_env`; `basic` a `user_env` with its `user_suffix` and a `password_env`;
    `header` and `parameter` send `value_env` under `name`; `client_credentials` asks `token_url`
    for a token first (OAuth 2.0, RFC 6749 section 4.4), with `user_env` as the client's id, and
    sends it as a bearer or, given a `name`, in that header.
    """

    kind: Literal["bearer", "basic", "header", "parameter", "client_credentials"]
    token_env: str = Field(default="", pattern=f"{ENVIRONMENT_NAME}|^$")
    user_env: str = Field(default="", pattern=f"{ENVIRONMENT_NAME}|^$")
    user_suffix: str = ""
    password_env: str = Field(default="", pattern=f"{ENVIRONMENT_NAME}|^$")
    name: str = ""
    value_env: str = Field(default="", pattern=f"{ENVIRONMENT_NAME}|^$")
    token_url: str = ""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Auth:
        needed = {
            "bearer": ("token_env",), "basic": ("user_env", "password_env"),
            "header": ("name", "value_env"), "parameter": ("name", "value_env"),
            "client_credentials": ("token_url", "user_env", "password_env"),
        }[self.kind]
        if missing := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"auth {self.kind} needs {', '.join(missing)}")
        if self.token_url:
            check_address("token_url", self.token_url)
        return self


class RestConnection(_Strict):
    """A REST API.

    `requests_per_minute` paces the requests, 0 does not; a server that asks to wait longer than
    `longest_wait_seconds` is asked again in the next run.
    """

    kind: Literal["rest"]
    base_url: str
    auth: Auth | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    requests_per_minute: float = Field(default=0, ge=0)
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(default=6, ge=1, le=20)
    longest_wait_seconds: float = Field(default=900, gt=0)

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        check_address("base_url", value)
        return value

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that must be set."""
        auth = self.auth
        named = (auth.token_env, auth.user_env, auth.password_env, auth.value_env) if auth else ()
        placed = _variables([self.base_url, self.headers, auth.token_url if auth else ""])
        return tuple(dict.fromkeys((*filter(None, named), *placed)))

    @field_validator("headers")
    @classmethod
    def _no_secret_header(cls, value: dict[str, str]) -> dict[str, str]:
        check_names("headers", value)
        return value


class Paging(_Strict):
    """How the next page is found.

    `cursor`: a value in the answer at `from`, sent as `parameter` or put into the body at `body`;
    `next_link`: an address in the answer at `from`; `link_header`: the header `Link` (RFC 8288);
    `page`: a number that counts up from `first`; `offset`: the number of records so far, with the
    last record of a page asked for again, so that records that move are noticed.

    Pages end where there is no next one, at an empty page, or where `until` (a path in the answer)
    is true or `while` is false; with neither, numbered ones also at one that is not found.
    `restart_after`: an API that gives at most so many records to one question is asked again from
    the last record's cursor on.
    """

    kind: Literal["cursor", "next_link", "link_header", "page", "offset"]
    found_at: str = Field(default="", alias="from")
    parameter: str = ""
    body: str = ""
    first: int = Field(default=1, ge=0)
    until: str = ""
    as_long_as: str = Field(default="", alias="while")
    restart_after: int = Field(default=0, ge=0)
    max_pages: int = Field(default=100_000, ge=1)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Paging:
        if (self.kind in ("cursor", "next_link")) != bool(self.found_at):
            raise ValueError("paging by cursor or next_link needs `from`, other paging has none")
        if self.kind in ("cursor", "page", "offset") and bool(self.parameter) == bool(self.body):
            raise ValueError(f"paging by {self.kind} needs `parameter` or `body`")
        if self.restart_after and self.kind in ("page", "offset"):
            raise ValueError("`restart_after` needs paging by cursor, next_link or link_header")
        return self


class Since(_Strict):
    """How `{since}` is written, and what it is before anything was fetched."""

    format: Literal["iso", "epoch", "epoch_ms", "date"] = "iso"
    start: str = "1970-01-01"

    @field_validator("start", mode="before")
    @classmethod
    def _is_a_date(cls, value: Any) -> str:
        """YAML reads a date without quotes as one; another text would silently mean 1970."""
        text = value.isoformat() if isinstance(value, date) else str(value)
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("`start` is a date such as 2020-01-01") from None
        return text


class Join(_Strict):
    """Adds fields of an object that the same page delivers beside the records (side-loading).

    The object of the list at `from` whose `key` equals the record's `by`, or what an object there
    has under that name; only `fields` of it.
    """

    found_at: str = Field(alias="from")
    key: str = "id"
    by: str
    fields: tuple[str, ...] = Field(min_length=1)


class Throttled(_Strict):
    """An answer that says with status 200 that it is none yet: a code at `from` is in `values`."""

    found_at: str = Field(alias="from")
    values: tuple[str, ...] = Field(min_length=1)


class Request(_Strict):
    """How one table's records are asked for.

    `of` takes the records that were fetched for another table of the source. `for_each` makes the
    request once for every new record of another table, or for those where `only_where` is true;
    the fields that the request names, and `parent_fields`, ride along in `cx360_parent`.
    `newest_first` says that records come in falling order of the cursor, so that asking ends at
    what is known. An answer with something at `errors` is none. `requests_per_minute` paces this
    request instead of the connection's.
    """

    of: str = ""
    path: str = ""
    method: Literal["GET", "POST"] = "GET"
    parameters: dict[str, Any] = Field(default_factory=dict)
    body: dict[str, Any] = Field(default_factory=dict)
    records: str = ""
    paging: Paging | None = None
    since: Since = Since()
    for_each: str = ""
    only_where: str = ""
    parent_fields: tuple[str, ...] = ()
    newest_first: bool = False
    join: dict[str, Join] = Field(default_factory=dict)
    errors: str = ""
    throttled: Throttled | None = None
    requests_per_minute: float = Field(default=0, ge=0)

    @field_validator("parameters", "body")
    @classmethod
    def _no_secret_is_sent(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        check_names(str(info.field_name), value)
        return {name: _as_written(inner) for name, inner in value.items()}

    @model_validator(mode="after")
    def _is_one_request(self) -> Request:
        if self.of:
            if len(self.model_fields_set) > 1:
                raise ValueError("`of` takes another table's records and stands alone")
        elif not self.path.startswith("/"):
            raise ValueError("`path` starts with / and is relative to `base_url`")
        if "?" in self.path:
            raise ValueError("`path` holds a query; write it as `parameters`")
        if bool(self.for_each) != bool(self.named_fields):
            raise ValueError("`for_each` and `{parent.field}` in the request belong together")
        if self.for_each and self.uses_since:
            raise ValueError("`for_each` asks for every new parent, so `{since}` has no meaning")
        if (self.only_where or self.parent_fields) and not self.for_each:
            raise ValueError("`only_where` and `parent_fields` need `for_each`")
        if self.body and self.method == "GET":
            raise ValueError("a `body` needs `method: POST`")
        if self.paging and self.paging.restart_after and not self.uses_since:
            raise ValueError("`restart_after` asks anew from `{since}` on, so the request needs it")
        if self.paging and self.paging.body and self.method == "GET":
            raise ValueError("paging in the body needs `method: POST`")
        return self

    @property
    def uses_since(self) -> bool:
        """Whether it asks only for what changed."""
        return "since" in _placeholders((self.path, self.parameters, self.body))

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that it names."""
        return _variables([self.path, self.parameters, self.body])

    @property
    def named_fields(self) -> tuple[str, ...]:
        """Fields of the parent record that the request names."""
        names = _placeholders((self.path, self.parameters, self.body))
        return tuple(dict.fromkeys(
            name.removeprefix("parent.") for name in names if name.startswith("parent.")))


def _as_written(value: Any) -> Any:
    """A value as JSON has it: YAML reads what looks like a date or time as one."""
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return {name: _as_written(inner) for name, inner in value.items()}
    return [_as_written(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _variables(value: Any) -> tuple[str, ...]:
    return tuple(name.removeprefix("env.") for name in _placeholders(value)
                 if name.startswith("env."))


def _placeholders(value: Any) -> list[str]:
    if isinstance(value, str):
        return PLACEHOLDER.findall(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [name for one in value for name in _placeholders(one)]
    return []
