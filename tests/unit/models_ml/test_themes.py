"""Themes among texts without a topic, recovered from planted ones; typical quotes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models_ml.quotes import pick_typical
from models_ml.themes import COLUMNS, discover_themes

THEMES = {
    "ladesäule": ("Die Ladesäule {} war {} besetzt", "An der Ladesäule {} musste ich {} stehen",
                  "Ladesäule {} {} ohne Strom", "Bitte mehr Ladesäulen {} {}"),
    "geschenkpapier": ("Das Geschenkpapier {} ist {} zu dünn", "Geschenkpapier {} fehlte {}",
                       "Beim Geschenkpapier {} bitte {} bunter", "{} kein Geschenkpapier {}"),
}
PLACES = ("vorne", "hinten", "draußen", "oben", "unten", "links", "rechts", "nebenan")
TIMES = ("früh", "spät", "mittags", "abends", "nachts", "vorhin", "neulich", "damals")
NOISE = ("kastanie", "fernrohr", "tintenfass", "lawine", "trompete", "kompass", "zitrone", "igel",
         "vulkan", "seilbahn", "harfe", "meteor", "anker", "gletscher", "pinsel", "orchidee")


def planted(seed: int = 0, count: int = 40) -> pd.DataFrame:
    """Texts of two themes and as many of pairs of words that nothing ties together."""
    rng = np.random.default_rng(seed)
    rows = []
    for theme, templates in THEMES.items():
        for _ in range(count):
            text = templates[rng.integers(4)].format(rng.choice(PLACES), rng.choice(TIMES))
            rows.append((theme, text, -0.5 if theme == "ladesäule" else 0.5))
    for _ in range(count):
        words = rng.choice(NOISE, 3, replace=False)
        rows.append(("noise", " ".join(f"{word}{rng.integers(1000)}" for word in words), 0.0))
    frame = pd.DataFrame(rows, columns=["theme", "text", "polarity"]).drop_duplicates("text")
    frame = frame.assign(language="de").reset_index(drop=True)
    return frame.assign(text_key=[f"k{row:04d}" for row in frame.index])


def test_planted_themes_are_found_and_noise_is_not() -> None:
    texts = planted()
    found = discover_themes(texts, seed=1)
    assert found.columns.tolist() == list(COLUMNS)
    for theme, polarity in (("ladesäule", -0.5), ("geschenkpapier", 0.5)):
        own = found[found["phrases"].str.contains(theme)]
        largest = own.iloc[0]
        planted_count = (texts["theme"] == theme).sum()
        assert own["texts_count"].sum() >= 0.7 * planted_count
        assert largest["texts_count"] >= 0.35 * planted_count
        assert largest["polarity"] == pytest.approx(polarity, abs=0.05)
        examples = largest["example_texts"].split("\n")
        assert len(examples) == 3
        assert all(theme in example.lower() for example in examples)
    assert not found["example_texts"].str.contains("|".join(NOISE)).any()


def test_the_same_seed_gives_the_same_proposals_in_any_order() -> None:
    texts = planted()
    once = discover_themes(texts, seed=3, sample_size=60)
    again = discover_themes(texts.sample(frac=1, random_state=5), seed=3, sample_size=60)
    pd.testing.assert_frame_equal(once, again)
    assert len(once) > 0


def test_texts_outside_the_sample_are_counted() -> None:
    texts = planted(count=120)
    whole = discover_themes(texts, seed=1)["texts_count"].sum()
    assert discover_themes(texts, seed=1, sample_size=80)["texts_count"].sum() >= 0.7 * whole


def test_a_theme_needs_five_distinct_texts() -> None:
    loud = pd.DataFrame({"text": ["Ladesäule kaputt!", "ladesäule KAPUTT"] * 10})
    loud = loud.assign(language="de", polarity=0.0, text_key=[f"k{row:02d}" for row in range(20)])
    assert discover_themes(loud, seed=1).empty
    texts = planted()
    assert discover_themes(texts, seed=1)["texts_count"].min() >= 5
    assert discover_themes(texts, seed=1, minimum_texts=100).empty


@pytest.mark.parametrize("texts", [[], ["", "…", "!", "?", "😀", "und oder aber"], ["eins"]])
def test_nothing_to_say_proposes_nothing(texts: list[str]) -> None:
    frame = pd.DataFrame({"text": pd.Series(texts, dtype="str")})
    frame = frame.assign(language="de", polarity=np.nan, text_key=frame.index.map(str))
    assert discover_themes(frame, seed=1).empty


def test_placeholders_and_languages_stay_apart() -> None:
    texts = planted()
    texts["text"] = "[NAME] " + texts["text"]
    texts.loc[texts.index % 2 == 0, "language"] = "en"
    found = discover_themes(texts, seed=1)
    assert set(found["language"]) == {"de", "en"}
    assert not found["phrases"].str.contains("name").any()


def quotes_of(texts: list[str], **options: object) -> list[str]:
    frame = pd.DataFrame({"text": texts}).assign(
        text_key=[f"k{row:02d}" for row in range(len(texts))], language="de", group="g")
    picked = pick_typical(frame, **options)  # type: ignore[arg-type]
    assert picked["quote_rank"].tolist() == list(range(1, len(picked) + 1))
    by_key = frame.set_index("text_key")["text"]
    return [by_key[key] for key in picked["text_key"]]


def test_the_typical_text_is_the_central_one_not_the_loud_one() -> None:
    texts = ["SKANDAL!!! Betrüger!!! Finger weg!!!", "Warten am Schalter dauert lange",
             "Langes Warten am Schalter nervt", "Am Schalter Warten ohne Ende",
             "Warten am Schalter dauert ewig"]
    assert quotes_of(texts, count=1)[0] in texts[1:]
    assert texts[0] not in quotes_of(texts, count=2)


def test_quotes_differ_from_each_other() -> None:
    texts = ["Warten am Schalter nervt", "warten am SCHALTER nervt!", "Warten am Schalter nervt sehr",
             "Der Schalter Warten Kaffee teuer", "Personal am Schalter kennt Kaffee"]
    picked = quotes_of(texts, count=3, diversity=0.6)
    assert len({text.lower().strip("!") for text in picked}) == 3
    assert sum("nervt" in text for text in picked) < 3


def test_long_and_empty_texts_are_quoted_only_where_there_is_nothing_else() -> None:
    long = "Warten am Schalter dauert lange " * 20
    assert quotes_of([long, "Schalter", "Warten am Schalter dauert"], count=1) == [
        "Warten am Schalter dauert"]
    assert quotes_of([long], count=3) == [long]
    assert quotes_of(["und", "oder"], count=1) == ["und"]


def test_a_large_group_is_sampled_by_seed() -> None:
    texts = planted()["text"].tolist()
    assert quotes_of(texts, maximum_texts=30, seed=1) == quotes_of(texts, maximum_texts=30, seed=1)


def test_centrality_is_the_cosine_with_the_mean() -> None:
    frame = pd.DataFrame({"text_key": ["a", "b"], "text": ["rot rund groß", "rot rund groß alt"],
                          "language": "de", "group": "g"})
    picked = pick_typical(frame, diversity=0.0)
    assert picked["centrality"].between(0.8, 1).all()
    alone = pick_typical(frame.head(1))
    assert alone["centrality"].tolist() == pytest.approx([1.0])
