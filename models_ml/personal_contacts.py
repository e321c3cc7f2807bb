"""Personal data by which a person is reached: e-mail, personal links, handles, telephone numbers.

Each function yields candidates `(start, end, kind)`; which of them count where they overlap is
settled in `personal_data.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

Span = tuple[int, int, str]

_REGIONS_BY_LANGUAGE = {"en": ("US", "GB")}
_FEWEST_DIGITS = 7
_FEWEST_LABELLED_DIGITS = 6
_LABEL_CHARACTERS = 40

_LOCAL_PART = re.compile(r"[^\W_][\w.+%-]{0,63}\Z|_[\w.+%-]{0,63}\Z")
_MAIL_HOST = re.compile(
    r"(?:@|[ \t]?[(\[{<][ ]?(?P<at>at?|ät)[ ]?[)\]}>][ \t]?)[^\W_][\w-]{0,62}"
    r"(?:(?:\.|[ \t]?[(\[{<][ ]?(?:dot|punkt|\.)[ ]?[)\]}>][ \t]?)[\w-]{1,62}){0,6}",
    re.IGNORECASE)
# "max at web dot de", "max @ web.de", "max ät web.de", "max.m at web.de".
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.@-])(?P<local>[^\W_][\w.+-]{0,63})"
    r"(?:[ \t]{1,2}(?P<at>at|ät|@)[ \t]{1,2}|ät|@[ \t]{1,2}|[ \t]{1,2}@)"
    r"(?P<host>[^\W_][\w-]{1,62})(?P<dot>\.|[ \t]{1,2}(?:dot|punkt)[ \t]{1,2})"
    r"(?:de|com|net|org|at|ch|eu|info|fr|uk)(?![\w-])", re.IGNORECASE)
_MAIL_HOSTS = frozenset({
    "aol", "arcor", "freenet", "gmail", "gmx", "googlemail", "hotmail", "icloud", "live", "mail",
    "mailbox", "me", "outlook", "posteo", "proton", "protonmail", "t-online", "web", "yahoo",
    "ymail"})
_HAS_SIGN = re.compile(r"[\d._+-]")
_AT_WORDS = frozenset({"at", "ät"})
_LINK = re.compile(
    r"(?:[Hh]ttps?://|[Ww]ww\.|HTTPS?://|WWW\.)[^\s<>\"]{1,2000}")
_BARE_PROFILE = re.compile(
    r"(?<![\w./@-])(?:facebook|instagram|linkedin|twitter|xing|tiktok|youtube|t|wa)\."
    r"(?:com|me|de)/[^\s<>\"]{1,500}", re.IGNORECASE)
# What in a link leads to a person: a user part, a profile, an order, a query about somebody.
_PERSONAL_LINK = re.compile(
    r"@|%40|/~"
    r"|(?:facebook|instagram|twitter|tiktok|/x|xing|linkedin|/t|wa)\.(?:com|me|de)/[^\s/?]"
    r"|/(?:u|users?|profiles?|profil|members?|in|people|konto|account)/[^\s/?]"
    r"|/(?:orders?|bestellung(?:en)?|rechnung(?:en)?|invoices?|tickets?|cases?|track(?:ing)?"
    r"|sendung(?:en)?|kunden?|customers?|photos|events|groups)/[^\s]{0,40}\d{4}"
    r"|[?&;](?:[a-z.-]{0,20}[_.-])?(?:e?mail|name|vorname|nachname|user(?:name|id)?|kunde|kd|knr"
    r"|kunden(?:nr|id|nummer)|customer(?:id)?|cid|uid|token|session(?:id)?|sid|phone|tel|order(?:id)?"
    r"|bestellung|rechnung|invoice|auth|key)=", re.IGNORECASE)
_LINK_SIGNS = ((("://", "www.", "Www.", "WWW."), _LINK), ((".com/", ".me/", ".de/"), _BARE_PROFILE))
_NO_HANDLE_BEHIND = ("@", "/")
_HANDLE = re.compile(r"@[^\W\d_]\w{0,30}(?:\.[a-z0-9_]{1,30}){0,3}")
_FORUM_HANDLE = re.compile(r"(?<![\w/])u/[A-Za-z][\w-]{2,20}")
_HANDLE_WORDS = frozenset({"insta", "instagram", "twitter", "snap", "snapchat", "tiktok",
                           "telegram", "discord", "skype"})
_NAMED_HANDLE = re.compile(
    r"\b(?:insta(?:gram)?|twitter|snap(?:chat)?|tiktok|telegram|discord|skype)"
    r"(?:[- ]?(?:name|handle|account|id|user))?[ \t]?[:=][ \t]?(?P<value>[\w.-]{3,30})",
    re.IGNORECASE)

_PHONE = re.compile(
    r"(?<![\w.,+/-])(?:\+|\(\+?)?\d(?:[ \t\u00a0()/.–-]{0,3}\d){5,40}(?!\w)(?![.,]\d)")
_PHONE_LABEL = re.compile(
    r"\b(?:tel(?:efon)?(?:nummer|nr|-nr)?|fon|(?:tele)?phone(?: (?:number|no))?|mobil(?:e|nummer)?"
    r"|cell|handy(?:nummer|nr)?|fax|whats ?app|r(?:ü|ue)ckruf(?:nummer)?|erreichbar|durchwahl"
    r"|call(?: me)?|text me|reach me)"
    r"\.?[ \t]{0,2}(?:unter|at|on|ist|is|lautet|nr|no)?[ \t]{0,2}[.:]?[ \t]{0,2}\Z", re.IGNORECASE)
_DATE_LIKE = re.compile(
    r"\(?(?:\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d)")
# What is written like one is one, though no plan knows it: mistyped, or given as an example.
_PHONE_SHAPE = re.compile(
    r"0[1-9]\d{1,4}[ \t]?[ /-][ \t]?\d{3,8}(?:[ -]?\d{1,5})?|\(0\d{2,5}\)[ ]?\d[\d -]{4,10}")
_AMERICAN_SHAPE = re.compile(
    r"(?:\+?1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[.-])\d{3}[ .-]\d{4}")
_FEWEST_SHAPED_DIGITS = 9
_NUMBER_START = re.compile(r"[ \t\u00a0](?=[+(]?00?[1-9]|\+[1-9])")


def find_contacts(text: str, words: Set[str]) -> Iterator[Span]:
    """E-mail addresses, also spelled "(at)" or "at … dot", personal links, and handles."""
    if "@" in text or "a]" in text or "a)" in text or not words.isdisjoint(_AT_WORDS):
        for match in _MAIL_HOST.finditer(text):
            local = _LOCAL_PART.search(text, max(0, match.start() - 64), match.start())
            is_spelled = (match["at"] or "a").lower() != "a"
            if local and ("." in match[0] or is_spelled or not local[0].isalpha()):
                yield local.start(), match.end() - (match[0][-1] in "-_"), "EMAIL"
    if "@ " in text or " @" in text or "ät" in text or "ÄT" in text or "at" in words:
        for match in _SPOKEN_EMAIL.finditer(text):
            if _is_spoken_email(match):
                yield *match.span(), "EMAIL"
    if "@" in text:
        for match in _HANDLE.finditer(text):
            if text[match.start() - 1:match.start()] not in _NO_HANDLE_BEHIND:
                yield *match.span(), "HANDLE"
    for signs, pattern in _LINK_SIGNS:
        if any(sign in text for sign in signs):
            for match in pattern.finditer(text):
                link = match[0].rstrip(".,;:!?)]'*")
                if _PERSONAL_LINK.search(link):
                    yield match.start(), match.start() + len(link), "URL"
    if "u/" in text:
        for match in _FORUM_HANDLE.finditer(text):
            yield *match.span(), "HANDLE"
    if not words.isdisjoint(_HANDLE_WORDS):
        for match in _NAMED_HANDLE.finditer(text):
            yield *match.span("value"), "HANDLE"


def _is_spoken_email(match: re.Match[str]) -> bool:
    """Whether it is an address: "look at amazon.com" and "see you @ amazon.de" are none."""
    is_host = match["host"].lower() in _MAIL_HOSTS
    has_sign = bool(_HAS_SIGN.search(match["local"]))
    if (match["at"] or "").lower() == "at" and match["dot"] == ".":
        return is_host and has_sign
    return is_host or has_sign


def find_phones(
    text: str, language: str, default_country: str, is_free: Callable[[int, int], bool],
) -> Iterator[Span]:
    """Telephone numbers: behind a label, valid by a numbering plan, or written like one.

    The plans are those of Google's libphonenumber (package `phonenumbers`), which costs a hundred
    microseconds a number; it is asked only about runs of seven digits and more that are no date
    and, by `is_free`, no part of what was found already.
    """
    regions = [default_country, *_REGIONS_BY_LANGUAGE.get(language, ())]
    for match in _PHONE.finditer(text):
        run = _behind_dates(match[0])
        start, end = match.end() - len(run), match.end()
        digits = sum(map(str.isdigit, run))
        before = text[max(0, start - _LABEL_CHARACTERS):start]
        if digits < _FEWEST_LABELLED_DIGITS or not is_free(start, end):
            continue
        if _PHONE_LABEL.search(before):
            yield start, end, "PHONE"
        elif digits >= _FEWEST_DIGITS:
            found = _valid_numbers(run, regions)
            if not found and digits >= _FEWEST_SHAPED_DIGITS and (
                    _PHONE_SHAPE.fullmatch(run)
                    or ("US" in regions and _AMERICAN_SHAPE.fullmatch(run))):
                found = [(0, len(run))]
            for first, last in found:
                if not _DATE_LIKE.match(run, first):
                    yield start + first, start + last, "PHONE"


def _behind_dates(run: str) -> str:
    """What a run of digits goes on with behind the dates it begins with: "12.03.2024 0171 …"."""
    while date := _DATE_LIKE.match(run):
        run = run[date.end():].lstrip(" \t\u00a0)/.–-")
    return run


def _valid_numbers(run: str, regions: list[str]) -> list[tuple[int, int]]:
    """Where in a run of digits and separators numbers of the first region stand that has any.

    What stands before a number, as the hour in "um 9 0171 …", hides it from the matcher; so it is
    asked again from each blank behind which a number can begin.
    """
    import phonenumbers

    for start in (0, *(match.end() for match in _NUMBER_START.finditer(run))):
        for region in regions:
            # Without a leading zero a German number is no number: matcher and plan agree on that.
            found = [(start + one.start, start + one.end)
                     for one in phonenumbers.PhoneNumberMatcher(run[start:], region)]
            if found:
                return found
    if run[0] in "+(" and "+" in run[:2]:
        try:
            number = phonenumbers.parse(run, None)
        except phonenumbers.NumberParseException:
            return []
        if phonenumbers.is_possible_number(number):
            return [(0, len(run))]
    return []
