"""Personal data that says where somebody lives: street and number, with the town behind them.

A town alone is no personal data: "in Berlin" stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

Span = tuple[int, int, str]

_CITY = (r"(?:(?:Bad|Sankt|St\.|Groß|Klein|Neu|Alt)[ \t])?[A-ZÄÖÜ](?:[\w-]|\.(?=\w)){1,30}(?:"
         r"[ \t](?:am|an der|im|in|bei|b\.|ob der|v\. ?d\.)[ \t][A-ZÄÖÜ](?:[\w-]|\.(?=\w)){1,30}"
         r"|[ \t]\([A-ZÄÖÜ][\w. ]{1,20}\))?")
_TOWN = re.compile(rf"[ \t]?[,;/]?[ \t\n]{{0,2}}(?:in[ \t])?(?:(?:D|A|CH)[ -])?\d{{4,5}}[ \t]"
                   rf"{_CITY}|,? in {_CITY}"
                   r"|[ \t]?(?:,|\n)[ \t\n]{0,2}(?:D-)?\d{5}[ \t][^\W\d_]{3,30}"
                   r"|,[ \t][A-ZÄÖÜ][\w-]{2,30}(?=[.!?\n]|\Z)")
_HOUSE_NUMBER = re.compile(
    r"(?<=[a-zßA-Z.])[ \t]{0,2}(?P<number>\d{1,4}(?:[ \t]?[a-h](?!\w))?"
    r"(?:[ \t]?[-/][ \t]?\d{1,4}[a-h]?(?!\w)){0,3})(?![\w%:]|[,.]\d)")
_SURE_ENDS = ("straße", "strasse", "str.", "str", "allee", "gasse", "chaussee", "twiete")
_UNSURE_ENDS = ("weg", "platz", "ring", "ufer", "damm", "stieg", "steig", "pfad", "wall", "graben")
_NAME_BEFORE = re.compile(r"[A-ZÄÖÜ][^\W\d_]*(?:[.'-][^\W\d_]+)*\.?[ \t-]\Z")
# Compounds that are no street: "Sitzplatz 45", "Rückweg 2".
_NO_STREET = re.compile(
    r"(?:sitz|park|stell|arbeits|liege|steh|spiel|camping|zelt|lager|fenster|gang|start"
    r"|ausbildungs|studien|markt|bau|sport|flug|tennis|vor|ab|r(?:ü|ue)ck|hin|heim|um|aus|fahr"
    r"|fu(?:ß|ss)|rad|geh|versand|zahlungs|rechts|liefer|beschwerde|vertriebs|l(?:ö|oe)sungs"
    r"|kommunikations|(?:ü|ue)bertragungs|dienst|flucht|schul|bahn|ehe|ohr|finger|schl(?:ü|ue)ssel"
    r"|verlobungs|dichtungs|tief|mittel|durch|unter|gleis)\Z", re.IGNORECASE)
_LONGEST_NAME = 60
_UNIT = re.compile(
    r"[ \t]?(?:uhr|euros?|€|\$|minuten?|min|stunden?|h|std|km|m|meter|prozent|personen|tagen?"
    r"|wochen?|monaten?|jahren?|mal|x|stück)(?!\w)", re.IGNORECASE)
_FIVE_DIGITS = re.compile(r"\d{5}")
_AT_STREET = re.compile(
    r"\b(?:Am|An|Auf|Im|In|Unter|Zum|Zur|Hinter|Vor)(?:[ ](?:der|dem|den))?"
    r"(?:[ ][A-ZÄÖÜ][\w-]{2,30}){1,2}[ ]\d{1,4}[ ]?[a-h]?[ ]?,?[ \n]"
    rf"(?:D-)?\d{{5}}[ ]{_CITY}")
# A number, a postal code and a town make an address of whatever stands before them.
_AT_CODE = re.compile(
    r"(?<![\w.-])[A-ZÄÖÜ][\w.'’-]{1,30}(?:[ ](?:[A-ZÄÖÜ][\w.'’-]{1,30}|de|du|la|der|des|am|im|zum"
    r"|zur)){0,3}[ ]\d{1,3}[ ]?[a-h]?(?:/\d{1,4}){0,3}[ ]?(?:,[ ]?|,?\n)"
    rf"(?:D-)?\d{{5}}[ ]{_CITY}")
_POST_BOX = re.compile(
    r"\b(?:Postfach|P\.? ?O\.? ?Box)[ ]\d(?:[ ]?\d){1,7}(?!\w)"
    rf"(?:[ ]?(?:,[ ]?|\n)(?:D-)?\d{{4,5}}[ ]{_CITY})?")
# Some fifteen households share a British postal code, so it counts without a street, too.
_BRITISH_CODE = re.compile(
    r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]?[ ](?!\dWD)\d[ABD-HJLNP-UW-Z]{2}(?![\w-])")
_NAMED_STREET = re.compile(
    r"\b(?:Straße|Strasse|Str\.|Allee|Platz)[ ](?:der|des)[ ](?:\d{1,2}\.[ ])?"
    r"[A-ZÄÖÜ][\w-]{2,30}[ ]\d{1,4}[ ]?[a-h]?(?!\w)")
_ENGLISH_STREET = re.compile(
    r"(?<![\w.,$€£-])\d{1,5}[a-zA-Z]?,?[ ](?:[NSEW]\.?[ ])?"
    r"(?:[A-Z][a-z'’]{1,20}\.?[ ]|\d{1,3}(?:st|nd|rd|th)[ ]){1,3}"
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Close|Crescent"
    r"|Terrace|Square|Place|Gardens|Grove|Parkway|Highway)\b\.?"
    r"(?:,?[ ](?:Apt|Apartment|Suite|Unit|Flat|#)\.?[ ]?\w{1,6})?"
    r"(?:,?[ ](?:[A-Z][A-Za-z]{2,20}[ ,]{1,2}){0,3}"
    r"(?:[A-Z]{2}[ ]\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}\b))?")
_POSTAL_CODE = re.compile(
    r"\b(?i:PLZ|Postleitzahl|post ?code|zip(?: ?code)?)(?: (?:ist|is|lautet))?[ \t:]{1,3}"
    rf"(?P<value>\d{{4,5}}(?:[ ]{_CITY})?|[A-Z]{{1,2}}\d[A-Z\d]?[ ]?\d[A-Z]{{2}}\b)")
_LABELLED = re.compile(
    r"\b(?i:(?:liefer|rechnungs|wohn|post|haus)?(?:adresse|anschrift)|address|wohnhaft|wohne)"
    r"(?:[ ](?:ist|lautet|is|in|in der))?:?[ \t\n]{1,3}"
    r"(?P<value>[A-ZÄÖÜ\d][^\n,;!?\d]{2,40}?[ ]\d{1,4}[a-h]?(?!\w)"
    rf"(?:,?[ \n]\d{{5}}[ ]{_CITY})?)")
_ADDRESS_WORDS = frozenset({
    "plz", "postleitzahl", "postcode", "post", "zip", "zipcode", "adresse", "lieferadresse",
    "rechnungsadresse", "wohnadresse", "postadresse", "hausanschrift", "anschrift", "postanschrift",
    "rechnungsanschrift", "lieferanschrift", "wohnanschrift", "address", "wohnhaft", "wohne"})


def find_addresses(text: str, words: Set[str]) -> Iterator[Span]:
    """Streets with a house number, in German and English, and postal codes behind a label."""
    for match in _HOUSE_NUMBER.finditer(text):
        start = _street_start(text, match)
        if start is not None:
            town = _TOWN.match(text, match.end())
            yield start, town.end() if town else match.end(), "ADDRESS"
    for match in _NAMED_STREET.finditer(text):
        town = _TOWN.match(text, match.end())
        yield match.start(), town.end() if town else match.end(), "ADDRESS"
    if _FIVE_DIGITS.search(text):
        for pattern in (_AT_STREET, _AT_CODE):
            for match in pattern.finditer(text):
                yield *match.span(), "ADDRESS"
    for match in _ENGLISH_STREET.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip(", ")), "ADDRESS"
    for pattern in (_POST_BOX, _BRITISH_CODE):
        for match in pattern.finditer(text):
            yield *match.span(), "ADDRESS"
    if not words.isdisjoint(_ADDRESS_WORDS):
        for pattern in (_POSTAL_CODE, _LABELLED):
            for match in pattern.finditer(text):
                yield *match.span("value"), "ADDRESS"


def _street_start(text: str, number: re.Match[str]) -> int | None:
    """Where the name of the street begins; None where what is before the number is no street."""
    end = number.start()
    word = text[max(0, end - 12):end].lower()
    sure = next((kind for kind in _SURE_ENDS if word.endswith(kind)), None)
    kind = sure or next((kind for kind in _UNSURE_ENDS if word.endswith(kind)), None)
    if kind is None or _UNIT.match(text, number.end()):
        return None
    first = end - len(kind)
    while first > max(0, end - _LONGEST_NAME) and (
            text[first - 1].isalnum() or text[first - 1] in "-."):
        first -= 1
    stem = text[first:end - len(kind)]
    if stem.lower() in ("kreis", "bundes", "staats"):
        return None
    if not sure:
        is_street = text[first].isupper() and len(stem) > 2 and not _NO_STREET.search(stem)
        return first if is_street and number["number"].rstrip("abcdefgh ").isdigit() else None
    if stem:
        return first
    # "Lange Straße 5", "Berliner Str. 12": the name is the word before.
    before = _NAME_BEFORE.search(text, max(0, first - _LONGEST_NAME), first)
    return before.start() if before and text[first].isupper() else None
