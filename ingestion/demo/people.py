"""Persons, the CRM records that stand for them, and everything planted about who is who."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingestion.demo import company
from ingestion.demo.company import World
from ingestion.demo.difficulty import CORRELATED_DRIVERS, DRIVERS
from ingestion.demo.tools import choose, opaque_numbers, prefixed, random_stream, seconds

_TRANSLITERATION = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "é": "e",
     "ë": "e", "ô": "o"}
)
_ACQUISITION = ("Filiale", "Suchmaschine", "Anzeige", "Empfehlung", "Newsletter", "Messe")
_ACQUISITION_WEIGHTS = (0.34, 0.22, 0.2, 0.1, 0.1, 0.04)
JUNK_EMAILS = ("test@test.de", "keine@mail.de", "unbekannt@unbekannt.de")
JUNK_PHONES = ("000000", "0123456789", "11111111")


@dataclass(frozen=True)
class People:
    """`persons`: one row per person (index = person_id; guests have no CRM record).

    `records`: one row per CRM record with its planted differences. `first_record` and
    `record_count` say where a person's records are, the base record first.
    """

    persons: pd.DataFrame
    records: pd.DataFrame
    accounts: pd.DataFrame
    first_record: np.ndarray
    record_count: np.ndarray

    def pick_records(
        self, rng: np.random.Generator, person: np.ndarray, at: np.ndarray, base_share: float = 0.65
    ) -> np.ndarray:
        """Return for each (person, time) the row of a record that existed then, -1 for guests."""
        count = self.record_count[person]
        other = 1 + (rng.random(len(person)) * np.maximum(count - 1, 1)).astype(np.int64)
        use_other = (count > 1) & (rng.random(len(person)) >= base_share)
        chosen = self.first_record[person] + np.where(use_other, other, 0)
        created = self.records["created_at"].to_numpy()
        too_early = use_other & (created[np.minimum(chosen, len(created) - 1)] > at)
        chosen = np.where(too_early, self.first_record[person], chosen)
        return np.where(count > 0, chosen, -1)


def transliterate(names: np.ndarray) -> np.ndarray:
    """Return names without umlauts, as in an address or a badly kept record."""
    return np.array([name.translate(_TRANSLITERATION) for name in names.tolist()], dtype=object)


def misspell(name: str, draw: int) -> str:
    """Return `name` as somebody else might have typed it; never the same."""
    plain = name.translate(_TRANSLITERATION)
    if plain != name and draw % 3:
        return plain
    at = 1 + draw % max(len(name) - 1, 1)
    if (draw >> 8) % 3 == 0 and len(name) > 3:
        wrong = name[:at] + name[at + 1 :]
    elif (draw >> 8) % 3 == 1:
        wrong = name[:at] + name[at - 1] + name[at:]
    else:
        wrong = name[: at - 1] + name[at : at + 1] + name[at - 1] + name[at + 1 :]
    return wrong if wrong != name else name + name[-1]


def make_emails(rng: np.random.Generator, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return one address a row, each different from all others."""
    count = len(first)
    names = zip(
        transliterate(first).tolist(), transliterate(last).tolist(),
        rng.integers(0, 4, count).tolist(), rng.integers(2, 99_999, count).tolist(),
        choose(rng, company.MAIL_DOMAINS, count).tolist(), strict=True,
    )
    seen: set[str] = set()
    addresses = []
    for given, family, pattern, number, domain in names:
        given, family = given.lower(), family.lower().replace(" ", "")
        local = (
            f"{given}.{family}", f"{given[0]}.{family}", f"{family}{number}",
            f"{given}{family}{number % 100}",
        )[pattern]
        address = f"{local}@{domain}"
        while address in seen:
            number += 7
            address = f"{local}{number}@{domain}"
        seen.add(address)
        addresses.append(address)
    return np.array(addresses, dtype=object)


