"""Reads and validates source declarations: how one source's extracts map onto the contract.

A declaration is one YAML file per source system. What does **not** belong here: reading the
extracts themselves (`readers/`), and where their rows go (`raw_zone.py`).
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ingestion.connections import Connection
from ingestion.contract import ENTITIES, Entity
from ingestion.rest.settings import Request

# Raised when the meaning of a declaration changes, so that its loads are made anew.
READER_VERSION = 2
SETTINGS_FILE = "settings.yml"  # may lie beside the declarations; read by orchestration
DURATION = re.compile(r"^(\d+)([hd])$")


class DeclarationError(ValueError):
    """A declaration cannot be used; the message names file, place and remedy."""


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _check_one_group(pattern: str, group: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if groups != 1:
        raise ValueError(f"the regular expression needs exactly one group, {group}")
    return pattern


def _check_time_zone(name: str | None) -> str | None:
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {name!r}; use an IANA name such as Europe/Berlin"
                             ) from error
    return name


_SECRET_PARAMETERS = re.compile(
    r"(?i)(^|&)[^=]*(sig|token|key|secret|password|passwd|credential|auth)[^=]*=")
_SETTINGS_OF_FORMATS = {
    "escape": ("csv",), "may_be_short": ("csv",),
    "column_names": ("csv", "excel"), "skip_first": ("csv", "excel"),
    "skip_after_header": ("csv", "excel"),
    "skip_last": ("csv", "json", "jsonl", "excel"),
    "record_path": ("json",), "explode": ("json", "jsonl"),
    "explode_fields": ("json", "jsonl"),
    "sheet": ("excel",), "sheet_column": ("excel",),
}
# Which rows are extracts, and not what is made of them: no change makes loads anew.
_ORIGIN_SETTINGS = {"files", "table", "query", "request", "cursor", "look_back"}
_DEFAULTS_OF_FETCHED = ("time_zone", "null_values")
# Settings that came later: unused, they change no version, so that nothing is loaded anew.
_LATER_SETTINGS = (*_SETTINGS_OF_FORMATS, "totals", "from_file_name", "deleted")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FileFormat(_Strict):
    """How the files of a table are written. Compressed files need no setting."""

    format: Literal["csv", "json", "jsonl", "parquet", "excel"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=4)
    quote: str = Field(default='"', max_length=1)
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    date_format: Names = ()
    timestamp_format: Names = ()
    time_zone: str = "UTC"
    null_values: Names = ("",)
    escape: str = Field(default="", max_length=1)
    column_names: Names = ()
    may_be_short: bool = False
    skip_first: int = Field(default=0, ge=0)
    skip_after_header: int = Field(default=0, ge=0)
    skip_last: int = Field(default=0, ge=0)
    totals: dict[str, Names] = Field(default_factory=dict)
    record_path: str = ""
    explode: str = ""
    explode_fields: str = ""
    sheet: str = ""
    sheet_column: str = ""

    _zone = field_validator("time_zone")(_check_time_zone)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise ValueError(f"unknown encoding {value!r}; windows-1252 and utf-8 are usual"
                             ) from error
        return value

    @model_validator(mode="after")
    def _separators_differ(self) -> FileFormat:
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; they must differ")
        return self

    @model_validator(mode="after")
    def _settings_fit_the_format(self) -> FileFormat:
        for setting, formats in _SETTINGS_OF_FORMATS.items():
            if getattr(self, setting) and self.format not in formats:
                raise ValueError(f"`{setting}` belongs to {_list(formats)}, not to {self.format}")
        if self.may_be_short and self.quote:
            # After an open quote the engine drops lines without a word when it fills up short ones.
            raise ValueError('`may_be_short` needs `quote: ""`')
        return self


class ColumnMapping(_Strict):
    """What fills one canonical column.

    `from` names source columns in order of preference, `parts` several that are joined with `|`
    (`=text` is a constant among them), `words` several that are written one after the other with a
    blank, `product` numbers that are multiplied, `value` a constant. Without one of its `parts` or
    factors a value is empty, `words` that are empty are left out. In `map`, `*` stands for every
    value not named.
    """

    sources: Names = Field(default=(), alias="from")
    parts: Names = ()
    words: Names = ()
    product: Names = ()
    value: str | None = None
    map: dict[str, str | None] = Field(default_factory=dict)
    format: Names = ()
    decimal: Literal[".", ","] | None = None
    null_values: Names = ()
    time_zone: str | None = None
    unescape: Literal["", "html"] = ""
    system: str | None = None

    _zone = field_validator("time_zone")(_check_time_zone)

    @field_validator("value", mode="before")
    @classmethod
    def _constant_as_text(cls, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else json.dumps(value)

    @field_validator("map", mode="before")
    @classmethod
    def _map_as_text(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {_text(k): None if v is None else _text(v) for k, v in value.items()}

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnMapping:
        if sum((bool(self.sources), bool(self.parts), bool(self.words), bool(self.product),
                self.value is not None)) != 1:
            raise ValueError(
                "give exactly one of `from`, `parts`, `words`, `product` and `value`")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every source column it may read."""
        parts = tuple(part for part in self.parts if not part.startswith("="))
        return self.sources or self.words or self.product or parts


