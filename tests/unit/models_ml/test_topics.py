"""Topics of a text, the spans they rest on and their own sentiment; on the shipped seeds."""

from __future__ import annotations

import pandas as pd
import pytest

from models_ml.topics import detect_topics, read_families, topics_version
from tests.unit.models_ml.text_seeds import read_seed, texts_of

POSITIVE, NEGATIVE, NEUTRAL = "positive", "negative", "neutral"


def found_in(*texts: tuple[str, str], **options: object) -> pd.DataFrame:
    return detect_topics(texts_of(*texts), read_seed("topics"), read_seed("topic_terms"),
                         **options)  # type: ignore[arg-type]


# text, then (topic, sentiment or None, words of the span) of each topic that must be found
CASES: list[tuple[str, str, list[tuple[str, str | None, str]]]] = [
    ("de", "Die Lieferung war schnell, aber die App stürzt ständig ab",
     [("delivery", POSITIVE, "Die Lieferung war schnell"),
      ("app_crash", NEGATIVE, "aber die App stürzt ständig ab")]),
    ("de", "Die Lieferung kam viel zu spät und niemand hilft mir",
     [("delivery_delay", NEGATIVE, "Die Lieferung kam viel zu spät"),
      ("service_solution", None, "und niemand hilft mir")]),
    ("de", "Die Lieferung, die gestern kam, war super",
     [("delivery", POSITIVE, "Die Lieferung, die gestern kam, war super")]),
    ("de", "Der Verkäufer war sehr freundlich. Leider war der Laden schmutzig!",
     [("friendliness", POSITIVE, "Der Verkäufer war sehr freundlich"),
      ("store_cleanliness", NEGATIVE, "Leider war der Laden schmutzig")]),
    ("de", "Preis-Leistung stimmt", [("value_for_money", None, "Preis-Leistung stimmt")]),
    ("de", "Habe eine Stunde in der Warteschleife gehangen",
     [("waiting_time", None, "Habe eine Stunde in der Warteschleife gehangen")]),
    ("de", "Das Päckchen wurde nie geliefert",
     [("delivery_missing", None, "Das Päckchen wurde nie geliefert")]),
    ("de", "Paeckchen beschaedigt, sehr aergerlich",
     [("delivery_damage", NEGATIVE, "Paeckchen beschaedigt")]),
    ("de", "Meine Expresslieferung war überpünktlich 😀",
     [("delivery", None, "Meine Expresslieferung war überpünktlich 😀")]),
    ("de", "Wo bleibt die Gutschrift für meine Retoure?",
     [("refund", None, "Wo bleibt die Gutschrift für meine Retoure")]),
    ("de", "Mir wurde zweimal abgebucht", [("double_charge", None, "Mir wurde zweimal abgebucht")]),
    ("de", "Kauf auf Rechnung wäre praktisch", [("payment_method", None, "Kauf auf Rechnung")]),
    ("de", "Ich möchte mein Abo kündigen",
     [("subscription_cancellation", None, "Ich möchte mein Abo kündigen")]),
    ("de", "Die Homepage lädt ewig", [("website_speed", None, "Die Homepage lädt ewig")]),
    ("de", "Der Warenkorb lässt sich nicht öffnen", [("website_checkout", None, "Der Warenkorb")]),
    ("de", "Viel zu viel Plastikmüll um so ein kleines Teil", [("packaging_waste", None, "Viel")]),
    ("de", "Ihr habt meine Daten an Dritte verkauft", [("data_misuse", None, "Ihr habt")]),
    ("de", "Die Schuhe fallen zu klein aus", [("product_fit", None, "Die Schuhe fallen")]),
    ("de", "Nach zwei Wochen war der Mixer kaputt", [("product_defect", NEGATIVE, "Nach zwei")]),
    ("de", "Die Creme stinkt furchtbar", [("product_senses", NEGATIVE, "Die Creme stinkt")]),
    ("de", "Die Rückrufaktion für den Akku ist schlecht erklärt",
     [("product_safety", None, "Die Rückrufaktion")]),
    ("de", "Öffnungszeiten am Samstag sind ein Witz", [("opening_hours", None, "Öffnungszeiten")]),
    ("de", "Kein Parkplatz weit und breit", [("store_parking", None, "Kein Parkplatz")]),
    ("de", "Meine Treuepunkte sind verfallen", [("loyalty_points", None, "Meine Treuepunkte")]),
    ("de", "Die Aufbauanleitung ist unverständlich", [("instructions", None, "Die Aufbau")]),
    ("de", "Passwort vergessen und jetzt ausgesperrt", [("login", None, "Passwort vergessen")]),
    ("de", "Jeden Tag drei Newsletter, das nervt", [("newsletter", NEGATIVE, "Jeden Tag drei")]),
    ("de", "Der Chatbot versteht nichts", [("service_bot", None, "Der Chatbot")]),
    ("de", "Tolle Auswahl und faire Preise",
     [("selection", POSITIVE, "Tolle Auswahl und faire Preise"),
      ("price_level", POSITIVE, "Tolle Auswahl und faire Preise")]),
    ("en", "The delivery was fast but the app keeps crashing",
     [("delivery", POSITIVE, "The delivery was fast"),
      ("app_crash", None, "but the app keeps crashing")]),
    ("en", "Great product, terrible customer service",
     [("product_quality", POSITIVE, "Great product"),
      ("service", NEGATIVE, "terrible customer service")]),
    ("en", "The clerk was rude.", [("friendliness", NEGATIVE, "The clerk was rude")]),
    ("en", "Still waiting for my refund", [("refund", None, "Still waiting for my refund")]),
    ("en", "I was charged twice", [("double_charge", None, "I was charged twice")]),
    ("en", "My parcel never arrived", [("delivery_missing", None, "My parcel never arrived")]),
    ("en", "The box was crushed when it came", [("delivery_damage", None, "The box was crushed")]),
    ("en", "Way too expensive for a mug", [("price", None, "Way too expensive")]),
    ("en", "The website is down again", [("website_error", None, "The website is down again")]),
    ("en", "Spent an hour on hold", [("waiting_time", None, "Spent an hour on hold")]),
    ("en", "Long line at the till", [("store_checkout", None, "Long line at the till")]),
    ("en", "The jacket is too tight", [("product_fit", None, "The jacket is too tight")]),
    ("en", "It stopped working after a week", [("product_defect", None, "It stopped working")]),
    ("en", "How do I cancel my subscription?", [("subscription_cancellation", None, "How do I")]),
    ("en", "So much plastic packaging", [("packaging_waste", None, "So much plastic packaging")]),
    ("en", "I forgot my password", [("login", None, "I forgot my password")]),
    ("en", "Assembly instructions are missing", [("instructions", None, "Assembly instructions")]),
]


