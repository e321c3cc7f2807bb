"""Cleans feedback texts for the models without moving a character, so that spans stay true.

Finding personal data (`personal_data.py`) and telling the language do not belong here.
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path

from models_ml.personal_data import PLACEHOLDER

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});3?")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,4000}", re.IGNORECASE)
_LINK_END = ".,;:!?)]}'"
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_MENTION = re.compile(r"(?<![\w@])@\w{1,50}")
_HASH = re.compile(r"(?<!\w)#(?=\w)")
_TAG = re.compile(r"<\s{0,8}/?\s{0,8}[A-Za-z!][^<>]{0,2000}>")
_HIDDEN = re.compile(r"<(?P<tag>script|style)\b[^<>]{0,500}>.{0,4000}?</(?P=tag)>",
                     re.IGNORECASE | re.DOTALL)
_BOARD_QUOTE = re.compile(r"\[quote[^\]\n]{0,100}\].{0,4000}?\[/quote\]", re.IGNORECASE | re.DOTALL)
_BOARD_TAG = re.compile(r"\[/?(?:b|i|u|s|url|img|quote|code|list|color|size)(?:=[^\]\n]{0,300})?\]",
                        re.IGNORECASE)
_BOLD = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)([^*_\n]{1,300})(?<=\S)\1(?![\w*])")
_INVISIBLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00a0\u00ad\u200b"
                        "\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

_QUOTED_LINE = re.compile(r"^[ \t]{0,4}>[^\n]*", re.MULTILINE)
_ADDRESS = r"(?:@|<[^\n<>]{3,80}>|\[EMAIL\])"
_WROTE = re.compile(
    r"^[ \t]{0,4}(?:(?P<wrote>(?:Am|On) [^\n]{4,200}\n?[^\n]{0,200}?\b(?:schrieb|wrote)\b"
    r"(?P<told>[ ](?:mir|uns|ich|wir|man|er|sie|es|me|us|to)\b)?[^\n]{0,120}:[ \t\r]*$)"
    r"|-{2,}[ \t]*(?:Urspr(?:ü|ue)ngliche Nachricht|Original[ -]?(?:Message|nachricht)"
    r"|Weitergeleitete Nachricht|Forwarded message)[ \t]*-{2,}[ \t\r]*$"
    r"|(?P<block>(?:_{20,}[ \t\r]*\n\s{0,4})?(?:Von|From):[^\n]{1,200}"
    r"(?:\n(?:An|To|Cc|Gesendet|Sent|Datum|Date|Betreff|Subject):[^\n]{0,200}){1,5}))",
    re.MULTILINE | re.IGNORECASE)
_DATED = re.compile(
    r"(?:\b(?:19|20)\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2}\b)"
    rf"[^:]{{0,60}}(?:\b\d{{1,2}}[:.]\d{{2}}\b|{_ADDRESS}|\[NAME\])", re.IGNORECASE)
_SENT = re.compile(rf"^(?:Gesendet|Sent):|^(?:(?:_{{20,}}\s+)?Von|From|An|To):[^\n]*{_ADDRESS}",
                   re.MULTILINE | re.IGNORECASE)
_QUOTE_FOLLOWS = re.compile(r"\s{0,8}>")
_DEVICE = re.compile(
    r"^[ \t]*(?:(?:Diese Nachricht wurde )?(?:von|mit|auf|aus) [^\n]{1,60}? (?:gesendet|geschickt)"
    r"|gesendet (?:von|mit|aus) [^\n]{1,60}|sent (?:from|with|via) [^\n]{1,60}"
    r"|get outlook for [^\n]{1,20})[.! \t\r]*$", re.MULTILINE | re.IGNORECASE)
_DELIMITER = re.compile(r"^--[ \t\r]*$", re.MULTILINE)
_CLOSING = re.compile(
    r"(?:^|(?<=[.!?,;:)\]])|(?<=[.!?,;:)\]] ))[ \t]{0,4}"
    r"(?:(?:mit )?(?:den )?(?:(?:ganz )?(?:freundlich|best|lieb|herzlich|viel|sch(?:ö|oe)n|sonnig)"
    r"(?:st)?(?:en|em|e|er)?(?: und )?){1,2} ?gr(?:u|ü|ue)(?:ß|ss)(?:en|e)?"
    r"|gr(?:u|ü|ue)(?:ß|ss)e?|mfg|lg|vg|hochachtungsvoll"
    r"|(?:(?:with )?(?:best|kind|warm|kindest)[ ])?regards|yours (?:sincerely|truly|faithfully)"
    r"|sincerely(?: yours)?|best wishes)(?!\w)(?P<same>[ \t,.!]{0,4}(?:\[NAME\][ \t.,!]{0,3})?)"
    r"(?=\r?$|\Z)", re.IGNORECASE | re.MULTILINE)
_SIGNATURE_LINE = re.compile(
    rf"[^\n]{{0,40}}(?:{PLACEHOLDER.pattern})[^\n]{{0,30}}\r?\Z"
    r"|[ \t]*(?:tel|telefon|fax|phone|mobil|mobile|e-?mail|web|www\.|https?:)\b[^\n]{0,80}\r?\Z"
    r"|[^\n]{0,60}\b(?:GmbH|AG|KG|e\. ?V\.|Ltd|Inc)\b[^\n]{0,20}\r?\Z|[ \t\r]*\Z"
    r"|[ \t]*[A-ZÄÖÜ][\wäöüß.-]{1,25}(?: [A-ZÄÖÜ][\wäöüß.-]{0,25}){0,2}[ \t\r]*\Z", re.IGNORECASE)
_ADDRESSED = (r"(?i:sehr (?:ge)?ehrte[rs]?|liebe[rs]?|dear)"
              r"(?: (?:[A-ZÄÖÜ\[][^\s,!.]{0,40}|und|and|liebes?|deutsche[rs]?|all)){1,5}[ \t]?[,!]")
_SALUTATION = re.compile(rf"[ \t]*{_ADDRESSED}(?:[ \t]{{0,3}}{_ADDRESSED})?")
_MOST_SIGNATURE_LINES = 8


def decode_entities(text: str) -> str:
    """Return the text with the characters that HTML entities stand for: "sp&auml;t" is "spät".

    To be done before anything else reads the text, as characters move: `clean_text` must keep each
    in its place, and would cut a word at an entity.
    """
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def clean_text(text: str) -> str:
    """Return the text with everything blanked that its author does not mean to say.

    Same length, positions and line breaks as `text`, so that a span of the cleaned text is one of
    the text. Blanked by spaces: links, e-mail addresses, mentions, the sign of a hashtag (its word
    stays), HTML and board mark-up, placeholders of personal data, invisible characters, quoted mail
    with its header, salutation, closing, signature, and what a mail program adds. Entities become
    their character, followed by spaces. Emoji, punctuation and case stay.

    Mail headers ("Am … schrieb …:", with a date and an author, or above quoted lines) blank the
    quoted lines below them, or the rest of the text where no line is marked as quoted. A text that
    would be blank for its mail parts keeps them, but for a closing.
    """
    if "&" in text:
        text = _ENTITY.sub(_decode, text)
    if "<" in text:
        text = _HIDDEN.sub(_blank, text) if "</" in text else text
        text = _TAG.sub(_blank, text)
    if "[" in text:
        text = _BOARD_QUOTE.sub(_blank, text) if "/quote]" in text.lower() else text
        text = _BOARD_TAG.sub(_blank, text)
    mail = _blank_mail(text)
    text = mail if PLACEHOLDER.sub("", mail).strip() else _CLOSING.sub(_blank, text)
    if "://" in text or "www." in text.lower():
        text = _LINK.sub(_blank_link, text)
    if "@" in text:
        text = _MENTION.sub(_blank, _EMAIL.sub(_blank, text))
    if "[" in text:
        text = PLACEHOLDER.sub(_blank, text)
    if "#" in text:
        text = _HASH.sub(" ", text)
    if "**" in text or "__" in text:
        text = _BOLD.sub(r"  \2  ", text)
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub(" ", text)


def cleaning_version() -> str:
    """A version that changes with the rules of cleaning, eight hexadecimal digits."""
    return hashlib.md5(Path(__file__).read_bytes()).hexdigest()[:8]


def _blank_mail(text: str) -> str:
    """Salutation, quoted mail, signature and closing blanked."""
    text = _SALUTATION.sub(_blank, text, count=1) if _SALUTATION.match(text) else text
    if "\n" in text or text.startswith(">"):
        header = next(filter(_is_header, _WROTE.finditer(text)), None)
        if header:
            quoted = _QUOTED_LINE.search(text, header.end())
            end = header.end() if quoted else len(text)
            text = text[:header.start()] + _blanks(text[header.start():end]) + text[end:]
        text = _QUOTED_LINE.sub(_blank, text)
    lower = text.lower()
    if any(word in lower for word in ("sent ", "gesendet", "geschickt", "outlook")):
        text = _DEVICE.sub(_blank, text)
    parts, at = [], 0
    for pattern in (_DELIMITER, _CLOSING):
        for match in pattern.finditer(text):
            if match.start() >= at:
                end = _signature_end(text, match.end())
                parts += [text[at:match.start()], _blanks(text[match.start():end])]
                at = end
        text, parts, at = "".join([*parts, text[at:]]), [], 0
    return text


def _is_header(match: re.Match[str]) -> bool:
    """Whether a mail program wrote it, and not a customer: "On Monday your agent wrote:"."""
    if match["wrote"]:
        is_dated = not match["told"] and _DATED.search(match["wrote"])
        return bool(is_dated or _QUOTE_FOLLOWS.match(match.string, match.end()))
    return not match["block"] or bool(_SENT.search(match["block"]))


def _signature_end(text: str, end: int) -> int:
    """Where the lines behind a closing stop reading like a signature."""
    for _ in range(_MOST_SIGNATURE_LINES):
        if end >= len(text):
            break
        line_end = text.find("\n", end + 1)
        line_end = len(text) if line_end < 0 else line_end
        if not _SIGNATURE_LINE.match(text[end + 1:line_end]):
            break
        end = line_end
    return end


def _decode(match: re.Match[str]) -> str:
    entity = match[0].rstrip("3") if match[0].endswith(";3") else match[0]
    rest = match[0][len(entity):]
    character = html.unescape(entity)
    if len(character) > len(entity) or character == entity:
        return match[0]
    character = character.replace("\n", " ")
    # "&lt;3" is a heart: blanks between its signs would break it.
    blanks = " " * (len(entity) - len(character))
    return character + rest + blanks if character == "<" else character + blanks + rest


def _blank_link(match: re.Match[str]) -> str:
    link = match[0].rstrip(_LINK_END)
    return " " * len(link) + match[0][len(link):]


def _blank(match: re.Match[str]) -> str:
    return _blanks(match[0])


def _blanks(text: str) -> str:
    """Spaces in place of everything but line breaks."""
    return "".join("\n" if sign == "\n" else " " for sign in text)
