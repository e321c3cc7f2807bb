"""Names beside titles without a dot, roles and short names; adverbs behind a title are none."""

from __future__ import annotations

import pytest

from tests.unit.models_ml.masked import mask


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("en", "Dr Okafor listened, Nurse Tuttle too", "Dr [NAME] listened, Nurse [NAME] too"),
    ("en", "Professor Lindqvist was rude", "Professor [NAME] was rude"),
    ("de", "Prof Hagedorn und Dr Wegner", "Prof [NAME] und Dr [NAME]"),
    ("de", "Chefarzt Brandl und Pfleger Kowalik", "Chefarzt [NAME] und Pfleger [NAME]"),
    ("de", "Hausmeister Pospischil kam sofort", "Hausmeister [NAME] kam sofort"),
    ("en", "Sort it out. Best, Tim", "Sort it out. Best, [NAME]"),
    ("de", "Uwe hat mir geholfen, danke Ute", "[NAME] hat mir geholfen, danke [NAME]"),
    ("de", "Özlem und Hassan am Empfang", "[NAME] und [NAME] am Empfang"),
    ("en", "This is Imran Qureshi calling", "This is [NAME] calling"),
    ("de", "Erna Wolters, Station 4", "[NAME], Station 4"),
])
def test_people_are_masked(language: str, text: str, masked: str) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Die Frau nebendran war nett, der Herr dahinter weniger."),
    ("de", "der herr vorhin war freundlich, die frau diesmal nicht"),
    ("de", "Die Frau netterweise half, der Herr jedenfalls nicht"),
    ("de", "Der Dr hat gesagt, ein Professor kommt"),
    ("en", "Best service, best, said Amazon. Doctor appointment cancelled"),
    ("de", "Im Jan war alles gut, MAX 5 Stück, Dan habe ich angerufen"),
])
def test_what_is_no_name_stays(language: str, text: str) -> None:
    assert mask(text, language) == text


@pytest.mark.parametrize(("language", "text", "masked"), [
    ("de", "unsere tochter mia und mein sohn jakob", "unsere tochter [NAME] und mein sohn [NAME]"),
    ("en", "my son jonas was ill", "my son [NAME] was ill"),
    ("de", "Kundenbetreuerin Wolters rief an", "Kundenbetreuerin [NAME] rief an"),
    ("de", "Kd-Nr. <b>9988776</b><br>Gruß<br/>Tjorven Abendroth",
     "Kd-Nr. <b>[CUSTOMER_NUMBER]</b><br>Gruß<br/>[NAME]"),
    ("en", "<p>phone: <i>030 5556677</i></p>", "<p>phone: <i>[PHONE]</i></p>"),
    ("en", "Reference: KT-8812-B, contract VTR-12-99887",
     "Reference: [REFERENCE_NUMBER], contract [REFERENCE_NUMBER]"),
])
def test_kin_mark_up_and_codes(language: str, text: str, masked: str) -> None:
    assert mask(text, language) == masked


@pytest.mark.parametrize("text", [
    "meine frau war nett, mein sohn auch, unser kind rosa gekleidet",
    "3 < 4 und 5 > 2, <b>Angebot</b>: Service: 24/7, Tarif M-5",
])
def test_kin_and_mark_up_alone_stay(text: str) -> None:
    assert mask(text, "de") == text
