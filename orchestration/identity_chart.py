"""What a run did to identity as Markdown for the Dagster UI: match weights as a picture, counts.

Counts only; nothing of a record is in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from models_ml.identity import IdentitySettings
from models_ml.tables import MATCH_RULES
from orchestration import svg

STATUSES = {
    "used": ("joined", "#1f77b4"),
    "unsure": ("unsure, to review", "#f2a100"),
    "cut": ("cut", "#b5446e"),
}
"""Status of a weighed pair -> label and colour, in the order of the bars of one bin."""

Scale = Callable[[float], float]
MOST_BINS = 26
WIDTH, HEIGHT = 760, 330
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 58, 54
# One pair must be seen on the logarithmic scale, so that it begins at half a pair.
LEAST_COUNT = 0.5


@dataclass(frozen=True)
class WeightBin:
    """Pairs whose match weight is at least `start` bits and less than the next bin's."""

    start: int
    status: str
    pairs: int


def draw_match_weights(
    con: duckdb.DuckDBPyConnection, *, settings: IdentitySettings, changes: Mapping[str, int],
) -> str:
    """Describe the newest partition as Markdown.

    Args:
        con: engine with the tables identity_edges and identity_review.
        settings: what the pairs were judged by.
        changes: merged, split and renamed customers of this run.
    """
    counted = con.execute("""
        select floor(weight) as bits, status, count(*) as pairs, min(weight) as low,
            max(weight) as high
        from (
            select max(match_weight) as weight,
                case when bool_or(edge_status = 'used') then 'used' else 'cut' end as status
            from identity_edges where match_weight is not null
            group by left_record_key, right_record_key
            union all
            select match_weight, 'unsure' from identity_review
            where review_reason = 'unsure' and match_weight is not null)
        group by all""").fetchall()
    size = 1 if not counted else max(1, math.ceil(
        (max(row[4] for row in counted) - min(row[3] for row in counted)) / MOST_BINS))
    pairs: Counter[tuple[int, str]] = Counter()
    for bits, status, count, _, _ in counted:
        pairs[int(bits // size * size), status] += count
    bins = [WeightBin(start, status, count) for (start, status), count in sorted(pairs.items())]
    rules = {rule: (used, cut) for rule, used, cut in con.execute(
        "select match_rule, count(*) filter (edge_status = 'used'), "
        "count(*) filter (edge_status <> 'used') from identity_edges group by match_rule"
    ).fetchall()}
    review = con.execute("select count(*) from identity_review").fetchall()[0][0]
    return render_identity(bins, bin_size=size, threshold=settings.threshold, rules=rules,
                           review=review, changes=changes)


def render_identity(
    bins: Sequence[WeightBin], *, bin_size: int, threshold: float,
    rules: Mapping[str, tuple[int, int]], review: int, changes: Mapping[str, int],
) -> str:
    """Markdown with the picture, what changed, and pairs by rule.

    Args:
        bins: weighed pairs.
        bin_size: bits of a bin.
        threshold: probability from which a weighed pair joins.
        rules: rule -> pairs it joined, pairs that were cut.
        review: pairs waiting for a person.
        changes: merged, split and renamed customers of this run.
    """
    told = ", ".join(f"**{changes.get(kind, 0):,}** {kind}"
                     for kind in ("merged", "split", "renamed"))
    parts = [f"Customers changed by this run: {told}. Pairs to review: **{review:,}** "
             "(`cx360 identity review`)."]
    if bins:
        parts.insert(0, _draw(bins, bin_size, threshold))
    lines = ["| rule | pairs joined | pairs cut |", "| --- | ---: | ---: |"]
    lines += [f"| {rule} | {rules[rule][0]:,} | {rules[rule][1]:,} |"
              for rule in MATCH_RULES if rule in rules]
    return "\n\n".join([*parts, "\n".join(lines)])


def _draw(bins: Sequence[WeightBin], bin_size: int, threshold: float) -> str:
    limit = math.log2(threshold / (1 - threshold))
    starts = [*(b.start for b in bins), math.floor(limit / bin_size) * bin_size]
    first, last = min(starts), max(starts) + bin_size
    highest = max(10.0, 1.3 * max(b.pairs for b in bins))

    def x(bits: float) -> float:
        return LEFT + (bits - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(pairs: float) -> float:
        share = math.log(max(pairs, LEAST_COUNT) / LEAST_COUNT) / math.log(highest / LEAST_COUNT)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    return svg.embed_picture(
        "Match weights",
        [*_pair_axis(highest, y), *_bits_axis(first, last, x), *_bars(bins, bin_size, x, y),
         *_threshold_line(limit, threshold, x), *_legend(bins)],
        width=WIDTH, height=HEIGHT)


def _pair_axis(highest: float, y: Scale) -> list[str]:
    parts = []
    count = 1
    while count <= highest:
        parts.append(svg.line(LEFT, y(count), WIDTH - RIGHT, y(count), svg.FAINT))
        parts.append(svg.text(LEFT - 8, y(count) + 4, _short(count), "end"))
        count *= 10
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(svg.text(16, middle, "pairs (logarithmic)", "middle",
                          transform=f"rotate(-90 16 {middle:.1f})"))
    return parts


def _short(count: int) -> str:
    return f"{count // 1_000_000:,}M" if count >= 1_000_000 else f"{count:,}"


def _bits_axis(first: int, last: int, x: Scale) -> list[str]:
    base = HEIGHT - BOTTOM
    parts = [svg.line(LEFT, base, WIDTH - RIGHT, base, svg.INK)]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if (last - first) / step <= 14)
    for bits in range(math.ceil(first / step) * step, last + 1, step):
        parts.append(svg.line(x(bits), base, x(bits), base + 4, svg.INK))
        parts.append(svg.text(x(bits), base + 18, f"{bits:+d}" if bits else "0", "middle"))
    parts.append(svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12,
                          "match weight in bits: each bit doubles the odds of one person",
                          "middle"))
    return parts


def _bars(
    bins: Sequence[WeightBin], size: int, x: Scale, y: Scale,
) -> list[str]:
    """Bars of one bin stand side by side: stacked, a logarithmic scale would mislead."""
    parts = []
    base = HEIGHT - BOTTOM
    for start in sorted({b.start for b in bins}):
        here = sorted((b for b in bins if b.start == start),
                      key=lambda b: list(STATUSES).index(b.status))
        width = (x(start + size) - x(start) - 3) / len(here)
        for number, b in enumerate(here):
            label, colour = STATUSES[b.status]
            top = y(b.pairs)
            parts.append(svg.bar(
                x(start) + 1.5 + number * width, top, width, base - top, colour,
                f"{b.pairs:,} {label}, {start:+d} to {start + size:+d} bits"))
    return parts


def _threshold_line(limit: float, threshold: float, x: Scale) -> list[str]:
    return [svg.line(x(limit), TOP - 14, x(limit), HEIGHT - BOTTOM, svg.INK,
                     stroke_dasharray="5 4", stroke_width="1.5"),
            svg.text(x(limit) + 6, TOP - 6, f"threshold {threshold:g}")]


def _legend(bins: Sequence[WeightBin]) -> list[str]:
    parts = []
    position = float(LEFT)
    for status, (label, colour) in STATUSES.items():
        text = f"{label}: {sum(b.pairs for b in bins if b.status == status):,}"
        parts.append(svg.bar(position, 16, 12, 12, colour))
        parts.append(svg.text(position + 18, 26, text))
        position += 48 + 6.4 * len(text)
    return parts
