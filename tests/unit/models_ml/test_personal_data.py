"""Personal data in texts: what is masked, what must stay, and laws of masking."""

from __future__ import annotations

import time
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ml.personal_data import (
    KINDS,
    PLACEHOLDER,
    Finding,
    find_personal_data,
    mask_personal_data,
    masking_version,
)
from tests.unit.models_ml.masked import mask


@pytest.mark.parametrize(("text", "masked"), [
    # names
    ("Sehr geehrte Frau Müller, danke", "Sehr geehrte Frau [NAME], danke"),
    ("Herr Dr. Klaus von Berg half mir", "Herr Dr. [NAME] half mir"),
    ("Mein Name ist klaus petersen und ich warte", "Mein Name ist [NAME] und ich warte"),
    ("Name: Müller, Anna", "Name: [NAME]"),
    ("Alles gut.\nMit freundlichen Grüßen\nTjorven Hartung",
     "Alles gut.\nMit freundlichen Grüßen\n[NAME]"),
    ("Top! LG anna", "Top! LG [NAME]"),
    ("Ihre Mitarbeiterin Berger war nett", "Ihre Mitarbeiterin [NAME] war nett"),
    ("Danke an Sabine", "Danke an [NAME]"),
    ("ich bin die kerstin und ich bin sauer", "ich bin die [NAME] und ich bin sauer"),
    ("mfg h. krüger", "mfg [NAME]"),
    ("Frau Dr. med. Schulte-Hagen", "Frau Dr. med. [NAME]"),
    ("Petra Lindner vom Service", "[NAME] vom Service"),
    # contact
    ("max.muster@web.de und max (at) web.de", "[EMAIL] und [EMAIL]"),
    ("Tel. 030/1234567 oder +49 171 2345678", "Tel. [PHONE] oder [PHONE]"),
    ("0171-2345678 0172 7654321", "[PHONE] [PHONE]"),
    ("Folgt @max_muster auf https://www.facebook.com/max.muster.",
     "Folgt [HANDLE] auf [URL]."),
    ("Ich wohne Lindenstraße 12a, 10115 Berlin.", "Ich wohne [ADDRESS]."),
    ("Lange Str. 5 in München; Am Markt 3, 12345 Bad Nauheim", "[ADDRESS]; [ADDRESS]"),
    # numbers
    ("IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "IBAN [IBAN] BIC COBADEFFXXX"),
    ("nl91abna0417164300", "[IBAN]"),
    ("Karte 4111 1111 1111 1111", "Karte [CARD]"),
    ("Bestellnr. 4711-2233, Rechnung #2024/0815", "Bestellnr. [ORDER_NUMBER], Rechnung "
     "[INVOICE_NUMBER]"),
    ("Kundennummer lautet 12345678, KD-47110", "Kundennummer lautet [CUSTOMER_NUMBER], "
     "[CUSTOMER_NUMBER]"),
    ("Kontonummer 1234567, Vorgang 998877", "Kontonummer [ACCOUNT_NUMBER], Vorgang "
     "[REFERENCE_NUMBER]"),
    ("Nummer 409282309", "Nummer [NUMBER]"),
    ("Der Wagen B-AB 1234 parkte, Kennzeichen HH XY 12",
     "Der Wagen [PLATE] parkte, Kennzeichen [PLATE]"),
    ("geboren am 3. März 1980, geb. 03.03.1980", "geboren am [BIRTH_DATE], geb. [BIRTH_DATE]"),
    ("am 3.3.80 in Kassel geboren", "am [BIRTH_DATE] in Kassel geboren"),
])
def test_german_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(("text", "masked"), [
    ("Frau müller war unfreundlich", "Frau [NAME] war unfreundlich"),
    ("danke, frau schneider", "danke, frau [NAME]"),
    ("herr schmidt hat mich angeschrien", "herr [NAME] hat mich angeschrien"),
    ("Herr mueller hat aufgelegt", "Herr [NAME] hat aufgelegt"),
    ("frau sabine müller war toll", "frau [NAME] war toll"),
    ("Frau Sabine müller, frau Müller und FRAU MÜLLER", "Frau [NAME], frau [NAME] und FRAU [NAME]"),
    ("frau k. schneider und ms jones", "frau [NAME] und ms [NAME]"),
    ("hr. dr. vogel, dr. schulte-wilke", "hr. dr. [NAME], dr. [NAME]"),
    ("Mr smith was rude, mrs jones' tone too", "Mr [NAME] was rude, mrs [NAME]' tone too"),
    ("Ihre Sachbearbeiterin Hoffmann half", "Ihre Sachbearbeiterin [NAME] half"),
    ("der Sachbearbeiter Tjorven Kern", "der Sachbearbeiter [NAME]"),
    ("danke frau bergmann.gerne wieder, frau müller/herr schmidt",
     "danke frau [NAME].gerne wieder, frau [NAME]/herr [NAME]"),
    # a judgement is a name where a verb follows, and so is what ends like a verb
    ("herr schwarz war da", "herr [NAME] war da"),
    ("die frau schulte hat, ein herr schmidt sagte", "die frau [NAME] hat, ein herr [NAME] sagte"),
    # with a particle
    ("danke frau von berg, herr von bülow war nett", "danke frau [NAME], herr [NAME] war nett"),
    ("frau sabine von humboldt hat, Herr von der leyen sagte",
     "frau [NAME] hat, Herr [NAME] sagte"),
    ("herr dr. van der meer und frau de vries", "herr dr. [NAME] und frau [NAME]"),
    ("mr van dyke was rude, mrs de la cruz helped", "mr [NAME] was rude, mrs [NAME] helped"),
    ("meine frau sabine wartet, familie krüger auch",
     "meine frau [NAME] wartet, familie [NAME] auch"),
])
def test_names_behind_a_title_are_masked_in_any_case(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(("text", "masked"), [
    ("DE 89 3704 0044 0532 0130 00", "[IBAN]"),
    ("Kd.-Nr. 12345, Kd.Nr.: 98765", "Kd.-Nr. [CUSTOMER_NUMBER], Kd.Nr.: [CUSTOMER_NUMBER]"),
    ("Best.-Nr. 123456, Rechn.-Nr: 4711", "Best.-Nr. [ORDER_NUMBER], Rechn.-Nr: [INVOICE_NUMBER]"),
    ("meine Bestellung mit der Nummer 4456712", "meine Bestellung mit der Nummer [ORDER_NUMBER]"),
    ("Das Ticket hat die Nr. 4711", "Das Ticket hat die Nr. [REFERENCE_NUMBER]"),
    ("max [at] web [dot] de, m.muster {at} gmx.de", "[EMAIL], [EMAIL]"),
    ("max at web dot de, max.muster at firma punkt de", "[EMAIL], [EMAIL]"),
    ("max @ web.de, max(ät)web.de, maxÄTgmx.de", "[EMAIL], [EMAIL], [EMAIL]"),
    ("Kennzeichen b-mw 1234", "Kennzeichen [PLATE]"),
    ("Mein Auto HH AB 1234 wurde abgeschleppt", "Mein Auto [PLATE] wurde abgeschleppt"),
    ("hauptstr 12, 10115 berlin", "[ADDRESS]"),
    ("Platz der Republik 1, 11011 Berlin", "[ADDRESS]"),
    ("Eheleute Schulze", "Eheleute [NAME]"),
    ("Liebe Grüße aus Berlin\nKowalski", "Liebe Grüße aus Berlin\n[NAME]"),
])
def test_other_ways_of_writing_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("text", [
    "Look at amazon.com", "See you @ amazon.de", "Universität.de ist gut", "Bestellt at home",
    "Paket mit 12345 Teilen", "LG TV 55 ist defekt", "The best. 12345 people", "DE 12 und AT 34",
    "das Ehepaar war nett", "Liebe Grüße aus Berlin\nAlles gut",
])
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("text", [
    "die Frau war nett", "frau verkäuferin", "frau bäckerin", "der Herr an der Kasse", "Herr Ober",
    "die frau lachte nur", "die frau rief mich an", "Die Frau schrie", "der herr hinten links",
    "eine junge frau kassierte", "meine frau krank, seine frau daneben", "meine familie wartet",
    "Die Frau getroffen, die mir half", "sehr geehrte damen und herren",
    "I miss you, sir, the mrs said no", "200 ms later, 24 hr. late", "ms office, MS Teams",
    "Dr. med. und",
    "die frau verstand mich nicht", "der herr schwieg", "frau von der hotline, herr am schalter",
    "frau von amazon rief an", "der herr von der bahn", "frau von oben", "die frau von gestern",
    "frau vom service", "herr von nebenan half", "herr von und zu",
    "familie beispiel.net", "frau und kind", "die frau vom service trug eine brille",
])
def test_what_is_no_name_behind_a_title_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(("text", "masked"), [
    ("Kundennummer 4711 0815, bitte", "Kundennummer [CUSTOMER_NUMBER], bitte"),
    ("Kundennummer 4711 0815.", "Kundennummer [CUSTOMER_NUMBER]."),
    ("Kontonummer 123 456 789, BLZ", "Kontonummer [ACCOUNT_NUMBER], BLZ"),
    ("Kontonummer: 1234 5678 90", "Kontonummer: [ACCOUNT_NUMBER]"),
    ("Vertragsnummer 12 34 56 78 fehlt", "Vertragsnummer [REFERENCE_NUMBER] fehlt"),
    ("Steuer-ID 12 345 678 901", "Steuer-ID [REFERENCE_NUMBER]"),
    ("Steuer-Identifikationsnummer: 12 345 678 901",
     "Steuer-Identifikationsnummer: [REFERENCE_NUMBER]"),
    ("Order number 123 456 789, please", "Order number [ORDER_NUMBER], please"),
    # what stands behind a number stays
    ("Kundennummer 12345 20 Euro fehlen", "Kundennummer [CUSTOMER_NUMBER] 20 Euro fehlen"),
    ("Kundennummer 4711 0815 12,50 €", "Kundennummer [CUSTOMER_NUMBER] 12,50 €"),
    ("Bestellnummer 12345 14 Tage zu spät", "Bestellnummer [ORDER_NUMBER] 14 Tage zu spät"),
    ("Rechnungsnummer 4711 12.03.2024", "Rechnungsnummer [INVOICE_NUMBER] 12.03.2024"),
    ("Rechnungsnummer 4711 12. März", "Rechnungsnummer [INVOICE_NUMBER] 12. März"),
    ("Kundennummer 471122 0171 2345678", "Kundennummer [CUSTOMER_NUMBER] [PHONE]"),
    ("Kundennummer 12 Personen, Auftrag 12 345", "Kundennummer 12 Personen, Auftrag 12 345"),
])
def test_a_number_in_groups_is_masked_to_its_last_group(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(("text", "masked"), [
    ("Konto 123 456 789 wurde belastet", "Konto [ACCOUNT_NUMBER] wurde belastet"),
    ("vom Konto 1234567 abgebucht", "vom Konto [ACCOUNT_NUMBER] abgebucht"),
    ("Girokonto: 4711 0815 99, Kto. 12345678",
     "Girokonto: [ACCOUNT_NUMBER], Kto. [ACCOUNT_NUMBER]"),
    ("mein Kundenkonto 998 877 665", "mein Kundenkonto [CUSTOMER_NUMBER]"),
    ("my account 123 456 789 is locked", "my account [CUSTOMER_NUMBER] is locked"),
    # amounts, counts and years
    ("Konto 500 Euro, Konto 10 000 Euro, Konto 123 456 789 EUR",
     "Konto 500 Euro, Konto 10 000 Euro, Konto 123 456 789 EUR"),
    ("Konto 2024 eröffnet, Konto 2 Wochen gesperrt, Konto 1234567,50",
     "Konto 2024 eröffnet, Konto 2 Wochen gesperrt, Konto 1234567,50"),
    ("Kundenkonto 12 345 678 Punkte", "Kundenkonto 12 345 678 Punkte"),
])
def test_an_account_needs_no_word_for_number(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(("text", "masked"), [
    ("Mr. J. Smith and Mrs O'Brien", "Mr. [NAME] and Mrs [NAME]"),
    ("Hi John, I'm Sarah Connor", "Hi [NAME], I'm [NAME]"),
    ("I spoke to Tamsin Farquharson yesterday", "I spoke to [NAME] yesterday"),
    ("Thanks, Jessica! Jessica's help was great", "Thanks, [NAME]! [NAME]'s help was great"),
    ("my name is bob", "my name is [NAME]"),
    ("Kind regards,\nPriya", "Kind regards,\n[NAME]"),
    ("call me at (212) 555-1234 or 415-555-2671", "call me at [PHONE] or [PHONE]"),
    ("order #123456, case id: 8465981", "order [ORDER_NUMBER], case id: [REFERENCE_NUMBER]"),
    ("confirmation code NJV4BP", "confirmation code [ORDER_NUMBER]"),
    ("Confirmation #ZX8P2L", "Confirmation [ORDER_NUMBER]"),
    ("742 Evergreen Terrace, Springfield, IL 62704 is mine", "[ADDRESS] is mine"),
    ("DOB: March 3, 1980", "DOB: [BIRTH_DATE]"),
    ("license plate ABC 1234", "license plate [PLATE]"),
])
def test_english_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text, "en") == masked


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Die Frau an der Kasse und der Herr am Eingang. Meine Frau war enttäuscht."),
    ("de", "Ich bin Kunde, ich bin Rentner. Das Service Team Deutschland antwortet nie."),
    ("de", "Viele Grüße aus München. Ich habe einen LG Fernseher. Liebe Bahn, lieber "
     "Kundenservice!"),
    ("de", "Viele Grüße\nIhr Team der Bahn"),
    ("de", "Das rosa Kleid, Rosa Luxus, Ernst gemeint. Darin liegt das Problem. Die Mark war "
     "besser."),
    ("de", "1.299,00 Euro, 20000 Euro, 120000 km, ICE 577, Gleis 12, Sitzplatz 45, Wagen 7."),
    ("de", "Am 12.03.2024 um 14:30 Uhr, 2024-03-12, 24/7, 30 % auf 3 Artikel, Bestellung vom "
     "1.2.24"),
    ("de", "Parkplatz 12 ist frei, Rückweg 2 Stunden, Kreisstraße 421, Artikelnummer "
     "4001234567890"),
    ("de", "Fünf Sterne! Note 1. Platz 3 im Test. HD-TV 55 Zoll, USB-C 3."),
    ("en", "Will there be a refund? May I ask? Mark my words. I am Canadian. This is Great."),
    ("en", "Dear Sir or Madam, Dear Customer Service, Thanks Team! thank you both. Cheers mates"),
    ("en", "Flight 1234 to Austin, seat 12A, the A320 was 2 hours late, $1,299.00, 3/14/2024."),
    ("en", "Charlotte Airport, Virginia Beach, a Sydney trip. Great Product, Amazing Service! "
     "E-ticket"),
    ("de", "Siehe https://shop.example/agb und www.shop.example/artikel/12345678.html"),
])
def test_what_is_no_personal_data_stays(language: str, text: str) -> None:
    assert mask(text, language) == text


def test_findings_are_positions_of_the_raw_text() -> None:
    text = "Frau Müller, müller@web.de, Tel. 030/1234567"
    assert find_personal_data(text, "de") == [
        Finding(5, 11, "NAME"), Finding(13, 26, "EMAIL"), Finding(33, 44, "PHONE")]


def test_a_name_between_contact_data_is_found_and_placed_in_the_raw_text() -> None:
    text = "Erreichbar: 0171/2345678, Tjorven Abendroth, Ahornweg 3, 34117 Kassel"
    assert [text[one.start:one.end] for one in find_personal_data(text, "de")] == [
        "0171/2345678", "Tjorven Abendroth", "Ahornweg 3, 34117 Kassel"]


@pytest.mark.parametrize(("name", "text", "masked"), [
    ("Erika Mustermann", "mustermann wartet, Erika auch", "[NAME] wartet, [NAME] auch"),
    ("Erika Mustermann", "MUSTERMANN, ERIKA", "[NAME]"),
    ("Uwe Gut", "Das ist gut. Gut gemacht! Fragt Herrn Gut, ihr kennt Gut",
     "Das ist gut. Gut gemacht! "
     "Fragt Herrn [NAME], ihr kennt [NAME]"),
    ("uwe gut", "Ich bin uwe gut", "Ich bin [NAME]"),
    ("Bo Li", "Bo war da, das Libretto auch", "Bo war da, das Libretto auch"),
    ("Ali Yıldırım", "ALI YILDIRIM, Herr yildirim", "[NAME], Herr [NAME]"),
    ("Möller, Jan", "jan möller wartet. MÖLLER,JAN, Jana", "[NAME] wartet. [NAME], [NAME]"),
    ("", "Nichts", "Nichts"),
    (".* (x", "Alles", "Alles"),
])
def test_known_names_are_masked_where_they_are_no_word(name: str, text: str, masked: str) -> None:
    assert mask(text, known_names=[name]) == masked


def test_names_that_are_in_no_text_cost_next_to_nothing() -> None:
    text = "Die Lieferung kam zu spät, und am Telefon war niemand zu erreichen. " * 10
    names = [f"Vorname{count} Nachname{count}" for count in range(400)]
    started = time.process_time()
    for _ in range(20):
        find_personal_data(text, "de", known_names=names)
    assert time.process_time() - started < 1


def test_the_country_of_telephone_numbers_is_given() -> None:
    assert mask("bitte 415-555-2671") == "bitte 415-555-2671"
    assert mask("bitte 415-555-2671", default_country="US") == "bitte [PHONE]"


def test_a_frame_of_texts_is_masked_row_by_row() -> None:
    texts = pd.DataFrame({"text_key": ["b", "a", "c"], "language": ["de", "unknown", "de"],
                          "text": ["Frau Kern, kern@web.de, Herr Kern", "nichts", "der kern"]})
    masked = mask_personal_data(texts, known_names={"c": ["Ute Kern"]})
    assert [*masked] == ["text_key", "masked_text", "personal_data_count", "personal_data_kinds"]
    assert masked["text_key"].tolist() == ["b", "a", "c"]
    assert masked["masked_text"].tolist() == [
        "Frau [NAME], [EMAIL], Herr [NAME]", "nichts", "der [NAME]"]
    assert masked["personal_data_count"].tolist() == [3, 0, 1]
    assert masked["personal_data_kinds"].fillna("-").tolist() == ["EMAIL,NAME", "-", "NAME"]
    assert masked.dtypes.astype(str).tolist() == ["str", "str", "Int64", "str"]
    assert mask_personal_data(texts.head(0)).dtypes.equals(masked.dtypes)
    with pytest.raises(ValueError, match="texts: missing column language"):
        mask_personal_data(texts[["text_key", "text"]])


def test_placeholders_as_delivered_are_no_findings() -> None:
    text = " ".join(f"[{kind}]" for kind in KINDS)
    assert find_personal_data(f"Frau {text} Herr [NAME]", "de") == []


def test_a_version_depends_on_the_country() -> None:
    assert masking_version() == masking_version("DE") != masking_version("AT")
    assert len(masking_version()) == 8


_GIVEN = st.sampled_from(("Anna", "Peter", "Mehmet", "Sabine"))
_SURNAME = st.sampled_from(("Abendroth", "Kowalczyk", "Möllers", "Schulze-Wilke"))
_DIGITS = st.text("0123456789", min_size=7, max_size=7)
_PLANTED = st.one_of(
    st.tuples(st.just("Mein Name ist {}."), st.builds("{} {}".format, _GIVEN, _SURNAME)),
    st.tuples(st.just("Bitte an {} schreiben"), st.builds("{}.{}@web.de".format, _GIVEN, _DIGITS)),
    st.tuples(st.just("Rückruf: {}!"), st.builds("0171/{}".format, _DIGITS)),
    st.tuples(st.just("Bestellnummer {},"), st.builds("AB-{}".format, _DIGITS)),
    st.tuples(st.just("Kundennummer: {}"), st.builds("9{}".format, _DIGITS)),
    st.tuples(st.just("{} belastet"), st.just("4111 1111 1111 1111")),
    st.tuples(st.just("{} angerufen"), st.builds("0171 {}".format, _DIGITS)),
    st.tuples(st.just("von {} abgebucht"), st.builds("DE02 1203 0000 0{} 02".format, st.text(
        "0123456789", min_size=3, max_size=3).map(lambda three: f"{three} 5678"))),
    st.tuples(st.just("Lieferung an {}."), st.builds("Ahornstraße {}".format, st.integers(1, 999))))
_FILLER = st.sampled_from(("Die App stürzt ab.", "\n", "😊 toll", "Ich warte seit 3 Wochen,", "LG",
                           "Danke.", "am 12.03.2024", "Das Gerät ist kaputt",
                           "seit 3", "am 1.2.24:", "at 12.30", "2024-03-12 -", "um 9",
                           "\n\nViele Grüße\n"))
_SOUP = st.lists(st.one_of(st.text(max_size=15), _FILLER,
                           _PLANTED.map(lambda one: one[0].format(one[1])),
                           st.sampled_from(KINDS).map("[{}]".format), st.sampled_from((
                               "Herr ", "Frau ", "LG ", "@", "#", "Name: ", "von ", "*", "+49",
                               "0")))
                 ).map(" ".join)


@pytest.mark.parametrize("before", [
    "am 12.03.2024", "am 12.03.2024 -", "2024-03-12", "am 1.2.24 14.30", "um 9", "ab 12",
    "at 12.30", "seit 2019",
])
@pytest.mark.parametrize(("value", "kind"), [
    ("DE02 1203 0000 0000 5678 02", "IBAN"), ("4111 1111 1111 1111", "CARD"),
    ("0171 1234567", "PHONE"), ("+49 171 1234567", "PHONE"), ("0049 171 1234567", "PHONE"),
])
def test_a_number_is_found_behind_another_number(before: str, value: str, kind: str) -> None:
    assert mask(f"{before} {value} gemeldet") == f"{before} [{kind}] gemeldet"


def test_dates_and_times_in_a_row_are_no_telephone_number() -> None:
    text = "vom 12.03.2024 - 15.03.2024 14.30.00, dann 12.03.2024 15.03.2024"
    assert find_personal_data(text, "de") == []


@given(st.lists(_FILLER, max_size=3), _PLANTED, st.lists(_FILLER, max_size=3))
def test_a_masked_text_has_none_of_what_was_planted(
    before: list[str], planted: tuple[str, str], after: list[str],
) -> None:
    template, value = planted
    text = " ".join([*before, template.format(value), *after])
    assert value not in mask(text)


@given(_SOUP, st.sampled_from(("de", "en", "unknown")))
def test_masking_twice_is_masking_once(text: str, language: str) -> None:
    masked = mask(text, language)
    assert mask(masked, language) == masked


@given(_SOUP)
def test_findings_stand_apart_and_hold_no_placeholder(text: str) -> None:
    findings = find_personal_data(text, "de")
    assert all(one.start < one.end for one in findings)
    assert all(one.end <= other.start for one, other in pairwise(findings))
    assert not any(PLACEHOLDER.search(text[one.start:one.end]) for one in findings)


@pytest.mark.parametrize("piece", [
    "a@", "1 ", "Aa ", "Anna ", "M. ", "Herr ", "DE12", "+49", "http://", "Straße ", "A-B 1",
    "LG\n", "frau aa ", "Kundennummer 12 34 ",
    "12.12.2012", "0171 2345678 ", "order ", "x/", "Am Aa Aa 1 ", "Ihr\n\n", "#1", "(at)"])
def test_long_texts_take_no_longer_than_their_length(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started = time.process_time()
    find_personal_data(text, "de")
    assert time.process_time() - started < 3
