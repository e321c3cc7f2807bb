"""Cleaning of texts: what is blanked, what stays, and that nothing moves."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_ml.texts import clean_text


@pytest.mark.parametrize(("text", "left"), [
    ("Super &amp; schnell &lt;3 😊 :)", "Super & schnell <3 😊 :)"),
    ("Die App st&uuml;rzt ab &#128544;", "Die App stü rzt ab 😠"),
    ("AT&T und R&D; &quatsch;", "AT&T und R&D; &quatsch;"),
    ("Siehe https://shop.example/a?b=1, geht nicht. www.shop.example!", "Siehe , geht nicht. !"),
    ("@shop @user_1 Nie wieder #fail #Bahn", "Nie wieder fail Bahn"),
    ("Schreibt an hilfe@shop.example oder kommt @ 9 Uhr", "Schreibt an oder kommt @ 9 Uhr"),
    ("<p>Sehr <b>gut</b><br/></p><script>x = 1</script>", "Sehr gut"),
    ("Preis < 5 und > 3, 2 <3", "Preis < 5 und > 3, 2 <3"),
    ("[quote=x]Alt[/quote] [b]Neu[/b] **toll** 5**", "Neu toll 5**"),
    ("Frau [NAME] rief [PHONE] an [sic] [FAIL]", "Frau rief an [sic] [FAIL]"),
    ("a\u200bb\u00a0c", "a b c"),
    ("", ""),
])
def test_what_is_blanked_in_a_line(text: str, left: str) -> None:
    assert clean_text(text).split() == left.split()


@pytest.mark.parametrize(("text", "left"), [
    ("Sehr geehrte Damen und Herren,\nes reicht.\n\nMit freundlichen Grüßen\n[NAME]\n"
     "Muster GmbH\nTel.: [PHONE]", "es reicht."),
    ("Es reicht.\nLG [NAME]\nImmer noch keine Antwort.", "Es reicht. Immer noch keine Antwort."),
    ("Still broken.\n\nKind regards,\n[NAME]", "Still broken."),
    ("Danke! Viele Grüße", "Danke!"),
    ("Viele Grüße gehen an das Team", "Viele Grüße gehen an das Team"),
    ("Nein.\n\nAm 03.04.2024 um 12:30 schrieb Service <[EMAIL]>:\n> Guten Tag\n> alles gut\n"
     "Gar nichts.", "Nein. Gar nichts."),
    ("No.\nOn Mon, Jan 3, 2024 at 3:00 PM, Bob wrote:\nAll is well\nand good", "No."),
    ("No.\n-----Original Message-----\nAll is well", "No."),
    ("Kaputt\nVon: Service\nGesendet: Montag\nAn: [EMAIL]\nAlles gut", "Kaputt"),
    ("Kaputt\n-- \nMax\nMuster GmbH", "Kaputt"),
    ("Kaputt\n\nVon meinem iPhone gesendet", "Kaputt"),
    ("Kaputt\nSent from my iPhone", "Kaputt"),
    ("Nein.\nAm 3.4.24 um 9.30 Uhr schrieb [NAME]:\nalles gut", "Nein."),
    ("Nein.\n____________________\nVon: [NAME] <[EMAIL]>\nBetreff: Fall\n\nalles gut", "Nein."),
    ("On Monday you wrote:\n\n> no refund\nWhy?", "Why?"),
    ("Viele Grüße\n[NAME]", ""),
    ("Liebe Deutsche Bahn, warum?", "warum?"),
    ("Lieber fahre ich Bus, als so!", "Lieber fahre ich Bus, als so!"),
    ("Das Team ist freundlich", "Das Team ist freundlich"),
])
def test_what_is_blanked_in_a_mail(text: str, left: str) -> None:
    assert clean_text(text).split() == left.split()


@pytest.mark.parametrize("text", [
    "Am 3. Mai bestellt, die Hotline schrieb mir:\nWarten Sie.\nIch warte immer noch, unmöglich!",
    "Am 03.05.2024 um 12:30 schrieb mir die Hotline:\nWarten Sie.\nUnmöglich!",
    "On Monday your agent wrote:\nno refund.\nThis is outrageous",
    "Von: Berlin nach Hamburg\nBetreff: Verspätung\nDer Zug war 2 h zu spät",
    "Von: Berlin\nAn: Hamburg\nDatum: 3.4.2024\nDer Zug war 2 h zu spät",
    "Kaputt\n____________________\nund teuer",
    # A text is never blanked as a whole.
    "> Der Zug war zu spät",
    "-----Original Message-----\nThis is outrageous",
    "Von Hermes an die falsche Adresse geschickt.",
    "--\nKaputt",
    "Liebe Bahn!",
])
def test_what_a_customer_tells_of_a_mail_stays(text: str) -> None:
    assert clean_text(text) == text


def test_links_of_a_text_that_is_a_mail_only_are_blanked_all_the_same() -> None:
    assert clean_text("> Kaputt: https://shop.example/x").split() == [">", "Kaputt:"]


def test_what_stays_stays_where_it_was() -> None:
    text = "Hallo @shop,\ndas &auml;rgert mich: https://t.example/x 😡"
    cleaned = clean_text(text)
    assert cleaned.index("rgert mich") == text.index("rgert mich")
    assert cleaned.index("😡") == text.index("😡")
    assert cleaned.index("\n") == text.index("\n")


_PIECES = st.lists(st.one_of(st.text(max_size=20), st.sampled_from((
    "&amp;", "&lt;3", "&#0;", "&#99999999;", "<a href=x>", "</b>", "> ", "\n", "\r\n", "@x", "#y",
    "https://a.b/c", "Mit freundlichen Grüßen", "LG\n", "Am 1.1. schrieb x:", "--\n", "[NAME]",
    "[quote]", "[/quote]", "**", "Liebe Anna,", "Gesendet von x", "ß", "İ", "👩‍👩‍👧",
    "\u2028")))).map("".join)


@given(_PIECES)
def test_length_and_line_breaks_are_kept(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) == len(text)
    assert [at for at, sign in enumerate(cleaned) if sign == "\n"] == [
        at for at, sign in enumerate(text) if sign == "\n"]


@pytest.mark.parametrize("piece", [
    "<a", "&", ">", "Am a\n", "[quote]", "**a", "lg ", "LG\n", "a@", "--\n", "Von: a\n", "_", "\n",
    "Mit freundlichen ", "https://",
    "Von: a\nAn: ", "_" * 20 + "\n", "Am 1.1.24 "])
def test_long_texts_take_no_longer_than_their_length(piece: str) -> None:
    text = (piece * 30_000)[:30_000]
    started = time.process_time()
    clean_text(text)
    assert time.process_time() - started < 2
