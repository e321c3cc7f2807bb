"""Every setting, read in one place: environment, `.env`, and the company's `settings.yml`.

Nothing else in the project reads the environment. What does **not** belong here: defaults of a
method (they stand in its function) and anything secret.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml
from dotenv import dotenv_values

from ingestion.declaration import SETTINGS_FILE
from models_ml.language import DETECTED_LANGUAGES, KNOWN_LANGUAGES
from models_ml.normalisation import IDENTIFIER_TYPES

PROJECT = Path(__file__).resolve().parent.parent
DBT_PROJECT = PROJECT / "dbt_project"
DEMO_SOURCES = PROJECT / "ingestion" / "sources" / "demo"

# Setting -> what it means; the same list stands in `.env.example`.
VARIABLES: dict[str, str] = {
    "CX360_HOME": "folder for everything cx360 produces",
    "CX360_COMPANY": "folder with the company's settings.yml, sources/ and decisions/",
    "CX360_SOURCES": "folder of source declarations, instead of the company's",
    "CX360_EXTRACTS": "folder of the extracts that the declarations read",
    "CX360_TARGET": "engine that runs the models: duckdb",
    "CX360_MEMORY_LIMIT": "most memory the engine may use, such as 4GB",
    "CX360_AS_OF": "date that the run looks back from, such as 2026-03-31",
    "CX360_STRICT": "true: a quarantined load or unreadable extract stops the run",
    "CX360_FETCH": "false: a run does not ask databases and APIs, but takes what was fetched",
    "CX360_SNAPSHOTS_KEPT": "how many published snapshots are kept",
    "CX360_PUBLIC_DATA": "folder of public extracts, for tests and benchmarks only",
    "CX360_ALERT_WEBHOOK": "address that new alerts are sent to; may hold a secret",
    "CX360_ALERT_MAIL_TO": "who gets new alerts by mail, separated by commas",
    "CX360_ALERT_MAIL_FROM": "sender of that mail",
    "CX360_SMTP_HOST": "mail server that sends it, such as mail.example.com:587",
    "CX360_SMTP_USER": "user of the mail server",
    "CX360_SMTP_PASSWORD": "password of the mail server",
}
TARGETS = ("duckdb",)
ALERT_LANGUAGES = ("de", "en")
DEFAULT_SMTP_PORT = 587
# Bounds of the company's numbers.
NUMBERS: dict[str, tuple[float, float]] = {
    "identity_threshold": (0.5, 0.9999),
    "identity_bridge_score": (0.5, 1.0),
    "identity_size_limit": (2, 10_000),
}


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and what it may be."""


@dataclass(frozen=True)
class CompanySettings:
    """What a company says about itself in `settings.yml`."""

    company_name: str = "Demo company"
    company_time_zone: str = "Europe/Berlin"
    reporting_currency: str = "EUR"
    default_country: str = "DE"
    blocked_identifiers: tuple[str, ...] = ()
    identifier_limits: tuple[tuple[str, int | None], ...] = ()
    identity_threshold: float = 0.95
    identity_bridge_score: float = 0.99
    identity_size_limit: int = 50
    languages: tuple[str, ...] = DETECTED_LANGUAGES
    alert_language: str = "de"


