"""Frame and style of the static pages: they stand alone, so nothing is fetched when one is opened.

What does **not** belong here: what a page says.
"""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #8881; --good: #1a7f37; --bad: #c62828 }
@media (prefers-color-scheme: dark) { :root { --good: #57c26f; --bad: #ff7b72 } }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem;
       font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; margin: .5rem 0 } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } td.number, th.number { text-align: right }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
         vertical-align: top }
.quiet { opacity: .7 } .good { color: var(--good) } .bad { color: var(--bad) }
""".strip()


def render_page(title: str, body: str, style: str = "") -> str:
    """Return a whole page; `title` is text, `body` and `style` are markup."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
{STYLE}
{style}
</style>
</head>
<body>
{body}
</body>
</html>
"""
