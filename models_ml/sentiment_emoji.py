"""What emoji and emoticons say where no word can be read: in a language without a lexicon, or none.

Words, labels and tables do not belong here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from models_ml.inflection_english import fold
from models_ml.sentiment_rules import tokenise
from models_ml.sentiment_words import Lexicon, read_lexicon

EMOJI_FILE = Path(__file__).parent / "lexica" / "emoji.tsv"


@cache
def load_emoji() -> Lexicon:
    """Read the emoji and emoticons alone, which mean the same in every language."""
    lexicon = Lexicon(fold=fold, tokenise=tokenise, inflect=lambda form, kind: (),
                      split_forms=lambda form: (), derive=lambda form, lexicon: 0.0, too=())
    lexicon.add(read_lexicon(EMOJI_FILE), head_letters=99, is_own=False)
    return lexicon
