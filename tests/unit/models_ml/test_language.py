"""Language of a text: real sentences, texts too short to tell, and what is no language at all."""

from __future__ import annotations

import pytest

from models_ml.language import (
    DETECTED_LANGUAGES,
    KNOWN_LANGUAGES,
    detect_language,
    language_version,
)


@pytest.mark.parametrize(("text", "expected"), [
    ("Die Lieferung kam viel zu spät und niemand hilft mir.", "de"),
    ("DIE LIEFERUNG KAM VIEL ZU SPAET", "de"),
    ("The delivery was late and nobody answers the phone.", "en"),
    ("Produto chegou antes do prazo, muito bom", "pt"),
    ("El producto llegó roto y nadie contesta", "es"),
    ("Gut", "de"),
    ("Danke!", "de"),
    ("great", "en"),
    ("Danke", "de"),
    ("Ganz okay.", "de"),
    ("Katastrophe", "de"),
    ("Enttäuschend", "de"),
    ("5 Sterne", "de"),
    ("Perfect", "en"),
    ("Five stars", "en"),
    ("No complaints.", "en"),
    ("Muito bom", "pt"),
    ("Très bon service", "fr"),
    ("Heel goed", "nl"),
    ("@shop https://shop.example/angebote Der Laden ist sauber #shopping", "de"),
    ("<p>Nice &amp; clean store</p>", "en"),
    ("ok", "unknown"),
    ("👍👍👍", "unknown"),
    ("12345", "unknown"),
    ("https://shop.example/the-best-offers-of-the-year", "unknown"),
    ("", "unknown"),
    (None, "unknown"),
])
def test_language_of_a_text(text: str | None, expected: str) -> None:
    assert detect_language([text])["language"].tolist() == [expected]


@pytest.mark.parametrize(("text", "language"), [
    ("المنتج سيء جدا ولن أشتري مرة أخرى أبدا", "ar"),
    ("Доставка была очень долгой, служба поддержки не отвечает", "ru"),
    ("iPhone 😀 المنتج سيء", "ar"),
])
def test_a_text_in_another_script_is_told_only_where_a_language_of_it_is_listed(
    text: str, language: str
) -> None:
    assert detect_language([text])["language"].item() == "unknown"
    assert detect_language([text], languages=("de", "en", language))["language"].item() == language


def test_only_listed_languages_are_found() -> None:
    found = detect_language(["O produto chegou com defeito"], languages=("de", "en"))
    assert found["language"].isin(["de", "en", "unknown"]).all()


def test_an_unsure_language_is_unknown_and_keeps_its_probability() -> None:
    text = "Der Stuhl steht im Wohnzimmer"
    probability = detect_language([text])["language_probability"].item()
    unsure = detect_language([text], minimum_probability=(probability + 1) / 2)
    assert unsure["language"].item() == "unknown"
    assert unsure["language_probability"].item() == pytest.approx(probability)
    assert detect_language([text], minimum_probability=probability)["language"].item() == "de"


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(ValueError, match="qq"):
        detect_language(["text"], languages=("de", "qq"))


def test_version_follows_the_list_of_languages() -> None:
    assert language_version(("de", "en")) == language_version(("en", "de"))
    assert language_version(("de", "en")) != language_version(("de", "en", "pt"))


def test_the_known_languages_are_those_of_the_library() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classes = LanguageIdentifier.from_model_file(MODEL_FILE).nb_classes
    assert {code for code in classes if len(code) == 2} == KNOWN_LANGUAGES
    assert set(DETECTED_LANGUAGES) <= KNOWN_LANGUAGES
