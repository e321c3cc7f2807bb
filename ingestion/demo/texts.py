"""Composes what people write from the parts in `phrases.py`, and remembers where the parts are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingestion.demo import phrases as parts
from ingestion.demo.company import CITIES, NOUN_KINDS, NOUNS
from ingestion.demo.difficulty import Difficulty

SENTIMENTS: tuple[str, ...] = ("negative", "neutral", "positive")  # index = sentiment + 1
_NUMBERS = {
    "de": ("zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "en": ("two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_WEEKDAYS = {
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
}
_MOMENTS = {
    "de": ("letzte Woche", "vor drei Wochen", "am Wochenende", "vor zehn Tagen", "vorletzte Woche",
           "neulich", "kürzlich", "am Montag", "vor gut einem Monat", "Anfang des Monats"),
    "en": ("last week", "three weeks ago", "at the weekend", "ten days ago", "the other day",
           "recently", "on Monday", "a month ago"),
}
_ARTICLES = {"m": ("der", "einen", "den"), "f": ("die", "eine", "die"), "n": ("das", "ein", "das")}
_CITY_NAMES = tuple(city for city, _, _, _ in CITIES)


def _item_slots(language: str, noun: tuple[str, str, str]) -> dict[str, str]:
    german, gender, english = noun
    if language == "de":
        the, a, whom = _ARTICLES[gender]
        return {"der": f"{the} {german}", "einen": f"{a} {german}", "den": f"{whom} {german}",
                "item": german}
    article = "an" if english[0] in "aeiou" else "a"
    return {"the": f"the {english}", "a": f"{article} {english}", "item": english}


_ITEM_SLOTS = {
    language: tuple(_item_slots(language, noun) for noun in NOUNS) for language in ("de", "en")
}


def fill(template: str, language: str, noun: int, draw: int) -> str:
    """Return `template` with its slots filled; `draw` is one random number below 2**62."""
    if "{" not in template:
        return template
    numbers, weekdays, moments = _NUMBERS[language], _WEEKDAYS[language], _MOMENTS[language]
    draw, number = divmod(draw, len(numbers))
    draw, weekday = divmod(draw, len(weekdays))
    draw, moment = divmod(draw, len(moments))
    draw, city = divmod(draw, len(_CITY_NAMES))
    draw, minutes = divmod(draw, 45)
    return template.format(
        n=numbers[number], wd=weekdays[weekday], zeit=moments[moment], city=_CITY_NAMES[city],
        min=15 + minutes, eur=5 + draw % 75, **_ITEM_SLOTS[language][noun],
    )


def _clause(clauses: tuple[str, ...], noun: int, draw: int) -> str:
    """Return the drawn clause, or the next one that suits the product."""
    kind = NOUN_KINDS[noun]
    for step in range(len(clauses)):
        clause = clauses[(draw + step) % len(clauses)]
        if kind in parts.CLAUSE_KINDS.get(clause, NOUN_KINDS):
            return clause
    return clauses[draw % len(clauses)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _misspell(text: str, draw: int) -> str:
    """Swap two letters inside a word or write all in lower case; the length stays."""
    if draw % 4 == 0:
        return text.lower()
    for step in range(20):
        at = 1 + (draw + 7 * step) % max(len(text) - 3, 1)
        pair = text[at : at + 2]
        if pair.isalpha() and text[at - 1].isalpha() and pair[0] != pair[1]:
            return text[:at] + pair[1] + pair[0] + text[at + 2 :]
    return text


def compose(
    rng: np.random.Generator,
    *,
    language: np.ndarray,
    topic: np.ndarray,
    sentiment: np.ndarray,
    noun: np.ndarray,
    difficulty: Difficulty,
    is_request: bool = False,
) -> pd.DataFrame:
    """Write one text a row.

    `topic` holds topic names, `sentiment` -1, 0 or 1, `noun` an index of the product's noun.
    Returns text, phrase, phrase_start, phrase_end (the clause that carries topic and sentiment),
    style (plain, negation, contrast, sarcasm), has_typo, language, topic, department, sentiment.
    """
    count = len(topic)
    draws = rng.integers(0, 1 << 62, size=(count, 8)).tolist()
    chances = rng.random((count, 7)).tolist()
    rows = []
    columns = zip(
        language.tolist(), topic.tolist(), sentiment.tolist(), noun.tolist(), draws, chances,
        strict=True,
    )
    for lang, subject, feeling, item, draw, chance in columns:
        polarity = SENTIMENTS[feeling + 1]
        kinds = parts.CLAUSES[lang][subject]
        kind, style = polarity, "plain"
        if feeling < 0 and chance[0] < difficulty.text_sarcasm_share:
            kind, style = "sarcastic", "sarcasm"
        elif feeling and chance[1] < difficulty.text_negation_share:
            kind, style = f"{polarity}_negated", "negation"
        clause = fill(_clause(kinds[kind], item, draw[0]), lang, item, draw[0] >> 8)

        before, after, size = "", "", chance[2]
        is_short = size < difficulty.text_short_share
        is_long = size > 1 - difficulty.text_long_share
        if style != "sarcasm" and feeling and chance[3] < difficulty.text_contrast_share:
            style = "contrast" if style == "plain" else style
            other = parts.TOPICS[(parts.TOPICS.index(subject) + 1 + draw[1] % 9) % 10]
            opposite = parts.CLAUSES[lang][other][SENTIMENTS[1 - feeling]]
            before = _capital(fill(_clause(opposite, item, draw[1] >> 8), lang, item, draw[1]))
            joints = parts.BUT[lang]
            before += joints[draw[2] % len(joints)]
        elif is_request:
            greetings = parts.GREETINGS[lang]
            before = greetings[draw[1] % len(greetings)]
        elif is_short:
            leads = parts.LEADS[lang]
            before = leads[draw[1] % len(leads)]
        has_opener = not is_request and not is_short and chance[4] < (0.9 if is_long else 0.5)
        if has_opener:
            openers = parts.OPENERS[lang]
            opener = fill(openers[draw[3] % len(openers)], lang, item, draw[3] >> 8)
            before = f"{_capital(opener)} {before}"
        if not before or before.endswith((". ", ": ", "! ")):
            clause = _capital(clause)

        if style != "sarcasm" and feeling and is_long:
            other = parts.TOPICS[(parts.TOPICS.index(subject) + 1 + draw[4] % 9) % 10]
            more = parts.CLAUSES[lang][other][polarity]
            second = fill(_clause(more, item, draw[4] >> 8), lang, item, draw[4] >> 4)
            joint = parts.AND[lang][(draw[4] >> 16) % len(parts.AND[lang])]
            after = joint + (_capital(second) if joint.endswith((". ", ": ")) else second)
        if clause.endswith("?") and not after:
            pass
        elif is_short or is_request:
            after += "." if is_request else parts.ENDINGS[draw[5] % len(parts.ENDINGS)]
        else:
            after += "."
        if is_request:
            requests = parts.REQUESTS[lang]
            for place in range(2 if is_long else 0 if is_short else 1):
                request = requests[(draw[6] + 3 * place) % len(requests)]
                after += " " + fill(request, lang, item, draw[6] >> (4 + place))
        elif not is_short and chance[5] < (0.45 if has_opener else 0.9):
            closers = parts.CLOSERS[lang][polarity]
            after += " " + fill(closers[draw[6] % len(closers)], lang, item, draw[6] >> 8)

        text = before + clause + after
        has_typo = chance[6] < difficulty.text_typo_share
        if has_typo:
            text = _misspell(text, draw[7])
        start = len(before)
        end = start + len(clause)
        rows.append((text, text[start:end], start, end, style, has_typo))
    frame = pd.DataFrame(
        rows, columns=["text", "phrase", "phrase_start", "phrase_end", "style", "has_typo"]
    )
    frame["language"] = language
    frame["topic"] = topic
    frame["department"] = [parts.DEPARTMENTS[name] for name in topic.tolist()]
    frame["sentiment"] = [SENTIMENTS[value + 1] for value in sentiment.tolist()]
    return frame


def pick_sentences(
    rng: np.random.Generator, choices: list[tuple[str, ...]], language: np.ndarray, noun: np.ndarray
) -> np.ndarray:
    """Return one filled sentence a row, each from its own tuple of sentences."""
    draws = rng.integers(0, 1 << 62, size=len(choices)).tolist()
    return np.array(
        [
            fill(sentences[draw % len(sentences)], lang, item, draw >> 8)
            for sentences, lang, item, draw in zip(
                choices, language.tolist(), noun.tolist(), draws, strict=True
            )
        ],
        dtype=object,
    )
