"""Identity on exact keys: spelling, limits, the telephone rule, and laws of the partition."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from models_ml.identity import normalise_identifiers, resolve_identities

IDENTIFIER_COLUMNS = ["record_key", "identifier_type", "identifier_value", "source_system"]


def identifiers_of(*rows: tuple[str, ...]) -> pd.DataFrame:
    """Rows (record, type, value) or (record, type, value, source)."""
    padded = [row if len(row) == 4 else (*row, "crm") for row in rows]
    return pd.DataFrame(padded, columns=IDENTIFIER_COLUMNS, dtype="str")


def records_of(keys: str, sequences: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame({
        "record_key": pd.Series(list(keys), dtype="str"),
        "first_load_sequence": sequences or list(range(1, len(keys) + 1)),
    })


def merges_of(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["left_record_key", "right_record_key"], dtype="str")


def partition(customer_records: pd.DataFrame) -> set[frozenset[str]]:
    groups = customer_records.groupby("customer_id")["record_key"]
    return {frozenset(keys) for _, keys in groups}


def clusters(keys: str, *rows: tuple[str, ...], **options: object) -> set[str]:
    """The partition as sorted strings: {"ab", "c"}."""
    result = resolve_identities(
        records_of(keys), identifiers_of(*rows), merges_of(), **options  # type: ignore[arg-type]
    )
    return {"".join(sorted(group)) for group in partition(result.customer_records)}


@pytest.mark.parametrize(("identifier_type", "delivered", "expected"), [
    ("email", "  Eva.Muster@Mail.DE ", "eva.muster@mail.de"),
    ("email", "eva+shop@mail.de", "eva@mail.de"),
    ("email", "eva@", None),
    ("email", "eva@mail", None),
    ("email", "eva mail@mail.de", None),
    ("email", "Test@Test.de", None),
    ("email", "unknown", None),
    ("email", "no-reply@shop.de", None),
    ("phone", "030 / 123 45 67", "+49301234567"),
    ("phone", "+49 (0)30 1234567", "+49301234567"),
    ("phone", "0049 30 1234567", "+49301234567"),
    ("phone", "Tel. 030 1234567 privat", "+49301234567"),
    ("phone", "+43 1 5880 4390", "+43158804390"),
    ("phone", "000000", None),
    ("phone", "0123456789", None),
    ("phone", "keine", None),
    ("customer_number", " 00a17 ", "00A17"),
    ("customer_number", "0000", None),
    ("customer_number", "N/A", None),
    ("customer_number", "7", "7"),
    ("customer_number", "?", None),
    ("loyalty_id", "0042", "0042"),
    ("loyalty_id", "", None),
])
def test_one_spelling_per_identifier(
    identifier_type: str, delivered: str, expected: str | None
) -> None:
    found = normalise_identifiers(identifiers_of(("a", identifier_type, delivered)))
    assert found["identifier_value"].tolist() == ([] if expected is None else [expected])


def test_a_number_without_country_code_is_of_the_default_country() -> None:
    delivered = identifiers_of(("a", "phone", "01 58804390"))
    found = normalise_identifiers(delivered, default_country="AT")
    assert found["identifier_value"].tolist() == ["+43158804390"]


def test_blocked_values_are_declared_with_wildcards() -> None:
    delivered = identifiers_of(("a", "email", "kasse7@shop.de"), ("b", "email", "eva@mail.de"))
    found = normalise_identifiers(delivered, blocked={"email": ("kasse*@shop.de",)})
    assert found["record_key"].tolist() == ["b"]


EMAIL, CARD, PHONE, NUMBER = "email", "loyalty_id", "phone", "customer_number"
P, Q = "030 1234567", "040 1234567"


@pytest.mark.parametrize(("case", "keys", "rows", "expected"), [
    ("one e-mail in two spellings", "ab",
     [("a", EMAIL, "Eva@x.de"), ("b", EMAIL, "eva+1@x.de")], {"ab"}),
    ("a chain over e-mail and card is one", "abc",
     [("a", EMAIL, "e@x.de"), ("b", EMAIL, "e@x.de"), ("b", CARD, "7"), ("c", CARD, "7")],
     {"abc"}),
    ("equal text of two types is no tie", "ab", [("a", CARD, "17"), ("b", NUMBER, "17")],
     {"a", "b"}),
    ("a customer number counts within its source", "abc",
     [("a", NUMBER, "17", "crm"), ("b", NUMBER, "17", "erp"), ("c", NUMBER, "17", "crm")],
     {"ac", "b"}),
    ("blocked values tie nobody", "ab",
     [("a", EMAIL, "test@test.de"), ("b", EMAIL, "test@test.de")], {"a", "b"}),
    ("a guest with nothing but the phone joins its owner", "ab",
     [("a", EMAIL, "e@x.de"), ("a", PHONE, P), ("b", PHONE, "+49301234567")], {"ab"}),
    ("identifiers of different types do not contradict", "ab",
     [("a", EMAIL, "e@x.de"), ("a", PHONE, P), ("b", CARD, "7"), ("b", PHONE, P)], {"ab"}),
    ("relatives share a phone and have their own e-mails", "ab",
     [("a", EMAIL, "e@x.de"), ("a", PHONE, P), ("b", EMAIL, "f@x.de"), ("b", PHONE, P)],
     {"a", "b"}),
    ("relatives have their own customer numbers", "ab",
     [("a", NUMBER, "1"), ("a", PHONE, P), ("b", NUMBER, "2"), ("b", PHONE, P)], {"a", "b"}),
    ("a guest does not join relatives it cannot tell apart", "abc",
     [("a", EMAIL, "e@x.de"), ("a", PHONE, P), ("b", EMAIL, "f@x.de"), ("b", PHONE, P),
      ("c", PHONE, P)], {"a", "b", "c"}),
    ("a guest with two phones does not link two people", "abc",
     [("a", EMAIL, "e@x.de"), ("a", PHONE, P), ("b", EMAIL, "f@x.de"), ("b", PHONE, Q),
      ("c", PHONE, P), ("c", PHONE, Q)], {"a", "b", "c"}),
    ("a contradiction counts between clusters, not records", "abcd",
     [("a", EMAIL, "e@x.de"), ("a", CARD, "7"), ("b", CARD, "7"), ("b", PHONE, P),
      ("c", EMAIL, "f@x.de"), ("c", PHONE, P), ("d", PHONE, Q)], {"ab", "c", "d"}),
])
def test_which_records_are_one_customer(
    case: str, keys: str, rows: list[tuple[str, ...]], expected: set[str]
) -> None:
    assert clusters(keys, *rows) == expected, case


@pytest.mark.parametrize(("records_with_value", "expected"), [("ab", {"ab", "c"}),
                                                              ("abc", {"a", "b", "c"})])
def test_a_value_over_its_limit_is_no_identifier(
    records_with_value: str, expected: set[str]
) -> None:
    rows = [(key, EMAIL, "e@x.de") for key in records_with_value]
    limits = {EMAIL: 2, PHONE: 5, CARD: 20, NUMBER: None}
    assert clusters("abc", *rows, limits=limits) == expected


def test_evidence_of_a_cluster() -> None:
    result = resolve_identities(
        records_of("abcde", [3, 1, 2, 9, 9]),
        identifiers_of(("a", EMAIL, "e@x.de"), ("b", EMAIL, "e@x.de"), ("c", EMAIL, "e@x.de"),
                       ("a", CARD, "7"), ("c", CARD, "7")),
        merges_of(("d", "a"), ("d", "gone"), ("e", "e")),
    )
    # b is the senior, so the e-mail ties a and c to b; the card ties a to c, the more senior.
    assert result.identity_edges.to_numpy().tolist() == [
        ["a", "b", "email", 0.98],
        ["a", "c", "loyalty_id", 0.99],
        ["a", "d", "crm_merge", 1.0],
        ["b", "c", "email", 0.98],
    ]
    senior = hashlib.md5(b"customer|b").hexdigest()
    alone = hashlib.md5(b"customer|e").hexdigest()
    assert result.customer_records.to_numpy().tolist() == [
        ["a", senior, False, "crm_merge", 1.0],
        ["b", senior, True, "email", 0.98],
        ["c", senior, False, "loyalty_id", 0.99],
        ["d", senior, False, "crm_merge", 1.0],
        ["e", alone, True, "single", 1.0],
    ]
    assert result.metrics["customers"] == 2
    assert result.metrics["merges_unusable"] == 2


def test_edges_of_a_value_grow_with_its_records() -> None:
    keys = "abcdefghij"
    result = resolve_identities(
        records_of(keys), identifiers_of(*((key, EMAIL, "e@x.de") for key in keys)), merges_of()
    )
    assert len(result.identity_edges) == len(keys) - 1


def test_equal_load_sequence_is_settled_by_the_key() -> None:
    result = resolve_identities(
        records_of("ba", [1, 1]),
        identifiers_of(("a", EMAIL, "e@x.de"), ("b", EMAIL, "e@x.de")),
        merges_of(),
    )
    assert result.customer_records["is_senior"].tolist() == [True, False]


@pytest.mark.parametrize(("records", "identifiers", "message"), [
    (records_of("aa"), identifiers_of(), "record_key repeats"),
    (records_of("a"), identifiers_of(("b", EMAIL, "e@x.de")), "1 record keys are not in records"),
    (records_of("a"), identifiers_of(("a", "iban", "DE1")), "unknown identifier_type iban"),
    (records_of("a").drop(columns="first_load_sequence"), identifiers_of(), "missing column"),
    (records_of("a").assign(first_load_sequence=float("nan")), identifiers_of(),
     "must not be empty"),
])
def test_input_that_cannot_be_right_is_named(
    records: pd.DataFrame, identifiers: pd.DataFrame, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_identities(records, identifiers, merges_of())


def test_no_records_give_typed_tables_without_rows() -> None:
    result = resolve_identities(records_of(""), identifiers_of(), merges_of())
    assert len(result.customer_records) == len(result.identity_edges) == 0
    assert result.customer_records["is_senior"].dtype == bool


def company(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Forty records with few distinct identifiers, so that clusters, limits and clashes happen."""
    random = np.random.default_rng(seed)
    keys = [f"r{number:02d}" for number in range(40)]
    records = pd.DataFrame({"record_key": keys, "first_load_sequence": random.integers(1, 6, 40)})
    rows = []
    for key in keys:
        if random.random() < 0.5:
            rows.append((key, EMAIL, f"p{random.integers(20)}@x.de"))
        if random.random() < 0.3:
            rows.append((key, CARD, f"{random.integers(1, 30)}"))
        if random.random() < 0.5:
            rows.append((key, PHONE, f"030 12345{random.integers(10, 30)}"))
    pairs = [(keys[left], keys[right]) for left, right in random.integers(40, size=(3, 2))]
    return records, identifiers_of(*rows), merges_of(*pairs)


