"""Sentiment of feedback texts by lexicon, in German, English and emoji: scores, spans, features.

Texts are those that `texts.clean_text` returns: what their authors do not say is blanked. Word
lists and rules of a language, models trained on a company's own scores, topics and personal data in
texts do not belong here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from models_ml.frames import require_columns
from models_ml.language import UNKNOWN_LANGUAGE
from models_ml.sentiment_emoji import EMOJI_FILE, load_emoji
from models_ml.sentiment_english import OWN_LEXICON_FILES, load_english, read_library_files
from models_ml.sentiment_german import LEXICON_FILES, load_german
from models_ml.sentiment_rules import Assessment, assess, locate
from models_ml.sentiment_words import Lexicon

MODEL_NAMES: Mapping[str, str] = {"de": "lexicon-de", "en": "lexicon-en"}
"""Model by language; of a text in any other language, or none that is known, `EMOJI_MODEL` reads
the emoji and emoticons. Without any it gets `NO_MODEL` and no polarity."""

EMOJI_MODEL = "lexicon-emoji"
NO_MODEL = "none"
LABEL_THRESHOLDS: Mapping[str, float] = {"de": 0.25, "en": 0.15}
"""Polarity beyond which a text is no longer neutral: best macro-F1 on training texts, in steps of
.05. German: the training part of SB10k; English: the tweets that VADER's authors had rated (Hutto &
Gilbert 2014; a mean rating beyond half a point of four is no longer neutral)."""

PROBABILITY_SLOPES: Mapping[str, float] = {"de": 2.3, "en": 3.6}
"""How fast the odds of a label grow with polarity; see `estimate_probability`. Maximum likelihood
on the training texts of `LABEL_THRESHOLDS` and, for English, the product reviews rated with them,
each class weighing the same, as the shares of the classes differ between companies."""

NEUTRAL_WITHOUT_JUDGEMENT: Mapping[str, float] = {"de": 0.55, "en": 0.64}
"""Probability of neutral where a text holds no expression of judgement: the share of neutral ones
among the training texts without any, each class weighing the same."""

UNSURE_BELOW = 0.5
"""Probability of the label below which it is unsure: there it is wrong more often than right."""

MIXED_SHARE = 0.3
"""A text is mixed when the smaller of its praise and its blame is more than this of the larger."""

FEATURE_NAMES = (
    "polarity", "probability_negative", "probability_positive", "praise", "blame",
    "praise_count", "blame_count", "strongest_praise", "strongest_blame", "first_value",
    "last_value", "symbol_value", "negator_count", "intensifier_count", "contrast_count",
    "question_count", "irony_count", "exclamation_count", "capitals_share", "word_count",
    "has_no_expression", "is_mixed",
)
"""Columns of `lexicon_features`. Counts are log(1 + count); values and sums are as in
`Assessment`, sums divided by 4 and cut at 1; `symbol_value` is the sum over emoji and emoticons;
`capitals_share` is the share of words of three letters and more in capitals."""

# The emoji are a part of each lexicon, and too few texts hold nothing else to fit constants on.
_EMOJI_CONSTANTS = "en"
_LOADERS: Mapping[str, Callable[[], Lexicon]] = {"de": load_german, "en": load_english}
_CODE_FILES = tuple(
    Path(__file__).parent / name
    for name in ("sentiment.py", "sentiment_rules.py", "sentiment_words.py", "spelling.py",
                 "contrasts.py", "sentiment_german.py", "inflection_german.py",
                 "sentiment_english.py", "inflection_english.py", "sentiment_emoji.py")
)
_CAPITALS = re.compile(r"\b[A-ZÄÖÜ]{3,}\b")


def score_lexicon(texts: pd.DataFrame) -> pd.DataFrame:
    """Say how positive or negative each text is, and whether that can be relied on.

    Grain: one row per text. Polarity runs from -1 to 1; formula and rules in `sentiment_rules`.
    The label is neutral up to `LABEL_THRESHOLDS` on both sides; its probability is
    `estimate_probability`. It is unsure where that lies below `UNSURE_BELOW`, where praise and
    blame are mixed (`MIXED_SHARE`), where a cue speaks for irony, and where no word of the text is
    in the lists, be it as a judgement or as none. Without any judgement the label is neutral with
    `NEUTRAL_WITHOUT_JUDGEMENT`.

    A text in a language without a lexicon is scored by its emoji and emoticons alone, with the
    constants of English; it is unsure, too, where it holds words, as nobody read them.

    Args:
        texts: text_key, text, language (ISO 639-1 code); one row per text.

    Returns:
        text_key, polarity, sentiment_label, sentiment_probability, is_unsure, model_name,
        model_version. A text in a language without a model that holds no emoji has no polarity
        and no probability, the label `unknown`, and is unsure.

    Raises:
        ValueError: a column is missing, or a text_key repeats.
    """
    require_columns(texts, ["text_key", "text", "language"], "texts")
    if texts["text_key"].duplicated().any():
        raise ValueError("texts: text_key repeats")
    versions = lexicon_versions()
    language = texts["language"].to_numpy(dtype=object)
    model_name = np.array([MODEL_NAMES.get(code, NO_MODEL) for code in language], dtype=object)
    polarity = np.full(len(texts), np.nan)
    probability = np.full(len(texts), np.nan)
    label = np.full(len(texts), "unknown", dtype=object)
    is_unsure = np.ones(len(texts), dtype=bool)
    found_by_model: list[tuple[str, np.ndarray, list[Assessment]]] = []
    for code, load in _LOADERS.items():
        rows = np.flatnonzero(language == code)
        lexicon = load()
        found_by_model.append(
            (code, rows, [assess(text, lexicon) for text in texts["text"].iloc[rows]]))
    symbols = _find_symbols(texts["text"], np.flatnonzero(model_name == NO_MODEL))
    rows = np.array(list(symbols), dtype=int)
    model_name[rows] = EMOJI_MODEL
    found_by_model.append((_EMOJI_CONSTANTS, rows, list(symbols.values())))
    for code, rows, found in found_by_model:
        polarity[rows] = [each.polarity for each in found]
        shares = estimate_probability(polarity[rows], code)
        threshold = LABEL_THRESHOLDS[code]
        chosen = np.select([polarity[rows] < -threshold, polarity[rows] > threshold], [0, 2], 1)
        label[rows] = np.array(["negative", "neutral", "positive"], dtype=object)[chosen]
        has_judgement = np.array([bool(each.expressions) for each in found], dtype=bool)
        probability[rows] = np.where(has_judgement, shares[np.arange(len(rows)), chosen],
                                     NEUTRAL_WITHOUT_JUDGEMENT[code])
        is_unsure[rows] = (probability[rows] < UNSURE_BELOW) | np.array(
            [_is_doubtful(each) for each in found], dtype=bool
        )
    is_unsure[[row for row, each in symbols.items() if each.word_count]] = True
    return pd.DataFrame({
        "text_key": texts["text_key"].to_numpy(),
        "polarity": polarity,
        "sentiment_label": pd.Series(label, dtype="str"),
        "sentiment_probability": probability,
        "is_unsure": is_unsure,
        "model_name": pd.Series(model_name, dtype="str"),
        "model_version": pd.Series([versions.get(code, versions[UNKNOWN_LANGUAGE])
                                    for code in language], dtype="str"),
    })


def _find_symbols(texts: pd.Series, rows: np.ndarray) -> dict[int, Assessment]:
    """Return what the emoji of the texts at `rows` say, by row, for those that hold any."""
    lexicon = load_emoji()
    found = {}
    for row in rows.tolist():
        text = texts.iloc[row]
        if isinstance(text, str):
            assessment = assess(text, lexicon)
            if assessment.expressions:
                found[row] = assessment
    return found


def estimate_probability(polarity: np.ndarray, language: str) -> np.ndarray:
    """Return the probabilities of negative, neutral and positive, shape (n, 3).

    Adjacent-categories logit: with slope s and threshold t of the language, the odds of positive
    against neutral are exp(s * (polarity - t)), those of negative exp(s * (-polarity - t)). So the
    likeliest class is the label, and both constants are fixed beforehand.
    """
    slope, threshold = PROBABILITY_SLOPES[language], LABEL_THRESHOLDS[language]
    odds = np.exp(np.stack([
        slope * (-polarity - threshold), np.zeros_like(polarity), slope * (polarity - threshold)
    ], axis=1))
    return odds / odds.sum(axis=1, keepdims=True)


def assess_spans(text: str, language: str) -> list[tuple[int, int, float]]:
    """Return (start, end, value) of every expression of `text`, in order.

    Positions are characters of the text as given, end exclusive; the value (-1..1) is the one
    after negation, intensity, question and wish, so a topic can take the sentiment of what stands
    near it. A separable verb spans from its finite form to its particle. A language without a
    model has none.
    """
    load = _LOADERS.get(language)
    if load is None:
        return []
    return locate(text, assess(text, load()).expressions)


def lexicon_features(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """Return what the lexicon sees in each text, for a trained classifier.

    Shape (n, len(FEATURE_NAMES)), float32; columns in the order of `FEATURE_NAMES`, about -1..1
    but for the logarithms of counts. Deterministic per text, so parts may be computed apart. A
    language without a model has the columns of marks and capitals only.

    Raises:
        ValueError: texts and languages differ in number.
    """
    if len(texts) != len(languages):
        raise ValueError("lexicon_features: one language per text")
    lexica = {code: load() for code, load in _LOADERS.items() if code in set(languages)}
    table = np.zeros((len(texts), len(FEATURE_NAMES)), dtype=np.float32)
    for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
        lexicon = lexica.get(language)
        found = Assessment() if lexicon is None else assess(text, lexicon)
        table[row] = _describe(text, found)
    for code in lexica:
        rows = np.flatnonzero(np.asarray(languages, dtype=object) == code)
        table[rows, 1:3] = estimate_probability(table[rows, 0].astype(float), code)[:, [0, 2]]
    counts = [column for column, name in enumerate(FEATURE_NAMES) if name.endswith("_count")]
    table[:, counts] = np.log1p(table[:, counts])
    return table


def find_irony(features: np.ndarray) -> np.ndarray:
    """Return for each row of `lexicon_features` whether a cue in the text speaks for irony."""
    return features[:, FEATURE_NAMES.index("irony_count")] > 0


def lexicon_versions() -> dict[str, str]:
    """Return the version of `score_lexicon` by language; `unknown` stands for all others, of which
    the emoji are read.

    Eight hexadecimal digits over the content of the word lists, those of the libraries included,
    and the code of the model with its constants. Nothing heavy is imported, so a caller may ask
    before each run.
    """
    code = b"".join(path.read_bytes() for path in _CODE_FILES)
    contents = {
        "de": b"".join(path.read_bytes() for path in LEXICON_FILES),
        "en": b"".join(path.read_bytes() for path in OWN_LEXICON_FILES) + read_library_files(),
        UNKNOWN_LANGUAGE: EMOJI_FILE.read_bytes(),
    }
    return {language: hashlib.md5(code + content).hexdigest()[:8]
            for language, content in contents.items()}


def _is_mixed(found: Assessment) -> bool:
    praise, blame = found.praise, -found.blame
    return min(praise, blame) > MIXED_SHARE * max(praise, blame)


def _is_doubtful(found: Assessment) -> bool:
    is_known = bool(found.expressions or found.known_count)
    return not is_known or found.irony_count > 0 or _is_mixed(found)


def _describe(text: str, found: Assessment) -> list[float]:
    values = [expression.value for expression in found.expressions]
    positive = [value for value in values if value > 0]
    negative = [value for value in values if value < 0]
    return [
        found.polarity, 0.0, 0.0,
        min(found.praise / 4, 1.0), max(found.blame / 4, -1.0),
        len(positive), len(negative),
        max(positive, default=0.0), min(negative, default=0.0),
        values[0] if values else 0.0, values[-1] if values else 0.0,
        max(min(found.symbol_value, 1.0), -1.0),
        found.negator_count, found.intensifier_count, found.contrast_count, found.question_count,
        found.irony_count, text.count("!"),
        len(_CAPITALS.findall(text)) / max(found.word_count, 1),
        found.word_count, not values, _is_mixed(found),
    ]
