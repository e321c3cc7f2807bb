"""Pictures for the Dagster UI: SVG inside Markdown, whose texts are escaped here and nowhere else.

The UI shows images of `data:` addresses and strips any other drawing. What an extract or a customer
calls something can be a text of a picture; it is never read as mark-up.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

INK, FAINT = "#33363b", "#dfe2e6"
_CONTROLS = dict.fromkeys((*range(32), 127), " ")
"""Most control characters are allowed nowhere in XML: one of them, and there is no picture."""


def embed_picture(
    label: str, parts: Iterable[str], *, width: float, height: float, font_size: int = 12,
) -> str:
    """Markdown of an image with `parts`, elements made by this module, on a white ground.

    `label` is what stands in its place where images are not shown.
    """
    drawn = "".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{font_size}" fill="{INK}">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>', *parts, "</svg>"])
    told = _escape(label).replace("[", "&#91;").replace("]", "&#93;")
    return f"![{told}](data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()})"


def text(x: float, y: float, content: str, anchor: str = "start", **attributes: str) -> str:
    """A line of text that starts, has its middle or ends at x."""
    given = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}"{given}{_told(attributes)}>{_escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, **attributes: str) -> str:
    """A straight line."""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
            f"{_told(attributes)}/>")


def bar(x: float, y: float, width: float, height: float, colour: str, title: str = "") -> str:
    """A rectangle; its title is shown under the pointer."""
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colour}">{_title(title)}</rect>')


def circle(x: float, y: float, radius: float, colour: str, title: str, **attributes: str) -> str:
    """A disc about a point."""
    return (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}"'
            f"{_told(attributes)}>{_title(title)}</circle>")


def band(
    start: tuple[float, float], end: tuple[float, float], width: float, colour: str, title: str,
    **attributes: str,
) -> str:
    """A curve that leaves and reaches two points level."""
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return (f'<path d="M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} '
            f'{x2:.1f},{y2:.1f}" fill="none" stroke="{colour}" stroke-width="{width:.1f}"'
            f"{_told(attributes)}>{_title(title)}</path>")


def _told(attributes: dict[str, str]) -> str:
    return "".join(f' {name.replace("_", "-")}="{_escape(value)}"'
                   for name, value in attributes.items())


def _title(content: str) -> str:
    return f"<title>{_escape(content)}</title>" if content else ""


def _escape(content: str) -> str:
    return escape(content.translate(_CONTROLS))
