"""Numbers behind labels that no list names, and codes: what is masked and what must stay."""

from __future__ import annotations

import pytest

from tests.unit.models_ml.masked import mask


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("de", "Matrikelnummer 3344556 fehlt", "Matrikelnummer [REFERENCE_NUMBER] fehlt"),
    ("de", "Meine Versichertennr.: A 123 456 789", "Meine Versichertennr.: [REFERENCE_NUMBER]"),
    ("de", "Aktenzeichen 7 K 1204/23.", "Aktenzeichen [REFERENCE_NUMBER]."),
    ("de", "Az. war Geschäftszeichen 12 Ds 99/2022", "Az. war Geschäftszeichen "
     "[REFERENCE_NUMBER]"),
    ("de", "AHV-Nr. 756.9876.5432.10 stimmt", "AHV-Nr. [REFERENCE_NUMBER] stimmt"),
    ("de", "Zählernummer 1 EFR 2240 998877, Stand 4532", "Zählernummer [REFERENCE_NUMBER], Stand "
     "4532"),
    ("de", "Zählernummer DE0009876540000000000001234567890", "Zählernummer [REFERENCE_NUMBER]"),
    ("de", "Mitgliedsnr. M998 776", "Mitgliedsnr. [CUSTOMER_NUMBER]"),
    ("de", "Fahrgestellnummer WAUZZZ8K9BA123456", "Fahrgestellnummer [REFERENCE_NUMBER]"),
    ("de", "Karte 9081 2201 7345 1189 ist neu", "Karte [NUMBER] ist neu"),
    ("en", "social security number is 987-65-4321", "social security number is "
     "[REFERENCE_NUMBER]"),
    ("en", "My NHS number is 485 777 2210.", "My NHS number is [REFERENCE_NUMBER]."),
    ("en", "National insurance number AB 65 43 21 D", "National insurance number "
     "[REFERENCE_NUMBER]"),
    ("en", "sort code 40-11-22", "sort code [ACCOUNT_NUMBER]"),
    ("en", "parcel 1Z888BB20987654321 is lost", "parcel [NUMBER] is lost"),
    ("en", "Booking reference KLMNOP please", "Booking reference [ORDER_NUMBER] please"),
    ("de", "PNR K7LM2P", "PNR [ORDER_NUMBER]"),
])
def test_a_number_behind_any_label_is_masked(language: str, text: str, masked: str) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Artikelnummer 778899, Modellnummer 123456, Chargennr. 2233445"),
    ("de", "Zug Nr. 12345, Flugnummer LH2034, Zimmernummer 40512"),
    ("de", "Die Nummer 1 der Branche mit 20000 Filialen"),
    ("de", "Kundennummer gebraucht, 12345 Leute warten"),
    ("en", "A number of 15000 customers, item number 1234567"),
    ("en", "There is no 12345 and no 1 cares"),
    ("en", "BOOKING NUMBER PLEASE HELP"),
])
def test_numbers_of_goods_and_counts_stay(language: str, text: str) -> None:
    assert mask(text, language) == text


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("de", "Kundennummern 112233 und 445566, bitte", "Kundennummern [CUSTOMER_NUMBER] und "
     "[CUSTOMER_NUMBER], bitte"),
    ("de", "Bestellnummern 4711001, 4711002 sowie 4711003.", "Bestellnummern [ORDER_NUMBER], "
     "[ORDER_NUMBER] sowie [ORDER_NUMBER]."),
    ("de", "Matrikelnummern 3344556, 3344557", "Matrikelnummern [REFERENCE_NUMBER], "
     "[REFERENCE_NUMBER]"),
    ("en", "Invoice numbers 20071 and 20072 are wrong", "Invoice numbers [INVOICE_NUMBER] and "
     "[INVOICE_NUMBER] are wrong"),
    ("de", "Bestellnummer 4711001, 80331 sind zu viel", "Bestellnummer [ORDER_NUMBER], 80331 sind "
     "zu viel"),
    ("de", "Rechnungsnummer 4711 und 1200 Euro", "Rechnungsnummer [INVOICE_NUMBER] und 1200 Euro"),
])
def test_numbers_listed_behind_one_label(language: str, text: str, masked: str) -> None:
    assert mask(text, language) == masked