def _text(value: Any) -> str:
    if isinstance(value, bool):  # YAML reads `ja: yes` as true
        return "true" if value else "false"
    return str(value)


def _as_mapping(value: Any) -> Any:
    return {"from": value} if isinstance(value, (str, list)) else value


Mapping = Annotated[ColumnMapping, BeforeValidator(_as_mapping)]


class Unpivot(_Strict):
    """Turns columns into rows: one row per record and column, as answers of a wide survey need.

    The column's name is then found under `name`, its value under `value`. Where columns are called
    differently in different files, `columns` names each by what it shall be called, with the names
    that are accepted, the first that has a value counting.
    """

    columns: Names | dict[str, Names] = Field(min_length=1)
    name: str = "question"
    value: str = "answer"

    @property
    def accepted(self) -> dict[str, tuple[str, ...]]:
        """What each column is called afterwards -> its accepted names."""
        return (self.columns if isinstance(self.columns, dict)
                else {column: (column,) for column in self.columns})


class Deletion(_Strict):
    """Which rows tell that their record was deleted: those with one of `values` in `from`."""

    source: str = Field(alias="from", min_length=1)
    values: Names = Field(min_length=1)

    @field_validator("values", mode="before")
    @classmethod
    def _values_as_text(cls, value: Any) -> Any:
        values = value if isinstance(value, list) else [value]
        return [_text(one) for one in values]