@pytest.mark.parametrize("seed", range(8))
def test_order_of_rows_changes_nothing(seed: int) -> None:
    records, identifiers, merges = company(seed)
    expected = resolve_identities(records, identifiers, merges)
    shuffled = resolve_identities(
        records.sample(frac=1, random_state=seed),
        identifiers.sample(frac=1, random_state=seed),
        merges.rename(columns={"left_record_key": "right_record_key",
                               "right_record_key": "left_record_key"}),
    )
    pd.testing.assert_frame_equal(shuffled.customer_records, expected.customer_records)
    pd.testing.assert_frame_equal(shuffled.identity_edges, expected.identity_edges)
    assert shuffled.metrics == expected.metrics


@pytest.mark.parametrize("seed", range(8))
def test_order_of_loads_renames_ids_and_keeps_the_partition(seed: int) -> None:
    records, identifiers, merges = company(seed)
    expected = resolve_identities(records, identifiers, merges).customer_records
    reloaded = records.assign(first_load_sequence=7 - records["first_load_sequence"])
    found = resolve_identities(reloaded, identifiers, merges).customer_records
    assert partition(found) == partition(expected)


@pytest.mark.parametrize("seed", range(8))
def test_a_later_record_never_changes_the_id_of_the_customer_it_joins(seed: int) -> None:
    records, identifiers, merges = company(seed)
    before = resolve_identities(records, identifiers, merges).customer_records
    value = identifiers.loc[identifiers["identifier_type"] == EMAIL, "identifier_value"].iloc[0]
    owner = identifiers.loc[identifiers["identifier_value"] == value, "record_key"].iloc[0]
    later = pd.DataFrame({"record_key": ["a-late"], "first_load_sequence": [99]})
    after = resolve_identities(
        pd.concat([records, later]),
        pd.concat([identifiers, identifiers_of(("a-late", EMAIL, value))]),
        merges,
    ).customer_records.set_index("record_key")
    assert after["customer_id"]["a-late"] == after["customer_id"][owner]
    unchanged = after.loc[before["record_key"], "customer_id"]
    assert unchanged.tolist() == before["customer_id"].tolist()


@pytest.mark.parametrize("seed", range(8))
def test_edges_alone_give_the_partition_back(seed: int) -> None:
    result = resolve_identities(*company(seed))
    group = {key: frozenset([key]) for key in result.customer_records["record_key"]}
    for left, right in result.identity_edges[["left_record_key", "right_record_key"]].to_numpy():
        assert left < right
        joined = group[left] | group[right]
        group |= dict.fromkeys(joined, joined)
    assert set(group.values()) == partition(result.customer_records)
