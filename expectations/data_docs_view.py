"""How a page of Data Docs looks: rules and outcomes only, in a page that stands alone.

The templates of Great Expectations load styles and scripts from five servers and need them to show
anything; its pages also tell when and how the batch was read. Named in the configuration of the
site and imported by Great Expectations itself, never from here.
"""

from __future__ import annotations

from typing import Any

from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader

from expectations.pages import render_page

STYLE = """
h5 { font-size: 1rem; font-weight: 600; margin: 0 } h6, .h6 { font-size: 1rem; font-weight: 400 }
h6 { margin: 0 }
.ge-section { padding: .6rem 0; border-bottom: 1px solid var(--line) }
.ge-section:first-of-type h5 { font-size: 1.6rem }
.ge-section:not(:first-of-type) thead { display: none }
.ge-section td { border: 0; padding-top: 0 } .ge-section table { margin: 0 }
.ge-section td:first-child { width: 1.5rem } .ge-section td:last-child { width: 25% }
.ge-section:first-of-type td:first-child { width: 16rem }
.badge { background: var(--quiet); padding: 0 .4em; border-radius: .3em }
.text-success { color: var(--good) } .text-danger { color: var(--bad) }
.fas { font-style: normal; font-weight: bold }
.fa-check-circle::before { content: "✓" } .fa-times::before { content: "✗" }
.fa-exclamation-triangle::before { content: "!" }
"""
PAGE = render_page("{{ expectation_suite_name }}", """
<p><a href="index.html">Data quality</a></p>
{% for section in sections %}{% set section_loop = loop -%}
{% include 'section.j2' %}
{% endfor %}
<p class="quiet">Each number is that of the worst load: how many rows break the rule, or how many
or which share there are of what the rule limits.</p>""", STYLE)


class OutcomeRenderer(ValidationResultsPageRenderer):
    """Leaves out the details of the batch, which are the wall clock's, and dead links."""

    def render(self, validation_results: Any, suite_parameters: Any = None) -> Any:
        """Return the page's content: status and statistics, then every rule with its outcome."""
        document = super().render(validation_results, suite_parameters)
        header, statistics, *_ = document.sections[0].content_blocks
        header.header.string_template["template"] = validation_results.suite_name
        header.subheader.string_template["template"] = "${html_success_icon} ${success}"
        document.sections[0].content_blocks = [header, statistics]
        return document


class StandaloneView(DefaultJinjaPageView):
    """Renders the sections of Great Expectations within a page of our own."""

    _template = "standalone.j2"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        theirs = [self.env.loader] if self.env.loader else []
        self.env.loader = ChoiceLoader([DictLoader({self._template: PAGE}), *theirs])