class TableDeclaration(FileFormat):
    """One table of a source: which files, which entity, which column from where.

    Instead of `files`, a `table` or a `query` of the source's database, or what a `request` to its
    API gives, is fetched: as a whole, or from the last value of the column `cursor` on, less what
    changes late (`look_back`).
    """

    entity: str
    name: str = ""
    files: str = ""
    records: tuple[dict[str, Any], ...] = ()
    table: str = ""
    query: str = ""
    request: Request | None = None
    cursor: str = ""
    look_back: str = ""
    extracted_on: str = ""
    from_file_name: dict[str, str] = Field(default_factory=dict)
    key: Names = ()
    updated_at: Mapping | None = None
    duplicates: Literal["keep", "reject"] | None = None
    repeats: bool = False
    deleted: Deletion | Literal["compare_keys"] | None = None
    expected_every: str = ""
    may_be_empty: bool = False
    unpivot: Unpivot | None = None
    columns: dict[str, Mapping] = Field(min_length=1)

    @field_validator("entity")
    @classmethod
    def _known_entity(cls, value: str) -> str:
        if value not in ENTITIES:
            raise ValueError(f"unknown entity {value!r}; the contract has {_list(ENTITIES)}")
        return value

    @field_validator("files")
    @classmethod
    def _no_credentials(cls, value: str) -> str:
        """An address is stored and told; what opens it comes from the environment."""
        if "://" in value:
            address = urlsplit(value)
            if "@" in address.netloc or _SECRET_PARAMETERS.search(address.query):
                raise ValueError("the address holds credentials; give them in the environment")
        return value

    @field_validator("extracted_on")
    @classmethod
    def _one_date(cls, value: str) -> str:
        return _check_one_group(value, "the date") if value else value

    @field_validator("from_file_name")
    @classmethod
    def _one_value_each(cls, value: dict[str, str]) -> dict[str, str]:
        return {name: _check_one_group(pattern, name) for name, pattern in value.items()}

    @field_validator("look_back", mode="before")
    @classmethod
    def _number_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("look_back")
    @classmethod
    def _duration_or_number(cls, value: str) -> str:
        if value and not value.isdigit() and not DURATION.match(value):
            raise ValueError(f"{value!r} is neither a duration such as 2d or 6h nor, for a cursor "
                             "of whole numbers, a number such as 1000")
        return value

    @field_validator("expected_every")
    @classmethod
    def _duration(cls, value: str) -> str:
        if value and not DURATION.match(value):
            raise ValueError(f"{value!r} is no duration; write 1d or 6h")
        return value

    @model_validator(mode="before")
    @classmethod
    def _inline_records(cls, data: Any) -> Any:
        """Inline records name canonical columns themselves; `ref` is their key."""
        if isinstance(data, dict) and data.get("records") and "columns" not in data:
            names = sorted({name for record in data["records"] for name in record} - {"ref"})
            data = data | {"columns": {n: n for n in names}, "key": ["ref"], "format": "jsonl"}
        return data

    @model_validator(mode="before")
    @classmethod
    def _fetched_format(cls, data: Any) -> Any:
        """What a database gives is written with its types, what an API gives as delivered."""
        if isinstance(data, dict) and (data.get("table") or data.get("query")):
            data = {"format": "parquet"} | data
        if isinstance(data, dict) and data.get("request"):
            data = {"format": "jsonl"} | data
        return data

    @model_validator(mode="after")
    def _fetching_fits(self) -> TableDeclaration:
        if not self.is_fetched:
            for setting in ("cursor", "look_back"):
                if getattr(self, setting):
                    raise ValueError(f"`{setting}` belongs to a `table`, `query` or `request`")
            if self.deleted == "compare_keys":
                raise ValueError("`deleted: compare_keys` belongs to a `table` or `query`")
            return self
        written = "jsonl" if self.request else "parquet"
        if self.format != written or self.extracted_on or self.from_file_name:
            raise ValueError("what is fetched has no file of the company's: leave out `format`, "
                             "`extracted_on` and `from_file_name`")
        if self.look_back and not self.cursor:
            raise ValueError("`look_back` needs a `cursor`")
        if self.request:
            _check_request(self.request, self.cursor, self.look_back)
            if self.deleted == "compare_keys":
                raise ValueError("`deleted: compare_keys` belongs to a `table` or `query`")
        return self

    @model_validator(mode="after")
    def _fits_the_contract(self) -> TableDeclaration:
        if sum(map(bool, (self.files, self.records, self.table, self.query, self.request))) != 1:
            raise ValueError("give `files` or `records`, or `table` or `query` of a database, or a "
                             "`request` to an API")
        known = {column.name: column for column in self.contract.columns}
        for name, mapping in self.columns.items():
            if name not in known:
                raise ValueError(f"{self.entity} has no column {name!r}; it has {_list(known)}")
            if mapping.system and not known[name].references:
                raise ValueError(f"column {name!r} is no reference, so `system` has no meaning")
        missing = [c.name for c in self.contract.columns
                   if c.required and c.name not in self.columns]
        if missing:
            raise ValueError(f"{self.entity} needs {_list(missing)}; map them under `columns`")
        if not self.key and self.duplicates is None:
            raise ValueError("without a `key`, say `duplicates: keep` or `duplicates: reject`")
        for setting in ("unpivot", "from_file_name"):
            if getattr(self, setting) and self.format in ("json", "jsonl"):
                raise ValueError(f"`{setting}` needs columns: csv, excel or parquet")
        for setting in ("repeats", "deleted"):
            if getattr(self, setting) and not self.key:
                raise ValueError(f"`{setting}` needs a `key`")
        return self

    @property
    def contract(self) -> Entity:
        """The entity it fills."""
        return ENTITIES[self.entity]

    @property
    def deletion(self) -> Deletion | None:
        """Which of its rows tell of a deletion, where a column of theirs does."""
        return self.deleted if isinstance(self.deleted, Deletion) else None

    @property
    def label(self) -> str:
        """Name of this table within its source."""
        return self.name or self.entity

    @property
    def is_fetched(self) -> bool:
        """Whether its rows are asked of the source's `connection`."""
        return bool(self.table or self.query or self.request)

    @property
    def comes_in_pages(self) -> bool:
        """Whether it is asked for page by page, so that one record may come twice."""
        return self.request is not None

    @property
    def landed_label(self) -> str:
        """Name of the table whose fetched files it reads: mostly its own."""
        return self.request.of if self.request and self.request.of else self.label


def _check_request(request: Request, cursor: str, look_back: str) -> None:
    if look_back and not DURATION.match(look_back):
        raise ValueError("`look_back` of a `request` is a duration such as 2d or 6h")
    if (request.uses_since or request.newest_first) and not cursor:
        raise ValueError("`{since}` and `newest_first` need a `cursor`")
    if cursor and not (request.uses_since or request.newest_first):
        raise ValueError("a `cursor` needs `{since}` in the request, or `newest_first`")