@dataclass(frozen=True)
class AlertSettings:
    """Where new alerts are sent; nothing is sent where nothing is set.

    From the environment only, and never shown: an address or password can be a secret.
    """

    webhook: str = field(default="", repr=False)
    mail_to: tuple[str, ...] = field(default=(), repr=False)
    mail_from: str = field(default="", repr=False)
    smtp_host: str = field(default="", repr=False)
    smtp_port: int = DEFAULT_SMTP_PORT
    smtp_user: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    """Settings of one process."""

    home: Path
    company_folder: Path
    sources: Path
    extracts: Path
    target: str = "duckdb"
    memory_limit: str = "4GB"
    as_of: date | None = None
    strict: bool = False
    fetch: bool = True
    snapshots_kept: int = 3
    company: CompanySettings = field(default_factory=CompanySettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)

    @property
    def raw_path(self) -> Path:
        """Immutable loads and their manifest."""
        return self.home / "raw"

    @property
    def ml_path(self) -> Path:
        """Tables that Python writes."""
        return self.home / "ml"

    @property
    def state_path(self) -> Path:
        """Recorded history and the state of the stages."""
        return self.home / "state"

    @property
    def identity_models_path(self) -> Path:
        """Fitted match models, one a fit."""
        return self.state_path / "identity_models"

    @property
    def text_models_path(self) -> Path:
        """Models trained on the company's own labels, a folder a task and language."""
        return self.state_path / "text_models"

    @property
    def verdicts_path(self) -> Path:
        """Numbers of the verdicts on loads and ML tables."""
        return self.state_path / "verdicts"

    @property
    def warehouse_path(self) -> Path:
        """DuckDB file that dbt writes."""
        return self.home / "warehouse.duckdb"

    @property
    def published_path(self) -> Path:
        """Snapshots and the pointer to the newest."""
        return self.home / "published"

    @property
    def dagster_path(self) -> Path:
        """Dagster's own home."""
        return self.home / "dagster"

    @property
    def demo_path(self) -> Path:
        """Extracts and truth of the demo company."""
        return self.home / "demo"

    @property
    def is_demo(self) -> bool:
        """Whether the sources are those of the shipped demo company."""
        return self.sources == DEMO_SOURCES


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings: the environment first, then `.env`, then what the home remembers.

    Args:
        environment: instead of the process environment and `.env`, for tests.

    Raises:
        SettingsError: a setting is unknown or has a value it cannot have.
    """
    environment = read_secrets() if environment is None else environment
    given = {k: v for k, v in environment.items() if k.startswith("CX360_") and v != ""}
    unknown = sorted(set(given) - set(VARIABLES) - {"CX360_WAREHOUSE"})
    if unknown:
        raise SettingsError(
            f"unknown setting {', '.join(unknown)}; there are {', '.join(VARIABLES)}")
    home = _folder(given.get("CX360_HOME", "data"))
    remembered = recall_sources(home)
    company_folder = _folder(given.get("CX360_COMPANY", "company"))
    sources = (_folder(given["CX360_SOURCES"]) if "CX360_SOURCES" in given
               else remembered[0] if remembered
               else company_folder / "sources" if (company_folder / "sources").is_dir()
               else DEMO_SOURCES)
    extracts = (_folder(given["CX360_EXTRACTS"]) if "CX360_EXTRACTS" in given
                else remembered[1] if remembered and sources == remembered[0]
                else home / "demo" / "extracts" if sources == DEMO_SOURCES
                else PROJECT / "extracts")
    target = given.get("CX360_TARGET", "duckdb")
    if target not in TARGETS:
        raise SettingsError(f"CX360_TARGET={target}: unknown target; use {' or '.join(TARGETS)}")
    memory_limit = given.get("CX360_MEMORY_LIMIT", "4GB")
    if not re.fullmatch(r"\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", memory_limit):
        raise SettingsError(f"CX360_MEMORY_LIMIT={memory_limit}: write a size such as 4GB")
    return Settings(
        home=home,
        company_folder=company_folder,
        sources=sources,
        extracts=extracts,
        target=target,
        memory_limit=memory_limit,
        as_of=_date(given.get("CX360_AS_OF")),
        strict=_boolean("CX360_STRICT", given.get("CX360_STRICT", "false")),
        fetch=_boolean("CX360_FETCH", given.get("CX360_FETCH", "true")),
        snapshots_kept=_count("CX360_SNAPSHOTS_KEPT", given.get("CX360_SNAPSHOTS_KEPT", "3")),
        company=read_company_settings(
            sources / SETTINGS_FILE if (sources / SETTINGS_FILE).exists()
            else company_folder / SETTINGS_FILE),
        alerts=_read_alert_settings(given),
    )


def read_secrets() -> dict[str, str]:
    """Environment and `.env`, for what declarations name only: addresses, passwords, tokens."""
    return {**{k: v for k, v in dotenv_values(PROJECT / ".env").items() if v}, **os.environ}


def _read_alert_settings(given: Mapping[str, str]) -> AlertSettings:
    """Where alerts are sent; no message tells what was set."""
    webhook = given.get("CX360_ALERT_WEBHOOK", "")
    if webhook and not _is_web_address(webhook):
        raise SettingsError("CX360_ALERT_WEBHOOK is no address that begins with https:// and has "
                            "neither user nor password before the server")
    mail_to = tuple(part for text in given.get("CX360_ALERT_MAIL_TO", "").split(",")
                    if (part := text.strip()))
    mail_from, host = given.get("CX360_ALERT_MAIL_FROM", ""), given.get("CX360_SMTP_HOST", "")
    for name, addresses in (("CX360_ALERT_MAIL_TO", mail_to),
                            ("CX360_ALERT_MAIL_FROM", (mail_from,) if mail_from else ())):
        if not all(re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", address) for address in addresses):
            raise SettingsError(f"{name}: write addresses such as alerts@example.com")
    if mail_to and not (host and mail_from):
        raise SettingsError("CX360_ALERT_MAIL_TO needs CX360_SMTP_HOST and CX360_ALERT_MAIL_FROM")
    server = re.fullmatch(r"([^\s:]+)(?::(\d{1,5}))?", host)
    if host and not server:
        raise SettingsError("CX360_SMTP_HOST: write a server such as mail.example.com:587")
    return AlertSettings(
        webhook, mail_to, mail_from, server[1] if server else "",
        int(server[2]) if server and server[2] else DEFAULT_SMTP_PORT,
        given.get("CX360_SMTP_USER", ""), given.get("CX360_SMTP_PASSWORD", ""))


def _is_web_address(text: str) -> bool:
    """Whether a text is an address on the web, without user and password."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018
    except ValueError:
        return False
    return bool(re.fullmatch(r"https?://[!-~]+", text) and parts.hostname
                and "@" not in parts.netloc)


