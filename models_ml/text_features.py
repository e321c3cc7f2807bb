"""What a text classifier reads in a text: hashed word and character n-grams, weighted by TF-IDF.

Labels, lexica and what is concluded from the numbers do not belong here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

READ_CHARACTERS = 1_500
"""Characters of a text that are read; what somebody means stands in the beginning."""

BATCH_CHARACTERS = 200_000
"""Characters that are held as n-grams at once (about 40 MB), however many the texts are; more of
them leave the processor's cache and take longer."""

WORD_LENGTHS = (1, 2)
CHARACTER_LENGTHS = (2, 3, 4, 5)
BUCKETS = 1 << 21
"""Hash buckets of each kind of n-gram, a power of two; training uses some ten thousand of them."""

_MINIMUM_TEXTS = 2
_PAD = 0x20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_SALTS = {"word": np.uint64(0x5851F42D4C957F2D), "character": np.uint64(0x14057B7EF767814F)}

_MARKUP = re.compile(r"</?[a-z][^<>]*>")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
# Bounded and only from the start of a word: a long text without blanks must not cost its square.
_EMAIL = re.compile(r"(?<!\S)[\w.+-]{1,64}@\S+")
_INNER_AT = re.compile(r"\w@\w")
_MENTION = re.compile(r"@ ?\w+")
_NUMBER = re.compile(r"\d[\d.,:/-]*\d")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_FOLDING = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'", "´": "'",
                          "`": "'", "…": " ... ", "é": "e", "è": "e", "ê": "e", "à": "a"})
# A word, a masked value, an emoticon, a run of marks, or one symbol such as an emoji.
_TOKEN = re.compile(
    r"\[[a-z_]+\]|[^\W_]+(?:['-][^\W_]+)*|[:;=]'?-?[()dp/\\|*o]+|<3|!+|\?+|\.{2,}"
    r"|[^\w\s.,;:'\"()\[\]/\\-]"
)
_LETTERS, _CAPITALS, _SYMBOLS = (re.compile(pattern) for pattern in (
    r"[^\W\d_]", r"[A-ZÄÖÜ]", r"[\u2190-\u2bff\U0001f000-\U0001faff]"))


def normalise_text(text: str) -> str:
    """Return the tokens that stand for a text, joined by single spaces.

    Lower case; umlauts and ß as ASCII, so that both spellings are one; links, addresses and
    mentions become `[link]`, `[email]`, `[mention]`; numbers of several digits `00` (a single
    digit stays: it may be a mark); letters repeated more than twice are two; emoji, emoticons and
    runs of ! and ? are tokens; mark-up and other punctuation go.
    """
    read = text[:READ_CHARACTERS]
    if "&" in read:
        read = html.unescape(read)
    read = read.lower()
    if "<" in read:
        read = _MARKUP.sub(" ", read)
    if "http" in read or "www." in read:
        read = _LINK.sub(" [link] ", read)
    if "@" in read:
        if _INNER_AT.search(read):
            read = _EMAIL.sub(" [email] ", read)
        read = _MENTION.sub(" [mention] ", read)
    read = _STRETCHED.sub(r"\1\1", _NUMBER.sub("00", read)).translate(_FOLDING)
    return " ".join(_TOKEN.findall(read))


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams a model knows, as hash buckets, and how rare each of them is.

    `buckets` (f,) ascending and `weights` (f,) inverse document frequencies, by kind of n-gram.
    """

    buckets: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]

    @property
    def size(self) -> int:
        """Columns of the matrix that `count_ngrams` returns."""
        return sum(len(buckets) for buckets in self.buckets.values())


def fit_vocabulary(texts: Sequence[str]) -> Vocabulary:
    """Learn which n-grams occur in at least two texts, and their inverse document frequencies.

    Formula: `idf = ln((1 + n) / (1 + df)) + 1` over n texts, df of which hold the n-gram.
    """
    counts = {kind: np.zeros(BUCKETS, dtype=np.int64) for kind in _SALTS}
    for batch in batch_texts(texts):
        for kind, (rows, buckets) in _hash_ngrams(batch).items():
            keys = _sorted_distinct(rows * np.int64(BUCKETS) + buckets)
            counts[kind] += np.bincount(keys % BUCKETS, minlength=BUCKETS)
    known = {kind: np.flatnonzero(count >= _MINIMUM_TEXTS) for kind, count in counts.items()}
    return Vocabulary(
        buckets={kind: found.astype(np.int32) for kind, found in known.items()},
        weights={
            kind: (np.log((1 + len(texts)) / (1 + counts[kind][found])) + 1).astype(np.float32)
            for kind, found in known.items()
        },
    )


def vectorise_texts(texts: Sequence[str], vocabulary: Vocabulary) -> csr_matrix:
    """Return the texts as rows of TF-IDF weights, (n, vocabulary.size) float32.

    Formula: `(1 + ln tf) * idf`, scaled to length 1 within the words and within the characters, so
    that both kinds weigh the same. The caller cuts long inputs with `batch_texts`.
    """
    from scipy.sparse import csr_matrix, hstack

    hashed = _hash_ngrams(texts)
    blocks = []
    for kind, known in vocabulary.buckets.items():
        column_of = np.full(BUCKETS, -1, dtype=np.int32)
        column_of[known] = np.arange(len(known), dtype=np.int32)
        rows, buckets = hashed[kind]
        columns = column_of[buckets]
        is_known = columns >= 0
        keys = rows[is_known] * np.int64(len(known)) + columns[is_known]
        keys.sort()
        starts = np.flatnonzero(np.diff(keys, prepend=-1))
        counts = np.diff(starts, append=len(keys))
        rows, columns = np.divmod(keys[starts], max(len(known), 1))
        values = (1 + np.log(counts)) * vocabulary.weights[kind][columns]
        lengths = np.sqrt(np.bincount(rows, values**2, minlength=len(texts)))
        values = (values / lengths[rows]).astype(np.float32)
        pointers = np.searchsorted(rows, np.arange(len(texts) + 1))
        blocks.append(csr_matrix((values, columns.astype(np.int32), pointers),
                                 shape=(len(texts), len(known))))
    return hstack(blocks, format="csr")


def measure_texts(texts: Sequence[str]) -> np.ndarray:
    """Return what words do not show, (n, 7) float32.

    Logarithm of the length, share of capitals among the letters, logarithms of the numbers of ! and
    ?, and whether there are links, mentions, emoji.
    """
    rows = np.empty((len(texts), 7), dtype=np.float32)
    for row, text in enumerate(texts):
        read = text[:READ_CHARACTERS]
        rows[row] = (
            len(read),
            len(_CAPITALS.findall(read)) / max(len(_LETTERS.findall(read)), 1),
            read.count("!"),
            read.count("?"),
            "http" in read or "www." in read or "[LINK]" in read,
            "@" in read,
            _SYMBOLS.search(read) is not None,
        )
    rows[:, [0, 2, 3]] = np.log1p(rows[:, [0, 2, 3]])
    return rows


def number_distinct(texts: Sequence[str]) -> np.ndarray:
    """Return a number for each text, (n,), equal where the normalised texts are equal."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(normalise_text(text), len(numbers)) for text in texts],
                    dtype=np.int64)


