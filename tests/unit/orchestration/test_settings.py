"""Settings are read in one place; what cannot be used is named."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from dotenv import dotenv_values

from models_ml.language import DETECTED_LANGUAGES
from orchestration import settings as module
from orchestration.settings import (
    DEMO_SOURCES,
    PROJECT,
    VARIABLES,
    Settings,
    SettingsError,
    read_company_settings,
    read_settings,
    remember_sources,
)


def read(home: Path, **given: str) -> Settings:
    return read_settings({"CX360_HOME": str(home), **given})


def test_defaults_are_the_demo_company_in_its_home(tmp_path: Path) -> None:
    settings = read(tmp_path, CX360_COMPANY=str(tmp_path / "company"))
    assert settings.is_demo
    assert settings.extracts == tmp_path / "demo" / "extracts"
    assert (settings.target, settings.as_of, settings.strict) == ("duckdb", None, False)


def test_every_setting_stands_in_the_example_with_its_default(tmp_path: Path) -> None:
    example = dotenv_values(PROJECT / ".env.example")
    assert list(example) == list(VARIABLES)
    given = {name: value or "" for name, value in example.items()} | {"CX360_HOME": str(tmp_path)}
    assert read_settings(given) == read(tmp_path)


def test_the_environment_outranks_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    (tmp_path / ".env").write_text(
        f"CX360_HOME={tmp_path / 'own'}\nCX360_STRICT=true\nCX360_AS_OF=2026-01-31\n")
    for name in [name for name in os.environ if name.startswith("CX360_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CX360_AS_OF", "2026-03-31")
    settings = read_settings()
    assert (settings.home, settings.strict, settings.as_of) == (
        tmp_path / "own", True, date(2026, 3, 31))


def test_an_unknown_setting_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"unknown setting CX360_HOEM; there are CX360_HOME"):
        read(tmp_path, CX360_HOEM="data")


@pytest.mark.parametrize(("name", "value", "remedy"), [
    ("CX360_TARGET", "spark", "use duckdb"),
    ("CX360_MEMORY_LIMIT", "much", "write a size such as 4GB"),
    ("CX360_AS_OF", "31.03.2026", "write a date such as 2026-03-31"),
    ("CX360_STRICT", "perhaps", "write true or false"),
    ("CX360_SNAPSHOTS_KEPT", "0", "write a whole number from 1"),
    ("CX360_SNAPSHOTS_KEPT", "-3", "write a whole number from 1"),
])
def test_a_value_that_cannot_be_is_named_with_its_remedy(
    tmp_path: Path, name: str, value: str, remedy: str,
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **{name: value})
    assert f"{name}={value}" in str(caught.value)
    assert remedy in str(caught.value)


@pytest.mark.parametrize(("content", "sentence"), [
    ("company: Falkenhof", "unknown setting ['company']"),
    ("- Falkenhof", "unknown setting no mapping"),
    ("company_time_zone: Europe/Bonn", "unknown time zone 'Europe/Bonn'"),
    ("company_time_zone: ../etc", "unknown time zone '../etc'"),
    ("reporting_currency: Euro", "'Euro' is no ISO 4217 code"),
    ("blocked_identifiers: test@test.de", "blocked_identifiers is a list"),
    ("company_name: [Falkenhof]", "company_name is a text"),
    ("company_name: {", "not readable as YAML"),
    ("identity_threshold: 0.4", "identity_threshold is a number from 0.5 to 0.9999, not 0.4"),
    ("identity_threshold: 1.0", "identity_threshold is a number from 0.5 to 0.9999, not 1.0"),
    ("identity_threshold: high", "identity_threshold is a number from 0.5 to 0.9999, not 'high'"),
    ("identity_bridge_score: 1.1", "identity_bridge_score is a number from 0.5 to 1, not 1.1"),
    ("identity_bridge_score: true", "identity_bridge_score is a number from 0.5 to 1, not True"),
    ("identity_size_limit: 1", "identity_size_limit is a whole number from 2 to 10000, not 1"),
    ("identity_size_limit: 2.5", "identity_size_limit is a whole number from 2 to 10000, not 2.5"),
    ("identifier_limits: {email: 0}", "identifier_limits gives the most records a value may tie"),
    ("identifier_limits: [email]", "identifier_limits gives the most records a value may tie"),
    ("identifier_limits: {email: true}", "identifier_limits gives the most records a value may"),
    ("identifier_limits: {email: 5, iban: 3}", "identifier_limits: unknown ['iban']"),
    ("languages: de", "languages is a list of ISO 639-1 codes, such as [de, en]"),
    ("languages: [de, no]", 'Norwegian is "no" in quotes'),
    ("languages: [de, english]", "languages: unknown ['english']"),
    ("default_country: Germany", "default_country 'Germany' is no ISO 3166 code"),
    ("default_country: UK", "default_country 'UK' is no ISO 3166 code of a country"),
])
def test_a_company_setting_that_cannot_be_is_named(
    tmp_path: Path, content: str, sentence: str,
) -> None:
    path = tmp_path / "settings.yml"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        read_company_settings(path)
    assert str(path) in str(caught.value)
    assert sentence in str(caught.value)


def test_company_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("company_name: Falkenhof\nreporting_currency: CHF\n"
                    "blocked_identifiers: [info@falkenhof.example, '0800123']\n")
    company = read_company_settings(path)
    assert (company.company_name, company.reporting_currency) == ("Falkenhof", "CHF")
    assert company.blocked_identifiers == ("info@falkenhof.example", "0800123")


def test_the_companys_own_sources_replace_the_demo(tmp_path: Path) -> None:
    company = tmp_path / "company"
    (company / "sources").mkdir(parents=True)
    settings = read(tmp_path / "home", CX360_COMPANY=str(company))
    assert settings.sources == company / "sources"
    assert settings.extracts == PROJECT / "extracts"


def test_a_home_remembers_its_sources_for_whoever_comes_without_options(tmp_path: Path) -> None:
    sources, extracts = tmp_path / "sources", tmp_path / "extracts"
    remember_sources(read(
        tmp_path / "home", CX360_SOURCES=str(sources), CX360_EXTRACTS=str(extracts)))
    again = read(tmp_path / "home")
    assert (again.sources, again.extracts) == (sources, extracts)


def test_extracts_may_move_but_two_companies_never_share_a_home(tmp_path: Path) -> None:
    home, sources = tmp_path / "home", tmp_path / "sources"
    remember_sources(read(home, CX360_SOURCES=str(sources), CX360_EXTRACTS=str(tmp_path / "a")))
    remember_sources(read(home, CX360_SOURCES=str(sources), CX360_EXTRACTS=str(tmp_path / "b")))
    assert read(home).extracts == tmp_path / "b"
    with pytest.raises(SettingsError, match=r"run .* with another --home"):
        remember_sources(read(home, CX360_SOURCES=str(DEMO_SOURCES)))
    assert read(home).sources == sources


def test_settings_of_identity_are_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("identity_threshold: 0.5\nidentity_bridge_score: 1\nidentity_size_limit: 2\n"
                    "identifier_limits: {phone: 3, email: null}\n")
    company = read_company_settings(path)
    assert (company.identity_threshold, company.identity_bridge_score,
            company.identity_size_limit) == (0.5, 1, 2)
    assert company.identifier_limits == (("email", None), ("phone", 3))


def test_languages_are_read_and_default_to_those_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "settings.yml"
    path.write_text("languages: [de, en, tr, de]\n")
    assert read_company_settings(path).languages == ("de", "en", "tr")
    path.write_text("languages:\n")
    assert read_company_settings(path).languages == DETECTED_LANGUAGES
