"""Texts as sparse TF-IDF vectors of words and pairs of words, for likeness between texts.

Features of classifiers do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from models_ml.inflection_german import fold

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

READ_CHARACTERS = 1_000
_WORD = re.compile(r"\[[A-Z_]+\]|[^\W\d_]+(?:['’][^\W\d_]+)?")
_ANY_WORD = re.compile(r"\w+")
_MAXIMUM_FEATURES = 20_000
_STOP_WORDS = {
    "de": """ab aber alle allem allen aller alles als also am an ander andere anderem anderen anderer
anderes auch auf aus bei beim bin bis bist da dabei dafür damit danach dann daran darauf daraus darin
das dass davon dazu dein deine dem den denn der des dessen deshalb die dies diese diesem diesen dieser
dieses dir doch dort du durch eben ein eine einem einen einer eines einfach einmal er erst es etwas
euch euer eure für gab ganz gar gegen geht gibt gleich gut habe haben hab hat hatte hatten hier hin
hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden jeder jedes
jetzt kann kein keine keinem keinen keiner können könnte leider mal man manche mehr mein meine meinem
meinen meiner mich mir mit muss musste nach nein nicht nichts noch nun nur ob oder ohne schon sehr sei
sein seine seinem seinen seiner seit sich sie sind so sogar soll sollte sondern sonst um und uns unser
unsere unserem unseren unter viel vom von vor wann war waren warum was weg weil weiter welche wenn wer
werde werden wie wieder will wir wird wirklich wo wohl wurde wurden würde zu zum zur zwar zwischen
bitte danke hallo heute gestern guten tag morgen abend geehrte damen herren liebe lieber liebes grüße
gruß montag dienstag mittwoch donnerstag freitag samstag sonntag zwei drei vier fünf sechs sieben acht
neun zehn""",
    "en": """a about after again all also am an and any are aren't as at be because been before being
but by can can't could did didn't do does doesn't doing don't down each even ever every few for from
further get give got had has have haven't having he her here him his how i i'd i'll i'm i've if in into
is isn't it it's its itself just like made make me more most much my myself no nor not now of off on
once one only or other our out over own please quite really same she should so some such than thanks
that that's the their them then there these they this those through to too under until up us very was
wasn't we were what when where which while who whom why will with won't would yes yet you your hello hi
today yesterday good morning evening dear team regards monday tuesday wednesday thursday friday saturday
sunday two three four five six seven eight nine ten""",
}


def find_words(text: str) -> list[str]:
    """Return the words of a text as written; placeholders such as [NAME] are none."""
    return [word for word in _WORD.findall(text[:READ_CHARACTERS]) if word[0] != "["]


def read_words(text: str, language: str) -> list[str]:
    """Return the folded words of a text that carry a subject, in order."""
    stops = _fold_stop_words(language)
    words = (fold(word) for word in find_words(text))
    return [word for word in words if len(word) > 1 and word not in stops]


def make_vectoriser(
    language: str, *, minimum_texts: int = 1, pairs: bool = True
) -> TfidfVectorizer:
    """Return a vectoriser over words and pairs of neighbouring words.

    Args:
        language: whose stop words are left out.
        minimum_texts: texts a word or pair must occur in.
        pairs: whether pairs of words count too.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    def analyse(text: str) -> Sequence[str]:
        words = read_words(text, language)
        if not pairs:
            return words
        return [*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))]

    return TfidfVectorizer(analyzer=analyse, min_df=minimum_texts, sublinear_tf=True,
                           max_features=_MAXIMUM_FEATURES)


def key_of(text: str) -> str:
    """Return what two texts share that only differ in case, signs or spaces."""
    return " ".join(fold(word) for word in _ANY_WORD.findall(text[:READ_CHARACTERS]))


def first_places(values: Iterable[str]) -> list[int]:
    """Return the positions at which a value stands for the first time."""
    seen: set[str] = set()
    places = []
    for place, value in enumerate(values):
        if value not in seen:
            seen.add(value)
            places.append(place)
    return places


@cache
def _fold_stop_words(language: str) -> frozenset[str]:
    return frozenset(fold(word) for word in _STOP_WORDS.get(language, "").split())
