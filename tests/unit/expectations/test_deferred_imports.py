import subprocess
import sys
from pathlib import Path

from expectations.deferred_imports import deferring

MODULE = "colorsys"


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_great_expectations_comes_without_what_no_rule_uses():
    run("""
import sys
from expectations.validation import great_expectations
great_expectations()
assert not {"altair", "scipy.stats"} & set(sys.modules)
from great_expectations.expectations.core import (
    expect_column_kl_divergence_to_be_less_than as distributions)
assert distributions.stats.entropy([1.0]) == 0.0  # imported once it is used
assert distributions.alt.Chart
import scipy.stats
assert scipy.stats.entropy is distributions.stats.entropy
""")


def test_a_deferred_module_is_imported_as_ever_outside(monkeypatch):
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with deferring(MODULE):
        import colorsys as stand_in

        assert not hasattr(stand_in, "rgb_to_hls")
    assert MODULE not in sys.modules
    import colorsys

    assert colorsys is not stand_in
    assert stand_in.rgb_to_hls is colorsys.rgb_to_hls


def test_what_was_imported_before_is_not_deferred():
    import colorsys

    with deferring(MODULE):
        import colorsys as again

        assert again is colorsys
