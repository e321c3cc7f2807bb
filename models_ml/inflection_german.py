"""Regular inflected forms of German words, in folded spelling; meanings do not belong here."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})
_PARTICLES = (
    "zurueck", "zusammen", "kaputt", "weiter", "nach", "fest", "fort", "ab", "an", "auf", "aus",
    "bei", "ein", "her", "hin", "los", "mit", "vor", "weg", "zu",
)
_UNSEPARATED = ("be", "ge", "er", "ver", "zer", "ent", "emp", "miss", "ueber", "unter", "wider")
# Nouns that take an umlaut: "Vertrag", "Verträge"; "Mangel", "Mängel"; "Handbuch", "Handbücher".
_UMLAUT = re.compile(r"(?P<before>(?:.*[^aeiouy])?)(?P<vowel>au|a|o|u)"
                     r"(?P<behind>[^aeiouy]+(?P<weak>e[lnr])?)")
_NO_UMLAUT = ("ung", "schaft", "ion", "ur", "um", "us", "as", "os", "or", "at", "ant")
_WITH_ER = ("haus", "buch", "rad", "bad", "blatt", "glas", "band", "fach", "land", "wort", "loch",
            "schloss", "dach", "mann", "gras", "tal", "volk", "amt")
_ADJECTIVE_ENDINGS = ("e", "er", "es", "en", "em")


def fold(text: str) -> str:
    """Return `text` in lower case with umlauts transcribed, so that spät and spaet are one."""
    return text.lower().translate(_FOLDED)


def inflect(word: str, kind: str) -> Iterator[str]:
    """Yield the regular forms of a folded word but itself; a word of another kind has none.

    `kind` is adjective, noun or verb. Some forms are none ("guter" yields "guterer" too), which
    costs nothing in a look-up; strong verbs need their forms in the lexicon.
    """
    if kind == "adjective":
        stem = word.removesuffix("e")
        stems = [stem, stem + "er", stem + "st", stem + "est"]
        if stem.endswith(("el", "er")) and len(stem) > 4:
            stems.append(stem[:-2] + stem[-1])
        for each in stems:
            yield from (each + ending for ending in _ADJECTIVE_ENDINGS)
        yield stem + "er"
    elif kind == "noun":
        yield from (word + ending for ending in ("s", "es", "e", "en", "n", "er", "ern", "nen"))
        yield from _umlaut(word)
    elif kind == "verb":
        particle, base = _split_particle(word)
        stem, finite = _conjugate(base)
        prefix = "" if base.startswith(_UNSEPARATED) or base.endswith("ieren") else "ge"
        participle = f"{particle}{prefix}{stem}{'et' if stem[-1] in 'td' else 't'}"
        if particle:
            yield f"{particle}zu{base}"
        yield from (particle + form for form in finite)
        for adjective in (participle, f"{particle}{base}d"):
            yield adjective
            yield from (adjective + ending for ending in _ADJECTIVE_ENDINGS)


def _umlaut(noun: str) -> Iterator[str]:
    """Yield the plural forms of a folded noun whose last vowel takes an umlaut in them."""
    match = _UMLAUT.fullmatch(noun)
    if not match or noun.endswith(_NO_UMLAUT):
        return
    vowel = "aeu" if match["vowel"] == "au" else match["vowel"] + "e"
    stem = match["before"] + vowel + match["behind"]
    endings = ("", "n") if match["weak"] else ("e", "en")
    yield from (stem + ending for ending in endings)
    if noun.endswith(_WITH_ER):
        yield from (stem + "er", stem + "ern")


def split_forms(word: str) -> Iterator[tuple[str, str]]:
    """Yield (finite form, particle) of a separable verb: abstürzen, ab|stürzen -> stürzt, ab."""
    particle, base = _split_particle(word)
    if particle:
        yield from ((finite, particle) for finite in (base, *_conjugate(base)[1]))


def _split_particle(word: str) -> tuple[str, str]:
    if "|" in word:
        particle, base = word.split("|")
        return particle, base
    for particle in _PARTICLES:
        base = word.removeprefix(particle)
        if base != word and len(base) >= 5 and base.endswith("n"):
            return particle, base
    return "", word


def _conjugate(base: str) -> tuple[str, list[str]]:
    stem = base.removesuffix("n") if base.endswith(("eln", "ern")) else base.removesuffix("en")
    link = "e" if stem.endswith(("t", "d")) else ""
    endings = ("e", f"{link}st", f"{link}t", f"{link}te", f"{link}ten", f"{link}test", f"{link}tet")
    forms = [stem + ending for ending in endings]
    if stem.endswith(("s", "z", "x")):
        forms.append(stem + "t")
    return stem, forms
