"""Names of people in texts, by what stands around them and by lists of given names.

A German noun looks like a name, so that a capital letter alone is never enough: a title, a closing,
a self-introduction or a given name has to be there. Without a model that reads sentences, a
surname on its own ("Müller war unfreundlich") is found only where it is handed in as known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass

from models_ml.masking_words import (
    fold,
    is_common_word,
    read_common_words,
    read_given_forms,
    read_given_names,
    read_words,
)
from models_ml.personal_lower_names import find_lower_name, find_lower_surname

Span = tuple[int, int, str]

_CAPITAL = "A-ZÀ-ÖØ-ÞŁŚŠŽÇĞİŞ"
_TOKEN = re.compile(rf"[{_CAPITAL}](?:[^\W\d_]|['’-](?=[^\W\d_])|&[A-Za-z]{{2,6}};){{0,40}}")
_ANY_TOKEN = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){0,40}")
_LOWER_SIGNATURE = re.compile(
    rf"(?:[^\W\d_]\. ?)?(?P<name>{_ANY_TOKEN.pattern})(?=[\s.!]{{0,4}}\Z)")
_INITIAL = re.compile(rf"[{_CAPITAL}]\.(?:-?[{_CAPITAL}]\.)?")
_PARTICLES = re.compile(r"(?:(?:von|van|vom|zu|zur|de|del|della|di|da|dos|der|den|ten|ter|el|al|la"
                        r"|le)[ \t]){1,3}", re.IGNORECASE)
_FIRST_PARTICLES = re.compile(r"(?:von|van|de|di|al|el)[ \t](?:(?:den?r?|la)[ \t])?")
_GAP = re.compile(r"[ \t\u00a0]{1,3}")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_LINE_END = re.compile(r"[ \t]{0,3}(?:[.,!;()\r\n]|\Z)")
_MOST_TOKENS = 5
_SHORTEST_ALONE = 4
_COMMA = re.compile(r",[ \t]")

# "I miss you", "24 hr. service", "200 ms" and "MS Teams" are no titles.
_TITLE = re.compile(
    r"\b(?:(?:(?i:(?P<lower>herrn?|(?<!\d)(?<!\d )(?:hr|hrn|fr)\.|frau|fräulein|familie|fam\."
    r"|eheleute|ehepaar|mrs?\b\.?|mister|monsieur|madame))|(?P<ms>(?<!\d)(?<!\d )[Mm]s\b\.?)"
    r"|(?:MS\.|M[Xx]|Mme)\b\.?|Miss|Sir|Lady)[ \t\u00a0]{1,3}"
    r"(?:(?i:dr|prof|dipl|ing|med|rer|nat|doktor|professor(?:in)?)\b\.?[ \t-]{0,2}){0,4}"
    r"|(?P<degree>(?:[Dd]r|DR|[Pp]rof)\.)[ \t]{0,2}"
    r"(?:(?i:dr|med|rer|nat|h|c|ing)\b\.[ \t]{0,2}){0,4}"
    r"|(?:Dr|DR|Prof(?:essor(?:in)?)?|Doctor|Nurse)[ \t]{1,2}(?:(?:Dr|DR)\.?[ \t]{1,2})?)")
_INTRODUCTION = re.compile(
    r"\b(?:(?P<sure>mein name (?:ist|lautet)|ich hei(?:ß|ss)e|my name(?:['’]s| is)|i am called)"
    r"|mein name|(?:vor-? und nachname|nachname|vorname|name|full name|first name|last name|surname"
    r"|ansprechpartner(?:in)?|kontaktperson|contact person|sachbearbeiter(?:in)?|absender"
    r"|(?:konto|karten)inhaber(?:in)?|account holder|card ?holder|empf(?:ä|ae)nger(?:in)?)"
    r"[ \t]?:)[ \t:,]{1,3}", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:(?:mitarbeiter|sachbearbeiter|verkäufer|(?:kunden)?berater|techniker|fahrer|zusteller|schaffner|kassierer"
    r"|(?:ober|chef|haus|zahn|fach)arzt|(?:ober|chef|haus|zahn|fach)ärzt|(?:physio|ergo)?therapeut"
    r"|(?:service|filial|support|hotline|au(?:ß|ss)endienst)mitarbeiter|servicetechniker"
    r"|(?:kunden)?betreuer|serviceberater|versicherungsvertreter|paketbote?"
    r"|pfleger|hausmeister|busfahrer|makler|lehrer|trainer|postbote?|sprechstundenhilfe"
    r"|filialleiter|marktleiter|teamleiter|monteur|kellner|zugbegleiter|servicekraft)(?:in)?"
    r"|kolleg(?:e|en|in)|namens|genannt)[ \t]{1,3}", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:named|called|by the name of|spoke (?:to|with)|talked to|served by"
                    r"|helped by)[ \t]{1,3}", re.IGNORECASE)
_ENGLISH_ROLE = re.compile(r"\b(?:agent|rep|representative|manager|cashier|waiter|waitress|server"
                           r"|driver|technician|supervisor|employee|attendant|assistant|associate"
                           r"|clerk)[ \t]{1,3}(?:was[ \t])?", re.IGNORECASE)
_CONTACT_KINDS = "ADDRESS|PHONE|EMAIL|BIRTH_DATE|CUSTOMER_NUMBER"
_WHO_I_AM = re.compile(
    r"\b(?:ich bin(?: (?:der|die))?|i['’]m|i am|this is|hier ist|hier schreibt|hier spricht"
    r"|es gr(?:ü|ue)(?:ß|ss)t)[ \t,]{1,3}", re.IGNORECASE)
# Of one's own people many write the given name in lower case, too.
_KIN = re.compile(
    r"\b(?:mein(?:e[rmns]?)?|unser(?:e[rmns]?)?|my|our)[ \t]{1,2}(?:tochter|sohn(?:es)?|mann(?:es)?"
    r"|frau|mutter|vaters?|mama|papa|oma|opa|schwester|bruders?|freund(?:in)?|enkel(?:in)?|kind"
    r"|daughter|son|husband|wife|mother|father|mum|mom|dad|sister|brother|friend)[ \t]{1,2}",
    re.IGNORECASE)
_GREETING = re.compile(
    r"\b(?:sehr geehrte[rs]?|liebe[rs]?|hallo|hi|hey|hello|dear|moin|servus"
    r"|guten (?:tag|morgen|abend)|good (?:morning|evening|afternoon)|danke|thanks|thank you|thx"
    r"|vielen dank)[ \t,]{1,3}", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:\A|(?<=[\n.!?,;)])|(?<=[.!?,;)\]][ ]))[ \t]{0,3}(?:und[ \t])?"
    r"(?P<words>(?:mit )?(?:freundlich|best|lieb|herzlich|viel|sch(?:ö|oe)n|sonnig)"
    r"(?:en|em|e|er|ste|sten)?(?: und freundlichen?)? gr(?:u|ü|ue)(?:ß|ss)(?:en|e)?"
    r"|gr(?:u|ü|ue)(?:ß|ss)e?|mfg|m\.f\.g\.|lg|vg|bg|hochachtungsvoll"
    r"|(?:(?:best|kind|warm|many) )?regards|(?:yours )?(?:sincerely|truly|faithfully)(?: yours)?"
    r"|best wishes|all the best|best(?=,)|cheers|br|thanks(?: again)?|many thanks|thank you"
    r"|herzlichst|ihre?|yours|gez\.|i\. ?[av]\.|signed|mit besten w(?:ü|ue)nschen)(?!\w)"
    rf"(?:[ \t](?:aus|vom|from)(?:[ \t](?:dem|der|the))?[ \t](?-i:[{_CAPITAL}])[\w-]{{1,30}}"
    r"(?=[,.!]?[ \t]{0,3}\r?\n))?"
    r"(?P<gap>[ \t]{0,3}[,.!:;-]{0,3}[ \t]{0,3}(?:\r?\n[ \t\r\n]{0,6})?)(?=[^\W\d_])",
    re.IGNORECASE)
_CONTACT = re.compile(
    r"(?:\A|(?<=[\n,;:])|(?<=[,;:] ))"
    rf"(?P<name>[{_CAPITAL}][^\n,;:!?\[\]]{{3,60}})(?=[,;\n]{{1,2}} ?\[(?:{_CONTACT_KINDS})\])")
_WEAK_CLOSINGS = frozenset({"ihr", "ihre", "yours", "thanks", "thanks again", "many thanks",
                           "thank you", "cheers", "br", "bg", "all the best", "best",
                           "signed"})
_SENTENCE_START = re.compile(r"(?:\A|[.!?:;\n\"„“(]\s{0,3})\Z")


@dataclass(frozen=True)
class _Token:
    """A capitalised word or an initial, with the particle in front of it: "von Berg"."""

    start: int
    end: int
    folded: str
    is_initial: bool

    @property
    def is_given(self) -> bool:
        names = read_given_names()
        return self.folded in names or self.folded.partition("-")[0] in names

    @property
    def is_never_name(self) -> bool:
        return self.folded in read_words("no_name") or self.folded in read_words("role")

    @property
    def is_common(self) -> bool:
        return is_common_word(self.folded)


def find_names(text: str, words: Set[str]) -> Iterator[Span]:
    """Names of people.

    Behind a title, an introduction, a closing or a role; a given name by itself where it means
    nothing else, and with the capitalised word behind it that is no common noun.

    Args:
        text: what is searched.
        words: its words in lower case; a rule none of whose words is among them is not tried.
    """
    for rule, cue, read in _RULES:
        if not words.isdisjoint(read_words(cue)):
            for match in rule.finditer(text):
                name = read(text, match)
                if name:
                    yield name[0].start, name[-1].end, "NAME"
    if not words.isdisjoint(read_given_forms()):
        yield from _find_given_names(text)
    if "]" in text:
        for match in _CONTACT.finditer(text):
            name = _read_contact(text, match)
            if name:
                yield name[0].start, name[-1].end, "NAME"


def find_known_names(text: str, known_names: Collection[str]) -> Iterator[Span]:
    """The given names of people wherever they stand, and their parts where they are no word.

    Args:
        text: what is searched.
        known_names: full names, such as those of the customer who wrote it.
    """
    searched = _without_case(text)
    for name in known_names:
        parts = [part for part in name.replace(",", " ").split() if len(part) > 1]
        # Most names are in no text: a pattern is built for those only whose words are.
        there = [part for part in parts if _without_case(part) in searched]
        for order in (parts, parts[::-1]) if 1 < len(parts) == len(there) else ():
            full = r"[\s,]{1,3}".join(map(re.escape, order))
            for match in re.finditer(rf"(?<!\w){full}(?!\w)", text, re.IGNORECASE):
                yield *match.span(), "NAME"
        for part in there:
            if len(part) > 2:
                yield from _find_part(text, part)


def _without_case(text: str) -> str:
    """The text in lower case as patterns that ignore case see it: "YILDIRIM" as "Yıldırım"."""
    text = text.lower()
    return text if text.isascii() else text.replace("i\u0307", "i").replace("ı", "i").replace(
        "ſ", "s")


def _find_part(text: str, part: str) -> Iterator[Span]:
    """One part of a known name: in any case where it is no word, else where it is capitalised."""
    folded = fold(part)
    is_word = folded in read_common_words() or folded in read_words("everyday_name")
    for match in re.finditer(rf"(?<!\w){re.escape(part)}(?!\w)", text, re.IGNORECASE):
        begins_sentence = _SENTENCE_START.search(text[max(0, match.start() - 4):match.start()])
        if not is_word or (match[0][0].isupper() and not begins_sentence):
            yield *match.span(), "NAME"


def _find_given_names(text: str) -> Iterator[Span]:
    given = read_given_names()
    after = 0
    for match in _TOKEN.finditer(text):
        parts = _POSSESSIVE.sub("", fold(match[0])).split("-")
        if match.start() < after or not given.issuperset(parts) or match[0].isupper():
            continue
        tokens = _read_tokens(text, match.start())
        name = _keep_name(tokens)
        if not name or name[0].is_initial:
            continue
        first, alone = name[0].folded, len(name) == 1
        if first in read_words("everyday_name"):
            continue
        if alone and (first in read_words("place_name") or (
                len(first) < _SHORTEST_ALONE and first not in read_words("short_name"))):
            continue
        after = name[-1].end
        yield name[0].start, name[-1].end, "NAME"


def _read_tokens(text: str, start: int) -> list[_Token]:
    """The capitalised words and initials that follow each other from `start`, at most five."""
    tokens: list[_Token] = []
    at = start
    while len(tokens) < _MOST_TOKENS:
        particle = (_PARTICLES if tokens else _FIRST_PARTICLES).match(text, at)
        match = _INITIAL.match(text, particle.end() if particle else at)
        initial = match is not None
        match = match or _TOKEN.match(text, particle.end() if particle else at)
        if match is None:
            break
        bare = _POSSESSIVE.sub("", match[0])
        end = match.start() + len(bare)
        gap = _GAP.match(text, match.end())
        ends = gap is None or len(bare) < len(match[0])
        tokens.append(_Token(at, end, fold(bare), initial))
        if gap is None or ends:
            break
        at = gap.end()
    return tokens


def _keep_name(tokens: list[_Token], *, sure: bool = False) -> list[_Token]:
    """The tokens that are the name: given names, initials, and the surname behind them.

    Args:
        tokens: capitalised words that follow each other.
        sure: what is around tells that a name stands here, so that a noun is a surname.
    """
    if not tokens or tokens[0].is_never_name:
        return []
    kept = tokens[:1]
    for token in tokens[1:]:
        goes_on = kept[-1].is_given or kept[-1].is_initial
        is_word = token.is_never_name if sure else token.is_common
        if not goes_on or is_word or (len(token.folded) < 3 and not token.is_initial):
            break
        kept.append(token)
    while kept and kept[-1].is_initial and len(kept) < len(tokens):
        kept.pop()
    return kept


def _read_titled(text: str, match: re.Match[str]) -> list[_Token]:
    """The name behind a title, with what of it stands in lower case."""
    name = _read_capitalised(text, match)
    if name:
        end = find_lower_surname(text, name[-1].end) if len(name) == 1 and name[0].is_given else 0
        return [*name, _Token(name[-1].end, end, "", False)] if end else name
    if match["lower"] or match["ms"] or match["degree"]:
        found = find_lower_name(text, match.start(), match.end())
        return [_Token(*found, "", False)] if found else []
    return []


def _read_capitalised(text: str, match: re.Match[str]) -> list[_Token]:
    """The capitalised name behind a match: "Frau Bundeskanzlerin Angela Muster", "Mr J. Doe"."""
    tokens = _read_tokens(text, match.end())
    while tokens and tokens[0].folded in read_words("role"):
        tokens = tokens[1:]
    return _keep_full_name(tokens)


def _keep_full_name(tokens: list[_Token]) -> list[_Token]:
    kept = _keep_name(tokens, sure=True)
    if len(kept) == 1 and not kept[0].is_given and len(tokens) > 1 and not tokens[1].is_common:
        # A given name that no list has: "Frau Tjorven Meier".
        kept = tokens[:2]
    return kept


def _read_introduced(text: str, match: re.Match[str]) -> list[_Token]:
    """The name behind "mein Name ist", where many write it in lower case or the other way round."""
    name = _read_capitalised(text, match)
    if name:
        turned = _COMMA.match(text, name[-1].end)
        given = _read_tokens(text, turned.end()) if turned else []
        ends = len(given) == 1 and _LINE_END.match(text, given[0].end)
        return [*name, *_keep_name(given)] if ends or (given and given[0].is_given) else name
    at = match.end()
    while match["sure"] and len(name) < 2 and (word := _ANY_TOKEN.match(text, at)):
        token = _Token(*word.span(), fold(word[0]), False)
        if token.is_common:
            break
        name.append(token)
        gap = _GAP.match(text, token.end)
        if not gap:
            break
        at = gap.end()
    return name


def _read_signed(text: str, match: re.Match[str]) -> list[_Token]:
    """The name behind a closing, where it ends the line or begins with a given name."""
    tokens = _read_tokens(text, match.end())
    fills_line = 1 < len(tokens) < 4 and _LINE_END.match(text, tokens[-1].end)
    if fills_line and not any(token.is_never_name for token in tokens):
        return tokens
    name = _read_capitalised(text, match)
    if name:
        is_given = name[0].is_given and name[0].folded not in read_words("everyday_name")
        is_weak = match["words"].lower() in _WEAK_CLOSINGS and "\n" not in match["gap"]
        return name if is_given or (not is_weak and _LINE_END.match(text, name[-1].end)) else []
    word = _LOWER_SIGNATURE.match(text, match.end())
    if not word or match["words"].lower() in _WEAK_CLOSINGS:
        return []
    token = _Token(*word.span(), fold(word["name"]), False)
    return [] if token.is_common or token.folded.endswith("en") else [token]


def _read_role(text: str, match: re.Match[str]) -> list[_Token]:
    """The name behind what somebody is: "Ihr Mitarbeiter Berger"."""
    tokens = _read_tokens(text, match.end())
    return [] if tokens and tokens[0].is_common else _keep_full_name(tokens)


def _read_named(text: str, match: re.Match[str]) -> list[_Token]:
    """The name behind "I spoke to": with a given name, or two words that mean nothing else."""
    tokens = _read_tokens(text, match.end())
    if len(tokens) == 2 and not any(token.is_common for token in tokens):
        return tokens
    return _read_sure_given(text, match)


def _read_contact(text: str, match: re.Match[str]) -> list[_Token]:
    """The name in front of or behind an address, a telephone number or an e-mail address."""
    tokens = _read_tokens(text, match.start("name"))
    whole = len(tokens) in (2, 3) and tokens[-1].end == match.end("name")
    return tokens if whole and not any(token.is_common for token in tokens) else []


def _read_given(text: str, match: re.Match[str]) -> list[_Token]:
    """The name where only a given name can be one: "I'm Sarah", but not "I'm Canadian"."""
    tokens = _read_tokens(text, match.end())
    return _keep_name(tokens) if tokens and tokens[0].is_given else []


def _read_self(text: str, match: re.Match[str]) -> list[_Token]:
    """The given name behind "ich bin", where many write it in lower case."""
    name = _read_sure_given(text, match)
    word = None if name else _ANY_TOKEN.match(text, match.end())
    token = _Token(*word.span(), fold(word[0]), False) if word else None
    is_long = token is not None and (
        len(token.folded) >= _SHORTEST_ALONE or token.folded in read_words("short_name"))
    if token and token.is_given and is_long and not (
            token.is_common or token.folded in read_words("everyday_name")
            or token.folded in read_words("place_name")):
        return [token]
    return name


def _read_sure_given(text: str, match: re.Match[str]) -> list[_Token]:
    """The same, without given names that are everyday words: "I'm Will" is not worth "I'm Rich"."""
    name = _read_given(text, match)
    return [] if name and name[0].folded in read_words("everyday_name") else name


# Rule, kind of the words one of which a text must have, and what reads the name.
_RULES: tuple[tuple[re.Pattern[str], str,
                    Callable[[str, re.Match[str]], list[_Token]]], ...] = (
    (_TITLE, "title_cue", _read_titled),
    (_INTRODUCTION, "introduction_cue", _read_introduced),
    (_CLOSING, "closing_cue", _read_signed),
    (_ROLE, "role_cue", _read_role),
    (_NAMED, "named_cue", _read_named),
    (_ENGLISH_ROLE, "role_cue", _read_sure_given),
    (_WHO_I_AM, "self_cue", _read_self),
    (_KIN, "kin_cue", _read_self),
    (_GREETING, "greeting_cue", _read_given),
)
