"""Words and clauses of a text with their positions; what they mean does not belong here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from models_ml.contrasts import (
    stands_behind_phrase,
    stands_behind_verb,
    stands_between_commas,
)
from models_ml.inflection_german import fold

_TOKEN = re.compile(
    r"\[[A-Z_]+\]|\d+(?:[.,:]\d+)+|[^\W_]+(?:['’][^\W_]+)*|[.!?…]+|\n+|[,;:()–—\"„“”]|\S"
)
_SENTENCE_ENDS = frozenset(".!?…\n;")
_CLAUSE_ENDS = frozenset(",:()–—")
_SIGNS = frozenset("\"'„“”‚‘’»«-*/\\_+=<>|~^#@`´{}]")
_ABBREVIATIONS = frozenset((
        "abs", "art", "bspw", "bzw", "ca", "dr", "evtl", "ggf", "hr", "fr", "inkl", "exkl", "max",
        "min", "mind", "mr", "mrs", "ms", "nr", "prof", "rd", "sog", "std", "str", "st", "tel",
        "usw", "vgl", "vs", "zzgl", "approx", "dept", "e.g", "etc", "incl",
    ))
_CONTRACTIONS = {word.replace("'", ""): word for word in (
    "ain't", "aren't", "can't", "couldn't", "didn't", "doesn't", "don't", "hadn't", "hasn't",
    "haven't", "isn't", "shouldn't", "wasn't", "weren't", "won't", "wouldn't")}
_CONTRASTS = {
    "de": frozenset((
        "aber", "jedoch", "allerdings", "dennoch", "trotzdem", "obwohl", "obgleich", "wohingegen",
        "dagegen", "hingegen", "sondern", "nichtsdestotrotz",
    )),
    "en": frozenset((
        "but", "however", "although", "though", "yet", "whereas", "despite", "nevertheless",
        "nonetheless", "except",
    )),
}
# "anything but satisfied", "nothing but praise", "all but one" contrast nothing.
_BEFORE_BUT = frozenset(("anything", "nothing", "all", "everything", "everyone", "none", "nobody"))
_JOINTS = {
    "de": frozenset((
        "und", "sowie", "während", "weil", "da", "denn", "wenn", "dass", "nachdem", "sobald",
        "bevor", "damit",
    )),
    "en": frozenset((
        "and", "while", "because", "since", "when", "which", "who", "after", "before", "so",
    )),
}


class Token(NamedTuple):
    """One word, number, emoji or sign; `word` is folded, `end` exclusive."""

    word: str
    start: int
    end: int


@dataclass
class Clause:
    """Tokens of one clause; `sentence` counts from 0.

    `opens` is how it begins: sentence, contrast ("aber"), joint ("und") or comma. One that holds a
    word of contrast inside ("die App aber nicht") opens with contrast, too.
    """

    tokens: list[Token]
    sentence: int
    opens: str

    @property
    def start(self) -> int:
        """Position of the first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Position behind the last character."""
        return self.tokens[-1].end


def tokenise(text: str) -> list[Token]:
    """Return the tokens of `text` in order; a placeholder such as [NAME] is one, quotation marks
    and hyphens are none."""
    return [Token(normalise(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(text)
            if m[0] not in _SIGNS]


# Of distinct texts words are not distinct: looking one up is three times as fast as folding it.
@lru_cache(maxsize=100_000)
def normalise(word: str) -> str:
    """Return a word folded, and "dont" as "don't"."""
    folded = fold(word)
    return _CONTRACTIONS.get(folded, folded)


def split_clauses(text: str, language: str) -> list[Clause]:
    """Cut a text at the ends of sentences, commas, colons, brackets, contrasts and joints.

    A word of contrast or a joint belongs to the clause it opens; a contrast that stands inside its
    clause ("Die App stürzt aber ständig ab", "The service, however, was slow") cuts nothing. "und"
    opens one only where both sides have at least three words, so "Preis und Leistung" stays
    together. Emoji behind the end
    of a sentence belong to the sentence before. Languages other than German and English
    are cut at signs only.
    """
    contrasts = _CONTRASTS.get(language, frozenset())
    joints = _JOINTS.get(language, frozenset())
    clauses: list[Clause] = []
    current: list[Token] = []
    sentence, opens = 0, "sentence"
    tokens = tokenise(text)
    sentence_has_word = False
    parenthesis = -2  # place of a contrast between commas

    def is_inside(token: Token, place: int) -> bool:
        before = [each.word for each in current]
        return stands_behind_verb(token.word, before, _word_at(tokens, place + 1)) or (
            bool(current) and stands_behind_phrase(
                token.word, before, ends_with_noun=text[current[-1].start].isupper(),
                opens_sentence=opens == "sentence"))

    def is_parenthesis(place: int) -> bool:
        return (not current and bool(clauses) and clauses[-1].sentence == sentence
                and _word_at(tokens, place - 1) == _word_at(tokens, place + 1) == ","
                and stands_between_commas(
                    tokens[place].word, [each.word for each in clauses[-1].tokens],
                    _word_at(tokens, place + 2)))

    def close(next_opens: str) -> None:
        nonlocal current, opens
        if any(token.word[0].isalnum() or token.word[0] == "[" for token in current):
            clauses.append(Clause(current, sentence, opens))
        elif clauses:
            clauses[-1].tokens.extend(current)
        else:
            return  # signs before the first word belong to it
        current, opens = [], next_opens

    for place, token in enumerate(tokens):
        first = token.word[0]
        if first in _SENTENCE_ENDS:
            if token.word == "." and current and _is_abbreviation(current[-1]):
                continue
            close("sentence")
            if sentence_has_word:
                sentence += 1
            sentence_has_word = False
        elif first in _CLAUSE_ENDS:
            if current and place != parenthesis + 1:
                close("comma")
        elif token.word in contrasts and not (
                token.word == "but" and _word_at(tokens, place - 1) in _BEFORE_BUT):
            if is_parenthesis(place):
                parenthesis = place
                current, opens = clauses.pop().tokens, "contrast"
            elif is_inside(token, place):
                opens = "contrast"
            else:
                close("contrast")
            current.append(token)
        elif token.word in joints and len(current) >= 3 and _words_ahead(tokens, place) >= 3:
            close("joint")
            current.append(token)
        else:
            current.append(token)
        sentence_has_word = sentence_has_word or first.isalnum()
    close("sentence")
    if current and not clauses:
        clauses.append(Clause(current, sentence, opens))
    return clauses


def has_contrast(text: str, language: str) -> bool:
    """Whether a clause of the text is set against another: "Alles super, aber die App nicht"."""
    return any(clause.opens == "contrast" for clause in split_clauses(text, language))


def _is_abbreviation(token: Token) -> bool:
    return token.word in _ABBREVIATIONS or (len(token.word) == 1 and token.word.isalpha())


def _word_at(tokens: list[Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


def _words_ahead(tokens: list[Token], place: int) -> int:
    count = 0
    for token in tokens[place + 1 : place + 4]:
        if token.word[0] in _SENTENCE_ENDS or token.word[0] in _CLAUSE_ENDS:
            break
        count += 1
    return count
