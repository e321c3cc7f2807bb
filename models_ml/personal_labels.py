"""Personal data that is a number behind a label no list names: "Patientennummer 445566".

Whatever is called a number, a sign or an identifier leads to a record, but for what counts products
and places. Labels with a kind of their own belong to `personal_numbers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

Span = tuple[int, int, str]

_LABEL_WORD = re.compile(
    "nummern?$|nr$|zeichen$|kennung$|^(?:numbers?|no|id|vin|licen[cs]e|sort|pnr)$")
# Numbers that anybody may know: of goods, places and journeys; those of telephones have their rule.
_PUBLIC = re.compile(
    r"(?:artikel|art|modell?|model|typ|type|teile?|part|produkt|product|item|charg(?:en)?|batch|los"
    r"|lot|farb|colou?r|gr(?:ö|oe)(?:ß|ss)en|bestell(?=teil)|zimmer|raum|room|haus|house|flug"
    r"|flight|zug|train|bus|linien?|line|gleis|platform|wagen|sitz|seat|platz|gate|seiten?|page"
    r"|kanal|channel|versions?|version|build|fehler|error|haltestellen?|stop|ward|floor"
    r"|regal|spiel|folgen?|episode|lotto|gewinn|register|norm|pharmazentral|isbn|ean"
    r"|(?:tele)?fon|phone|telephone|mobile?|cell|handy|fax|r(?:ü|ue)ckruf|hotline|contact"
    r"|service|notruf|wasser|vor|warn|verkehrs|satz|an|ab|aus|kenn|auto)\Z", re.IGNORECASE)
_GROUP = r"(?=[A-Z]{0,7}\d)[A-Z\d]+(?:[-/._][A-Z\d]+)*(?![^\W_])"
_LETTERS = r"[A-Z][A-Za-z]{0,3}(?![^\W_])"
_NO_UNIT = (
    r"(?![ \u00a0]?(?i:euros?|eur|uhr|stunden?|minuten?|tagen?|wochen?|monaten?|jahren?|mal"
    r"|artikel|st(?:ü|ue)ck|prozent|personen|km|days?|weeks?|months?|years?|hours?|minutes?"
    r"|times|items?|percent|dollars?|pounds?)\b|[ \u00a0]?[€$£%])")
_NAMED = re.compile(
    r"(?<![^\W_])(?:(?P<noun>[^\W\d_]{2,40}?)[-‐]?[ ]?(?i:nummern?|nr|zeichen|kennung)"
    r"|(?P<english>(?i:[a-z]{2,20}))[ ](?i:numbers?|no\.|id)"
    r"|(?P<bank>(?i:sort[ -]code))|(?P<sure>(?i:vin|pnr|licen[cs]e))|(?i:nummer|nr))"
    r"(?![^\W_])[.]?[ ]?(?:(?i:lautete?|ist|war|is|was)\b)?[ \t:=#(]{0,4}"
    rf"(?P<value>(?:{_LETTERS}[ ])?{_GROUP}(?:[ ]{_GROUP}{_NO_UNIT}|[ ]{_LETTERS}[ ]{_GROUP}"
    rf"{_NO_UNIT}){{0,7}}(?:[ ][A-D](?=[.,;!?)\n]|\Z))?)(?![^\W_])(?![.,]\d)")
_ALSO = re.compile(
    r"(?:[ ]?[,;/&+]|[ ](?i:und|and|sowie|oder|or|bzw\.))[ \n]?"
    rf"(?P<value>[A-Z\d]+(?:[-/._][A-Z\d]+)*)(?![^\W_])(?![.,]\d){_NO_UNIT}")
_FEWEST_DIGITS = 5
_FIVE_DIGITS = re.compile(r"(?:\d\D{0,8}){4}\d")
_FEWEST_DIGITS_ALONE = 6
_FEWEST_LISTED = 4
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}")


def find_labelled_numbers(text: str, words: Set[str]) -> Iterator[Span]:
    """Numbers of five digits and more, in groups too, behind "…nummer", "…zeichen", "… number"."""
    if not (_FIVE_DIGITS.search(text) and any(map(_LABEL_WORD.search, words))):
        return
    for match in _NAMED.finditer(text):
        noun = match["noun"] or match["english"] or match["sure"] or match["bank"]
        digits = sum(map(str.isdigit, match["value"]))
        if digits < (_FEWEST_DIGITS if noun else _FEWEST_DIGITS_ALONE):
            continue
        if match["bank"]:
            yield *match.span("value"), "ACCOUNT_NUMBER"
        elif not (_PUBLIC.search(noun or "") or _DATE.match(match["value"])):
            kind = "REFERENCE_NUMBER" if noun else "NUMBER"
            yield *match.span("value"), kind
            yield from find_listed_numbers(text, *match.span("value"), kind)


def find_listed_numbers(text: str, start: int, end: int, kind: str) -> Iterator[Span]:
    """Numbers of one length with that at `start`, which follow it: "Kundennummern 112233 und …".

    The label stands before the first one only.
    """
    length = end - start
    while match := _ALSO.match(text, end):
        value, end = match["value"], match.end()
        if len(value) != length or sum(map(str.isdigit, value)) < _FEWEST_LISTED or (
                _DATE.match(value)):
            return
        yield *match.span("value"), kind
