"""Normalisation: one spelling per name, address and identifier, on a DuckDB of the test."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import duckdb
import phonenumbers
import pytest

from models_ml import normalisation
from models_ml.normalisation import (
    BLOCKED_VALUES,
    IDENTIFIER_TYPES,
    normalise_attributes,
    normalise_identifiers,
)

DELIVERED = {
    "record_id": "bigint", "customer_type": "varchar", "title": "varchar",
    "first_name": "varchar", "last_name": "varchar", "company_name": "varchar",
    "birth_date": "date", "gender": "varchar", "street": "varchar", "postal_code": "varchar",
    "city": "varchar", "country": "varchar",
}
NORMALISED = [
    "record_id", "first_name", "first_root", "last_name", "last_core", "company_name",
    "birth_date", "birth_text", "gender", "street_name", "house_number", "postal_code", "city",
    "country", "first_code", "last_code", "household_key",
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def described(
    con: duckdb.DuckDBPyConnection, records: Sequence[dict[str, Any]], **options: Any
) -> list[dict[str, Any]]:
    """Normalise records; the dictionaries come back in their order."""
    columns = ", ".join(f"{name} {kind}" for name, kind in DELIVERED.items())
    con.execute(f"create or replace table delivered_rows ({columns})")
    rows = [[number, *(record.get(name) for name in list(DELIVERED)[1:])]
            for number, record in enumerate(records)]
    marks = ", ".join(f"({', '.join('?' * len(DELIVERED))})" for _ in rows)
    con.execute(f"insert into delivered_rows values {marks}",
                [value for row in rows for value in row])
    normalise_attributes(con, source="delivered_rows", target="normalised_rows", **options)
    found = con.execute("from normalised_rows order by record_id")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def column(
    con: duckdb.DuckDBPyConnection, name: str, values: Sequence[str | None], into: str = ""
) -> list[Any]:
    return [row[into or name] for row in described(con, [{name: value} for value in values])]


def usable(
    con: duckdb.DuckDBPyConnection, rows: Sequence[tuple[str, ...]], **options: Any
) -> list[tuple[Any, ...]]:
    """Normalise rows (type, value) or (type, value, source)."""
    con.execute("create or replace table delivered_identifiers (record_id bigint, "
                "identifier_type varchar, identifier_value varchar, source_system varchar)")
    padded = [(number, *row) if len(row) == 3 else (number, *row, "crm")
              for number, row in enumerate(rows)]
    marks = ", ".join(["(?, ?, ?, ?)"] * len(rows))
    con.execute(f"insert into delivered_identifiers values {marks}",
                [value for row in padded for value in row])
    normalise_identifiers(con, source="delivered_identifiers", target="usable_rows", **options)
    return con.execute("from usable_rows order by all").fetchall()


def test_names_have_one_spelling_without_what_is_no_name(con: duckdb.DuckDBPyConnection) -> None:
    cases = [
        # first name, last name as delivered; first name, root, last name, core
        ("Eva", "MÜLLER", "eva", "eva", "mueller", "mueller"),
        ("Eva", "Mu\u0308ller", "eva", "eva", "mueller", "mueller"),
        ("Élodie", "Strauß", "elodie", "elodie", "strauss", "strauss"),
        ("Søren", "Łukasz-Ångström", "soren", "soeren", "lukasz angstroem", "lukasz angstroem"),
        ("Sean", "O'Neill", "sean", "sean", "oneill", "oneill"),
        ("Sean", "O’Neill", "sean", "sean", "oneill", "oneill"),
        ("Shaun", "O Neill", "shaun", "sean", "o neill", "oneill"),
        ("Kate", "Mc Donald", "kate", "katharina", "mc donald", "mcdonald"),
        ("Hans-Peter", "Müller-Lüdenscheidt", "hans peter", "johannes",
         "mueller luedenscheidt", "mueller luedenscheidt"),
        ("Dr. Eva", "Meier", "eva", "eva", "meier", "meier"),
        ("Prof. Dr. med. Dr. h.c. Eva", "Meier", "eva", "eva", "meier", "meier"),
        ("Dipl.-Ing. Max", "Meier", "max", "maximilian", "meier", "meier"),
        ("Dr. rer. nat. Eva", "Meier, MBA", "eva", "eva", "meier", "meier"),
        ("Dr. E.", "Meier", "e", "e", "meier", "meier"),
        ("Mr John", "Smith Jr.", "john", "john", "smith", "smith"),
        ("Mrs. Jane", "Smith PhD", "jane", "jane", "smith", "smith"),
        ("William", "Smith III", "william", "william", "smith", "smith"),
        ("Univ.-Prof. DDr. Eva", "Meier", "eva", "eva", "meier", "meier"),
        ("Priv.-Doz. Dr. Eva", "Meier", "eva", "eva", "meier", "meier"),
        ("Lady", "Herr", "lady", "lady", "herr", "herr"),
        ("Herr", "Meier", None, None, "meier", "meier"),
        ("Frau Dr.", "Meier", None, None, "meier", "meier"),
        ("Fam.", "Meier", None, None, "meier", "meier"),
        ("Dr. Phil", "Collins", "phil", "philipp", "collins", "collins"),
        ("Medina", "Drexler", "medina", "medina", "drexler", "drexler"),
        ("Eva", "Müller geb. Schmidt", "eva", "eva", "mueller", "mueller"),
        ("Eva", "Meier, geborene Schmidt", "eva", "eva", "meier", "meier"),
        ("Ursula", "von der Leyen", "ursula", "ursula", "von der leyen", "leyen"),
        ("Ursula", "v. d. Leyen", "ursula", "ursula", "v d leyen", "leyen"),
        ("Max", "Graf von Faber", "max", "maximilian", "graf von faber", "faber"),
        ("Steffi", "Graf", "steffi", "stefanie", "graf", "graf"),
        ("Oscar", "de la Renta", "oscar", "oskar", "de la renta", "renta"),
        ("Mai", "Le", "mai", "mai", "le", "le"),
        ("Jan", "van 't Hof", "jan", "jan", "van t hof", "hof"),
        ("Jan", "van't Hof", "jan", "jan", "vant hof", "hof"),
        (None, "Müller, Eva", "eva", "eva", "mueller", "mueller"),
        ("  ", "Müller, Dr. Eva", "eva", "eva", "mueller", "mueller"),
        (None, "Smith, Jr.", None, None, "smith", "smith"),
        (None, "Smith, Ph.D.", None, None, "smith", "smith"),
        (None, "Smith, M.A.", None, None, "smith", "smith"),
        ("M. A.", "Smith, M.A.", "m a", "m", "smith", "smith"),
        ("Eva", "Meier, M.Sc., LL.M.", "eva", "eva", "meier", "meier"),
        ("Eva", "Müller, Anna", "eva", "eva", "mueller anna", "mueller anna"),
        ("Eva", "Gast", "eva", "eva", "gast", "gast"),
        ("Gast", "Gast", None, None, None, None),
        (None, "Guest", None, None, None, None),
        ("unbekannt", "(Unbekannt)", None, None, None, None),
        ("N/A", "-", None, None, None, None),
        ("Frau X", "12", None, None, None, None),
        ("Иван", "Петров", "иван", "иван", "петров", "петров"),
    ]
    found = described(con, [{"first_name": case[0], "last_name": case[1]} for case in cases])
    for case, row in zip(cases, found, strict=True):
        names = (row["first_name"], row["first_root"], row["last_name"], row["last_core"])
        assert names == case[2:], case[:2]


@pytest.mark.parametrize("names", [
    "Hans Johannes Johann Hannes", "Sepp Josef Joseph Joe", "Kathi Katharina Catherine Katherine",
    "Bob Robert Rob Bobby", "Lizzie Elizabeth Elisabeth Betty", "Stefan Stephan", "Sofie Sophie",
    "Philip Phillip Philipp", "Alex Alexander", "Bill William", "Jürgen Juergen Jurgen",
    "Susi Susanne Susan", "Toni Anton Anthony", "Chris Christopher Christoph",
])
def test_nicknames_share_a_root(names: str) -> None:
    roots = {normalisation._nicknames().get(_folded(name), _folded(name))
             for name in names.split()}
    assert len(roots) == 1


def _folded(name: str) -> str:
    return name.lower().replace("ü", "ue")


def test_an_ambiguous_short_form_does_not_make_two_names_one(
    con: duckdb.DuckDBPyConnection
) -> None:
    names = ["Christopher", "Christian", "Christina", "Maria", "Mary", "Alexander", "Alexandra"]
    roots = column(con, "first_name", names, "first_root")
    assert len(set(roots)) == len(names)


def test_lexica_are_equivalence_classes_of_folded_words() -> None:
    rows = normalisation._read_rows("nicknames.tsv")
    variants = [variant for _, variant_list, _ in rows for variant in variant_list.split()]
    assert len(variants) == len(set(variants))
    assert not set(variants) & {root for root, _, _ in rows}
    count = {language: sum(len(row[1].split()) for row in rows if row[2] == language)
             for language in ("de", "en")}
    assert count["de"] >= 150
    assert count["en"] >= 250
    words = [form for name in ("name_words.tsv", "address_words.tsv")
             for _, form, _ in normalisation._read_rows(name)]
    # They become parts of regular expressions and of SQL.
    assert [word for word in (*variants, *words) if not re.fullmatch(r"[a-z0-9 ]+", word)] == []


def test_koelner_phonetik_gives_the_published_codes(con: duckdb.DuckDBPyConnection) -> None:
    published = {"Müller-Lüdenscheidt": "65752682", "Wikipedia": "3412", "Breschnew": "17863",
                 "Heinz": "068", "Classen": "4586"}
    assert column(con, "last_name", list(published), "last_code") == list(published.values())


def test_names_that_sound_alike_share_a_code(con: duckdb.DuckDBPyConnection) -> None:
    groups = ["Meier Mayer Maier Meyer", "Schmidt Schmitt Schmid", "Müller Mueller Muller",
              "Philipp Filip", "Klein Cline", "Becker Bäcker Pecker", "Xander Ksander",
              "Maxwell Macxwell", "Tsarin Zarin"]
    words = [(group, word) for group in groups for word in group.split()]
    codes = column(con, "last_name", [word for _, word in words], "last_code")
    by_group = {group: {code for (found, _), code in zip(words, codes, strict=True)
                        if found == group} for group in groups}
    assert [group for group, found in by_group.items() if len(found) > 1] == []
    assert len(set(codes)) == len(groups)


def test_company_names_lose_their_legal_form(con: duckdb.DuckDBPyConnection) -> None:
    cases = {
        "Müller & Söhne GmbH & Co. KG": "mueller und soehne",
        "Mueller und Soehne": "mueller und soehne",
        "Fa. Müller u. Söhne": "mueller und soehne",
        "Smith and Sons, Ltd.": "smith und sons",
        "Müller + Söhne OHG": "mueller und soehne",
        "Beta UG (haftungsbeschränkt)": "beta",
        "Beta GmbH Niederlassung Köln": "beta niederlassung koeln",
        "Café Meier e.K.": "cafe meier",
        "Sport 1860 e. V.": "sport 1860",
        "Anwälte PartG mbB": "anwaelte",
        "Müller Ges.m.b.H.": "mueller",
        "Beta GmbH i. L.": "beta",
        "ACME, Inc.": "acme",
        "Acme Corporation": "acme",
        "Acme PLC": "acme",
        "Acme LLC": "acme",
        "Foo S.A.R.L.": "foo",
        "Foo B.V.": "foo",
        "Foo ApS": "foo",
        "Foo SE & Co. KGaA": "foo",
        "Ferrari SpA": "ferrari",
        "Ferrari S.p.A.": "ferrari",
        "Thermal Spa": "thermal spa",
        "McDonald's": "mcdonalds",
        "AG": "ag",
        "GmbH & Co. KG": "gmbh und co kg",
        "unbekannt": None,
        "k.A.": None,
        "privat": None,
    }
    assert dict(zip(cases, column(con, "company_name", list(cases)), strict=True)) == cases


def test_streets_are_split_into_name_and_number(con: duckdb.DuckDBPyConnection) -> None:
    cases: dict[str | None, tuple[str | None, str | None]] = {
        "Hauptstraße 12 a": ("hauptstr", "12a"),
        "HAUPTSTRASSE 12A": ("hauptstr", "12a"),
        "Hauptstr. 12a": ("hauptstr", "12a"),
        "Hauptstr.12a": ("hauptstr", "12a"),
        "Haupt Str Nr. 12/a": ("hauptstr", "12a"),
        "Hauptstr. 12-14": ("hauptstr", "12"),
        "Hauptstr. 12 a-c": ("hauptstr", "12a"),
        "Hauptstr. 12 – 14 b": ("hauptstr", "12"),
        "Mariahilfer Str. 12/3/7": ("mariahilferstr", "12"),
        "Hauptstr. 12, Hinterhaus": ("hauptstr", "12"),
        "Hauptstr. 12, 2. OG links": ("hauptstr", "12"),
        "Hauptstr. 12 Whg. 4": ("hauptstr", "12"),
        "Hauptstraße": ("hauptstr", None),
        "Straße des 17. Juni 135": ("str des 17 juni", "135"),
        "St.-Anna-Platz 5": ("st annapl", "5"),
        "Sankt Anna Pl. 5": ("st annapl", "5"),
        "Birken Weg 7": ("birkenweg", "7"),
        "Am Markt 1": ("am markt", "1"),
        "C 4, 12": ("c4", "12"),
        "C4 12": ("c4", "12"),
        "12 Main Street": ("mainstr", "12"),
        "12a Main St": ("mainstr", "12a"),
        "12 a Main St.": ("mainstr", "12a"),
        "12-14 Main St": ("mainstr", "12"),
        "Main St 12": ("mainstr", "12"),
        "3/12 Main St": ("mainstr", "12"),
        "Flat 3, 12 Main Street": ("mainstr", "12"),
        "12 Main Street Apt 4": ("mainstr", "12"),
        "#12 Main Street": ("mainstr", "12"),
        "12 5th Avenue": ("5th ave", "12"),
        "5th Ave": ("5th ave", None),
        "6 O'Connor Circuit": ("oconnor cct", "6"),
        "6 Oconnor Cct": ("oconnor cct", "6"),
        "1 Penny Lane": ("penny ln", "1"),
        "1 Kings Road": ("kings rd", "1"),
        "1 Kings Court": ("kings ct", "1"),
        "1 Kings Place": ("kingspl", "1"),
        "1 Kings Drive": ("kings dr", "1"),
        "1 Kings Crescent": ("kings cres", "1"),
        "1 Kings Close": ("kings cl", "1"),
        "12": (None, "12"),
        "12 e": (None, "12e"),
        "unbekannt": (None, None),
        "n/a": (None, None),
        "0": (None, None),
        None: (None, None),
    }
    rows = described(con, [{"street": street} for street in cases])
    found = [(row["street_name"], row["house_number"]) for row in rows]
    assert dict(zip(cases, found, strict=True)) == cases


def test_postal_codes_and_countries(con: duckdb.DuckDBPyConnection) -> None:
    cases = [
        ("10115", None, "10115", None), (" D-10115 ", "DE", "10115", "de"),
        ("D 10115", "Germany", "10115", "de"), ("A-1010", "Österreich", "1010", "at"),
        ("CH-8001", "Switzerland", "8001", "ch"), ("sw1a 1aa", "UK", "sw1a1aa", "gb"),
        ("12345-6789", "USA", "12345", "us"), ("1067", "DE", "01067", "de"),
        ("1067.0", "Deutschland", "01067", "de"), ("1010", "AT", "1010", "at"),
        ("1010", None, "1010", None), ("00000", "DE", None, "de"), ("D-99999", "DE", None, "de"),
        ("n/a", "unbekannt", None, None), (None, "NA", None, "na"), ("", "Narnia", None, "narnia"),
    ]
    rows = described(con, [{"postal_code": case[0], "country": case[1]} for case in cases])
    assert [(row["postal_code"], row["country"]) for row in rows] == [case[2:] for case in cases]


def test_cities_lose_their_district_and_keep_their_river(con: duckdb.DuckDBPyConnection) -> None:
    cases = {
        "KÖLN": "koeln", "Koeln": "koeln", "Köln (Ehrenfeld)": "koeln", "Berlin, Mitte": "berlin",
        "10115 Berlin": "berlin", "Wien 1010": "wien",
        "Frankfurt a.M.": "frankfurt main", "Frankfurt am Main": "frankfurt main",
        "Frankfurt/Main": "frankfurt main", "Frankfurt (Main)": "frankfurt main",
        "Frankfurt/M.": "frankfurt main", "Frankfurt (Oder)": "frankfurt oder",
        "Frankfurt an der Oder": "frankfurt oder", "Halle (Saale)": "halle saale",
        "Mülheim a.d. Ruhr": "muelheim ruhr", "Frankfurt": "frankfurt",
        "St. Gallen": "st gallen", "Sankt Gallen": "st gallen", "Saint James": "st james",
        "Baden-Baden": "baden baden", "King's Lynn": "kings lynn",
        "unbekannt": None, "?": None, "12345": None,
    }
    assert dict(zip(cases, column(con, "city", list(cases)), strict=True)) == cases


def test_gender_is_as_recorded_else_by_the_form_of_address(
    con: duckdb.DuckDBPyConnection
) -> None:
    cases = [
        ("m", None, "male"), ("Male", None, "male"), ("männlich", None, "male"),
        ("w", None, "female"), ("F", None, "female"), ("weiblich", None, "female"),
        ("divers", None, "diverse"), ("Agender", None, "agender"),
        ("", "Herr Dr.", "male"), ("unbekannt", "Frau Prof.", "female"), (None, "Mrs.", "female"),
        (None, "Mr", "male"), (None, "Dr.", None), ("f", "Herr", "female"), ("9", None, None),
    ]
    rows = described(con, [{"gender": case[0], "title": case[1]} for case in cases])
    assert [row["gender"] for row in rows] == [case[2] for case in cases]


def test_zeros_of_calendars_are_no_birth_dates(con: duckdb.DuckDBPyConnection) -> None:
    cases = {
        date(1980, 5, 1): "1980-05-01", date(1970, 1, 1): "1970-01-01",
        date(1642, 12, 25): "1642-12-25", date(1900, 1, 1): None, date(1899, 12, 30): None,
        date(1, 1, 1): None, date(9999, 12, 31): None, None: None,
    }
    rows = described(con, [{"birth_date": day} for day in cases])
    assert [row["birth_text"] for row in rows] == list(cases.values())
    assert [row["birth_date"] for row in rows] == [
        day if text else None for day, text in cases.items()
    ]


def test_a_household_is_a_last_name_at_an_address(con: duckdb.DuckDBPyConnection) -> None:
    home = {"first_name": "Eva", "last_name": "von Muster", "street": "Hauptstraße 5 a",
            "postal_code": "10115", "city": "Berlin"}
    same = [home, {**home, "first_name": None}, {**home, "last_name": "Muster"},
            {**home, "street": "Haupt Str. 5a", "city": None}]
    others = [{**home, "last_name": "Meier"}, {**home, "street": "Hauptstr. 5"},
              {**home, "street": "Nebenstr. 5a"}, {**home, "postal_code": "10117"},
              {**home, "postal_code": None}]
    none = [{**home, "street": "Hauptstr."}, {**home, "street": "5a"}, {**home, "last_name": None},
            {**home, "postal_code": None, "city": None}, {**home, "company_name": "Muster GmbH"},
            {**home, "customer_type": "business"}]
    keys = [row["household_key"] for row in described(con, [*same, *others, *none])]
    assert set(keys[:len(same)]) == {keys[0]}
    assert keys[0] is not None
    assert len(set(keys[:-len(none)])) == 1 + len(others)
    assert keys[-len(none):] == [None] * len(none)
    by_city = keys[len(same) + len(others) - 1]
    assert by_city == con.execute(
        "select md5('household|muster|berlin|hauptstr|5a')").fetchall()[0][0]


@pytest.mark.parametrize("value", [None, "", "  ", "unbekannt", "N/A", "-", "?", "Keine Angabe"])
def test_unknown_is_null_in_every_column(con: duckdb.DuckDBPyConnection, value: str) -> None:
    texts = [name for name, kind in DELIVERED.items()
             if kind == "varchar" and name != "customer_type"]
    (row,) = described(con, [dict.fromkeys(texts, value)])
    assert list(row) == NORMALISED
    assert set(row.values()) == {0, None}


def test_what_is_blocked_is_declared(con: duckdb.DuckDBPyConnection) -> None:
    (row,) = described(
        con, [{"first_name": "Eva", "last_name": "D'Kasse", "city": "Berlin"}],
        blocked={"any": ("eva",), "name": ("d'kass*",)},
    )
    assert (row["first_name"], row["last_name"], row["city"]) == (None, None, "berlin")


def test_no_rows_give_a_typed_table(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create table nobody ({', '.join(f'{n} {k}' for n, k in DELIVERED.items())})")
    normalise_attributes(con, source="nobody", target="normalised_rows")
    types = {name: kind for name, kind, *_ in con.execute("describe normalised_rows").fetchall()}
    assert list(types) == NORMALISED
    assert {name: kind for name, kind in types.items() if kind != "VARCHAR"} == {
        "record_id": "BIGINT", "birth_date": "DATE"}


def people(seed: int, count: int) -> list[dict[str, Any]]:
    """Plausible and odd people, with much that the rules take away."""
    draw = random.Random(seed)

    def some(*choices: str) -> str:
        return draw.choice(choices)

    def person() -> dict[str, Any]:
        street = some("Hauptstraße", "Haupt Str.", "Am Alten Markt", "St.-Anna-Platz", "C 4,",
                      "Straße des 17. Juni", "Königsallee", "Birken Weg", "Rue Élysée", "Ж-Straße")
        number = some("", "5", "12 a", "12-14", "Nr. 7", "3/4", "12a, 2. OG", "9 Whg 4")
        english = some("3/12 Main St", "12 5th Avenue", "Flat 2, 7b Kings Road", "1 O'Hara Drive")
        return {
            "title": some("", "Herr", "Frau Dr."),
            "first_name": some("", "Dr. ", "Prof. Dr. med. ", "Mr ") + some(
                "Eva", "Hans-Peter", "ZOË", "Jörg", "Kathi", "François", "unbekannt", "Иван", ""),
            "last_name": some("", "von ", "Graf von ", "van der ", "O'", "Mc ", "Dr. ") + some(
                "Müller", "Groß-Gerau", "Šimić", "Nuñez", "Meier, Eva", "Gast", "Graf", "Jun", "-")
                + some("", " jun.", " geb. Öz", ", MBA", " III"),
            "company_name": some("", "Fa. ") + some("Müller", "Öl & Gas", "U-Boot", "AG")
                + some("", " GmbH", " GmbH & Co. KG", " e.K.", ", Inc.", " und Söhne"),
            "gender": some("m", "Weiblich", "x", "divers", ""),
            "street": some(f"{street} {number}", english, "unbekannt", ""),
            "postal_code": some("D-10115", "1067", "sw1a 1aa", "A 1010", "12345-6789", "00000"),
            "city": some("Frankfurt a.M.", "Halle (Saale)", "Köln, Süd", "Sankt Gallen", "Ulm (M)"),
            "country": some("DE", "Österreich", "UK", "unbekannt", ""),
        }

    return [person() for _ in range(count)]


def test_a_normalised_value_stays_as_it_is(con: duckdb.DuckDBPyConnection) -> None:
    once = described(con, people(seed=1, count=600))
    again = described(con, [
        {**row, "street": " ".join(filter(None, (row["street_name"], row["house_number"])))}
        for row in once
    ])
    assert again == once


def test_spelling_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    transcribed = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
                                 "ß": "ss"})
    spellings: list[Callable[[str], str]] = [
        str, str.upper, str.lower,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.translate(transcribed),
        lambda text: f" {text.replace(' ', '  ').replace('-', ' - ')} ",
    ]
    # The hyphen of a range or of a postal code means something.
    names = ("title", "first_name", "last_name", "gender", "city", "country", "company_name")
    delivered = people(seed=2, count=100)
    found = described(con, [
        {name: respell(person[name]) for name in names}
        for person in delivered for respell in spellings
    ])
    for row in found:
        as_delivered = found[row["record_id"] // len(spellings) * len(spellings)]
        assert {**row, "record_id": 0} == {**as_delivered, "record_id": 0}


IDENTIFIER_CASES = [
    ("email", "  Eva.Muster@Mail.DE ", "eva.muster@mail.de"),
    ("email", "eva+shop@mail.de", "eva@mail.de"),
    ("email", "eva@", None),
    ("email", "eva@mail", None),
    ("email", "eva@.de", None),
    ("email", "+shop@mail.de", None),
    ("email", "eva mail@mail.de", None),
    ("email", "eva\u00a0mail@mail.de", None),
    ("email", "eva@x@mail.de", None),
    ("email", "eva@mail.de, max@mail.de", None),
    ("email", "Test@Test.de", None),
    ("email", "unknown", None),
    ("email", "no-reply@shop.de", None),
    ("email", "E.v.a+shop@GoogleMail.com", "eva@gmail.com"),
    ("email", "e.va@gmail.com", "eva@gmail.com"),
    ("email", "...@gmail.com", None),
    ("email", "e.v.a@outlook.com", "e.v.a@outlook.com"),
    ("phone", "030 / 123 45 67", "+49301234567"),
    ("phone", "+49 (0)30 1234567", "+49301234567"),
    ("phone", "0049 30 1234567", "+49301234567"),
    ("phone", "(030) 123-45.67", "+49301234567"),
    ("phone", "\t030\u00a01234567\n", "+49301234567"),
    ("phone", "30 1234567", "+49301234567"),
    ("phone", "Tel. 030 1234567 privat", "+49301234567"),
    ("phone", "0151 23456789", "+4915123456789"),
    ("phone", "4915123456789", "+4915123456789"),
    ("phone", "4931123456", "+494931123456"),  # a number in Norden without its 0
    ("phone", "0151 1", None),
    ("phone", "+43 1 5880 4390", "+43158804390"),
    ("phone", "000000", None),
    ("phone", "0123456789", None),
    ("phone", "keine", None),
    ("phone", "?!", None),
    ("customer_number", " 00a17 ", "00A17"),
    ("customer_number", "0000", None),
    ("customer_number", "N/A", None),
    ("customer_number", "7", "7"),
    ("customer_number", "?", None),
    ("loyalty_id", "0042", "0042"),
    ("loyalty_id", "", None),
]


def test_one_spelling_per_identifier(con: duckdb.DuckDBPyConnection) -> None:
    found = {number: value for number, _, value, _ in
             usable(con, [(name, value) for name, value, _ in IDENTIFIER_CASES])}
    for number, (name, delivered, expected) in enumerate(IDENTIFIER_CASES):
        assert found.get(number) == expected, (name, delivered)


def test_a_normalised_identifier_stays_as_it_is(con: duckdb.DuckDBPyConnection) -> None:
    once = [(name, value) for name, _, value in IDENTIFIER_CASES if value]
    assert [row[1:3] for row in usable(con, once)] == once


def test_a_customer_number_counts_within_its_source(con: duckdb.DuckDBPyConnection) -> None:
    rows = [("customer_number", "17", "crm"), ("customer_number", "17", "erp"),
            ("email", "eva@mail.de", "crm"), ("phone", "030 1234567", "erp")]
    assert [(row[1], row[3]) for row in usable(con, rows)] == [
        ("customer_number", "crm"), ("customer_number", "erp"), ("email", ""), ("phone", "")]


def test_a_value_in_two_spellings_is_one_row(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""create table twice as from (values
        (7, 'email', 'Eva@mail.de', 'crm'), (7, 'email', 'eva+1@mail.de', 'shop'),
        (7, 'phone', '030 1234567', 'crm'), (7, 'phone', '+49 30 1234567 privat', 'crm'),
        (7, 'phone', null, 'crm')
    ) as rows (record_id, identifier_type, identifier_value, source_system)""")
    normalise_identifiers(con, source="twice", target="once")
    assert con.execute("from once order by all").fetchall() == [
        (7, "email", "eva@mail.de", ""), (7, "phone", "+49301234567", "")]


