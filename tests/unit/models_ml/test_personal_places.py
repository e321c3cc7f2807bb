"""Addresses without a street word, plates of other countries, birth dates: what is masked."""

from __future__ import annotations

import pytest

from tests.unit.models_ml.masked import mask


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("de", "Hohe Bleichen 8, 20354 Hamburg ist richtig", "[ADDRESS] ist richtig"),
    ("de", "An: Mühle 3,\n24887 Silberstedt", "An: [ADDRESS]"),
    ("de", "Wiedner Hauptstraße 23/1/7, 1040 Wien", "Wiedner [ADDRESS]"),
    ("de", "Gumpendorfer Straße 9b/2/14, 1060 Wien", "[ADDRESS]"),
    ("de", "Postfach 33 21, 40213 Düsseldorf", "[ADDRESS]"),
    ("en", "Write to PO Box 4455 please", "Write to [ADDRESS] please"),
    ("en", "The Old Mill, Church Lane, Ashby LE65 9ZZ", "The Old Mill, Church Lane, Ashby "
     "[ADDRESS]"),
    ("de", "Kennzeichen ZH 887766 (Schweiz)", "Kennzeichen [PLATE] (Schweiz)"),
    ("de", "Kennz. W-54321B", "Kennz. [PLATE]"),
    ("de", "Kontrollschild AG 443322", "Kontrollschild [PLATE]"),
    ("en", "a van, LB07 SEO, blocked us", "a van, [PLATE], blocked us"),
    ("en", "number plate: 8XYZ321", "number plate: [PLATE]"),
    ("de", "Geb.-Dat.: 07.11.62", "Geb.-Dat.: [BIRTH_DATE]"),
    ("en", "born on the 7th of November, 1962", "born on the [BIRTH_DATE]"),
])
def test_places_plates_and_births_are_masked(language: str, text: str, masked: str) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Platz 3, danach kamen 12000 Kunden"),
    ("de", "Das Kennzeichen fehlt seit 12 Tagen"),
    ("de", "BMW X5 4WD, Audi A6"),
    ("en", "license plate light 12V broken, model AB12 cdx"),
])
def test_what_is_no_place_and_no_plate_stays(language: str, text: str) -> None:
    assert mask(text, language) == text
