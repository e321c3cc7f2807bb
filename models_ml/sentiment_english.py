"""The English lexicon model of sentiment: TextBlob's and VADER's words joined with our own.

Rules over several words, languages, labels and tables do not belong here.
"""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from models_ml.inflection_english import fold, inflect
from models_ml.sentiment_rules import assess, tokenise
from models_ml.sentiment_words import Lexicon, read_lexicon
from models_ml.spelling import SpellingIndex

_LEXICA = Path(__file__).parent / "lexica"
OWN_LEXICON_FILES = tuple(_LEXICA / name for name in ("feedback_en.tsv", "emoji.tsv"))
"""Our own words, which outrank those of the libraries; the later file outranks the earlier."""

_LIBRARY_FILES = {"textblob": "en/en-sentiment.xml", "vaderSentiment": "vader_lexicon.txt"}
_VADER_SCALE = 3.0
_MINIMUM_VALUE = 0.15
_TEXTBLOB_WORD = re.compile(r'form="([^"]+)".*?polarity="([^"]+)"')


def score_english(text: str) -> float:
    """Return the polarity of an English text, -1..1; formula and rules in `sentiment_rules`.

    The words are those of TextBlob (the pattern lexicon, De Smedt & Daelemans 2012) and VADER
    (Hutto & Gilbert 2014), joined by `join_libraries`, and our own vocabulary of complaints and
    praise. Words, not the libraries' own rules: these are read from the files that the libraries
    install, and nothing of them is imported.
    """
    return assess(text, load_english()).polarity


def read_library_files() -> bytes:
    """Return the content of the libraries' word lists; imports nothing of them.

    Raises:
        ModuleNotFoundError: TextBlob or VADER is not installed.
    """
    return b"".join(_find_library_file(library).read_bytes() for library in _LIBRARY_FILES)


@cache
def load_english() -> Lexicon:
    """Join the libraries' words and put our own above them."""
    lexicon = Lexicon(fold=fold, tokenise=tokenise, inflect=inflect,
                      split_forms=lambda form: (), derive=_derive, too=("too", "overly"))
    lexicon.add(((form, "word", value) for form, value in join_libraries().items()),
                head_letters=99, is_own=False)
    for path in OWN_LEXICON_FILES:
        lexicon.add(read_lexicon(path), head_letters=99, is_own=path.name == "feedback_en.tsv")
    return lexicon


def join_libraries() -> dict[str, float]:
    """Return value by word, -1..1: the mean of both libraries, or what the only one says.

    TextBlob's polarity is the mean over the senses of a word; VADER's valence (-4..4) is divided
    by 3 and cut at 1. Values nearer to 0 than .15 are left out: they are noise of the ratings.
    """
    textblob, vader = _read_textblob(), _read_vader()
    joined = {}
    for word in sorted(textblob.keys() | vader.keys()):
        found = [values[word] for values in (textblob, vader) if word in values]
        value = sum(found) / len(found)
        if abs(value) >= _MINIMUM_VALUE:
            joined[word] = value
    return joined


def _read_textblob() -> dict[str, float]:
    senses: dict[str, list[float]] = defaultdict(list)
    content = _find_library_file("textblob").read_text(encoding="utf-8")
    for form, polarity in _TEXTBLOB_WORD.findall(content):
        if form.isalpha():
            senses[fold(form)].append(float(polarity))
    return {form: sum(values) / len(values) for form, values in senses.items()}


def _read_vader() -> dict[str, float]:
    values = {}
    for line in _find_library_file("vaderSentiment").read_text(encoding="utf-8").splitlines():
        form, valence = line.split("\t")[:2]
        if form.replace("-", "").replace("'", "").isalpha():
            values[fold(form)] = max(min(float(valence) / _VADER_SCALE, 1.0), -1.0)
    return values


def _find_library_file(library: str) -> Path:
    # find_spec of a top-level package does not import it, and importing TextBlob takes seconds.
    spec = importlib.util.find_spec(library)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{library} is not installed")
    return Path(spec.origin).parent / _LIBRARY_FILES[library]


def _derive(form: str, lexicon: Lexicon) -> float:
    """Value a word that no list holds: its last part after a hyphen, or a misspelling."""
    last = form.rpartition("-")[2]
    if last != form and (value := lexicon.values.get(last)):
        return value
    if meant := _load_spelling().find(form):
        return lexicon.spelled[meant]
    return 0.0


@cache
def _load_spelling() -> SpellingIndex:
    return SpellingIndex(load_english().spelled)
