"""Pictures are well-formed whatever a text holds, and no other module makes mark-up of its own."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

from orchestration import svg
from orchestration.settings import PROJECT

SVG = "{http://www.w3.org/2000/svg}"


def read(markdown: str) -> ElementTree.Element:
    found = re.fullmatch(r"!\[[^\[\]]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]*)\)",
                         markdown)
    assert found is not None
    return ElementTree.fromstring(base64.b64decode(found[1]))


@pytest.mark.parametrize(("content", "shown"), [
    ("</text><script>x()</script>", "</text><script>x()</script>"),
    ("Müller & Söhne", "Müller & Söhne"),
    ('" onload="x()', '" onload="x()'),
    ("](https://example.org)", "](https://example.org)"),
    ("a\x00b\x0bc\x1fd\x7f", "a b c d "),
])
def test_what_a_text_holds_is_shown_and_never_read(content: str, shown: str) -> None:
    root = read(svg.embed_picture(content, [
        svg.text(1, 2, content), svg.text(1, 2, "x", "end", transform=content),
        svg.bar(0, 0, 1, 1, "#fff", content), svg.circle(0, 0, 1, "#fff", content),
        svg.band((0, 0), (1, 1), 1, "#fff", content),
        svg.line(0, 0, 1, 1, "#fff", stroke_dasharray=content)], width=10, height=5))
    assert [found.tag.removeprefix(SVG) for found in root.iter()] == [
        "svg", "rect", "text", "text", "rect", "title", "circle", "title", "path", "title", "line"]
    assert [found.text for found in root.iter(f"{SVG}title")] == [shown] * 3
    assert [found.text for found in root.iter(f"{SVG}text")] == [shown, "x"]
    assert [found.get("stroke-dasharray") for found in root.iter(f"{SVG}line")] == [shown]


def test_a_bar_without_a_title_has_none() -> None:
    root = read(svg.embed_picture("x", [svg.bar(1, 2, 3, 4, "#123456")], width=10, height=5))
    (_, drawn) = root.iter(f"{SVG}rect")
    assert list(drawn) == []
    assert [drawn.get(name) for name in ("x", "y", "width", "height")] == [
        "1.0", "2.0", "3.0", "4.0"]


def test_elements_are_made_here_only() -> None:
    makers = [path.name for path in sorted((PROJECT / "orchestration").rglob("*.py"))
              if re.search(r"<(svg|text|rect|title|path|circle|line)\b", path.read_text("utf-8"))]
    assert makers == ["svg.py"]
