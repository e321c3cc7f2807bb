"""What is compared between two records, and what each outcome says before anything is fitted.

Data only; `models_ml/matching.py` fits it, `models_ml/weighing.py` applies it. Conditions are SQL
on normalised columns (`models_ml/normalisation.py`), `_l` and `_r` for the two records of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

DESCRIBED: tuple[str, ...] = (
    "record_id", "first_name", "first_root", "last_name", "last_core", "company_name",
    "birth_text", "gender", "street_name", "house_number", "postal_code", "city", "loyalty_id",
    "email", "email_own", "phone", "first_code", "last_code",
)
"""Columns of a table of described records; texts are normalised, unknown is null.

`email_own` is what stands before the @ where it is more than the person's name.
"""

FREQUENCY_COLUMNS: tuple[str, ...] = (
    "first_name", "last_core", "birth_text", "postal_code", "city", "company_name",
)
"""Columns in which agreeing on a rare value says more than agreeing on a common one."""


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison and how often it is seen, before anything is fitted.

    `condition` is SQL on the columns of a pair (`_l`, `_r`). `same`: probability between two
    records of one person; `strangers`: of two strangers.
    """

    label: str
    condition: str
    same: float
    strangers: float
    frequency_column: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One thing compared; the first level whose condition holds counts. `unknown` is SQL too.

    `relatives`, `colleagues`: share of such pairs that have the thing in common. Their records then
    differ as those of one person do, by slips and moves, and else as those of strangers.
    """

    name: str
    unknown: str
    levels: tuple[Level, ...]
    relatives: float
    colleagues: float


def _either_unknown(column: str) -> str:
    return f"{column}_l is null or {column}_r is null"


def edited_sql(column: str, edits: int) -> str:
    """SQL for whether two values are so few edits apart (Damerau and Levenshtein).

    Cheap bounds come first, because that distance is dear: the lengths differ by no more, and the
    distance of Levenshtein, which counts a transposition as two, is at most twice as large.
    """
    left, right = f"{column}_l", f"{column}_r"
    return (f"(abs(length({left}) - length({right})) <= {edits} "
            f"and levenshtein({left}, {right}) <= {2 * edits} "
            f"and damerau_levenshtein({left}, {right}) <= {edits})")


def _alike(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= {similarity}"


_SWAPPED = "first_name_l = last_name_r or last_name_l = first_name_r"

COMPARISONS: tuple[Comparison, ...] = (
    Comparison("first_name", _either_unknown("first_name"), (
        Level("equal", "first_name_l = first_name_r", .72, .004, "first_name"),
        Level("same root", "first_root_l = first_root_r", .08, .001),
        Level("typing error", f"{_alike('first_name', .9)} or {_alike('first_root', .9)}",
              .08, .003),
        Level("swapped with last name", _SWAPPED, .02, .0005),
        Level("initial", "(length(first_name_l) = 1 or length(first_name_r) = 1) "
              "and left(first_name_l, 1) = left(first_name_r, 1)", .03, .002),
        Level("similar", _alike("first_name", .75), .02, .015),
        Level("different", "else", .05, .9745),
    ), relatives=.04, colleagues=.01),
    Comparison("last_name", _either_unknown("last_core"), (
        Level("equal", "last_core_l = last_core_r", .8, .002, "last_core"),
        Level("part of a double name", "contains(' ' || last_name_l || ' ', ' ' || last_name_r "
              "|| ' ') or contains(' ' || last_name_r || ' ', ' ' || last_name_l || ' ')",
              .03, .0003),
        Level("typing error", _alike("last_core", .9), .08, .0015),
        Level("swapped with first name", _SWAPPED, .02, .0005),
        Level("similar", _alike("last_core", .75), .03, .01),
        Level("different", "else", .04, .9857),
    ), relatives=.88, colleagues=.01),
    Comparison("birth_date", _either_unknown("birth_text"), (
        Level("equal", "birth_text_l = birth_text_r", .85, .00005, "birth_text"),
        Level("day and month swapped", "left(birth_text_l, 4) = left(birth_text_r, 4) "
              "and substr(birth_text_l, 6, 2) = substr(birth_text_r, 9, 2) "
              "and substr(birth_text_l, 9, 2) = substr(birth_text_r, 6, 2)",
              .01, .00001),
        Level("one digit", edited_sql("birth_text", 1),
              .06, .001),
        Level("two of day, month, year", "left(birth_text_l, 7) = left(birth_text_r, 7) "
              "or substr(birth_text_l, 6) = substr(birth_text_r, 6) "
              "or (left(birth_text_l, 4) = left(birth_text_r, 4) "
              "and substr(birth_text_l, 9) = substr(birth_text_r, 9))", .03, .003),
        Level("year", "left(birth_text_l, 4) = left(birth_text_r, 4)", .02, .009),
        Level("different", "else", .03, .98694),
    ), relatives=.02, colleagues=0.0),
    Comparison("address", f"({_either_unknown('street_name')}) "
               f"and ({_either_unknown('postal_code')})", (
        Level("street and house", "street_name_l = street_name_r "
              "and house_number_l = house_number_r", .55, .00002),
        Level("street with a typing error", f"{_alike('street_name', .9)} "
              "and (house_number_l is null or house_number_r is null "
              "or contains(house_number_l, house_number_r) "
              "or contains(house_number_r, house_number_l))", .12, .0001),
        Level("street, or house and postal code", "street_name_l = street_name_r "
              "or (house_number_l = house_number_r and postal_code_l = postal_code_r)",
              .05, .0005),
        Level("postal code", "postal_code_l = postal_code_r", .1, .001, "postal_code"),
        Level("postal area", "length(postal_code_l) > 3 and length(postal_code_l) = "
              "length(postal_code_r) and left(postal_code_l, length(postal_code_l) - 3) = "
              "left(postal_code_r, length(postal_code_r) - 3)", .06, .02),
        Level("postal code with a typing error",
              edited_sql("postal_code", 1), .03, .002),
        Level("different", "else", .09, .97638),
    ), relatives=.85, colleagues=.65),
    Comparison("city", _either_unknown("city"), (
        Level("equal", "city_l = city_r", .8, .02, "city"),
        Level("typing error", _alike("city", .88), .08, .003),
        Level("different", "else", .12, .977),
    ), relatives=.9, colleagues=.7),
    # Namesakes have addresses alike, so a slip cannot be told from another name-made address.
    Comparison("email", f"{_either_unknown('email')} or (email_l <> email_r "
               "and (email_own_l is null or email_own_r is null) "
               f"and {edited_sql('email', 2)})", (
        Level("equal", "email_l = email_r", .7, .000001),
        Level("equal before the @",
              "email_own_l = email_own_r", .04, .00005),
        Level("typing error", "email_own_l is not null and email_own_r is not null "
              f"and {edited_sql('email', 2)}", .05, .0001),
        Level("different", "else", .21, .999849),
    ), relatives=.15, colleagues=.1),
    Comparison("phone", _either_unknown("phone"), (
        Level("equal", "phone_l = phone_r", .75, .000001),
        Level("one digit", edited_sql("phone", 1), .05, .00001),
        Level("different", "else", .2, .999989),
    ), relatives=.5, colleagues=.4),
    # An equal first name has said it already.
    Comparison("gender", f"{_either_unknown('gender')} or first_root_l = first_root_r", (
        Level("equal", "gender_l = gender_r", .97, .5),
        Level("different", "else", .03, .5),
    ), relatives=0.0, colleagues=0.0),
    Comparison("company", _either_unknown("company_name"), (
        Level("equal", "company_name_l = company_name_r", .85, .0005, "company_name"),
        Level("typing error", _alike("company_name", .92), .07, .0005),
        Level("different", "else", .08, .999),
    ), relatives=.3, colleagues=.95),
)