class SourceDeclaration(_Strict):
    """One source system."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = ""
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    connection: Connection | None = None
    tables: tuple[TableDeclaration, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _spread_defaults(cls, data: Any) -> Any:
        """Write the source's defaults into each of its tables."""
        if not isinstance(data, dict) or not isinstance(data.get("tables"), list):
            return data
        data = dict(data)
        defaults = dict(data.pop("file_defaults", None) or {})
        if zone := data.pop("time_zone", None):
            defaults.setdefault("time_zone", zone)
        currency = data.get("currency")
        tables = []
        for raw in data["tables"]:
            if not isinstance(raw, dict):
                raise ValueError("each entry of `tables` is a mapping")
            is_fetched = any(map(raw.get, ("table", "query", "request")))
            table = {name: default for name, default in defaults.items()
                     if not raw.get("records")
                     and (name in _DEFAULTS_OF_FETCHED or not is_fetched)} | raw
            entity = ENTITIES.get(str(table.get("entity")))
            if (currency and entity and isinstance(table.get("columns"), dict)
                    and any(c.name == "currency" for c in entity.columns)):
                table["columns"] = {"currency": {"value": currency}} | table["columns"]
            tables.append(table)
        return data | {"tables": tables}

    @model_validator(mode="after")
    def _labels_differ(self) -> SourceDeclaration:
        labels = [table.label for table in self.tables]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two tables fill {_list(twice)}; give each its own `name`")
        return self

    @model_validator(mode="after")
    def _connection_is_used(self) -> SourceDeclaration:
        fetched = [table.label for table in self.tables if table.is_fetched]
        if fetched and not self.connection:
            raise ValueError(f"{_list(fetched)}: give the source a `connection`")
        if self.connection and not fetched:
            raise ValueError("the source has a `connection`, but no table is fetched over it")
        asked = {table.label for table in self.tables if table.request and not table.request.of}
        for table in self.tables:
            if table.is_fetched and self.connection and (
                    bool(table.request) != (self.connection.kind == "rest")):
                raise ValueError(f"{table.label}: a `request` needs a connection of kind rest, a "
                                 "`table` or `query` one of a database")
            for name in (table.request.of, table.request.for_each) if table.request else ():
                if name and name not in asked:
                    raise ValueError(f"{table.label}: {name} is no table with a `request` of its "
                                     f"own; there is {_list(sorted(asked))}")
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that fetching needs."""
        names = list(self.connection.variables) if self.connection else []
        for table in self.tables:
            names += table.request.variables if table.request else ()
        return tuple(dict.fromkeys(names))

    def version(self, table: TableDeclaration) -> str:
        """Version of what makes this table's rows: changes exactly when they may change."""
        content = table.model_dump(mode="json", exclude={
            "expected_every", "may_be_empty", *_ORIGIN_SETTINGS})
        if not table.deletion:  # a comparison of keys makes rows of its own
            content["deleted"] = None
        for name in _LATER_SETTINGS:
            if not content[name]:
                del content[name]
        for mapping in (*content["columns"].values(), content["updated_at"] or {}):
            if not mapping.get("unescape"):
                mapping.pop("unescape", None)
        text = json.dumps([READER_VERSION, self.source, content], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_declaration(path: Path) -> SourceDeclaration:
    """Read one declaration.

    Raises:
        DeclarationError: the file is no YAML, or something in it does not fit; the message names
            the file and the place.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path.name}: not readable as YAML: {error}") from error
    if not isinstance(data, dict):
        raise DeclarationError(f"{path.name}: a declaration is a mapping with `tables`")
    data.setdefault("source", path.stem)
    try:
        return SourceDeclaration.model_validate(data)
    except ValidationError as error:
        errors = [e for e in error.errors() if e["type"] != "too_short"] or error.errors()
        lines = [f"{path.name}: {_place(data, e['loc'])}{_sentence(e)}" for e in errors]
        raise DeclarationError("\n".join(lines)) from error


def read_declarations(folder: Path) -> tuple[SourceDeclaration, ...]:
    """Read every declaration of a folder, sorted by source.

    Raises:
        DeclarationError: no declaration there, one that does not fit, or two of one source.
    """
    paths = sorted(path for path in (*folder.glob("*.yml"), *folder.glob("*.yaml"))
                   if path.name != SETTINGS_FILE)
    if not paths:
        raise DeclarationError(f"{folder} holds no source declaration (*.yml)")
    declarations = [read_declaration(path) for path in paths]
    names = [declaration.source for declaration in declarations]
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"{folder}: source {name!r} is declared twice")
    return tuple(sorted(declarations, key=lambda d: d.source))


def _place(data: dict[str, Any], location: tuple[int | str, ...]) -> str:
    """The place of an error in words a person can find: `table crm.cases, columns.reason: `."""
    words: list[str] = []
    rest = list(location)
    if rest[:1] == ["tables"] and len(rest) > 1 and isinstance(rest[1], int):
        try:
            table = data["tables"][rest[1]]
            words.append(f"table {table.get('name') or table.get('entity', rest[1] + 1)}")
        except (KeyError, IndexError, AttributeError):
            words.append(f"table {rest[1] + 1}")
        rest = rest[2:]
    if rest:
        words.append(".".join(str(part) for part in rest))
    return ", ".join(words) + ": " if words else ""


def _sentence(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown setting; check the spelling"
    return str(error["msg"]).removeprefix("Value error, ")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