def test_a_number_without_country_code_is_of_the_default_country(
    con: duckdb.DuckDBPyConnection
) -> None:
    rows = [("phone", "01 58804390")]
    assert usable(con, rows, default_country="AT")[0][2] == "+43158804390"
    assert usable(con, rows, default_country="XX") == []


def test_blocked_values_are_declared_with_wildcards(con: duckdb.DuckDBPyConnection) -> None:
    rows = [("email", "Kasse7@shop.de"), ("email", "eva@mail.de"), ("email", "o'hara@mail.de")]
    blocked = {"email": ("kasse*@shop.de", "o'hara@*")}
    assert [row[2] for row in usable(con, rows, blocked=blocked)] == ["eva@mail.de"]


def test_a_blocked_value_is_blocked_in_any_notation(con: duckdb.DuckDBPyConnection) -> None:
    rows = [("email", "Kasse+7@shop.de"), ("phone", "0800-1234567"), ("phone", "+49 800 123 45 67"),
            ("phone", "0800 1234567 (Hotline)"), ("phone", "0800 1234568")]
    blocked = {"any": ("kasse@shop.de", "0800 1234567")}
    assert [row[2] for row in usable(con, rows, blocked=blocked)] == ["+498001234568"]


def test_an_unknown_type_is_named(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="unknown identifier_type iban"):
        usable(con, [("iban", "DE1")])


