"""Names in lower case behind a title: "frau müller", as many type on a telephone.

In lower case nothing tells a surname from a verb but the words around it, so that "die frau rief
an" and "die frau schmidt rief an" differ by what may follow what. Capitalised names belong to
`personal_names.py`.
"""

from __future__ import annotations

import re

from models_ml.masking_words import (
    fold,
    is_common_word,
    read_given_names,
    read_stop_words,
    read_words,
)

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){0,40}")
_INITIAL = re.compile(r"[^\W\d_]\.[ \t]?")
_GAP = re.compile(r"[ \t\u00a0]{1,3}")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_BEFORE_CHARACTERS = 60
# Behind "meine frau" a surname never stands: only a given name is one.
_OWN = re.compile(
    r"(?<![^\W_])(?:(?:[mds]ein|kein)(?:e[rnms]?)?|jede[rnms]?|my|his|your)"
    r"(?:[ \t]+[^\W\d_]{2,20}e[rnms]?)?[ \t]+\Z", re.IGNORECASE)
# Behind "die frau" a verb may follow: "die frau lachte".
_ARTICLE = re.compile(
    r"(?<![^\W_])(?:d(?:ie|er|en|em|es)|(?:ein|ihr|unser)(?:e[rnms]?)?|eu(?:er|re[rnms]?)"
    r"|(?:dies|jen|manch|welch)e[rnms]?|the|an?|this|that)"
    r"(?:[ \t]+[^\W\d_]{2,20}e[rnms]?)?[ \t]+\Z", re.IGNORECASE)
_FAMILY = re.compile(r"fam", re.IGNORECASE)
_VERB_END = re.compile(r"(?:t|te|[^s]en|ing|ed)\Z")
_PARTICIPLE = re.compile(r"ge[a-z]{3,20}[^s]en\Z")
_NO_SURNAME_END = re.compile(r"(?:erin|innen|weise|massen|mals)\Z")
_NO_WORD_BEHIND = re.compile(r"[\d_@]|://|\.(?:de|com|net|org|at|ch|eu|info)(?!\w)")
# "frau von der hotline" and "frau von amazon" are as common as "frau von berg": behind "von" only a
# surname that is known to follow it counts. The particles of other languages mean nothing else.
_PARTICLE = re.compile(
    r"(?:(?P<von>von(?:[ \t]der)?)|van(?:[ \t](?:de[nr]?|het))?|de(?:[ \t](?:la|las|los))?|del"
    r"|della|di|ten|ter)[ \t]+", re.IGNORECASE)
_FEWEST_LETTERS = 3
_NO_NAME_KINDS = ("no_name", "role", "role_cue", "verb", "small_word")


def find_lower_name(text: str, title: int, at: int) -> tuple[int, int] | None:
    """Where the name in lower case stands that follows a title, if one does.

    A given name, a surname, or both, the surname with its particle. A surname is a word of three
    letters and more that is no word of everyday language; behind an article and a title it must not
    end like a verb either, unless a verb follows it.

    Args:
        text: what is searched.
        title: where the title begins.
        at: where the name begins, behind the title.
    """
    initial = _INITIAL.match(text, at)
    word = _WORD.match(text, initial.end() if initial else at)
    if not word:
        return None
    if end := _find_particle_surname(text, word.start()):
        return at, end
    before = text[max(0, title - _BEFORE_CHARACTERS):title]
    if _is_given(word):
        return word.start(), find_lower_surname(text, _end(word)) or _end(word)
    is_strict = bool(_ARTICLE.search(before) or _FAMILY.match(text, title))
    if _OWN.search(before) or not _is_surname(text, word, is_strict=is_strict):
        return None
    return at, _end(word)


def find_lower_surname(text: str, at: int) -> int | None:
    """Where the surname ends that stands behind a given name ending at `at`, if one does."""
    gap = _GAP.match(text, at)
    if gap and (end := _find_particle_surname(text, gap.end())):
        return end
    word = _WORD.match(text, gap.end()) if gap else None
    return _end(word) if word and _is_surname(text, word, is_strict=True) else None


def _find_particle_surname(text: str, at: int) -> int | None:
    """Where the surname ends that begins with a particle at `at`: "van der meer", "von berg"."""
    particle = _PARTICLE.match(text, at)
    word = _WORD.match(text, particle.end()) if particle else None
    if not particle or not word:
        return None
    is_name = (_fold(word) in read_words("von_name") if particle["von"]
               else _is_surname(text, word, is_strict=False))
    return _end(word) if is_name else None


def _is_surname(text: str, word: re.Match[str], *, is_strict: bool) -> bool:
    """Whether the word behind a title can be a surname; strictly, where a verb is as likely."""
    folded = _fold(word)
    if (len(folded) < _FEWEST_LETTERS or folded in read_stop_words()
            or any(folded in read_words(kind) for kind in _NO_NAME_KINDS)
            or _NO_SURNAME_END.search(folded) or _NO_WORD_BEHIND.match(text, word.end())):
        return False
    gap = _GAP.match(text, _end(word))
    following = _WORD.match(text, gap.end()) if gap else None
    if following and fold(following[0]) in read_words("verb"):
        return not is_strict or not is_common_word(folded)
    return not (is_common_word(folded) or _PARTICIPLE.match(folded)
                or (is_strict and _VERB_END.search(folded)))


def _is_given(word: re.Match[str]) -> bool:
    folded = _fold(word)
    return folded in read_given_names() and not any(
        folded in read_words(kind) for kind in ("everyday_name", *_NO_NAME_KINDS))


def _fold(word: re.Match[str]) -> str:
    return fold(_POSSESSIVE.sub("", word[0]))


def _end(word: re.Match[str]) -> int:
    return word.start() + len(_POSSESSIVE.sub("", word[0]))