def read_company_settings(path: Path) -> CompanySettings:
    """Read the company's `settings.yml`; without the file the defaults hold.

    Raises:
        SettingsError: an unknown name, time zone or currency code.
    """
    if not path.exists():
        return CompanySettings()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not readable as YAML: {error}") from error
    known = set(CompanySettings.__dataclass_fields__)
    if not isinstance(data, dict) or set(data) - known:
        extra = sorted(set(data) - known) if isinstance(data, dict) else "no mapping"
        raise SettingsError(f"{path}: unknown setting {extra}; there are {sorted(known)}")
    blocked = data.pop("blocked_identifiers", None) or []
    if not isinstance(blocked, list):
        raise SettingsError(f"{path}: blocked_identifiers is a list, such as [info@shop.example]")
    limits = data.pop("identifier_limits", None) or {}
    if not isinstance(limits, dict) or not all(
            limit is None or (type(limit) is int and limit > 0) for limit in limits.values()):
        raise SettingsError(f"{path}: identifier_limits gives the most records a value may tie, "
                            "such as {email: 20, phone: 5}; null is no limit")
    if unknown := set(limits) - set(IDENTIFIER_TYPES):
        raise SettingsError(f"{path}: identifier_limits: unknown {sorted(map(str, unknown))}; "
                            f"there are {', '.join(IDENTIFIER_TYPES)}")
    languages = data.pop("languages", None) or list(DETECTED_LANGUAGES)
    if not isinstance(languages, list) or not all(isinstance(code, str) for code in languages):
        raise SettingsError(f"{path}: languages is a list of ISO 639-1 codes, such as [de, en]; "
                            'Norwegian is "no" in quotes, because YAML reads no as false')
    if set(languages) - KNOWN_LANGUAGES:
        raise SettingsError(f"{path}: languages: unknown {sorted(set(languages) - KNOWN_LANGUAGES)}"
                            "; use ISO 639-1 codes such as de or en")
    numbers = {name: _number(path, name, data.pop(name), *bounds)
               for name, bounds in NUMBERS.items() if name in data}
    for name, value in data.items():
        if isinstance(value, list | dict):
            raise SettingsError(f"{path}: {name} is a text, not {value}")
    company = CompanySettings(
        **{name: str(value) for name, value in data.items()},  # type: ignore[arg-type]
        **numbers,
        blocked_identifiers=tuple(map(str, blocked)),
        identifier_limits=tuple(sorted(limits.items())),
        languages=tuple(dict.fromkeys(languages)))
    try:
        ZoneInfo(company.company_time_zone)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{path}: unknown time zone {company.company_time_zone!r}; use an IANA "
                            "name such as Europe/Berlin") from error
    if not re.fullmatch("[A-Z]{3}", company.reporting_currency):
        raise SettingsError(f"{path}: reporting_currency {company.reporting_currency!r} is no ISO "
                            "4217 code such as EUR")
    if company.alert_language not in ALERT_LANGUAGES:
        raise SettingsError(f"{path}: alert_language {company.alert_language!r} is not "
                            f"{' or '.join(ALERT_LANGUAGES)}")
    if not _has_telephones(company.default_country):
        raise SettingsError(f"{path}: default_country {company.default_country!r} is no ISO 3166 "
                            "code of a country, such as DE or GB")
    return company


def _has_telephones(country: str) -> bool:
    """Whether the numbering plans know a country; of another no telephone could be read."""
    if country == CompanySettings.default_country:
        return True
    import phonenumbers

    return country in phonenumbers.SUPPORTED_REGIONS


def _number(path: Path, name: str, value: object, least: float, most: float) -> Any:
    whole = isinstance(CompanySettings.__dataclass_fields__[name].default, int)
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not fits or not least <= float(value) <= most:  # type: ignore[arg-type]
        kind = "a whole number" if whole else "a number"
        raise SettingsError(f"{path}: {name} is {kind} from {least:g} to {most:g}, not {value!r}")
    return value


def recall_sources(home: Path) -> tuple[Path, Path] | None:
    """Sources and extracts that this home was last run with, so that UI and CLI agree."""
    path = home / "state" / "sources.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    return Path(data["sources"]), Path(data["extracts"])


def remember_sources(settings: Settings) -> None:
    """Bind the home to its sources.

    Raises:
        SettingsError: the home already belongs to other sources; two companies never share one.
    """
    remembered = recall_sources(settings.home)
    if remembered and remembered[0] != settings.sources:
        raise SettingsError(
            f"{settings.home} holds the data of the sources in {remembered[0]}; run "
            f"{settings.sources} with another --home, or delete that folder first")
    if remembered == (settings.sources, settings.extracts):
        return
    path = settings.state_path / "sources.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(
        {"sources": str(settings.sources), "extracts": str(settings.extracts)}, indent=1))
    temporary.replace(path)


def public_data() -> Path | None:
    """Folder of the public extracts, where tests and benchmarks may use them."""
    value = os.environ.get("CX360_PUBLIC_DATA")
    return Path(value).resolve() if value else None


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else (PROJECT / path).resolve()


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"CX360_AS_OF={text}: write a date such as 2026-03-31") from error


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise SettingsError(f"{name}={text}: write true or false")
    return text.lower() in ("true", "1", "yes")


def _count(name: str, text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise SettingsError(f"{name}={text}: write a whole number from 1")
    return int(text)