def test_every_identifier_type_is_read(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(name, "eva@mail.de" if name == "email" else "030 1234567")
            for name in IDENTIFIER_TYPES]
    assert sorted(row[1] for row in usable(con, rows)) == sorted(IDENTIFIER_TYPES)


def phone_spellings(country: str, seed: int, count: int) -> list[str]:
    """Numbers of a country, near it and far from it, in clean and odd notation."""
    draw = random.Random(f"{country}{seed}")
    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    assert plan is not None
    code = str(plan.country_code)
    examples = [kind.example_number for name in normalisation._PHONE_TYPES
                if (kind := getattr(plan, name)) and kind.example_number]
    prefixes = ["", "0", f"+{code}", f"+{code}0", f"+{code}(0)", f"00{code}", f"00{code}0", "(0",
                f"(+{code})", code, f"0{code}", "+", "00", "000", f"+00{code}", "1", "0(0)", "++"]
    spellings = []
    for _ in range(count):
        digits = list(draw.choice(examples))
        for _ in range(draw.choice([0, 0, 1, 5])):
            digits[draw.randrange(len(digits))] = draw.choice("0123456789")
        digits = digits[:draw.choice([None, None, -1, 4])] + ["7"] * draw.choice([0, 0, 0, 1, 4])
        odd = ["x", "#", ",", "*", "–", " ext "] if draw.random() < 0.1 else []
        spellings.append("".join(
            sign + draw.choice([*[""] * 12, " ", "-", "/", ".", "(", ")", " - ", *odd])
            for sign in (*draw.choice(prefixes), *digits)
        ))
    return spellings