@pytest.mark.parametrize(("language", "text", "expected"), CASES, ids=[c[1] for c in CASES])
def test_topics_of_a_text(
    language: str, text: str, expected: list[tuple[str, str | None, str]]
) -> None:
    rows = found_in((language, text)).set_index("topic")
    for topic, sentiment, words in expected:
        assert topic in rows.index
        row = rows.loc[topic]
        span = text[row["span_start"] : row["span_end"]]
        assert words in span or span in words
        assert sentiment in (None, row["sentiment_label"])


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Auf jeden Fall!"), ("de", "Ich wohne seit drei Jahren hier"), ("de", ""),
    ("de", "😀😀"), ("en", "Of course, thank you"), ("en", "[NAME]"), ("pt", "A entrega atrasou"),
])
def test_a_text_without_a_topic_has_no_row(language: str, text: str) -> None:
    assert found_in((language, text)).empty


def test_a_question_how_long_is_no_delay() -> None:
    topics = found_in(("de", "Wie lange dauert der Versand?"))["topic"].tolist()
    assert topics == ["delivery"]


@pytest.mark.parametrize("text", [
    "🚚💨 Lieferung top!! 👍🏽",
    "Größe & Maße: „Übergröße“ – paßt nicht …",
    "&amp; der Prei\u0308s\u00a0war o.k.,\n\n>die App aber nicht ❤️",
    "  Retoure   ",
    "Die Lieferung (3,5 Tage) von [NAME] in der Königstr. 5 kam z. B. an.",
])
def test_spans_are_positions_in_the_text(text: str) -> None:
    rows = found_in(("de", text))
    assert len(rows) > 0
    for start, end in zip(rows["span_start"], rows["span_end"], strict=True):
        assert 0 <= start < end <= len(text)
        span = text[start:end]
        assert span == span.strip()


def test_two_topics_of_one_clause_share_its_sentiment_and_take_the_nearest_of_several() -> None:
    shared = found_in(("de", "Lieferung und Verpackung perfekt"))
    assert set(shared["sentiment_label"]) == {POSITIVE}


def test_an_enumeration_takes_the_judgement_behind_it() -> None:
    rows = found_in(("de", "Versand, Filiale, App: alles hervorragend"))
    assert dict(zip(rows["topic"], rows["sentiment_label"], strict=True)) == {
        "delivery": POSITIVE, "store": POSITIVE, "app": POSITIVE}


