"""Telephone numbers and e-mail addresses in the spellings that no plan and no standard knows."""

from __future__ import annotations

import pytest

from tests.unit.models_ml.masked import mask


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("de", "Rufen Sie an: 0123 987654", "Rufen Sie an: [PHONE]"),
    ("de", "Bitte 01357/246810 oder 0999-1234567", "Bitte [PHONE] oder [PHONE]"),
    ("de", "Meldet euch (0998) 7654321", "Meldet euch [PHONE]"),
    ("en", "My number is (555) 987-6543.", "My number is [PHONE]."),
    ("en", "or 555.867.5309, thanks", "or [PHONE], thanks"),
])
def test_what_is_written_like_a_telephone_number_is_one(
    language: str, text: str, masked: str,
) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize("text", [
    "von 0800 bis 1200 Uhr", "Stand 0123 4567 kWh", "2023-456 7890 Punkte",
    "am 01.02.2024-05.02.2024 im Urlaub",
])
def test_other_numbers_are_none(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(("text", "masked"), [
    ("uta.beck @gmx.de ist meine", "[EMAIL] ist meine"),
    ("uta_beck[a]gmx.de", "[EMAIL]"),
    ("Mail an uta.beck AT gmx.de", "Mail an [EMAIL]"),
])
def test_addresses_with_another_sign_are_found(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", [
    "look at gmail.com", "I looked @ amazon.de today", "Option (a) gefällt mir, (b) nicht",
])
def test_what_is_at_a_host_is_no_address(text: str) -> None:
    assert mask(text, "en") == text
