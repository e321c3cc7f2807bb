"""Whom people decided not to contact: what is read, and what is refused and how."""

from __future__ import annotations

from datetime import date
from hashlib import md5
from pathlib import Path

import pytest

from orchestration.decision_files import DecisionError
from orchestration.settings import Settings
from orchestration.suppressions import (
    parse_suppressions,
    read_channel_words,
    read_suppressions,
    suppressions_file,
)

HEADER = "customer;channel;until;decided_by;decided_at;reason\n"
KEY = "0123456789abcdef0123456789abcdef"
CHANNELS = {"": "*", "*": "*", "email": "email", "e-mail": "email", "sms": "sms"}
NAMED = md5(b"crm.customers|crm|10023").hexdigest()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", company_folder=tmp_path / "company",
                    sources=tmp_path, extracts=tmp_path)


def parse(*rows: str) -> list[tuple[str, str, date | None]]:
    return [(one.customer, one.channel, one.until)
            for one in parse_suppressions((HEADER + "\n".join(rows)).encode(), "s.csv", CHANNELS)]


def test_without_a_file_nobody_is_suppressed(settings: Settings) -> None:
    assert read_suppressions(settings).empty


def test_customers_channels_and_ends_are_read() -> None:
    assert parse(f"{KEY.upper()};;;x;2026-03-31;y", "crm/10023; E-Mail ;31.12.2026;x;31.03.2026;y",
                 "crm/10023;*;;x;2026-03-31;y") == [
        (KEY, "*", None), (NAMED, "email", date(2026, 12, 31)), (NAMED, "*", None)]


def test_the_latest_decision_about_a_customer_and_channel_counts() -> None:
    assert parse(f"{KEY};sms;2026-05-01;x;2026-04-01;y",
                 f"{KEY};sms;2026-04-01;x;2026-03-01;y") == [(KEY, "sms", date(2026, 5, 1))]


@pytest.mark.parametrize(("row", "message"), [
    ("Erika;;;x;2026-03-31;y", "row 2, column customer: names nobody"),
    (f"{KEY};;soon;x;2026-03-31;y", "row 2, column until: no date; write the last day as one of "
     "2026-03-31 or 31.03.2026, or nothing where it has no end"),
    (f"{KEY};E Mail;;x;2026-03-31;y", "row 2, column channel: no channel of the seed "
     "contact_channels; write one of *, email, sms, or nothing for all"),
    (f"{KEY};;;;2026-03-31;y", "row 2, column decided_by: empty"),
    (f"{KEY};;;x;;y", "row 2, column decided_at: no date"),
    (f"{KEY};;;x;2026-03-31;", "row 2, column reason: empty"),
])
def test_a_row_that_cannot_be_used_is_named_without_its_values(row: str, message: str) -> None:
    with pytest.raises(DecisionError) as raised:
        parse(row)
    assert message in str(raised.value)
    assert "Erika" not in str(raised.value)


def test_a_channel_goes_by_its_code_and_its_names_in_both_languages(settings: Settings) -> None:
    words = read_channel_words(settings)
    assert {word: words[word] for word in ("email", "e-mail", "telefon", "telephone", "brief",
                                           "alle", "")} == {
        "email": "email", "e-mail": "email", "telefon": "phone", "telephone": "phone",
        "brief": "post", "alle": "*", "": "*"}
    assert "chat" not in words, "nobody is contacted by chat: closing it would close nothing"


def test_a_channel_of_the_company_is_known(settings: Settings) -> None:
    own = settings.company_folder / "seeds" / "contact_channels.csv"
    own.parent.mkdir(parents=True)
    own.write_text("channel,sort_order\nwhatsapp,1\n*,2\n", encoding="utf-8")
    assert set(read_channel_words(settings).values()) == {"*", "whatsapp"}


def test_it_becomes_the_ml_table(settings: Settings) -> None:
    path = suppressions_file(settings)
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + f"{KEY};;;x;2026-03-31;y\n", encoding="utf-8")
    rows = read_suppressions(settings)
    assert rows[["record_key", "channel", "decision_row"]].values.tolist() == [[KEY, "*", 2]]
    assert rows["suppressed_until"].isna().all()