def test_a_judgement_behind_but_is_not_about_what_stands_before() -> None:
    rows = found_in(("de", "Die Lieferung kam gestern, aber der Laden ist furchtbar"))
    labels = dict(zip(rows["topic"], rows["sentiment_label"], strict=True))
    assert labels["delivery"] == NEUTRAL
    assert labels["store"] == NEGATIVE


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Die App stürzt aber ständig ab", "app_crash"),
    ("de", "Schöner Laden. Die App stürzt jedoch ab", "app_crash"),
    ("de", "Der Laden ist schön, der Service hingegen schlecht", "service"),
    ("de", "Schöner Laden. Der Service war allerdings schlecht.", "service"),
    ("en", "Nice store. The service, however, was terrible.", "service"),
])
def test_a_contrast_inside_a_clause_does_not_cut_it(language: str, text: str, topic: str) -> None:
    rows = found_in((language, text)).set_index("topic")["sentiment_label"]
    assert rows[topic] == NEGATIVE


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Alles super, aber die Verpackung", "delivery_packaging"),
    ("de", "Ich bin sehr zufrieden. Aber die Lieferung", "delivery"),
    ("de", "Die Lieferung kam gestern, aber ich bin sehr zufrieden", "delivery"),
    ("en", "I am happy, but the delivery", "delivery"),
])
def test_an_only_topic_takes_no_judgement_from_beyond_a_contrast(
    language: str, text: str, topic: str
) -> None:
    rows = found_in((language, text)).set_index("topic")["sentiment_label"]
    assert dict(rows) == {topic: NEUTRAL}


def test_an_only_topic_takes_the_judgement_of_other_sentences() -> None:
    rows = found_in(("de", "Die Lieferung kam heute. Ich bin sehr zufrieden!"))
    assert rows["sentiment_label"].tolist() == [POSITIVE]


def test_polarity_is_the_shrunken_sum_of_the_span(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Die App ist toll und fein, der Laden mies"
    monkeypatch.setattr("models_ml.topics.assess_spans",
                        lambda text, language: [(12, 16, 1.0), (21, 25, 0.5), (37, 41, -0.8)])
    rows = found_in(("de", text)).set_index("topic")["polarity"]
    assert rows["app"] == pytest.approx(1.5 / 2.5)
    assert rows["store"] == pytest.approx(-0.8 / 1.5)


def test_expressions_go_to_the_nearest_topic_of_a_clause(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Lieferung prompt App furchtbar"
    monkeypatch.setattr("models_ml.topics.assess_spans",
                        lambda text, language: [(10, 16, 0.9), (21, 30, -0.9)])
    rows = found_in(("de", text)).set_index("topic")["sentiment_label"]
    assert (rows["delivery"], rows["app"]) == (POSITIVE, NEGATIVE)


TREE = pd.DataFrame({"topic": ["garden", "roses", "kitchen"], "parent_topic": ["", "garden", ""]})


def terms_of(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["topic", "term", "kind", "weight"])
    return frame.assign(language="de")


def test_score_is_one_minus_the_product_of_doubts() -> None:
    terms = terms_of(("garden", "beet", "word", 0.4), ("garden", "zaun", "word", 0.4),
                     ("garden", "laube", "word", 0.2))
    rows = detect_topics(texts_of(("de", "Zaun und Beet und Beet")), TREE, terms)
    assert rows["topic_score"].tolist() == pytest.approx([1 - 0.6 * 0.6])
    hint = detect_topics(texts_of(("de", "Zaun"), ("de", "Laube")), TREE, terms)
    assert hint["text_key"].tolist() == ["k000"]


def test_a_clause_gets_the_topic_below_where_it_has_evidence_of_its_own() -> None:
    terms = terms_of(("garden", "garten", "word", 0.8), ("roses", "rose", "word", 0.5),
                     ("roses", "dorn", "word", 0.2), ("kitchen", "herd", "word", 0.5))
    texts = texts_of(("de", "Garten mit Rose"), ("de", "Garten mit Dorn"), ("de", "Herd im Garten"))
    rows = detect_topics(texts, TREE, terms)
    assert rows["topic"].tolist() == ["roses", "garden", "garden", "kitchen"]
    strong = terms.assign(weight=terms["weight"].replace(0.8, 0.9))
    rows = detect_topics(texts.tail(1), TREE, strong)
    assert rows["topic"].tolist() == ["garden"]  # .5 is less than .6 of .9


def test_safety_comes_before_the_other_topics_of_its_family() -> None:
    tree = pd.DataFrame({"topic": ["product_quality", "product_safety", "product_function"],
                         "parent_topic": ["", "product_quality", "product_quality"]})
    terms = terms_of(("product_function", "akku", "word", 0.9),
                     ("product_safety", "brand", "word", 0.6),
                     ("product_safety", "warm", "word", 0.4))
    rows = detect_topics(texts_of(("de", "Akku in Brand"), ("de", "Akku warm")), tree, terms)
    assert rows["topic"].tolist() == ["product_safety", "product_function"]


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Das hat den Ausschlag gegeben"), ("de", "Der Joghurt im Glas schmeckt mir"),
    ("en", "The cake came in a glass jar"),
])
def test_what_sounds_like_danger_is_none(language: str, text: str) -> None:
    assert "product_safety" not in found_in((language, text))["topic"].tolist()


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Ich kann die App nicht herunterladen", "store"),
    ("de", "Die Rechnung lässt sich nicht hochladen", "store"),
    ("de", "Ich habe die Datei hochgeladen", "store"),
    ("de", "Das Handy will nicht aufladen", "store"),
    ("de", "Ohne meine Zustimmung", "store_atmosphere"),
    ("de", "Die Datenschutzbestimmungen sind unklar", "store_atmosphere"),
    ("en", "It would be nice to have a dark mode", "friendliness"),
    ("en", "Fix your website.", "warranty"),
    ("en", "I don't know how I lived without it", "competence"),
])
def test_a_word_within_another_is_no_topic(language: str, text: str, topic: str) -> None:
    assert topic not in found_in((language, text))["topic"].tolist()


