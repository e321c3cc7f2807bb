"""Regular English forms."""

from __future__ import annotations

import pytest

from models_ml.inflection_english import inflect


@pytest.mark.parametrize(("word", "kind", "forms"), [
    ("parcel", "noun", {"parcels", "parcel's"}),
    ("delivery", "noun", {"deliveries", "delivery's"}),
    ("box", "noun", {"boxes", "box's"}),
    ("delay", "noun", {"delays", "delay's"}),
    ("crash", "verb", {"crashes", "crashed", "crashing"}),
    ("charge", "verb", {"charges", "charged", "charging"}),
    ("ship", "verb", {"ships", "shipped", "shipping"}),
    ("reply", "verb", {"replies", "replied", "replying"}),
    ("rude", "adjective", {"ruder", "rudest", "rudely"}),
    ("terrible", "adjective", {"terribler", "terriblest", "terribly"}),
    ("noisy", "adjective", {"noisier", "noisiest", "noisily"}),
    ("online", "word", set()),
])
def test_forms(word: str, kind: str, forms: set[str]) -> None:
    assert set(inflect(word, kind)) == forms
