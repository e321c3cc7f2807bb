"""Paths of journeys as a picture for the Dagster UI: a Sankey of the first steps of each type.

Reads the published cells only, so that what is hidden there is hidden here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration import svg
from orchestration.warehouse import escape_cell

LAST_POSITION = 6
MOST_NODES = 8
WIDTH, HEIGHT = 1060, 420
LEFT, RIGHT, TOP, BOTTOM = 20, 150, 34, 14
NODE_WIDTH, GAP = 12, 7
END, NODE, BAND = "#b5446e", "#1f77b4", "#9db8cf"

Node = tuple[int, str]
"""Column and name."""


@dataclass(frozen=True)
class Transition:
    """How often journeys went from `source` to `target` as their transition number `position`."""

    position: int
    source: str
    target: str
    value: int


def draw_journey_paths(con: duckdb.DuckDBPyConnection) -> str:
    """Markdown with one picture per journey type, the commonest first.

    Args:
        con: connection to the warehouse with reporting.journey_paths.
    """
    found: dict[str, list[Transition]] = defaultdict(list)
    for journey_type, position, source, target, value in con.execute(f"""
            select journey_type, position, source, target, transitions_count
            from reporting.journey_paths
            where segment = 'all' and position <= {LAST_POSITION} and not is_suppressed
                and journey_type <> 'onboarding'
            order by all""").fetchall():
        found[journey_type].append(Transition(position, source, target, value))
    begun = {name: sum(t.value for t in rows if t.position == 1) for name, rows in found.items()}
    return "\n\n".join(render_paths(name, found[name])
                       for name in sorted(found, key=lambda name: (-begun[name], name)))


def render_paths(journey_type: str, transitions: Sequence[Transition]) -> str:
    """Markdown with the picture of one journey type; bands between the largest nodes only."""
    picture = svg.embed_picture(f"Paths of {journey_type}", _draw(_largest(transitions)),
                                width=WIDTH, height=HEIGHT, font_size=11)
    return f"**{escape_cell(journey_type)}**\n\n{picture}"


def _largest(transitions: Sequence[Transition]) -> list[Transition]:
    sizes: dict[Node, int] = defaultdict(int)
    for t in transitions:
        sizes[t.position - 1, t.source] += t.value
        sizes[t.position, t.target] += t.value
    kept: set[Node] = set()
    for column in range(LAST_POSITION + 1):
        names = sorted((node for node in sizes if node[0] == column),
                       key=lambda node: (-sizes[node], node[1]))
        kept.update(names[:MOST_NODES])
    return [t for t in transitions
            if (t.position - 1, t.source) in kept and (t.position, t.target) in kept]


def _draw(transitions: Sequence[Transition]) -> list[str]:
    leaving: dict[Node, int] = defaultdict(int)
    reaching: dict[Node, int] = defaultdict(int)
    for t in transitions:
        leaving[t.position - 1, t.source] += t.value
        reaching[t.position, t.target] += t.value
    size = {node: max(leaving[node], reaching[node]) for node in {*leaving, *reaching}}
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in sorted(size, key=lambda node: (node[1].startswith("end_"), -size[node], node[1])):
        columns[node[0]].append(node)
    scale = min(((HEIGHT - TOP - BOTTOM - GAP * len(nodes)) / sum(size[n] for n in nodes)
                 for nodes in columns.values()), default=1.0)
    step = (WIDTH - LEFT - RIGHT) / max(1, max(columns, default=1))

    top: dict[Node, float] = {}
    bands: list[str] = []
    labels = []
    for column, nodes in sorted(columns.items()):
        y = float(TOP)
        for node in nodes:
            top[node] = y
            height = size[node] * scale
            x = LEFT + column * step
            labels.append(svg.bar(x, y, NODE_WIDTH, max(height, 1),
                                  END if node[1].startswith("end_") else NODE))
            labels.append(svg.text(x + NODE_WIDTH + 3, y + min(height, 12) / 2 + 4,
                                   f"{node[1]} {size[node]:,}"))
            y += height + GAP
    left, right = dict(top), dict(top)
    for t in sorted(transitions, key=lambda t: (top[t.position - 1, t.source],
                                                top[t.position, t.target])):
        source, target = (t.position - 1, t.source), (t.position, t.target)
        width = t.value * scale
        x1, x2 = LEFT + source[0] * step + NODE_WIDTH, LEFT + target[0] * step
        y1, y2 = left[source] + width / 2, right[target] + width / 2
        left[source] += width
        right[target] += width
        bands.append(svg.band((x1, y1), (x2, y2), max(width, 0.6), BAND,
                              f"{t.source} to {t.target}: {t.value:,}", stroke_opacity="0.55"))
    return [*bands, *labels]