@pytest.mark.parametrize(("language", "text", "topic"), [
    ("de", "Der Weinladen um die Ecke", "store"), ("de", "Tolle Stimmung", "store_atmosphere"),
    ("en", "The staff is nice", "friendliness"), ("en", "They could not fix my phone", "warranty"),
])
def test_the_same_words_with_their_meaning(language: str, text: str, topic: str) -> None:
    assert topic in found_in((language, text))["topic"].tolist()


def test_scores_of_a_classifier_join_the_terms() -> None:
    terms = terms_of(("garden", "garten", "word", 0.5))
    scores = pd.DataFrame({"text_key": ["k000", "k000", "k001"],
                           "topic": ["garden", "kitchen", "kitchen"], "score": [0.5, 0.4, 0.7]})
    texts = texts_of(("de", "Der Garten"), ("pt", " Fogão bom. "))
    rows = detect_topics(texts, TREE, terms, topic_scores=scores)
    assert rows["topic"].tolist() == ["garden", "kitchen"]
    assert rows["topic_score"].tolist() == pytest.approx([0.75, 0.7])
    assert (rows["span_start"][1], rows["span_end"][1]) == (1, 10)
    assert rows["sentiment_label"][1] == "unknown"


def test_order_of_texts_and_terms_does_not_matter() -> None:
    texts = texts_of(*((language, text) for language, text, _ in CASES))
    topics, terms = read_seed("topics"), read_seed("topic_terms")
    once = detect_topics(texts, topics, terms)
    again = detect_topics(texts.sample(frac=1, random_state=1), topics,
                          terms.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(once, again)


@pytest.mark.parametrize(("topics", "terms", "message"), [
    (TREE, terms_of(("attic", "dach", "word", 1)), "no such topic as attic"),
    (TREE.replace("garden", "kitchen"), terms_of(), "topic repeats"),
    (TREE.assign(parent_topic=["", "roses", ""]), terms_of(), "no topic of level 1"),
    (TREE, terms_of(("garden", "beet", "wort", 1)), "kind 'wort' is none of"),
    (TREE, terms_of(("garden", "beet", "word", 2)), "not between 0 and 1"),
])
def test_a_malformed_list_is_named(topics: pd.DataFrame, terms: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        detect_topics(texts_of(("de", "Beet")), topics, terms)


def test_version_changes_with_terms_and_tree() -> None:
    topics, terms = read_seed("topics"), read_seed("topic_terms")
    version = topics_version(topics, terms)
    assert version == topics_version(topics.copy(), terms.copy())
    assert version == topics_version(topics.assign(name_de="x"), terms)
    assert version != topics_version(topics, terms.head(10))
    assert version != topics_version(topics.head(10), terms)


def test_families_are_topics_of_level_1() -> None:
    assert read_families(TREE) == {"garden": "garden", "roses": "garden", "kitchen": "kitchen"}


@pytest.mark.parametrize("text", [
    "Der versprochene Rückruf ist nie gekommen", "Ich bitte um Rückruf",
])
def test_a_call_back_is_no_recall_of_a_product(text: str) -> None:
    topics = found_in(("de", text))["topic"].tolist()
    assert "service_reachability" in topics
    assert "product_safety" not in topics
