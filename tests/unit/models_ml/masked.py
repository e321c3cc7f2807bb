"""A text with its personal data masked, as tests of masking compare it."""

from __future__ import annotations

from models_ml.personal_data import find_personal_data, replace


def mask(text: str, language: str = "de", **options: object) -> str:
    return replace(text, find_personal_data(text, language, **options))  # type: ignore[arg-type]