@pytest.mark.parametrize("country", ["DE", "AT", "BY", "GB", "IL", "IT", "US"])
def test_sql_reads_phones_as_the_library_does(
    con: duckdb.DuckDBPyConnection, country: str
) -> None:
    # Of this one the library strips a national prefix although it follows the country code.
    spellings = ["+375 8108155066", *phone_spellings(country, seed=3, count=600)]
    found = {row[0]: row[2] for row in usable(
        con, [("phone", spelling) for spelling in spellings], blocked={}, default_country=country)}
    for number, spelling in enumerate(spellings):
        expected = normalisation._parse_phone(spelling.strip(), country)
        assert found.get(number) == expected, spelling


def test_plain_german_phones_do_not_need_the_library(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(value: str, default_country: str) -> None:
        raise AssertionError(value)

    monkeypatch.setattr(normalisation, "_parse_phone", refuse)
    rows = [("phone", value) for value in (
        "030 1234567", "(0151) 23456789", "+49 (0)89/123-456", "0049.40.1234567", "08001234567")]
    assert len(usable(con, rows, blocked={})) == len(rows)
    with pytest.raises(AssertionError, match="privat"):
        usable(con, [("phone", "030 1234567 privat")], blocked={})


def test_blocked_values_are_lower_case() -> None:
    values = [value for words in BLOCKED_VALUES.values() for value in words]
    assert [value for value in values if value != value.lower()] == []
