"""One spelling for names, addresses and identifiers, as SQL on the DuckDB of the caller.

Which records match does not belong here. The words that the rules know are in `lexica/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import duckdb

IDENTIFIER_TYPES = ("customer_number", "loyalty_id", "email", "phone")

BLOCKED_VALUES: Mapping[str, tuple[str, ...]] = {
    "any": (
        "", "-", ".", "?", "x", "xx", "xxx", "n/a", "n.a.", "na", "none", "null", "nan", "nil",
        "unknown", "unbekannt", "anonymous", "anonym", "guest", "gast", "test", "dummy",
        "k.a.", "keine", "keine angabe", "entfällt", "not available", "not applicable",
        *("0" * digits for digits in range(1, 16)),
        *("9" * digits for digits in range(6, 16)),
    ),
    "email": (
        "test@*", "*@test.*", "*@example.com", "*@example.org", "*@example.net", "*@*.invalid",
        "noreply@*", "no-reply@*", "donotreply@*", "unknown@*", "unbekannt@*", "dummy@*",
        "none@*", "keine@*", "*@keine.*", "a@a.*", "x@x.*",
    ),
    "phone": ("0123456789", "012345678", "01234567", "123456789", "1234567", "123456"),
    "name": (
        "vorname", "nachname", "name", "first name", "last name", "firstname", "lastname",
        "laufkunde", "laufkundschaft", "barverkauf", "barkunde", "kein name", "no name",
    ),
    "first_name": (
        "herr", "herrn", "hr", "frau", "fr", "herr dr", "frau dr", "herr prof dr", "frau prof dr",
        "herr und frau", "mr", "mrs", "ms", "mr and mrs", "dr", "prof", "prof dr",
        "familie", "fam", "eheleute", "ehepaar", "family", "firma",
    ),
    "company_name": ("privat", "private", "privatperson", "privatkunde", "privatkundin"),
    "gender": ("9", "u", "not known", "not specified", "undisclosed"),
    "postal_code": ("99999",),
    "birth_date": ("0001-*", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "9999-*",
                   "infinity", "-infinity"),
}
"""Values that stand for "we do not know": identifier type or attribute, or `any` -> lower-case
values as delivered, where `*` stands for any text. The birth dates are the zero and the end of the
calendars of Excel, Access, SQL Server and Oracle; 1970-01-01, the zero of Unix, is the birthday of
too many people."""

SOURCE_SCOPED = frozenset({"customer_number"})
"""Identifiers that mean something only within one source system."""

_LEXICA = Path(__file__).parent / "lexica"
_SURNAMES_TOO = ("gast", "guest")
_SPACES = " \t\n\r\v\f\u00a0\u2007\u202f\ufeff"
_DOTLESS = ("gmail.com", "googlemail.com")
# Behind a comma "M. A." is a degree, elsewhere it may be somebody's initials.
_DEGREES = (r"\b(?:ph\. ?d|ll\. ?[bm]|[bm]\. ?(?:sc|eng)|d\. ?phil)\b"
            r"|, ?(?:[bm]\. ?a|m\. ?d|m\. ?b\. ?a)\b")
_NUMBER_BEFORE_LETTERS = re.compile(r"[+(]*\d[\d\W]*")
_PHONE_TYPES = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost",
                "personal_number", "voip", "pager", "uan", "voicemail")


def normalise_attributes(
    con: duckdb.DuckDBPyConnection,
    *,
    source: str,
    target: str,
    blocked: Mapping[str, tuple[str, ...]] = BLOCKED_VALUES,
) -> None:
    """Write `target`: what describes a person or company, in one spelling; unknown is NULL.

    Grain: one row per row of `source`, under the same record_id. Each distinct name, city and
    company is worked on once, so the cost grows with the distinct. A value that is normalised
    already stays as it is. Text is lower case with ae, oe, ue, ss and without accents; anything
    but letters and digits is a blank, apostrophes are nothing.

    Columns of `target`:
        first_name, last_name: without titles, generation and maiden name. "Müller, Eva" in the
            last name is split where there is no first name. Gast and Guest are surnames next to
            a first name, and unknown without one.
        first_root: first token of the first name by `lexica/nicknames.tsv`, else the token.
        last_core: last name without particles and leading titles of nobility.
        company_name: without legal form; & and + are "und".
        birth_date, birth_text: DATE and yyyy-mm-dd.
        gender: male, female, diverse or the folded value; where it is empty, by the title.
        street_name: Straße, Str., Street and St at its end are "str", joined to the word before.
        house_number: number with letter ("12a") of the first house, behind the name or before it.
        postal_code: without blanks and country; a German one of four digits gets its zero back.
        city: without district; "Frankfurt a.M." is "frankfurt main".
        country: two lower-case letters where the country is known, else folded.
        first_code, last_code: Kölner Phonetik of first_root and last_core (Postel 1969, Die Kölner
            Phonetik, IBM-Nachrichten 19), for blocking.
        household_key: md5 of last_core, postal code (else city), street and house number, where
            all four are known and the record is no company.

    Args:
        con: DuckDB connection that may create tables.
        source: relation with record_id (BIGINT, unique), customer_type, title, first_name,
            last_name, company_name, birth_date (DATE), gender, street (with house number),
            postal_code, city, country.
        target: table to create or replace.
        blocked: values to drop; shape of `BLOCKED_VALUES`.

    Raises:
        duckdb.Error: `source` lacks a column.
    """
    con.execute(f"create or replace table {target} as {_attributes_sql(source, blocked)}")


def normalise_identifiers(
    con: duckdb.DuckDBPyConnection,
    *,
    source: str,
    target: str,
    blocked: Mapping[str, tuple[str, ...]] = BLOCKED_VALUES,
    default_country: str = "DE",
) -> None:
    """Write `target`: identifiers in one spelling, without those that identify nobody.

    Grain: one row per record_id, identifier_type, identifier_value and scope, which is the source
    system for `SOURCE_SCOPED` types and else ''. E-mail: lower case, without the `+tag`, one `@`
    and a domain with a dot; googlemail.com is gmail.com, where dots before the @ mean nothing.
    Phone: E.164, valid by the numbering plan (Google's libphonenumber, package `phonenumbers`).
    Customer number and loyalty id: upper case, leading zeros kept.

    A phone of the default country in plain notation is checked in SQL, by the patterns of the
    same library; any other goes through the library, once per distinct value (about 50 µs).

    Args:
        con: DuckDB connection that may create tables.
        source: relation with record_id (BIGINT), identifier_type, identifier_value, source_system.
        target: table to create or replace.
        blocked: values to drop, compared trimmed and in lower case, of e-mails and telephones the
            normalised value too; shape of `BLOCKED_VALUES`.
        default_country: ISO 3166 code of numbers written without a country code.

    Raises:
        ValueError: an identifier type is not in `IDENTIFIER_TYPES`.
        duckdb.Error: `source` lacks a column.
    """
    delivered_types = con.execute(
        f"select distinct identifier_type from {source} where identifier_value is not null"
    ).fetchall()
    unknown = {str(name) for (name,) in delivered_types} - set(IDENTIFIER_TYPES)
    if unknown:
        raise ValueError(f"identifiers: unknown identifier_type {', '.join(sorted(unknown))}")

    con.execute(
        "create or replace temp table identifiers_staged as "
        + _identifiers_sql(source, blocked, default_country)
    )
    unread = [value for (value,) in con.execute(
        "select distinct unread from identifiers_staged where unread is not null"
    ).fetchall()]
    read = [_parse_phone(value, default_country) for value in unread]
    con.register("phones_parsed", pd.DataFrame({"unread": unread, "phone": read}, dtype="str"))
    blocked_phones = {"", *(_parse_phone(value, default_country) or ""
                            for name in ("any", "phone") for value in blocked.get(name, ())
                            if "*" not in value)}
    con.execute(f"""
        create or replace table {target} as
        select distinct
            record_id, identifier_type, coalesce(identifier_value, phone) as identifier_value, scope
        from identifiers_staged
        left join phones_parsed using (unread)
        where case identifier_type
            when 'phone' then coalesce(identifier_value, phone) not in ({_list(blocked_phones)})
            else identifier_value is not null
        end
    """)
    con.unregister("phones_parsed")
    con.execute("drop table identifiers_staged")


def _attributes_sql(source: str, blocked: Mapping[str, tuple[str, ...]]) -> str:
    """Read once, clean the distinct values of each column, and put the rows together again."""
    texts = ("customer_type", "title", "first_name", "last_name", "company_name", "gender",
             "street", "postal_code", "city", "country")
    columns = ", ".join(f"cast({name} as varchar) as {name}" for name in texts)
    forms = _either("title", "academic", "generation")
    suffixes = rf"(?:{_DEGREES}|\b(?:{forms})\b|[\s.,-])+"
    delivered = _derive(
        f"(select record_id, cast(birth_date as date) as birth_date, {columns} from {source})",
        after_comma=r"""case when contains(last_name, ',') and trim(coalesce(first_name, '')) = ''
            then regexp_extract(last_name, '^[^,]*[^,\s][^,]*,\s*(\S.*)$', 1) else '' end""",
        is_reversed=f"""after_comma <> ''
            and not regexp_full_match(lower(', ' || after_comma), '{suffixes}')""",
        given_name="case when is_reversed then after_comma else first_name end",
        family_name="case when is_reversed then split_part(last_name, ',', 1) else last_name end",
    )
    not_a_birthday = _is_blocked("cast(delivered.birth_date as varchar)", blocked, "birth_date")
    return f"""
        with
        delivered as materialized (from {delivered}),
        first_names as ({_first_names_sql(blocked)}),
        last_names as ({_last_names_sql(blocked)}),
        companies as ({_companies_sql(blocked)}),
        numbered_streets as materialized (from {_numbered_streets_sql(blocked)}),
        street_names as ({_street_names_sql(blocked)}),
        streets as (
            select delivered, {_unless_blocked("number", blocked, "house_number")}
                as house_number, street_name
            from numbered_streets
            left join street_names using (street)
        ),
        postal_codes as ({_postal_codes_sql(blocked)}),
        cities as ({_cities_sql(blocked)}),
        countries as ({_countries_sql(blocked)}),
        genders as ({_genders_sql(blocked)}),
        titles as ({_titles_sql(blocked)}),

        described as (
            select
                delivered.record_id,
                first_names.first_name,
                first_names.first_root,
                coalesce(first_names.first_name is null
                    and last_names.last_name in ({_list(_SURNAMES_TOO)}), false) as is_guest,
                last_names.last_name,
                last_names.last_core,
                companies.company_name,
                case when not ({not_a_birthday}) then delivered.birth_date end as birth_date,
                coalesce(genders.gender, titles.gender) as gender,
                streets.street_name,
                streets.house_number,
                case
                    when countries.country = 'de'
                        and regexp_full_match(postal_codes.postal_code, '[0-9]{{4}}')
                        then '0' || postal_codes.postal_code
                    else postal_codes.postal_code
                end as postal_code,
                cities.city,
                countries.country,
                first_names.first_code,
                last_names.last_code,
                coalesce(lower(delivered.customer_type), '') = 'business'
                    or companies.company_name is not null as is_company
            from delivered
            left join first_names on delivered.given_name = first_names.delivered
            left join last_names on delivered.family_name = last_names.delivered
            left join companies on delivered.company_name = companies.delivered
            left join streets on delivered.street = streets.delivered
            left join postal_codes on delivered.postal_code = postal_codes.delivered
            left join cities on delivered.city = cities.delivered
            left join countries on delivered.country = countries.delivered
            left join genders on delivered.gender = genders.delivered
            left join titles on delivered.title = titles.delivered
        )

        select
            record_id, first_name, first_root,
            case when not is_guest then last_name end as last_name,
            case when not is_guest then last_core end as last_core,
            company_name, birth_date, cast(birth_date as varchar) as birth_text, gender,
            street_name, house_number, postal_code, city, country, first_code,
            case when not is_guest then last_code end as last_code,
            case when not (is_company or is_guest) then md5(
                'household|' || last_core || '|' || coalesce(postal_code, city)
                || '|' || street_name || '|' || house_number
            ) end as household_key
        from described
    """


def _first_names_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    rows = ", ".join(f"({_list(pair)})" for pair in _nicknames().items())
    words = {**blocked, "name": (*blocked.get("name", ()), *blocked.get("first_name", ()))}
    return _derive(
        f"""(
            select names.*, coalesce(root, split_part(first_name, ' ', 1)) as first_root
            from {_names("given_name", "first_name", words)} as names
            left join (values {rows}) as nicknames (variant, root)
                on split_part(first_name, ' ', 1) = variant
        )""",
        **_phonetic("first_root", "first_code"),
    )


def _last_names_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    nobility, generation = _either("nobility"), _either("generation")
    end = rf"(?: (?:{generation}))*(?: (?:geb|geborene|nee) .+)?$"
    return _derive(
        _names("family_name", "last_name", _without_values(blocked, _SURNAMES_TOO), end),
        # "v. d. Leyen", and "Mc Donald", "O Neill", "D Arcy" as one word.
        spelled=rf"regexp_replace(last_name, '^(?:(?:{nobility}) )*(?:v (?:d )?)?', '')",
        joined=r"regexp_replace(spelled, '\b(mc|mac|o|d|l) ', '\1', 'g')",
        core=_without("joined", "particle"),
        last_core="coalesce(nullif(core, ''), last_name)",
        **_phonetic("last_core", "last_code"),
    )


def _names(
    column: str, name: str, blocked: Mapping[str, tuple[str, ...]], end: str = "$"
) -> str:
    """Return names without titles and `end`; what is nothing but titles stays ("Lady", "Herr")."""
    title, academic = _either("title"), _either("academic")
    return _derive(
        _distinct(column, blocked, "name"),
        **_letters("delivered"),
        words=_words(f"regexp_replace(letters, '{_DEGREES}', ' ', 'g')"),
        undoctored=rf"regexp_replace(words, '\b(?:{title})(?: (?:{academic}))+\b', ' ', 'g')",
        untitled=_without("undoctored", "title"),
        # "Dr. Phil" is somebody called Phil.
        undressed=_without("words", "title"),
        called="coalesce(nullif(untitled, ''), nullif(undressed, ''), words)",
        known=f"regexp_replace(called, '{end}', '')",
        lettered="case when regexp_matches(known, '[^0-9 ]') then known end",
        **{name: _unless_blocked("lettered", blocked, "name")},
    )


def _companies_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    anywhere = [form for form, place in _words_of("legal_form").items() if place == "anywhere"]
    return _derive(
        _distinct("company_name", blocked, "company_name"),
        # In small letters it is a spa.
        **_letters(r"regexp_replace(delivered, '\bSpA\b', 's p a')"),
        words=_words("regexp_replace(letters, '[&+]', ' und ', 'g')"),
        mapped=_mapped("words", "company_word", anywhere),
        formless=f"regexp_replace(mapped, '(?: (?:{_either('legal_form')}))+$', '')",
        called="case when formless in ('', 'und') then words else formless end",
        company_name=_unless_blocked("called", blocked, "company_name"),
    )


def _numbered_streets_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    """Return distinct streets, split into a folded street and a number."""
    unit, floor, number = _either("unit"), _either("floor"), _either("number")
    room = rf"'^(.*\d.*) (?:{unit}) \d+ ?[a-z]?$|(\d ?[a-z]?)(?: \d+)?(?: (?:{floor}))+$'"
    span = r"'(\d+(?: ?[a-z])?)(?: ?[-/–+&] ?(?:\d+(?: ?[a-z])?|[a-z])\b)+'"
    behind = r"'(?: \d+ ?[a-z]?)+$'"
    ahead = r"'^\d+ ?[a-z]$|^\d+(?:[a-z]| [a-d])?(?: \d+)*(?: |$)'"
    return _derive(
        _distinct("street", blocked, "street"),
        **_letters("delivered"),
        # 3/12 Smith St is flat 3 of 12; 12/3 is door 3 of 12, 12/a is 12a, and 12-14 begins at 12.
        housed=r"regexp_replace(letters, '^\d+[a-z]? ?/ ?(\d+[a-z]?\s+\pL)', '\1')",
        numbered=rf"regexp_replace(housed, '\b(?:{number})[. ]*(\d)', ' \1', 'g')",
        halved=r"regexp_replace(numbered, '(\d) ?[-/–] ?([a-z])\b', '\1\2', 'g')",
        single=rf"regexp_replace(halved, {span}, '\1', 'g')",
        spaced=r"regexp_replace(single, '(\pL)(\d)', '\1 \2', 'g')",
        words=_words("spaced"),
        # "C 4, 12" in Mannheim is number 12 of block C4.
        squared=r"regexp_replace(words, '^(\pL) (\d+) (\d)', '\1\2 \3')",
        entered=rf"regexp_replace(squared, '^(?:{unit}) \d+ ?[a-z]? (.*\d.*)$', '\1')",
        housing=rf"regexp_replace(entered, {room}, '\1\2')",
        # Without groups, because RE2 is many times slower with them.
        behind=f"regexp_extract(housing, {behind})",
        before="left(housing, length(housing) - length(behind))",
        is_behind=r"behind <> '' and regexp_matches(before, '\pL')",
        ahead=f"case when is_behind then '' else regexp_extract(housing, {ahead}) end",
        street="case when is_behind then before else substr(housing, length(ahead) + 1) end",
        digits=r"""regexp_extract(case when is_behind then behind else ahead end,
            '\d+(?: ?[a-z])?')""",
        number="nullif(replace(digits, ' ', ''), '')",
    )


def _street_names_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    column, steps = "street", {}
    for form, short in _words_of("street_end").items():
        steps[f"without_{form}"] = rf"regexp_replace({column}, '(\pL){form}\b', '\1{short}', 'g')"
        column = f"without_{form}"
    return _derive(
        "(select distinct street from numbered_streets)",
        **steps,
        mapped=_mapped(column, "street_word"),
        closed="regexp_replace(mapped, ' st$', ' str')",
        joined=rf"regexp_replace(closed, ' ({_either('street_joined')})$', '\1')",
        lettered="case when regexp_matches(joined, '[^0-9 ]') then joined end",
        street_name=_unless_blocked("lettered", blocked, "street"),
    )


def _postal_codes_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    return _derive(
        _distinct("postal_code", blocked, "postal_code"),
        domestic=r"regexp_replace(lower(delivered), '^[a-z]{1,3}-|\.0$', '', 'g')",
        # The last four digits of an American code are a side of a street.
        short=r"regexp_replace(domestic, '^(\d{5})-\d{4}$', '\1')",
        compact="regexp_replace(short, '[^a-z0-9]', '', 'g')",
        code=r"regexp_replace(compact, '^[a-z]{1,2}(\d{4,5})$', '\1')",
        postal_code=_unless_blocked("code", blocked, "postal_code"),
    )


def _cities_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    river = _either("river")
    return _derive(
        _distinct("city", blocked, "city"),
        **_letters("delivered"),
        rivered=rf"regexp_replace(letters, '[(] ?({river}|m)\.? ?[)]', ' \1 ')",
        central=r"regexp_replace(rivered, '[(][^)]*[)]?|,.*$|\d+', ' ', 'g')",
        words=_mapped(_words("central"), "place_word"),
        main="regexp_replace(words, ' m$', ' main')",
        placed=rf"regexp_replace(main, ' (?:(?:a|am|an|d|dem|der) )*({river})$', ' \1')",
        city=_unless_blocked("placed", blocked, "city"),
    )


def _countries_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    blocked = _without_values(blocked, ("na",))  # Namibia
    return _derive(
        _distinct("country", blocked, "country"),
        **_letters("delivered"),
        folded=_words("letters"),
        code=_case("folded", "country"),
        country=_unless_blocked("code", blocked, "country"),
    )


def _genders_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    return _derive(
        _distinct("gender", blocked, "gender"),
        **_letters("delivered"),
        folded=_words("letters"),
        named=_case("folded", "gender"),
        gender=_unless_blocked("named", blocked, "gender"),
    )


def _titles_sql(blocked: Mapping[str, tuple[str, ...]]) -> str:
    """Return titles and the gender that a form of address among them tells."""
    of_gender = {
        gender: _list(form for form, value in _words_of("title").items() if value == gender)
        for gender in ("male", "female")
    }
    whens = " ".join(
        f"when list_has_any(words, [{forms}]) then '{gender}'"
        for gender, forms in of_gender.items()
    )
    return _derive(
        _distinct("title", blocked, "title"),
        **_letters("delivered"),
        words=f"string_split({_words('letters')}, ' ')",
        gender=f"case {whens} end",
    )


def _phonetic(column: str, name: str) -> dict[str, str]:
    """Return the steps of the Kölner Phonetik; letters that it does not know stand for themselves.

    Letters become digits by their neighbours, equal digits in a row one, and 0, the vowels, is
    kept at the beginning only.
    """
    return {
        "sounds": rf"regexp_replace({column}, '[^\pL]', '', 'g')",
        "x_read": r"replace(regexp_replace(sounds, '([ckq])x', 'k8', 'g'), 'x', '48')",
        "dt_read": r"regexp_replace(replace(x_read, 'ph', 'f'), '[dt]([csz])', '8\1', 'g')",
        "c_begun": r"regexp_replace(regexp_replace(dt_read, '^c([ahkloqru])', 'k\1'), '^c', '8')",
        "c_hissed": r"regexp_replace(c_begun, '([sz])c', '\18', 'g')",
        "c_read": r"replace(regexp_replace(c_hissed, 'c([ahkoqu])', 'k\1', 'g'), 'c', '8')",
        "digits": "translate(c_read, 'aeijouybpdtfvwgkqlmnrszh', '00000001122333444566788')",
        "runs": "regexp_extract_all(digits, '0+|1+|2+|3+|4+|5+|6+|7+|8+|[^0-8]')",
        "code": "array_to_string(list_transform(runs, lambda run: run[1]), '')",
        name: "nullif(code[1] || replace(code[2:], '0', ''), '')",
    }


def _identifiers_sql(
    source: str, blocked: Mapping[str, tuple[str, ...]], default_country: str
) -> str:
    """One SELECT: values that are not blocked; a phone that SQL cannot read is in `unread`."""
    email = _derive(
        f"""(
            select record_id, identifier_type,
                case when identifier_type in ({_list(SOURCE_SCOPED)})
                    then coalesce(source_system, '') else '' end as scope,
                cast(identifier_value as varchar) as written
            from {source}
            where identifier_value is not null
        )""",
        # Trimming other signs than the blank is slow.
        delivered=rf"""case when regexp_matches(written, '^[\s\pZ]|[\s\pZ]$')
            then trim(written, '{_SPACES}') else written end""",
        lowered="lower(delivered)",
        mailbox=r"""regexp_extract(case when identifier_type = 'email' then lowered end,
            '(?s)^([^\s\pZ@,;+]+)(?:\+.*)?@([^\s\pZ@,;]+)$', ['local', 'domain'])""",
        email=f"""case
            when trim(mailbox.domain, '.') not like '%.%' then null
            when mailbox.domain in ({_list(_DOTLESS)})
                then nullif(replace(mailbox.local, '.', ''), '') || '@{_DOTLESS[0]}'
            else mailbox.local || '@' || mailbox.domain
        end""",
    )
    phone = _derive(email, **_phone_steps(default_country))
    tests = {name: _is_blocked("lowered", blocked, name) for name in IDENTIFIER_TYPES}
    tests["email"] += f" or (email <> lowered and {_is_blocked('email', blocked, 'email')})"
    is_blocked = " ".join(f"when '{name}' then {test}" for name, test in tests.items())
    return f"""
        select record_id, identifier_type, scope,
            case when identifier_type = 'phone' and phone is null then delivered end as unread,
            case identifier_type
                when 'email' then email
                when 'phone' then phone
                else upper(delivered)
            end as identifier_value
        from {phone}
        where not (case identifier_type {is_blocked} end)
    """


def _phone_steps(country: str) -> dict[str, str]:
    """Return the steps to `phone`: E.164 where SQL is sure to read as the library does, else NULL.

    Sure is a number of digits and ( ) . - / that begins with +, 00 and the calling code, or with a
    national prefix 0, and is valid for the first country of that code. An invalid one may be a
    valid one of another country, so it is not rejected here.
    """
    import phonenumbers

    plan = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    if plan is None or plan.country_code is None or plan.leading_digits \
            or regions[plan.country_code][0] != country:
        return {"phone": "cast(null as varchar)"}

    # Elsewhere a 0 in front may be the beginning of a prefix for calls abroad.
    prefixes = [rf"[+]{plan.country_code}"]
    national_prefix = plan.national_prefix_for_parsing
    if plan.international_prefix == "00":
        prefixes.append(f"00{plan.country_code}")
        if re.fullmatch(r"0(\|[1-9]\d*)*", national_prefix or ""):
            prefixes = [f"(?:{prefix})0?" for prefix in prefixes] + ["0"]
    is_prefixed = (f"regexp_matches(significant, {_quote(f'^(?:{national_prefix})')})"
                   if national_prefix else "false")
    kinds = [kind for name in _PHONE_TYPES if (kind := getattr(plan, name))]

    def matches(kind: Any) -> str:
        lengths = f"length(significant) in ({', '.join(map(str, kind.possible_length))}) and " \
            if kind.possible_length else ""
        return f"({lengths}regexp_full_match(significant, {_quote(kind.national_number_pattern)}))"

    return {
        "compact": r"""case when identifier_type = 'phone'
            and regexp_full_match(delivered, '[+(]{0,2}\d[\d ()./-]*')
            then regexp_replace(delivered, '[^+\d]', '', 'g') end""",
        "significant": rf"regexp_extract(compact, '^(?:{'|'.join(prefixes)})([1-9]\d+)$', 1)",
        "phone": f"""case when {matches(plan.general_desc)} and not {is_prefixed}
            and ({' or '.join(map(matches, kinds))})
            then '+{plan.country_code}' || significant end""",
    }


def _parse_phone(value: str, default_country: str) -> str | None:
    import phonenumbers

    # libphonenumber reads letters as keys of a telephone, so "0151 1234567 privat" would dial on.
    digits = _NUMBER_BEFORE_LETTERS.search(value)
    if digits is None:
        return None
    mobile = phonenumbers.PhoneNumberType.MOBILE
    try:
        number = phonenumbers.parse(digits.group(), default_country)
        # A spreadsheet takes "+4915123456789" for a number and drops its sign. Where numbers have
        # many lengths, libphonenumber believes what is left to be one of the country.
        whole = re.sub(r"\D", "", digits.group())
        if whole.startswith(str(phonenumbers.country_code_for_region(default_country))) \
                and phonenumbers.number_type(number) != mobile:
            abroad = phonenumbers.parse(f"+{whole}")
            number = abroad if phonenumbers.number_type(abroad) == mobile else number
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _derive(relation: str, **steps: str) -> str:
    """Nest one SELECT a step, so that each sees the columns of those before it."""
    for name, expression in steps.items():
        relation = f"(select *, {expression} as {name} from {relation})"
    return relation


def _distinct(column: str, blocked: Mapping[str, tuple[str, ...]], kind: str) -> str:
    """Return the values of a column that say something."""
    texts = f"(select distinct {column} as delivered from delivered where {column} is not null)"
    return f"(from {texts} where not {_is_blocked('lower(trim(delivered))', blocked, kind)})"


def _letters(text: str) -> dict[str, str]:
    """Return the steps to `letters`: lower case, transcribed, without accents and apostrophes.

    German is plain after the first step; the rest is slow and for few.
    """
    umlauts = {"ä": "ae", "ö": "oe", "ü": "ue"}
    plain = _replace(f"lower({text})", {**umlauts, "ß": "ss", "''": "", "’": ""})
    full = f"strip_accents({_replace('nfc_normalize(plain)', umlauts)})"
    full = _replace(full, {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
    full = f"translate({full}, 'øłđðı‘`´ʼ', 'olddi')"
    return {
        "plain": plain,
        "letters": f"case when regexp_matches(plain, '[^ -_a-~]') then {full} else plain end",
    }


def _replace(text: str, written: Mapping[str, str]) -> str:
    for sign, instead in written.items():
        text = f"replace({text}, '{sign}', '{instead}')"
    return text


def _words(text: str) -> str:
    return rf"trim(regexp_replace({text}, '[^\pL0-9]+', ' ', 'g'))"


def _without(text: str, kind: str) -> str:
    forms = _list(_words_of(kind))
    return (f"array_to_string(list_filter(string_split({text}, ' '), "
            f"lambda word: word <> '' and word not in ({forms})), ' ')")


def _mapped(text: str, kind: str, dropped: Iterable[str] = ()) -> str:
    """Replace words by the lexicon; those with an empty value and `dropped` go."""
    return (f"array_to_string(list_filter("
            f"list_transform(string_split({text}, ' '), lambda word: {_case('word', kind)}), "
            f"lambda word: word not in ({_list(('', *dropped))})), ' ')")


def _case(text: str, kind: str) -> str:
    whens = " ".join(f"when {_quote(form)} then {_quote(value)}"
                     for form, value in _words_of(kind).items())
    return f"case {text} {whens} else {text} end"


def _unless_blocked(text: str, blocked: Mapping[str, tuple[str, ...]], kind: str) -> str:
    return f"case when {text} <> '' and not {_is_blocked(text, blocked, kind)} then {text} end"


def _is_blocked(text: str, blocked: Mapping[str, tuple[str, ...]], kind: str) -> str:
    values = [value.lower() for name in ("any", kind) for value in blocked.get(name, ())]
    plain = [value for value in values if "*" not in value]
    patterns = "|".join(
        re.escape(value).replace(r"\*", ".*") for value in values if "*" in value
    )
    tests = [f"{text} in ({_list(plain)})"] if plain else []
    if patterns:
        tests.append(f"regexp_full_match({text}, {_quote('(?s)' + patterns)})")
    return f"({' or '.join(tests) or 'false'})"


def _without_values(
    blocked: Mapping[str, tuple[str, ...]], values: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(value for value in words if value not in values)
            for kind, words in blocked.items()}


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(_quote, values))


def _quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _either(*kinds: str) -> str:
    """Return a regular expression for the forms of some kinds, the longest first."""
    forms = [form for kind in kinds for form in _words_of(kind)]
    return "|".join(sorted(forms, key=lambda form: (-len(form), form)))


@cache
def _words_of(kind: str) -> dict[str, str]:
    """Return form -> value of one kind of words."""
    return {form: value for name in ("name_words.tsv", "address_words.tsv")
            for row_kind, form, value in _read_rows(name) if row_kind == kind}


@cache
def _nicknames() -> dict[str, str]:
    """Return variant -> root."""
    return {variant: root for root, variants, _ in _read_rows("nicknames.tsv")
            for variant in variants.split()}


@cache
def _read_rows(name: str) -> list[list[str]]:
    lines = (_LEXICA / name).read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t") for line in lines]