def batch_texts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut texts into runs that `BATCH_CHARACTERS` bounds; each has at least one text."""
    start, characters = 0, 0
    for position, text in enumerate(texts):
        length = min(len(text), READ_CHARACTERS) + 1
        if characters + length > BATCH_CHARACTERS and position > start:
            yield texts[start:position]
            start, characters = position, 0
        characters += length
    if start < len(texts):
        yield texts[start:]


def _hash_ngrams(texts: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return (row, bucket) of every n-gram by kind; all texts are one array of code points."""
    padded = [f" {normalise_text(text)} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32)
    row_of = np.repeat(np.arange(len(texts), dtype=np.int64), [len(text) for text in padded])
    is_pad = codes == _PAD
    mixed = _mix(codes.astype(np.uint64))
    return {
        "word": _hash_words(mixed, is_pad, row_of),
        "character": _hash_characters(mixed, is_pad, row_of),
    }


def _hash_words(
    mixed: np.ndarray, is_pad: np.ndarray, row_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    edges = np.diff(is_pad.astype(np.int8))
    starts, ends = np.flatnonzero(edges == -1) + 1, np.flatnonzero(edges == 1) + 1
    if not len(starts):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    lengths = ends - starts
    powers = np.cumprod(np.full(int(lengths.max()), _MULTIPLIER))
    inside = np.flatnonzero(~is_pad)
    terms = mixed[inside] * powers[inside - np.repeat(starts, lengths)]
    firsts = np.cumsum(lengths) - lengths
    words = _mix(np.add.reduceat(terms, firsts))
    word_rows = row_of[starts]
    rows, hashes, gram = [word_rows], [words], words
    for length in range(2, max(WORD_LENGTHS) + 1):
        gram = _mix(gram[:-1] * _MULTIPLIER + words[length - 1:])
        is_one_text = word_rows[length - 1:] == word_rows[: len(gram)]
        rows.append(word_rows[: len(gram)][is_one_text])
        hashes.append(gram[is_one_text])
    return np.concatenate(rows), _to_buckets(np.concatenate(hashes), "word")


def _hash_characters(
    mixed: np.ndarray, is_pad: np.ndarray, row_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Hash n-grams that stay within one word, its two blanks included."""
    rows, hashes = [], []
    gram = mixed
    # An n-gram may begin and end with a blank, but must not hold one inside.
    is_within = np.ones(len(mixed), dtype=bool)
    for length in range(2, max(CHARACTER_LENGTHS) + 1):
        gram = gram[:-1] * _MULTIPLIER + mixed[length - 1:]
        inner = is_pad[length - 2 : len(is_pad) - 1]
        is_within = is_within[:-1] & ~inner if length > 2 else is_within[:-1]
        is_ngram = is_within & ~(is_pad[: len(gram)] & is_pad[length - 1:] & (length == 2))
        found = np.flatnonzero(is_ngram)
        rows.append(row_of[found])
        hashes.append(_mix(gram[found] + np.uint64(length)))
    return np.concatenate(rows), _to_buckets(np.concatenate(hashes), "character")


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread 64-bit values evenly (the finaliser of MurmurHash3, Appleby)."""
    mixed = values ^ (values >> np.uint64(33))
    mixed = mixed * _MIX[0]
    mixed ^= mixed >> np.uint64(33)
    mixed *= _MIX[1]
    return mixed ^ (mixed >> np.uint64(33))


def _to_buckets(hashes: np.ndarray, kind: str) -> np.ndarray:
    return (_mix(hashes ^ _SALTS[kind]) & np.uint64(BUCKETS - 1)).astype(np.int64)


def _sorted_distinct(keys: np.ndarray) -> np.ndarray:
    keys.sort()
    return keys[np.flatnonzero(np.diff(keys, prepend=-1))]
