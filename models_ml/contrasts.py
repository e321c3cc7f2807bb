"""Whether a word of contrast joins two clauses or stands inside one: "Die App stürzt aber ab".

What a contrast does to topics and sentiment does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence

_ADVERBS = frozenset((
    "aber", "jedoch", "allerdings", "dennoch", "trotzdem", "dagegen", "hingegen",
    "nichtsdestotrotz", "inzwischen", "mittlerweile", "letztlich", "letztendlich",
    "schlussendlich", "however", "though", "yet", "nevertheless", "nonetheless",
))
_AUXILIARIES = frozenset((
    "ist", "sind", "bin", "bist", "seid", "war", "waren", "waere", "waeren", "hat", "habe", "haben",
    "hatte", "hatten", "haette", "haetten", "wird", "werde", "werden", "wurde", "wurden", "kann",
    "koennen", "konnte", "konnten", "koennte", "koennten", "muss", "muessen", "musste", "mussten",
    "soll", "sollen", "sollte", "sollten", "will", "wollen", "wollte", "wollten", "darf", "duerfen",
    "durfte", "moechte", "wuerde", "wuerden", "am", "is", "are", "was", "were", "has", "have",
    "had", "can", "could", "would", "should", "did", "does", "do", "must", "may", "might",
))
# Their clause may be complete, so that what follows must not begin another one.
_VERBS = frozenset((
    "arbeitet", "antwortet", "antwortete", "bekam", "bekommt", "bleibt", "bleiben", "blieb",
    "braucht", "brauchte", "bricht", "dauert", "dauerte", "erhielt", "erscheint", "fehlt", "fehlen",
    "fehlte", "fiel", "faellt", "fand", "finde", "friert", "fuehlt", "gab", "gefaellt", "geht",
    "gehen", "gibt", "ging", "gingen", "haelt", "hielt", "haengt", "hakt", "half", "hilft",
    "klappt", "klappte", "klemmt", "klingt", "kommt", "kommen", "kam", "kamen", "kostet", "kosten",
    "kostete", "laedt", "lag", "liegt", "laesst", "liess", "laeuft", "laufen", "lief", "liefen",
    "liefert", "lieferte", "lohnt", "macht", "machte", "nervt", "nervte", "oeffnet", "passt",
    "passte", "passen", "reagiert", "reagierte", "reicht", "riecht", "rief", "ruckelt", "sah",
    "sieht", "schien", "scheint", "schliesst", "schmeckt", "schmeckte", "schmiert", "schmierte",
    "spinnt", "stand", "steht", "startet", "stimmt", "stimmen", "stinkt", "streikt", "stuerzt",
    "stuerzte", "tat", "tut", "traegt", "funktioniert", "funktionieren", "funktionierte", "verlor",
    "verliert", "wackelt", "wirkt", "wirkte", "zeigt", "seems", "seemed", "took", "takes", "looks",
))
_PRONOUNS = frozenset((
    "ich", "du", "er", "sie", "es", "wir", "ihr", "man", "mir", "mich", "dir", "dich", "uns",
    "euch", "ihm", "ihn", "ihnen", "sich", "das", "dies", "i", "it", "he", "she", "they", "we",
    "you",
))
_DETERMINERS = frozenset((
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "mein",
    "meine", "meinen", "meinem", "meiner", "unser", "unsere", "unseren", "euer", "eure", "euren",
    "ihre", "ihren", "ihrem", "ihrer", "dieser", "diese", "dieses", "diesen", "diesem", "im",
    "beim", "am", "zur", "zum", "vom", "the", "this", "that", "these", "those", "my", "our", "your",
    "their", "its", "his", "her", "a", "an",
))
_LONGEST_PHRASE = 3


def stands_behind_verb(contrast: str, before: Sequence[str], behind: str) -> bool:
    """Whether a word of contrast follows the finite verb of its clause: "war aber schlecht".

    Args:
        contrast: the word, folded as all of them.
        before: words of its clause before it.
        behind: the word behind it, empty where there is none.
    """
    if contrast not in _ADVERBS:
        return False
    last = len(before)
    while last and before[last - 1] in _PRONOUNS:
        last -= 1
    if not last:
        return False
    begins_another = last == len(before) and (behind in _DETERMINERS or behind in _PRONOUNS)
    return before[last - 1] in _AUXILIARIES or (
        before[last - 1] in _VERBS and not begins_another)


def stands_behind_phrase(
    contrast: str, before: Sequence[str], *, ends_with_noun: bool, opens_sentence: bool
) -> bool:
    """Whether a word of contrast follows what its clause is about: "der Service hingegen".

    That is a pronoun, an article with a word, with two where the second is a noun, or, but at the
    beginning of a sentence, a noun alone.

    Args:
        contrast: the word, folded as all of them.
        before: words of its clause before it.
        ends_with_noun: whether the last one of them is in capitals or begins with one.
        opens_sentence: whether the clause begins its sentence.
    """
    if contrast not in _ADVERBS or not before or len(before) > _LONGEST_PHRASE:
        return False
    if _PRONOUNS.issuperset(before):
        return True
    if len(before) == 1:
        return ends_with_noun and not opens_sentence
    return before[0] in _DETERMINERS and (len(before) == 2 or ends_with_noun)


def stands_between_commas(contrast: str, before: Sequence[str], behind: str) -> bool:
    """Whether a contrast in commas stands inside a clause: "The service, however, was slow".

    Args:
        contrast: the word, folded as all of them.
        before: words of the clause that the first comma ends.
        behind: the word behind the second comma.
    """
    return (contrast in _ADVERBS and 1 < len(before) <= _LONGEST_PHRASE
            and before[0] in _DETERMINERS
            and (behind in _AUXILIARIES or behind in _VERBS))