def make_phones(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return distinct mobile numbers in a range no network uses, in the notations people use."""
    numbers = [f"{number - 100_000_000:08d}" for number in opaque_numbers(rng, count).tolist()]
    styles = rng.integers(0, 5, count).tolist()
    return np.array(
        [
            (f"0150 {n}", f"+49 150 {n}", f"0150{n}", f"0150/{n}", f"0049150{n}")[style]
            for n, style in zip(numbers, styles, strict=True)
        ],
        dtype=object,
    )


def make_addresses(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """Return street, postal code, city and region, one row an address."""
    weights = np.array([weight for *_, weight in company.CITIES], dtype=float)
    city = rng.choice(len(company.CITIES), size=count, p=weights / weights.sum())
    area = np.array([int(prefix) for _, _, prefix, _ in company.CITIES])[city]
    code = area * 100 + rng.integers(0, 100, count)
    house = rng.integers(1, 160, count)
    street = choose(rng, company.STREETS, count)
    return pd.DataFrame(
        {
            "street": street + " " + house.astype(str).astype(object),
            "postal_code": np.array([f"{value:05d}" for value in code.tolist()], dtype=object),
            "city": np.array([name for name, *_ in company.CITIES], dtype=object)[city],
            "region": np.array([state for _, state, *_ in company.CITIES], dtype=object)[city],
            "city_index": city,
        }
    ).astype({"street": object, "postal_code": object, "city": object, "region": object})


def _first_orders(world: World, rng: np.random.Generator, count: int) -> np.ndarray:
    """Day of the first order: a third joins when the systems start, the rest over the history."""
    early = rng.random(count) < 0.35
    share = np.where(early, rng.random(count) * 0.12, rng.random(count) * 0.96)
    return share * world.days


def driver_covariance(world: World) -> np.ndarray:
    """Covariance of the latent ratings, a little above the aim because rounding weakens it."""
    sigma = np.full((len(DRIVERS), len(DRIVERS)), 0.2)
    np.fill_diagonal(sigma, 1.0)
    one, two = (DRIVERS.index(name) for name in CORRELATED_DRIVERS)
    sigma[one, two] = sigma[two, one] = min(world.difficulty.driver_correlation * 1.055, 0.99)
    return sigma


def build_people(world: World) -> People:
    """Draw persons (CRM customers, then guests), their records, accounts and families."""
    difficulty = world.difficulty
    rng = random_stream(world.seed, "persons")
    known = world.customers
    count = known + round(known * difficulty.guest_person_share)
    is_guest = np.arange(count) >= known
    is_female = rng.random(count) < 0.53
    frequency = 1.0 / (np.arange(len(company.LAST_NAMES)) + 8.0)
    last = choose(rng, company.LAST_NAMES, count, tuple(frequency))
    double = rng.random(count) < 0.05
    second = choose(rng, company.LAST_NAMES, count)
    last = np.where(double & (last != second), last + "-" + second, last)
    first = np.where(
        is_female, choose(rng, company.FEMALE_NAMES, count), choose(rng, company.MALE_NAMES, count)
    )
    age_days = (18 + 67 * rng.beta(1.6, 2.2, count)) * 365.25
    birth = (world.end - age_days.astype("timedelta64[D]")).astype("datetime64[D]")
    address = make_addresses(rng, count)

    # Relatives: the second of a pair takes family name and address of the first. Some of them
    # also have the same first name: two people of one name in one house.
    shuffled = rng.permutation(known)
    pairs = round(known * difficulty.relatives_share)
    ones, others = shuffled[:pairs], shuffled[pairs : 2 * pairs]
    relative = np.full(count, -1)
    relative[ones], relative[others] = others, ones
    last[others] = last[ones]
    for column in ("street", "postal_code", "city", "region", "city_index"):
        values = address[column].to_numpy(copy=True)
        values[others] = values[ones]
        address[column] = values
    same_name = max(round(pairs * difficulty.same_name_in_house_share), min(pairs, 2))
    juniors, seniors = others[:same_name], ones[:same_name]
    first[juniors], is_female[juniors] = first[seniors], is_female[seniors]
    birth[juniors] = world.end - (rng.integers(19, 30, same_name) * 365).astype("timedelta64[D]")
    birth[seniors] = birth[juniors] - (rng.integers(22, 34, same_name) * 365 + 11).astype(
        "timedelta64[D]"
    )

    has_namesake = np.zeros(count, dtype=bool)
    has_namesake[juniors] = has_namesake[seniors] = True

    is_business = ~is_guest & (rng.random(count) < 0.06)
    has_loyalty = ~is_guest & ~is_business & (rng.random(count) < 0.6)
    trait = rng.multivariate_normal(
        np.zeros(len(DRIVERS)), driver_covariance(world), size=count, method="cholesky"
    )
    weights = np.array(difficulty.driver_weights)
    satisfaction = trait @ weights
    satisfaction /= np.sqrt(weights @ driver_covariance(world) @ weights)
    persons = pd.DataFrame(
        {
            "is_guest": is_guest, "is_business": is_business, "is_female": is_female,
            "first_name": first, "last_name": last, "birth_date": birth.astype("datetime64[s]"),
            "email": make_emails(rng, first, last), "phone": make_phones(rng, count),
            "has_loyalty": has_loyalty,
            "loyalty_id": prefixed("FK", opaque_numbers(rng, count)),
            "language": np.where(
                rng.random(count) < difficulty.german_share, "de", "en"
            ).astype(object),
            "relative": relative, "has_namesake": has_namesake,
            "first_day": _first_orders(world, rng, count),
            "app_user": rng.random(count) < 0.4,
            "acquisition": choose(rng, _ACQUISITION, count, _ACQUISITION_WEIGHTS),
            "satisfaction": satisfaction,
            **{f"trait_{name}": trait[:, i] for i, name in enumerate(DRIVERS)},
        }
    )
    persons = pd.concat([persons, address], axis=1)
    accounts = _build_accounts(world, persons)
    return _build_records(world, persons, accounts)


def _build_accounts(world: World, persons: pd.DataFrame) -> pd.DataFrame:
    rng = random_stream(world.seed, "accounts")
    business = np.flatnonzero(persons["is_business"])
    count = max(len(business) // 2, 1)
    number = prefixed("F", opaque_numbers(rng, count))
    owner = rng.integers(0, count, len(business))
    persons["account"] = -1
    persons.loc[business, "account"] = owner
    name = (
        choose(rng, company.COMPANY_KINDS, count) + " " + choose(rng, company.LAST_NAMES, count)
        + " " + choose(rng, company.LEGAL_FORMS, count)
    )
    parent = np.full(count, None, dtype=object)
    if count > 4:
        parent[: count // 8] = number[rng.integers(count // 2, count, count // 8)]
    states = [state for _, state, *_ in company.CITIES]
    opened = world.start - rng.integers(10, 2500, count).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "number": number, "name": name, "parent": parent,
            "industry": choose(rng, company.COMPANY_KINDS, count),
            "size_class": choose(rng, ["1-9", "10-49", "50-249", "250+"], count, (5, 3, 1.5, 0.5)),
            "region": choose(rng, states, count),
            "team": choose(rng, ["Geschäftskunden Nord", "Geschäftskunden Süd"], count),
            "opened": opened.astype("datetime64[s]"),
        }
    )


def _exactly(rng: np.random.Generator, candidates: np.ndarray, wanted: int) -> np.ndarray:
    """Return a random `wanted` of the candidate rows."""
    return rng.permutation(candidates)[:wanted]


def _build_records(world: World, persons: pd.DataFrame, accounts: pd.DataFrame) -> People:
    difficulty = world.difficulty
    rng = random_stream(world.seed, "records")
    known = world.customers
    count = len(persons)
    extra = np.zeros(count, dtype=np.int64)
    chosen = _exactly(rng, np.arange(known), round(known * difficulty.duplicate_share))
    extra[chosen] = rng.choice([1, 2, 3], size=len(chosen), p=[0.75, 0.2, 0.05])
    record_count = np.where(persons["is_guest"], 0, 1 + extra)
    first_record = np.cumsum(record_count) - record_count
    person = np.repeat(np.arange(count), record_count)
    total = len(person)
    is_base = np.arange(total) == first_record[person]
    duplicates = np.flatnonzero(~is_base)
    share = len(duplicates)

    def flag(wanted: float, candidates: np.ndarray = duplicates) -> np.ndarray:
        flags = np.zeros(total, dtype=bool)
        flags[_exactly(rng, candidates, round(wanted * share))] = True
        return flags

    relative = persons["relative"].to_numpy()
    no_key = flag(difficulty.no_exact_key_share)
    typo = flag(difficulty.typo_share)
    moved = flag(difficulty.moved_share)
    shared_phone = flag(
        difficulty.shared_phone_share, duplicates[relative[person[duplicates]] >= 0]
    )
    other_email = no_key | flag(
        difficulty.other_email_share - difficulty.no_exact_key_share,
        duplicates[~no_key[duplicates]],
    )

    columns = (
        "first_name", "last_name", "birth_date", "street", "postal_code", "city", "region",
        "email", "phone", "loyalty_id", "is_female", "language", "is_business", "account",
    )
    records = persons.loc[person, list(columns)].reset_index(drop=True)
    values = {name: records[name].to_numpy(copy=True) for name in columns}
    for row, draw in zip(
        np.flatnonzero(typo).tolist(), rng.integers(0, 1 << 40, int(typo.sum())).tolist(),
        strict=True,
    ):
        column = "last_name" if draw % 4 else "first_name"
        values[column][row] = misspell(values[column][row], draw >> 4)
    new_home = make_addresses(rng, total)
    for name in ("street", "postal_code", "city", "region"):
        values[name] = np.where(moved, new_home[name].to_numpy(), values[name])
    second_email = make_emails(rng, values["first_name"], values["last_name"] + "x")
    values["email"] = np.where(other_email, second_email, values["email"])
    second_phone = make_phones(rng, total)
    relatives_phone = persons["phone"].to_numpy()[relative[person]]
    values["phone"] = np.where(
        shared_phone, relatives_phone, np.where(no_key, second_phone, values["phone"])
    )

    # What the CRM does not know. A duplicate that is meant to be found by an exact key keeps the
    # one it shares with its base record, and the base record keeps it too.
    keeps_loyalty = is_base | (rng.random(total) < 0.5)
    keeps_loyalty &= persons["has_loyalty"].to_numpy()[person]
    drop_email = rng.random(total) < 0.12
    drop_phone = rng.random(total) < 0.15
    has_more = record_count[person] > 1
    by_email = ~is_base & ~other_email
    by_phone = ~is_base & ~by_email & ~no_key & ~shared_phone
    by_loyalty = ~is_base & ~by_email & ~by_phone & ~no_key
    drop_email &= ~by_email & ~(is_base & has_more)
    drop_phone &= ~by_phone & ~(is_base & has_more) & ~shared_phone
    keeps_loyalty |= by_loyalty
    keeps_loyalty[first_record[person[by_loyalty]]] = True
    keeps_loyalty &= ~no_key
    junk_email = ~has_more & (rng.random(total) < difficulty.junk_identifier_share)
    junk_phone = ~has_more & (rng.random(total) < difficulty.junk_identifier_share)
    email = np.where(junk_email, choose(rng, JUNK_EMAILS, total), values["email"])
    loud = rng.random(total) < 0.05
    email = np.where(loud, pd.Series(email, dtype=object).str.upper().to_numpy(), email)
    email[drop_email & ~junk_email] = None
    phone = np.where(junk_phone, choose(rng, JUNK_PHONES, total), values["phone"])
    phone[drop_phone & ~junk_phone] = None
    loyalty = values["loyalty_id"].copy()
    loyalty[~keeps_loyalty] = None

    first_day = persons["first_day"].to_numpy()[person]
    lead = rng.exponential(20, total) * (rng.random(total) < 0.6)
    later = first_day + (world.days - first_day) * rng.random(total) * 0.7 + 0.5
    created_day = np.where(is_base, np.floor(first_day) - lead - 0.3, later)
    created = world.first_midnight + seconds(created_day * 86_400)
    touched = created + seconds(
        (world.last_second - created).astype(np.int64) * rng.random(total) ** 2
    )
    no_birth = rng.random(total) < 0.1
    records = records.assign(
        **{name: values[name] for name in ("first_name", "last_name", "street", "postal_code")},
        city=values["city"], region=values["region"], email=email, phone=phone, loyalty_id=loyalty,
        birth_date=np.where(no_birth, np.datetime64("NaT", "s"), values["birth_date"]),
        number=opaque_numbers(rng, total).astype(str).astype(object), person_id=person,
        is_duplicate=~is_base, has_typo=typo, has_moved=moved, has_other_email=other_email,
        has_shared_phone=shared_phone, has_no_exact_key=no_key,
        has_junk_identifier=junk_email | junk_phone, created_at=created, touched_at=touched,
        in_merge_log=flag(difficulty.merge_log_share),
    )
    return People(persons, records, accounts, first_record, record_count)
