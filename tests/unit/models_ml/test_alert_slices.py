"""What slices added to a change, redone on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.alert_events import Size
from models_ml.alert_slices import pick_told, weigh_slices


def sums(*rows: tuple[str, str, float, float, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["dimension", "dimension_value", "now_n", "now_total",
                                        "usual_n", "usual_total"])
    return frame.assign(name_en=frame["dimension_value"], name_de=frame["dimension_value"])


def size(observed: float, expected: float) -> Size:
    return Size(10, 100, observed, expected, 0, 0, -2, -6)


def test_slices_of_a_share_add_up_to_its_change() -> None:
    # 100 deliveries now: 60 by web of which 12 on time (was 90 %), 40 by app with 36 (was 90 %).
    found = weigh_slices(
        sums(("channel", "web", 60, 12, 600, 540), ("channel", "app", 40, 36, 400, 360)),
        size(0.48, 0.9), is_count=False, now_exposure=100, usual_exposure=1000)
    assert found["dimension_value"].tolist() == ["web"]
    assert found["contribution"].tolist() == pytest.approx([0.6 * (0.2 - 0.9)])
    assert found["contribution_share"].tolist() == pytest.approx([1.0])
    assert found["lift"].tolist() == pytest.approx([1 / 0.6])
    assert pick_told(found)["dimension_value"].tolist() == ["web"]


def test_slices_of_a_count_add_up_to_its_change() -> None:
    # 10 days now with 300 errors, 100 days before with 200: 30 a day instead of 2.
    found = weigh_slices(
        sums(("signal", "crash", 280, 280, 100, 100), ("signal", "login", 20, 20, 100, 100)),
        size(30, 2), is_count=True, now_exposure=10, usual_exposure=100)
    assert found["contribution"].tolist() == pytest.approx([27, 1])
    assert found["contribution_share"].sum() == pytest.approx(1.0)
    assert found["slice_rank"].tolist() == [1, 2]
    assert pick_told(found)["dimension_value"].tolist() == ["crash"]


def test_few_records_and_a_single_value_tell_nothing() -> None:
    found = weigh_slices(
        sums(("store", "a", 9, 0, 600, 540), ("store", "b", 91, 48, 400, 360),
             ("partner", "only", 100, 48, 1000, 900)),
        size(0.48, 0.9), is_count=False, now_exposure=100, usual_exposure=1000)
    assert found["dimension_value"].tolist() == ["b"]


def test_few_records_now_tell_nothing_of_a_count_however_many_there_were() -> None:
    found = weigh_slices(
        sums(("store", "a", 9, 9, 300, 300), ("store", "b", 10, 10, 300, 300)),
        size(0.5, 6), is_count=True, now_exposure=38, usual_exposure=100)
    assert found["dimension_value"].tolist() == ["b"]


def test_a_signal_that_is_no_code_is_left_out() -> None:
    rows = [("signal", text, 30.0, 30.0, 10.0, 10.0) for text in (
        "E-404", "net:timeout/2", "Anruf von Erika Mustermann", "erika@example.com", "x" * 41)]
    found = weigh_slices(sums(*rows, ("store", "Köln Süd", 30, 30, 10, 10),
                              ("store", "Bonn", 30, 30, 10, 10)),
                         size(15, 0.5), is_count=True, now_exposure=10, usual_exposure=100)
    assert found["dimension_value"].tolist() == ["E-404", "net:timeout/2", "Bonn", "Köln Süd"]


def test_a_slice_as_large_as_its_share_is_not_told() -> None:
    found = weigh_slices(
        sums(("store", "a", 60, 30, 600, 540), ("store", "b", 40, 20, 400, 360)),
        size(0.5, 0.9), is_count=False, now_exposure=100, usual_exposure=1000)
    assert found["lift"].tolist() == pytest.approx([1, 1])
    assert pick_told(found).empty


def test_missing_columns_are_named() -> None:
    with pytest.raises(ValueError, match="name_de"):
        weigh_slices(sums().drop(columns="name_de"), size(1, 0), is_count=True, now_exposure=1,
                     usual_exposure=1)
