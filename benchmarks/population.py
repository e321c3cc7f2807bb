"""A country's customers, made by SQL straight into the tables that identity resolution reads.

Names follow the long tail of German ones: the commonest last name is borne by .8 %, the hundred
commonest by 14 %, the ten thousand commonest by half. People live in households that share last
name, address and often a phone; some share an e-mail, a first name or (twins) a birth date. 12 %
of the records are further ones of the same person, with typing errors, other names, addresses,
e-mails and phones. Draws are hashes of the record's number, so the same size gives the same rows.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import duckdb
import pandas as pd

from ingestion.demo.company import CITIES, FEMALE_NAMES, LAST_NAMES, MALE_NAMES, STREETS

DUPLICATE_SHARE = 0.12
NEW = 2  # load that brings the records of the increment; 1 brings all others
TABLES = ("int_identity_records_unioned", "int_identifiers_unioned", "int_crm_merges_resolved",
          "int_identity_attributes_unioned")

_STEMS = (
    "Acker Ahorn Alt Apfel Asch Au Bach Bär Baum Beck Berg Bern Biber Bier Birk Blum Bock Boden "
    "Bohn Brand Brau Breit Bruck Brunn Buch Burg Dach Dahl Diet Dorn Dreh Eber Eck Ehr Eich Eisen "
    "Elb Ell Engel Erl Esch Eulen Falk Faß Feld Feuer Ficht Fink Flachs Fried Frisch Fuchs Gans "
    "Gart Geiß Gerst Glas Gold Gott Graben Grün Gut Haber Hack Hag Hain Hamm Hart Has Hau Heid "
    "Heim Held Helm Herz Heu Hirsch Hoch Hof Hohl Holz Hopf Horn Hütt Imm Jung Kalt Kamm Karl Kehl "
    "Kern Kess Kien Kirch Klein Klee Klug Knob Kohl Korn Kraft Kranz Kreuz Kron Krumm Kupfer Lach "
    "Lamm Land Laub Leder Lein Licht Lieb Lind Loch Löw Lust Mai Malz Mark Mehl Metz Mitter Mohn "
    "Mond Moos Mühl Münz Nach Nagel Neu Nieß Nord Nuß Oster Ott Pfann Pfeil Pflug Plum Rab Rauch "
    "Reich Reif Reut Ries Ring Ritt Rod Roggen Rohr Ros Rost Rot Sachs Salz Sand Sattel Schäf "
    "Scharf Schatz Schell Schild Schlag Schmal Schnee Schön Schwan Seel Seif Silber Sonn Spiel "
    "Stahl Stark Staub Steg Stein Stern Stock Storch Stroh Stutz Tal Tann Teich Teuf Thal Trau "
    "Treu Tür Ulm Vog Wachs Wag Wald Wall Wang Warm Weid Weih Wein Weiß Wies Wild Wind Winkel Wirt "
    "Wohl Wolf Wund Zaun Zieg Zimmer Zinn")
_ENDS = (
    "mann er ner inger meier mayer maier meyer bauer müller huber hofer berger bach berg feld "
    "wald stein burg haus hausen heim hold hardt hart brecht bert mund rich ke ig ling el le lein "
    "eck egger dorf dorfer hoff hofen kamp kamm schmidt schneider schuster wirth graber gruber "
    "holz horst käm kötter land leitner loher moser rath ried roth sack schlag stedt stetter "
    "thaler wieser")
_BEGINNINGS = ("", "Ober", "Unter", "Nieder", "Neu", "Groß", "Klein", "Mitter", "Hinter", "Vorder",
               "Lang", "Kurz", "Hoch", "Tief", "Ost", "West", "Süd", "Inner", "Außer", "Grün")
_SYLLABLES = (("Al", "Ben", "Da", "El", "Fa", "Il", "Ja", "Ka", "Li", "Ma", "Na", "Ra", "Sa", "Ta",
               "Va", "Yu"),
              ("", "di", "la", "li", "mi", "na", "ri", "sa", "ti", "vi"))
_FEMALE_ENDS = ("a", "na", "ra", "ela", "ine", "ika", "isa", "ja")
_MALE_ENDS = ("n", "s", "ro", "mir", "no", "ran", "vid", "or")
_STREET_ENDS = ("straße", "weg", "gasse", "allee", "platz", "ring", "ufer", "steig")
_PLACE_ENDS = ("hausen", "stadt", "burg", "dorf", "heim", "ingen", "feld", "kirchen", "bach",
               "walde", "rode", "au")
_NICKNAMES = {
    "Alexander": "Alex", "Andreas": "Andi", "Michael": "Micha", "Thomas": "Tom", "Stefan": "Steff",
    "Christian": "Chris", "Sebastian": "Basti", "Maximilian": "Max", "Philipp": "Phil",
    "Matthias": "Matze", "Tobias": "Tobi", "Daniel": "Dani", "Wolfgang": "Wolf", "Johanna": "Hanna",
    "Katharina": "Kathi", "Stefanie": "Steffi", "Susanne": "Susi", "Franziska": "Franzi",
    "Christine": "Tina", "Theresa": "Resi", "Sabine": "Bine", "Nicole": "Nicki",
}


def _last_names() -> list[str]:
    compounds = sorted({begin + (stem if not begin else stem.lower()) + end
                        for begin, stem, end in product(_BEGINNINGS, _STEMS.split(), _ENDS.split())}
                       - set(LAST_NAMES), key=lambda name: (len(name), name[::-1]))
    return [*LAST_NAMES, *compounds]


def _first_names(common: tuple[str, ...], ends: tuple[str, ...]) -> list[str]:
    made = {a + b + c for a, b, c in product(*_SYLLABLES, ends)} - set(common)
    double = [f"{one}-{other}" for one, other in product(common, common) if one != other]
    return [*common, *sorted(made, key=lambda name: (len(name), name[::-1])), *double]


def _places() -> list[str]:
    made = {stem + end for stem, end in product(_STEMS.split(), _PLACE_ENDS)}
    return [city for city, *_ in CITIES] + sorted(made, key=lambda name: name[::-1])


def _streets() -> list[str]:
    made = {stem + end for stem, end in product(_STEMS.split(), _STREET_ENDS)}
    return [*STREETS, *sorted(made - set(STREETS), key=lambda name: name[::-1])]


def write_population(base: Path, grown: Path, truth: Path, records: int, new: int) -> None:
    """Write two warehouses, one with `records` and one with `new` more, and who is who.

    `truth` gets one row per record of the grown one: record_key, person_id, first_load_sequence.
    """
    total = records + new
    extra = round(total * DUPLICATE_SHARE)
    con = duckdb.connect(str(truth.with_suffix(".duckdb")), config={"memory_limit": "4GB"})
    try:
        con.execute("set preserve_insertion_order = false")
        lists = {"last_names": _last_names(), "streets": _streets(), "places": _places(),
                 "female_names": _first_names(FEMALE_NAMES, _FEMALE_ENDS),
                 "male_names": _first_names(MALE_NAMES, _MALE_ENDS)}
        for table, names in lists.items():
            con.register("stock", pd.DataFrame({"place": range(len(names)), "name": names}))
            con.execute(f"create table {table} as select * from stock")
        sizes = {table: len(names) for table, names in lists.items()}
        con.register("stock", pd.DataFrame(_NICKNAMES.items(), columns=["name", "nickname"]))
        con.execute("create table nicknames as select * from stock")
        for statement in _MACROS + _people(total - extra) + _records(total, extra, new):
            con.execute(statement.format(**sizes))
        for path, newest in ((base, 1), (grown, NEW)):
            con.execute(f"attach '{path}' as warehouse")
            con.execute("create schema warehouse.intermediate")
            for table, query in _handed_over(newest).items():
                con.execute(f"create table warehouse.intermediate.{table} as {query}")
            con.execute("detach warehouse")
        con.execute("copy (select record_key, person_id, first_load_sequence from records) "
                    f"to '{truth}' (format parquet)")
    finally:
        con.close()
        truth.with_suffix(".duckdb").unlink()


# `draw` is uniform in 0..1; `ranked` picks a place of a list by the law of Zipf and Mandelbrot,
# p(place) ~ (place + q) ** -s, through the inverse of its integral.
_MACROS = [
    "create macro draw(salt, i) as hash(i, salt) % 4294967291 / 4294967291.0",
    "create macro pick(salt, i, n) as (hash(i, salt) % n)::bigint",
    """create macro ranked(u, places, s, q) as least(places - 1, floor(pow(
        pow(q, 1 - s) + u * (pow(places + q, 1 - s) - pow(q, 1 - s)), 1 / (1 - s)) - q))
        ::bigint""",
    """create macro plain(name) as replace(replace(replace(replace(lower(name),
        'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss')""",
    # A letter left out, doubled, swapped with the next, or written without its dots.
    """create macro misspelt(name, i) as case pick('how', i, 4)
        when 0 then left(name, 1 + pick('at', i, length(name) - 1))
            || substr(name, 3 + pick('at', i, length(name) - 1))
        when 1 then left(name, 1 + pick('at', i, length(name)))
            || substr(name, 1 + pick('at', i, length(name)))
        when 2 then left(name, pick('at', i, length(name) - 1))
            || substr(name, 2 + pick('at', i, length(name) - 1), 1)
            || substr(name, 1 + pick('at', i, length(name) - 1), 1)
            || substr(name, 3 + pick('at', i, length(name) - 1))
        else replace(replace(replace(replace(name, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss')
        end""",
    """create macro phone_of(salt, i) as
        (['0150 ', '+49 150 ', '0150', '0150/', '0049150'])[1 + pick(salt || 'style', i, 5)]
        || (10000000 + pick(salt, i, 89999999))""",
]


def _people(count: int) -> list[str]:
    """Households and the persons in them."""
    return [
        f"""create table households as
        select i as household_id, ranked(draw('last', i), {{last_names}}, .85,
                4) as last_place, case when u < .45 then 1 when u < .78 then 2 when u < .89 then 3
            when u < .97 then 4 else 5 end as members
        from (select range as i, draw('members', range) as u from range({count}))""",
        f"""create table persons as
        with members as (
            select *, unnest(range(members)) as member from households
        ), numbered as (
            select *, row_number() over (order by household_id, member) - 1 as person_id
            from members qualify person_id < {count}
        )
        select person_id, household_id, member,
            draw('female', person_id) < .5 as is_female,
            -- A partner may have kept the name, a child may be named like the parent.
            case when member = 1 and draw('own name', person_id) < .25
                then ranked(draw('last of', person_id), {{last_names}}, .85, 4)
                else last_place end as last_place,
            case when member >= 2 and draw('junior', person_id) < .03 then household_id * 8
                else household_id * 8 + member end as named_by,
            date '1936-01-01' + (draw('age', household_id)
                    * case when members > 2 then 13000 else 21000 end
                + case when member = 1 then 3000 * (draw('partner', household_id) - .5)
                    when member > 1 then 8000 + 3000 * draw('child', household_id * 8
                        + case when draw('twins', household_id) < .03 then 2 else member end)
                    else 0 end)::int as birth_date,
            draw('landline', household_id) < .35 as has_landline,
            member < 2 and draw('family e-mail', household_id) < .03 as has_family_email,
            draw('card', person_id) < .25 as has_card
        from numbered""",
    ]


def _records(total: int, extra: int, new: int) -> list[str]:
    """Records of the persons: first ones as they are, further ones with differences."""
    people = total - extra
    return [
        # One person in nine has further records; a fifth of these is the third one.
        f"""create table standing as
        select range as i, range >= {people} as is_extra,
            case when range < {people} then range
                else ((range - {people}) % ceil({extra} * .8)::bigint * 7368787) % {people} end
                as person_id,
            row_number() over (order by hash(range, 'new'), range) <= {new} as is_new
        from range({total})""",
        """create table drawn as
        select s.*, p.* exclude (person_id),
            case when is_extra then draw('differs', i) else 1 end < .30 as has_typo,
            case when is_extra and draw('moved', i) < .25 then i + 1e9::bigint
                else household_id end as home,
            is_extra and draw('other e-mail', i) < .4 as has_other_email,
            is_extra and draw('other phone', i) < .35 as has_other_phone,
            case when is_extra and draw('married', i) < .02
                then ranked(draw('new name', i), {last_names}, .85, 4) else last_place end
                as named_place,
            ranked(draw('first', named_by), {female_names}, .95, 9) as female_place,
            ranked(draw('first', named_by), {male_names}, .95, 9) as male_place,
            case when draw('shop', i) < .2 then 'shop' else 'crm' end as source_system
        from standing as s join persons as p on s.person_id = p.person_id""",
        """create table named as
        select d.*, l.name as last_name, coalesce(
                case when is_extra and draw('nickname', i) < .15 then n.nickname end,
                case when is_female then f.name else m.name end) as first_name,
            ranked(draw('postal', home), 8200, .5, 20) as area,
            ranked(draw('street', home), {streets}, .7, 2) as street_place,
            (draw('house', home) * draw('house 2', home) * 140)::int + 1 as house
        from drawn as d
        join last_names as l on named_place = l.place
        join female_names as f on female_place = f.place
        join male_names as m on male_place = m.place
        left join nicknames as n on n.name = case when is_female then f.name else m.name end""",
        f"""create table records as
        select i, person_id, is_extra, source_system, {NEW} - (not is_new)::int
                as first_load_sequence,
            md5('crm.customers|' || source_system || '|' || number) as record_key,
            number::varchar as customer_number,
            case when has_card and (not is_extra or draw('card kept', i) < .4)
                then 'FK' || (100000000 + pick('card number', person_id, 899999999)) end
                as loyalty_id,
            case when has_typo and pick('where', i, 4) = 0 then misspelt(first_name, i)
                else first_name end as first_name,
            case when has_typo and pick('where', i, 4) > 0 then misspelt(named.last_name, i)
                when draw('loud', i) < .02 then upper(named.last_name)
                else named.last_name end as last_name,
            case when draw('born', i) < .2 then null
                when is_extra and draw('birth slip', i) < .02 and day(birth_date) <= 12
                    then make_date(year(birth_date), day(birth_date), month(birth_date))
                when is_extra and draw('birth slip', i) < .04 then birth_date + 1
                else birth_date end as birth_date,
            case when draw('sex', i) < .9 then case when is_female then 'female' else 'male' end end
                as gender,
            case when draw('addressed', i) < .92 then streets.name || ' ' || house end as street,
            case when draw('addressed', i) < .95
                then lpad((1001 + area * 12)::varchar, 5, '0') end as postal_code,
            case when draw('addressed', i) < .95 then places.name end as city,
            case when draw('mailed', i) < .65 then case when mailbox = -household_id
                    then 'familie' || household_id else plain(left(named.first_name,
                        1 + 11 * pick('short', mailbox, 2))) || '.' || plain(named.last_name)
                        || mailbox % 100000 end || '@'
                || (['freipost', 'mailhaus', 'netzbrief'])[1 + pick('host', mailbox, 3)]
                || '.example' end as email,
            case when draw('called', i) < .70 then case
                when has_other_phone then phone_of('second', i)
                when has_landline then phone_of('home', household_id)
                else phone_of('own', person_id) end end as phone
        from (
            select *, 1e11::bigint + (i + 1) * 617283951 % 899999999981 as number, case
                when has_other_email then i + 2e9::bigint
                when has_family_email then -household_id else person_id end as mailbox
            from named
        ) as named
        join streets on streets.place = street_place
        join places on places.place = case
            when area < 198 then area // 9 else 22 + (area - 198) // 4 end""",
    ]


def _handed_over(newest: int) -> dict[str, str]:
    """Table -> query, of the loads up to the newest one."""
    seen = f"where first_load_sequence <= {newest}"
    identifiers = " union all ".join(
        f"select record_key, '{name}' as identifier_type, {name} as identifier_value, "
        f"source_system from records {seen} and {name} is not null"
        for name in ("customer_number", "loyalty_id", "email", "phone"))
    return dict(zip(TABLES, (
        f"""select record_key, 'crm.customers' as entity, source_system, first_load_sequence,
            true as is_known_to_crm from records {seen}""",
        identifiers,
        f"""select distinct least(a.record_key, b.record_key) as left_record_key,
            greatest(a.record_key, b.record_key) as right_record_key
        from (select * from records {seen} and is_extra and draw('merged', i) < .1) as a
        join (select * from records {seen} and not is_extra) as b on a.person_id = b.person_id""",
        f"""select record_key, source_system, 'person' as customer_type,
            cast(null as varchar) as title, first_name, last_name,
            cast(null as varchar) as company_name, birth_date, gender, street, postal_code, city,
            'DE' as country from records {seen}""",
    ), strict=True))
