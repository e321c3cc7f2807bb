"""The chart of segments holds every one of them, and no mean of few people."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pandas as pd

from orchestration.segment_chart import render_segments

SVG = "{http://www.w3.org/2000/svg}"
MODELS = pd.DataFrame([
    {"segmentation": "rfm", "status": "published", "reason": "stable <b>", "segments_count": 2,
     "customers_count": 1200, "outcome_explained": 0.38, "cells_outcome_explained": 0.398,
     "cells_count": 48},
    {"segmentation": "experience", "status": "no_data", "reason": "nothing", "segments_count": 0,
     "customers_count": 0, "outcome_explained": None, "cells_outcome_explained": None,
     "cells_count": None}])
SEGMENTS = pd.DataFrame([
    {"segmentation": "rfm", "segment_id": "rfm_1", "name_en": "Buy most & lately",
     "customers_share": 0.75, "customers_count": 900, "outcome_mean": 1234.5, "outcome_count": 5},
    {"segmentation": "rfm", "segment_id": "rfm_2", "name_en": "Buy little",
     "customers_share": 0.25, "customers_count": 300, "outcome_mean": 777.0, "outcome_count": 4}])


def test_the_picture_shows_sizes_and_later_revenue_of_enough_people() -> None:
    markdown = render_segments(SEGMENTS, MODELS)
    (picture,) = re.findall(r"base64,([^)]*)\)", markdown)
    texts = [text.text for text in
             ElementTree.fromstring(base64.b64decode(picture)).iter(f"{SVG}text")]
    assert {"Buy most & lately", "900", "1,234", "Buy little", "300"} <= set(texts)
    assert "777" not in texts


def test_the_text_says_how_many_why_and_what_they_explain() -> None:
    markdown = render_segments(SEGMENTS, MODELS)
    assert "**rfm** (published): 2 segments of 1,200 customers; stable &lt;b&gt;" in markdown
    assert "explained: 0.380, 48 RFM cells 0.398." in markdown
    assert "**experience** (no_data): 0 segments of 0 customers; nothing" in markdown
