"""Personal data that is a number: bank accounts, cards, orders, customers, plates, birth dates.

Each function yields candidates `(start, end, kind)`; which of them count where they overlap is
settled in `personal_data.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from models_ml.masking_words import read_words
from models_ml.personal_labels import find_listed_numbers

Span = tuple[int, int, str]

_IBAN_LENGTHS = {
    "AD": 24, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24,
    "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22,
    "GI": 23, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31,
    "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TR": 26, "UA": 29, "XK": 20,
}
"""Characters of an IBAN by country (ISO 13616)."""

_MONTHS = (r"(?:jan(?:uary?)?|feb(?:ruary?)?|m(?:ä|ae)rz|mar(?:ch)?|apr(?:il)?|ma[iy]|jun[ie]?"
           r"|jul[iy]?|aug(?:ust)?|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|nov(?:ember)?"
           r"|de[zc](?:ember)?)\.?")
_DATE = (r"(?:\d{1,2}[./-] ?\d{1,2}[./-] ?(?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
         rf"|\d{{1,2}}(?:\.|st|nd|rd|th)? ?(?:of )?{_MONTHS},? ?\d{{2,4}}"
         rf"|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{2,4}})(?!\d)")
_DATE_ALONE = re.compile(_DATE, re.IGNORECASE)
_BIRTH_DATE = re.compile(
    r"\b(?:geb(?:oren|urtsdatum|urtstag|\.?-?dat)?|born|date of birth|dob|d\.o\.b"
    r"|birth ?(?:day|date))\b\.?"
    rf"[ \t]{{0,2}}(?:(?:ist|is|der|am|on|the|war|was|:|=|\()[ \t]{{0,2}}){{0,3}}(?P<value>{_DATE})"
    rf"|(?<![\w*])\*[ \t]?(?P<star>{_DATE})"
    rf"|(?<![\d.])(?P<before>{_DATE}) (?:in \w{{1,30}} )?geboren\b",
    re.IGNORECASE)

_BIRTH_WORDS = frozenset({"geb", "geboren", "geburtsdatum", "geburtstag", "born", "birth", "dob",
                          "birthday", "birthdate", "d"})

_EIGHT_DIGITS = re.compile(r"(?:\d[^\w\n]?){8}")
_THREE_DIGITS = re.compile(r"\d.{0,3}\d.{0,3}\d")
# In a lookahead, because "am 12.03.2024 von DE02 …" starts as one and would swallow the one in it.
_IBAN = re.compile(
    r"(?<![^\W_])(?=(?P<run>[A-Za-z]{2}[ \t\u00a0]?\d{2}(?:[ \t\u00a0.-]?[A-Za-z0-9]){11,30}))")
_CARD = re.compile(r"(?<![\d.,+-])\d(?:[ \t\u00a0-]?\d){12,18}(?!\d)")
_CARD_START = re.compile(r"[3-6]|2[2-7]")
_CARD_GROUPS = re.compile(
    rf"(?<![\w.,+-])(?={_CARD_START.pattern})"
    r"(?:\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{4}(?:\1\d{4})*"
    r"|\d{4}([ \u00a0-])\d{6}\2\d{5})(?!\d)")

_NOUNS = {
    "ORDER_NUMBER": r"bestell(?:ungs?)?|best(?=\.)|auftrags?|auftr(?=\.)|order|purchase|buchungs?"
                    "|booking|pnr|reservierungs?|reservation|confirmation|best(?:ä|ae)tigungs?|record",
    "CUSTOMER_NUMBER": "kunden?|kd|customer|client|mitglieds?|member(?:ship)?|account|vielflieger"
                       "|acct|frequent[ -]flyer|bahncard|payback|loyalty|teilnehmer|nutzer|user",
    "INVOICE_NUMBER": r"rechnungs?|rechn(?=\.)|re|rg|invoice|bill|beleg|quittungs?|receipt|bon",
    "ACCOUNT_NUMBER": "konto|kto|bank[ -]account|depot|blz",
    "REFERENCE_NUMBER": r"vertr(?=\.)|vers(?=\.)|sdg(?=\.)|ticket|vorgangs?|fall|case|referenz"
                        "|reference|ref|akten|sendungs?|tracking|paket|parcel|shipment|vertrags?|contract|policen?"
                        "|policy|versicherungs?|insurance|schadens?|claim|reklamations?|retouren?"
                        "|return|serien|serial|ger(?:ä|ae)te|z(?:ä|ae)hler|meter"
                        "|(?:personal)?ausweis|(?:reise)?pass|passport|steuer|tax"
                        "|sozialversicherungs?|incident|service|gutschein|voucher",
}
# Beside these a number without "Nummer" is mostly an amount, a count or a subject line.
_NEEDS_WORD = re.compile(
    r"(?:kunden?|kd|customer|client|mitglied|member|account|bahncard|payback|loyalty|teilnehmer"
    r"|nutzer|user|re|rg|bill|bon|purchase|record|konto|depot|fall|case|paket|parcel|return|claim"
    r"|policy|insurance|service|steuer|tax|meter|pass|gutschein|voucher|best|auftr|rechn|vertr|vers"
    r"|sdg)(?![^\W_])", re.IGNORECASE)
_LABELLED = re.compile(
    r"(?<![^\W_])(?<!@)(?:" + "|".join(f"(?P<{kind}>{nouns})" for kind, nouns in _NOUNS.items())
    + r")(?P<word>(?:[ ](?:mit|unter|hat|with|has)(?:[ ](?:der|die|the))?)?(?:[-_ ]|\.[- ]?)?"
    r"(?:id(?:ent(?:ifikations)?)?[-_. ]?)?"
    r"(?:nummern?|nr|no|num|numbers?|id|code|kennung|zeichen|referenz|reference|ref|locator)(?![^\W_]))?"
    r"[\s.:=(]{0,4}(?:(?:lautete?|ist|war|is|was)\b[\s:]{0,3})?(?P<hash>#)?[ ]?"
    r"(?P<value>(?=[A-Z/._-]{0,8}\d)[A-Z0-9](?:[A-Z0-9]|[-/._](?=[A-Z0-9])){2,39}"
    r"|\d{1,2}(?=[ \u00a0]\d{2,5}(?!\w))"
    r"|(?-i:[A-Z]{6})(?!\w)(?!(?-i:[ ][A-Z]{2})))", re.IGNORECASE)
_CODE_NOUN = re.compile(r"pnr|booking|buchung|reserv", re.IGNORECASE)
CODE_WORDS = frozenset({
    "confirmation", "booking", "buchung", "code", "locator", "buchungscode", "number", "nummer",
    "reference", "buchungsnummer", "referenz", "pnr"})
"""Words beside which a code may stand that holds no digit."""
_NO_UNIT = (
    r"(?![ \u00a0]?(?:(?:euros?|eur|uhr|stunden?|minuten?|tagen?|wochen?|monaten?|jahren?|mal"
    r"|artikel|st(?:ü|ue)ck|teilen?|prozent|personen|km|days?|weeks?|months?|years?|hours?|minutes?"
    r"|times|items?|percent|dollars?|pounds?|usd|gbp|punkten?|points|meilen?|miles)\b"
    rf"|[€$£%]|\.? ?{_MONTHS}(?!\w)))")
# Not the amount, the count, the date or the telephone number that stands behind a number.
_MORE_GROUPS = re.compile(
    r"(?:[ \u00a0]\d{2,5}(?!\w)(?![,.:/-]\d)(?![ \u00a0]\d{6})"
    rf"{_NO_UNIT}){{1,6}}", re.IGNORECASE)
_FEWEST_GROUPED_DIGITS = 5
_FEWEST_CODE_DIGITS = 4
# An account needs no "Nummer" where the number is longer than an amount in it would be.
_ACCOUNT = re.compile(
    r"(?<![^\W_])(?:(?P<ACCOUNT_NUMBER>(?:bank|giro|spar|tagesgeld|kredit|gesch(?:ä|ae)fts)?konto"
    r"|kto\.?|depot|bank[ -]account)|(?P<CUSTOMER_NUMBER>(?:kunden|nutzer|user)?konto"
    r"|(?:customer |user )?account))[ \t]?[:#]?[ \t]{0,2}"
    r"(?P<value>\d{7,20}|\d{2,5}(?:[ \u00a0]\d{2,5}(?!\d)){1,6}+)(?![\w/-])(?![.,:]\d)"
    rf"{_NO_UNIT}", re.IGNORECASE)
_ACCOUNT_WORDS = frozenset({
    "konto", "bankkonto", "girokonto", "sparkonto", "tagesgeldkonto", "kreditkonto",
    "geschäftskonto", "geschaeftskonto", "kundenkonto", "nutzerkonto", "userkonto", "kto", "depot",
    "account"})
_FEWEST_ACCOUNT_DIGITS = 7
_PREFIXED = re.compile(
    r"(?<![^\W_])(?:(?P<ORDER_NUMBER>ORD(?:ER)?|BEST|AUF|PO|AB)|(?P<CUSTOMER_NUMBER>KD|KDN|KND|CUST)"
    r"|(?P<INVOICE_NUMBER>RE|RG|INV|RNR)|(?P<REFERENCE_NUMBER>TKT|TCK|TICKET|CASE|REF|INC|CS|RMA))"
    r"[-_#]\d[\dA-Z_/-]{2,20}(?![^\W_])")
_SHOP_ORDER = re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])|(?<![\w&/])#\d{5,20}(?!\w)")
_LONG_NUMBER = re.compile(
    r"(?<![\w.,/-])(?:\d{9,30}|[A-Z]{1,4}-?\d{5,20}|(?=(?:[A-Z]*\d){6})[A-Z\d]{12,40}"
    r"|(?=(?:[A-Z/-]*\d){5})[A-Z]{1,5}(?:[-/]\d{2,10}){2,4}"
    r"|\d{4}(?:([ \u00a0-])\d{4})(?:\1\d{4}){2})(?![\w-])(?![.,]\d)")
_PRODUCT_LABEL = re.compile(
    r"\b(?:ean|gtin|isbn|sku|asin|pzn|art(?:ikel)?|modell?|product|item|teile?)[ .:-]{0,3}"
    r"(?:nummer|nr|no|number|code|id)?[ .:#]{0,3}\Z", re.IGNORECASE)
_LABEL_CHARACTERS = 24

_PLATE = re.compile(
    r"(?<![\w-])(?P<district>[A-ZÄÖÜ]{1,3})(?:-|: ?)[A-Z]{1,2}[- ]?\d{1,4}[EH]?(?![\w-])")
_NAMED_PLATE = re.compile(
    r"\b(?:kennz(?:eichen|\.)|nummernschild|kontrollschild|licen[cs]e (?:plates?|number)"
    r"|(?:number|reg) plates?"
    r"|registration(?: (?:number|no\.?|plate))?)(?: (?:is|was|ist|lautet|war))?[\s:]{1,3}"
    r"(?P<value>(?-i:(?=[^a-zäöüß]{0,9}\d)[A-Z0-9ÄÖÜ]{1,8}(?:[- :.]{1,2}[A-Z0-9]{1,6}){0,2})"
    r"|[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[- ]?\d{1,4}[EH]?)"
    r"(?![\w-])", re.IGNORECASE)
# With blanks only, letters and digits are a plate where the text speaks of a vehicle.
_SPACED_PLATE = re.compile(
    r"(?<![\w-])(?P<district>[A-ZÄÖÜ]{1,3}) [A-Z]{1,2} ?\d{1,4}[EH]?(?![\w-]|[.,]\d)")
_VEHICLE_WORDS = frozenset({"auto", "autos", "wagen", "fahrzeug", "pkw", "kfz", "lkw", "motorrad",
                            "lieferwagen", "transporter", "kennzeichen", "nummernschild"})
# A British plate of this century looks like nothing else: "AB12 CDE".
_BRITISH_PLATE = re.compile(r"(?<![\w-])[A-HJ-PR-Y]{2}\d{2}[ ]?[A-HJ-PR-Z]{3}(?![\w-])")
_PLATE_WORDS = frozenset({"kennzeichen", "kennz", "nummernschild", "kontrollschild", "plate",
                          "plates", "license", "licence", "registration"})


def find_bank_numbers(text: str) -> Iterator[Span]:
    """IBANs by country, length and check digits, and numbers of payment cards."""
    if not _EIGHT_DIGITS.search(text):
        return
    for match in _IBAN.finditer(text):
        end = _iban_end(text, *match.span("run"))
        if end:
            yield match.start(), end, "IBAN"
    for match in _CARD_GROUPS.finditer(text):
        yield *match.span(), "CARD"
    for match in _CARD.finditer(text):
        digits = "".join(filter(str.isdigit, match[0]))
        if _CARD_START.match(digits) and _passes_luhn(digits):
            yield *match.span(), "CARD"


def find_birth_dates(text: str, words: Set[str]) -> Iterator[Span]:
    """Dates behind words such as "geboren" or "date of birth", or behind a star."""
    if words.isdisjoint(_BIRTH_WORDS) and "*" not in text:
        return
    for match in _BIRTH_DATE.finditer(text):
        found = next(name for name, date in match.groupdict().items() if date)
        yield *match.span(found), "BIRTH_DATE"


def find_record_numbers(text: str, words: Set[str]) -> Iterator[Span]:
    """Numbers of orders, customers, invoices, accounts and cases, by their label or prefix."""
    if not _THREE_DIGITS.search(text) and words.isdisjoint(CODE_WORDS):
        return
    for match in _LABELLED.finditer(text):
        value = match["value"]
        needs_word = _NEEDS_WORD.match(match[0])
        named = bool(match["word"] or (match["hash"] and (value[0].isdigit() or not needs_word)))
        digits = sum(map(str.isdigit, value))
        # "Reference: ZX-2291-K": a colon names a code as well as a word does.
        named = named or (digits >= _FEWEST_CODE_DIGITS and not value.isdigit()
                          and value[0].isalpha() and ":" in match[0])
        if _DATE_ALONE.fullmatch(value) or (needs_word and not named):
            continue
        is_code = len(value) in (5, 6) and value.isupper() and (
            named or (digits and bool(_CODE_NOUN.match(match[0]))))
        more = _MORE_GROUPS.match(text, match.end()) if named and value[-1].isdigit() else None
        if len(value) < 3:
            is_number = more and digits + sum(map(str.isdigit, more[0])) >= _FEWEST_GROUPED_DIGITS
        else:
            is_number = is_code or digits >= (3 if named else 5)
        if is_number:
            start = match.start("hash" if match["hash"] else "value")
            yield start, more.end() if more else match.end(), _kind(match)
            if named and not more:
                yield from find_listed_numbers(text, *match.span("value"), _kind(match))
    for match in () if words.isdisjoint(_ACCOUNT_WORDS) else _ACCOUNT.finditer(text):
        if sum(map(str.isdigit, match["value"])) >= _FEWEST_ACCOUNT_DIGITS:
            yield *match.span("value"), _kind(match)
    for match in _PREFIXED.finditer(text):
        yield *match.span(), _kind(match)
    for match in _SHOP_ORDER.finditer(text):
        yield *match.span(), "ORDER_NUMBER"


def find_long_numbers(text: str) -> Iterator[Span]:
    """Long numbers that nothing else explains, also with letters or in groups of four, but those
    of products."""
    for match in _LONG_NUMBER.finditer(text):
        before = text[max(0, match.start() - _LABEL_CHARACTERS):match.start()]
        if not _PRODUCT_LABEL.search(before):
            yield *match.span(), "NUMBER"


def find_plates(text: str, language: str, words: Set[str]) -> Iterator[Span]:
    """German licence plates by their district, and any plate behind a label.

    In an English text letters with hyphens are mostly product names; there a label is needed, or
    the form of a British one. With blanks in place of hyphens ("HH AB 1234") a word for
    a vehicle must stand in the text.
    """
    if language != "en":
        patterns = (_PLATE,) if words.isdisjoint(_VEHICLE_WORDS) else (_PLATE, _SPACED_PLATE)
        for pattern in patterns:
            for match in pattern.finditer(text):
                if match["district"] in read_words("plate"):
                    yield *match.span(), "PLATE"
    else:
        for match in _BRITISH_PLATE.finditer(text):
            yield *match.span(), "PLATE"
    if not words.isdisjoint(_PLATE_WORDS):
        for match in _NAMED_PLATE.finditer(text):
            yield *match.span("value"), "PLATE"


def _kind(match: re.Match[str]) -> str:
    return next(kind for kind in _NOUNS if match.groupdict().get(kind))


def _iban_end(text: str, start: int, stop: int) -> int | None:
    """Where the IBAN ends, if it is one: a run of letters and digits may go on into the text."""
    length = _IBAN_LENGTHS.get(text[start:start + 2].upper())
    characters = [at for at in range(start, stop) if text[at].isalnum()]
    if length is None or len(characters) < length:
        return None
    end = characters[length - 1] + 1
    iban = "".join(text[at] for at in characters[:length]).upper()
    rest = text[end:end + 1]
    if rest.isalnum():
        return None
    checked = int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
    # A mistyped German IBAN is as personal as a right one, and nothing else looks like it.
    return end if checked or (iban[:2] == "DE" and iban[2:].isdigit()) else None


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
