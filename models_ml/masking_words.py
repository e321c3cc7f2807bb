"""Words that the masking of personal data knows: `lexica/masking_words.tsv` and the name lists."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

LEXICA = Path(__file__).parent / "lexica"
WORD_FILES = tuple(LEXICA / name for name in (
    "masking_words.tsv", "nicknames.tsv", "german_polarity.tsv", "stop_words.tsv"))
"""Everything that the readers of words rest on."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o",
                          "ı": "i", "’": "'"})
_NOUN_END = re.compile(r"(?:heit|keit|schaft|tion|tionen|ungen|heiten|keiten|ität|ismus|nis|tum"
                       r"|[^hjl]ung|lung|zeug|zeit|stelle|nummer|preis|platz)\Z")


def fold(word: str) -> str:
    """The word in lower case, with ae, oe, ue, ss and without accents."""
    word = word.lower()
    if word.isascii():
        return word
    decomposed = unicodedata.normalize("NFKD", word.translate(_UMLAUTS))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


@cache
def read_words(kind: str) -> frozenset[str]:
    """Forms of one kind; see the README of the lexica."""
    return frozenset(form for row_kind, form in _rows("masking_words.tsv") if row_kind == kind)


@cache
def read_given_names() -> frozenset[str]:
    """Given names, folded, with their short forms."""
    nicknames = {name for root, variants, *_ in _rows("nicknames.tsv")
                 for name in (root, *variants.split())}
    return frozenset(nicknames | read_words("given_name"))


@cache
def read_given_forms() -> frozenset[str]:
    """Given names in lower case as they may stand in a text: with ä and with ae."""
    names = read_given_names()
    umlauts = {name.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü") for name in names}
    return names | umlauts | {name.replace("ss", "ß") for name in names}


@cache
def read_common_words() -> frozenset[str]:
    """Words, folded, that are no surname without a title: function words, judgements, nouns."""
    judgements = {fold(form.replace("|", "")) for form, *_ in _rows("german_polarity.tsv")
                  if " " not in form}
    return frozenset(judgements | read_words("no_name") | read_words("role"))


@cache
def read_stop_words() -> frozenset[str]:
    """Function words, German and English, folded."""
    return frozenset(fold(word) for _, word in _rows("stop_words.tsv"))


def is_common_word(folded: str) -> bool:
    """Whether a word, folded, is in `read_common_words` or ends as nouns do and names do not."""
    return folded in read_common_words() or bool(_NOUN_END.search(folded))


def _rows(file: str) -> list[list[str]]:
    lines = (LEXICA / file).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:] if line]
