"""The picture of impact: what is drawn, and names that are no mark-up."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pandas as pd

from orchestration.impact_chart import draw_impact

INITIATIVE = {
    "initiative_id": "displays", "name_en": "<b>Displays</b> & more", "method": "random_holdout",
    "verdict": "gain_shown", "verdict_reason": None, "pre_trend": "alike",
    "effect": 2.0, "effect_low": 1.0, "effect_high": 3.0, "gain": 200.0, "gain_low": 100.0,
    "gain_high": 300.0, "roi": 1.0, "roi_low": 0.0, "roi_high": 2.0}
UNSAID = dict.fromkeys(("effect", "effect_low", "effect_high", "gain", "gain_low", "gain_high",
                        "roi", "roi_low", "roi_high"))
WORTH = pd.DataFrame([
    {"measure": "nps", "outcome": outcome, "verdict": "no_effect_shown", "worth": 1.0,
     "worth_low": -1.0, "worth_high": 3.0} for outcome in ("value", "purchases")])
NO_COSTS = pd.DataFrame(columns=["kind", "outcome", "verdict", "effect", "effect_low",
                                 "effect_high"])


def pictures(markdown: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(base64.b64decode(coded))
            for coded in re.findall(r"base64,([^)]+)\)", markdown)]


def draw(*initiatives: dict[str, object]) -> str:
    return draw_impact({"initiatives": pd.DataFrame(initiatives), "score_worth": WORTH,
                        "bad_experience_costs": NO_COSTS})


def test_only_what_is_known_is_drawn_and_value_is_what_is_shown() -> None:
    shown = draw(INITIATIVE, {**INITIATIVE, **UNSAID, "initiative_id": "site", "method": None,
                              "verdict": "cannot_be_said", "verdict_reason": "no_comparison"})
    drawn = pictures(shown)
    assert len(drawn) == 2, "initiatives and scores; there is no cost of experiences"
    circles = [picture.findall("{*}circle") for picture in drawn]
    assert [len(one) for one in circles] == [1, 1]
    assert "| `displays` | random holdout | gain shown | 200 (100 to 300) | +100% (+0% to +200%)" \
        in shown
    assert "| `site` |  | cannot be said: no comparison |  |  | alike |" in shown


def test_of_what_nothing_can_be_said_no_effect_is_drawn() -> None:
    """Sides moved apart before: the effect that was reckoned is none of the initiative."""
    apart = {**INITIATIVE, "initiative_id": "site", "verdict": "cannot_be_said",
             "verdict_reason": "moved_apart_before"}
    drawn = pictures(draw(INITIATIVE, apart))
    assert [len(picture.findall("{*}circle")) for picture in drawn] == [1, 1]
    assert len(pictures(draw(apart))) == 1, "scores"


def test_a_name_is_text_and_no_mark_up() -> None:
    (label, *_) = [text for text in pictures(draw(INITIATIVE))[0].itertext() if "Displays" in text]
    assert label == "<b>Displays</b> & more"
    assert "<b>" not in draw(INITIATIVE)


def test_points_lie_between_the_ends_of_their_intervals() -> None:
    picture = pictures(draw(INITIATIVE))[0]
    (circle,) = picture.findall("{*}circle")
    low, high = sorted(float(line.get(end, "")) for line in picture.findall("{*}line")
                       if line.get("stroke-width") for end in ("x1", "x2"))
    assert low < float(circle.get("cx", "")) < high
