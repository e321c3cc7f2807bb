"""Writes the company's data the way its systems export it. No randomness but in a few bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo import company, satisfaction
from ingestion.demo.company import World
from ingestion.demo.digital import Events
from ingestion.demo.people import People
from ingestion.demo.purchases import Purchases
from ingestion.demo.relations import ACQUISITION_CAMPAIGN, Relations
from ingestion.demo.satisfaction import Surveys, store_numbers
from ingestion.demo.service import Service
from ingestion.demo.tools import (
    random_stream,
    text_if,
    to_utc,
    write_csv,
    write_german_csv,
    write_json_lines,
    write_parquet,
)
from ingestion.demo.voices import Voices

_REASONS = {
    "delivery": "Lieferung", "product_quality": "Reklamation", "staff": "Service",
    "price": "Preis", "website": "Onlineshop", "app": "App", "returns": "Retoure",
    "billing": "Rechnung", "store": "Filiale", "subscription": "Abo",
}
_DEPARTMENTS = {
    "logistics": "Logistik", "purchasing": "Einkauf", "customer_service": "Kundenservice",
    "marketing": "Marketing", "ecommerce": "E-Commerce", "it": "IT", "finance": "Buchhaltung",
    "store_operations": "Filialbetrieb", "subscriptions": "Abo-Service",
}
_CHANNELS = {"phone": "Telefon", "email": "E-Mail", "store": "Filiale", "form": "Formular"}
_STATUS = {"resolved": "gelöst", "open": "offen", "pending": "in Arbeit", "closed": "geschlossen"}
_PRIORITY = {"low": "niedrig", "normal": "normal", "high": "hoch"}
_ROLES = {"customer": "Kunde", "agent": "Mitarbeiter"}


def _mapped(values: pd.Series, names: dict[str, str]) -> np.ndarray:
    return values.map(names).to_numpy(dtype=object)


def _yes_no(values: pd.Series) -> np.ndarray:
    return np.where(values.to_numpy(dtype=bool), "ja", "nein")


def _days(values: pd.Series | np.ndarray) -> np.ndarray:
    return np.asarray(values).astype("datetime64[D]")


class ExtractWriter:
    """Writes one company under `target`; counts rows by group and keeps the bad rows it planted."""

    def __init__(self, target: Path, world: World) -> None:
        self.target = target
        self.world = world
        self.rows: dict[str, int] = {}
        self.files = 0
        self.dirty: list[dict[str, str]] = []
        self.stamp = str(world.end)

    def _count(self, group: str, rows: int) -> None:
        self.rows[group] = self.rows.get(group, 0) + rows
        self.files += 1

    def _crm(self, name: str, columns: dict[str, object]) -> None:
        path = self.target / "crm" / f"{name}_{self.stamp}.csv"
        self._count(f"crm/{name}", write_german_csv(path, columns))

    def _json(
        self, folder: str, name: str, columns: dict[str, object], extra: tuple[str, ...] = ()
    ) -> None:
        path = self.target / folder / f"{name}_{self.stamp}.jsonl"
        self._count(f"{folder}/{name}", write_json_lines(path, columns, extra))

    def _plant(self, file: str, reference: str, problem: str) -> None:
        self.dirty.append({"file": file, "source_record_ref": reference, "problem": problem})

    def write_customers(self, people: People) -> None:
        """Customers (in the order of their opaque numbers) and accounts."""
        rng = random_stream(self.world.seed, "customer extract")
        records, persons = people.records, people.persons
        records = records.iloc[np.argsort(records["number"].to_numpy().astype(np.int64))]
        person = records["person_id"].to_numpy()
        account = records["account"].to_numpy()
        count = len(records)
        business = records["is_business"].to_numpy()
        female = records["is_female"].to_numpy()
        has_card = records["loyalty_id"].notna().to_numpy()
        level = rng.random(count)
        accounts = people.accounts
        birth = pc.strftime(
            pa.array(_days(records["birth_date"]), from_pandas=True).cast(pa.timestamp("s")),
            format="%d.%m.%Y",
        ).to_pandas().to_numpy(dtype=object, na_value=None)
        number = records["number"].to_numpy()
        for row in (count // 3, count // 2)[: 2 if count >= 100 else 1]:
            birth[row] = "31.02.1980"
            self._plant("crm/customers", number[row], "impossible birth date")
        acquisition = persons["acquisition"].to_numpy()[person]
        cost = {"Filiale": 0.0, "Suchmaschine": 14.0, "Anzeige": 22.0, "Empfehlung": 8.0,
                "Newsletter": 5.0, "Messe": 30.0}
        base_cost = np.array([cost[name] for name in acquisition.tolist()])
        advertised = np.isin(acquisition, ["Suchmaschine", "Anzeige"])
        columns: dict[str, object] = {
            "KundenNr": number, "KundenkartenNr": records["loyalty_id"].to_numpy(),
            "Kundenart": np.where(business, "Firma", "Privat"),
            "Anrede": np.where(female, "Frau", "Herr"),
            "Titel": text_if(rng.random(count) < 0.02, "Dr."),
            "Vorname": records["first_name"].to_numpy(),
            "Nachname": records["last_name"].to_numpy(),
            "Firma": text_if(
                account >= 0, accounts["name"].to_numpy()[np.maximum(account, 0)]
            ),
            "FirmaNr": text_if(account >= 0, accounts["number"].to_numpy()[np.maximum(account, 0)]),
            "E-Mail": records["email"].to_numpy(), "Telefon": records["phone"].to_numpy(),
            "Geburtsdatum": birth, "Straße": records["street"].to_numpy(),
            "PLZ": records["postal_code"].to_numpy(), "Ort": records["city"].to_numpy(),
            "Bundesland": records["region"].to_numpy(), "Land": np.full(count, "DE"),
            "Sprache": np.where(records["language"] == "de", "Deutsch", "Englisch"),
            "Gewonnen über": acquisition,
            "Kampagne": text_if(advertised, ACQUISITION_CAMPAIGN),
            "Akquisekosten": np.round(base_cost * rng.uniform(0.7, 1.3, count), 2),
            "Kartenstufe": text_if(
                has_card, np.select([level < 0.1, level < 0.35], ["Gold", "Silber"], "Basis")),
            "KarteSeit": np.where(
                has_card, records["created_at"].to_numpy().astype("datetime64[s]")
                + np.timedelta64(300, "s"), np.datetime64("NaT", "s"),
            ),
            "ErfasstAm": records["created_at"].to_numpy().astype("datetime64[s]"),
            "GeaendertAm": records["touched_at"].to_numpy().astype("datetime64[s]"),
            "Filialnotiz": text_if(rng.random(count) < 0.01, "bevorzugt Abholung"),
        }
        self._crm("customers", columns)
        self._crm("accounts", {
            "FirmaNr": accounts["number"], "Name": accounts["name"],
            "KonzernNr": accounts["parent"].to_numpy(), "Branche": accounts["industry"],
            "Groessenklasse": accounts["size_class"], "Bundesland": accounts["region"],
            "Land": np.full(len(accounts), "DE"), "Betreuung": accounts["team"],
            "AngelegtAm": accounts["opened"].to_numpy().astype("datetime64[s]"),
        })

    def write_relations(self, relations: Relations) -> None:
        """Everything the CRM keeps beside customers and cases."""
        contracts, consents = relations.contracts, relations.consents
        self._crm("contracts", {
            "VertragNr": contracts["number"], "KundenNr": contracts["customer_no"],
            "FirmaNr": contracts["account_no"].to_numpy(), "ArtikelNr": contracts["product_no"],
            "Beginn": _days(contracts["started_on"]), "Ende": _days(contracts["ended_on"]),
            "Kuendigung": _days(contracts["cancelled_on"]), "Gebuehr": contracts["fee"],
            "Zeitraum": np.full(len(contracts), "Monat"), "Status": contracts["status"],
        })
        self._crm("consents", {
            "EinwilligungNr": consents["number"], "KundenNr": consents["customer_no"],
            "Zweck": consents["purpose"], "Kanal": consents["channel"],
            "Erteilt": _yes_no(consents["granted"]),
            "Zeitpunkt": consents["decided_at"].to_numpy().astype("datetime64[s]"),
        })
        merges, referrals = relations.merges, relations.referrals
        self._crm("merges", {
            "VorgangNr": merges["number"], "BleibtNr": merges["surviving"],
            "EntfaelltNr": merges["merged"],
            "Zeitpunkt": merges["merged_at"].to_numpy().astype("datetime64[s]"),
        })
        self._crm("referrals", {
            "EmpfehlungNr": referrals["number"], "WerberNr": referrals["referrer"],
            "GeworbenNr": referrals["referred"],
            "Datum": referrals["referred_at"].to_numpy().astype("datetime64[s]"),
        })
        campaigns, sends = relations.campaigns, relations.sends
        self._crm("campaigns", {
            "KampagneNr": campaigns["number"], "Name": campaigns["name"],
            "Kanal": campaigns["channel"], "Ziel": campaigns["objective"],
            "Beginn": _days(campaigns["started_on"]), "Ende": _days(campaigns["ended_on"]),
            "Budget": campaigns["budget"],
        })
        times = {
            german: sends[name].to_numpy().astype("datetime64[s]")
            for german, name in (("Versandt", "sent_at"), ("Geoeffnet", "opened_at"),
                                 ("Geklickt", "clicked_at"), ("Abgemeldet", "unsubscribed_at"))
        }
        self._crm("campaign_sends", {
            "VersandNr": sends["number"], "KampagneNr": sends["campaign_no"],
            "KundenNr": sends["customer_no"], "Kanal": np.full(len(sends), "E-Mail"),
            "Kontrollgruppe": _yes_no(sends["control"]), **times,
        })
        notes = relations.notes
        self._crm("research_notes", {
            "NotizNr": notes["number"], "KundenNr": notes["customer_no"].to_numpy(),
            "Methode": notes["method"], "Teilnehmer": notes["participant"],
            "Thema": notes["topic"], "Datum": _days(notes["conducted_on"]), "Notiz": notes["text"],
        })

    def write_service(self, service: Service) -> None:
        """CRM cases as CSV, help desk tickets as JSON Lines."""
        cases = service.cases[service.cases["system"] == "crm"]
        times = {name: cases[name].to_numpy().astype("datetime64[s]") for name in (
            "opened_at", "first_response_at", "promised_at", "resolved_at", "reopened_at")}
        self._crm("cases", {
            "VorgangNr": cases["number"], "KundenNr": cases["customer_no"].to_numpy(),
            "E-Mail": cases["email"].to_numpy(), "Telefon": cases["phone"].to_numpy(),
            "BestellNr": cases["order_no"].to_numpy(), "ArtikelNr": cases["product_no"].to_numpy(),
            "Kanal": _mapped(cases["channel"], _CHANNELS),
            "Anlass": _mapped(cases["topic"], _REASONS),
            "Abteilung": _mapped(cases["department"], _DEPARTMENTS), "Team": cases["team"],
            "Dienstleister": cases["partner"].to_numpy(),
            "Status": _mapped(cases["status"], _STATUS),
            "Prioritaet": _mapped(cases["priority"], _PRIORITY), "Eingang": times["opened_at"],
            "ErsteAntwort": times["first_response_at"], "ZugesagtBis": times["promised_at"],
            "Geloest": times["resolved_at"], "WiederGeoeffnet": times["reopened_at"],
            "AnzahlWiedereroeffnungen": cases["reopen_count"],
            "WartezeitSek": cases["waiting_seconds"].astype("Int64"),
            "BearbeitungSek": cases["handling_seconds"].astype("Int64"),
            "Aufgelegt": _yes_no(cases["is_abandoned"]),
            "Eskaliert": _yes_no(cases["is_escalated"]),
            "TicketNr": cases["linked_case"].to_numpy(), "Betreff": cases["subject"],
            "Kosten": cases["cost_cents"] / 100,
        })
        messages = service.messages[service.messages["system"] == "crm"]
        self._crm("case_messages", {
            "NachrichtNr": messages["number"], "VorgangNr": messages["case_no"],
            "Von": _mapped(messages["role"], _ROLES),
            "Zeitpunkt": messages["sent_at"].to_numpy().astype("datetime64[s]"),
            "Text": messages["text"],
        })
        tickets = service.cases[service.cases["system"] == "helpdesk"]
        utc = {name: to_utc(tickets[name].to_numpy().astype("datetime64[s]")) for name in times}
        self._json("helpdesk", "tickets", {
            "id": tickets["number"], "customer": tickets["customer_no"].to_numpy(),
            "requester_email": tickets["email"].to_numpy(),
            "order": tickets["order_no"].to_numpy(),
            "product": tickets["product_no"].to_numpy(), "via": tickets["channel"],
            "category": tickets["topic"], "group": tickets["department"],
            "status": tickets["status"],
            "priority": tickets["priority"], "created_at": utc["opened_at"],
            "first_reply_at": utc["first_response_at"], "due_at": utc["promised_at"],
            "solved_at": utc["resolved_at"], "reopened_at": utc["reopened_at"],
            "reopens": tickets["reopen_count"], "wait_seconds": tickets["waiting_seconds"],
            "agent_seconds": tickets["handling_seconds"], "escalated": tickets["is_escalated"],
            "bot_handover": tickets["is_bot_handover"],
            "crm_case": tickets["linked_case"].to_numpy(),
            "subject": tickets["subject"],
        })
        turns = service.messages[service.messages["system"] == "helpdesk"]
        self._json("helpdesk", "ticket_messages", {
            "id": turns["number"], "ticket": turns["case_no"], "author": turns["role"],
            "created_at": to_utc(turns["sent_at"].to_numpy().astype("datetime64[s]")),
            "body": turns["text"],
        })

    def write_sales(self, people: People, purchases: Purchases) -> None:
        """One file of orders and one of lines a day, and the two master files."""
        folder = self.target / "pos"
        folder.mkdir(parents=True, exist_ok=True)
        catalogue = self.world.catalogue
        is_subscription = catalogue.category == "Abo"
        self._count("pos/products", write_csv(folder / "products.csv", pa.table({
            "article_no": pa.array(catalogue.number, pa.string()),
            "name": pa.array(catalogue.name, pa.string()),
            "category": pa.array(catalogue.category, pa.string()),
            "brand": pa.array(catalogue.brand, pa.string()),
            "supplier": pa.array([company.SUPPLIERS[i % len(company.SUPPLIERS)]
                                  for i in range(len(catalogue.number))], pa.string()),
            "list_price": pa.array(catalogue.price_cents / 100),
            "unit_cost": pa.array(np.round(catalogue.price_cents / 119 * 0.55, 2)),
            "subscription": pa.array(is_subscription),
        })))
        cities = company.CITIES[: company.STORE_COUNT]
        numbers = store_numbers(np.arange(company.STORE_COUNT))
        opened = [f"{1994 + 2 * i}-0{1 + i % 9}-15" for i in range(company.STORE_COUNT)]
        self._count("pos/stores", write_csv(folder / "stores.csv", pa.table({
            "store_no": pa.array([*numbers, "90", "91"], pa.string()),
            "name": pa.array([*(f"Falkenhof {city}" for city, *_ in cities), "Onlineshop", "App"]),
            "kind": pa.array(["store"] * len(cities) + ["web", "app"]),
            "city": pa.array([*(city for city, *_ in cities), None, None]),
            "postal_code": pa.array([*(f"{prefix}17" for *_, prefix, _ in cities), None, None]),
            "state": pa.array([*(state for _, state, *_ in cities), None, None]),
            "opened": pa.array([*opened, "2009-03-01", "2017-10-01"]),
        })))
        self._write_orders(folder, purchases)
        self._write_lines(folder, purchases)

    def _write_daily(self, folder: Path, name: str, table: pa.Table, day: np.ndarray) -> None:
        """Write the rows of each day; `table` is sorted by `day`."""
        bounds = np.searchsorted(day, np.arange(self.world.days + 1))
        for number in range(self.world.days):
            part = table.slice(bounds[number], bounds[number + 1] - bounds[number])
            path = folder / f"{name}_{self.world.day(number)}.csv"
            self._count(f"pos/{name}", write_csv(path, part, quoted=False))

    def _write_orders(self, folder: Path, purchases: Purchases) -> None:
        orders = purchases.orders
        # A cancelled order is delivered twice: as it was on its day, and again when it changed.
        cancelled = orders[orders["is_cancelled"]]
        changed_day = (_days(cancelled["cancelled_at"]) - self.world.start).astype(int)
        rows = pd.concat(
            [orders.assign(status=orders["status"].where(~orders["is_cancelled"], "NEU"),
                           changed_at=orders["ordered_at"]),
             cancelled.assign(day=changed_day, changed_at=cancelled["cancelled_at"])],
            ignore_index=True,
        ).sort_values(["day", "changed_at", "number"], kind="stable")
        store = rows["store"].to_numpy()
        channel = rows["channel"].to_numpy()
        place = np.full(len(rows), None, dtype=object)
        place[store >= 0] = store_numbers(store[store >= 0])
        place[channel == "WEB"], place[channel == "APP"] = "90", "91"
        table = pa.table({
            "receipt_no": pa.array(rows["number"].to_numpy(), pa.string()),
            "customer_no": pa.array(rows["customer_no"].to_numpy(), pa.string(), from_pandas=True),
            "account_no": pa.array(rows["account_no"].to_numpy(), pa.string(), from_pandas=True),
            "card_no": pa.array(rows["loyalty_id"].to_numpy(), pa.string(), from_pandas=True),
            "email": pa.array(rows["email"].to_numpy(), pa.string(), from_pandas=True),
            "phone": pa.array(rows["phone"].to_numpy(), pa.string(), from_pandas=True),
            "store_no": pa.array(place, pa.string(), from_pandas=True),
            "channel": pa.array(channel, pa.string()),
            "status": pa.array(rows["status"].to_numpy(), pa.string()),
            **{name: _time_text(rows[name]) for name in (
                "ordered_at", "promised_at", "shipped_at", "delivered_at", "changed_at")},
            **{name: pa.array(rows[column].to_numpy() / 100) for name, column in (
                ("net_amount", "net"), ("tax_amount", "tax"), ("shipping_amount", "shipping"),
                ("discount_amount", "discount"))},
            "payment": pa.array(rows["payment"].to_numpy(), pa.string()),
            "coupon": pa.array(rows["coupon"].to_numpy(), pa.string(), from_pandas=True),
        })
        day = rows["day"].to_numpy()
        # One receipt without a time, and one line that an export repeated as it was.
        bad = len(rows) // 4
        ordered = table.column("ordered_at").to_pylist()
        ordered[bad] = None
        table = table.set_column(table.schema.get_field_index("ordered_at"), "ordered_at",
                                 pa.array(ordered, pa.string()))
        self._plant("pos/orders", rows["number"].iloc[bad], "no order time")
        again = len(rows) // 2
        self._plant("pos/orders", rows["number"].iloc[again], "exact duplicate line")
        position = np.insert(np.arange(len(rows)), again, again)
        self._write_daily(folder, "orders", table.take(pa.array(position)), day[position])

    def _write_lines(self, folder: Path, purchases: Purchases) -> None:
        lines, orders = purchases.lines, purchases.orders
        order_number = orders["number"].to_numpy()[lines["order"].to_numpy()]
        sequence = np.lexsort((lines["line"].to_numpy(), lines["order"].to_numpy(),
                               lines["day"].to_numpy()))
        lines, order_number = lines.iloc[sequence], order_number[sequence]
        quantity = lines["quantity"].to_numpy().astype(float)
        bad = len(lines) // 3
        quantity[bad] = np.nan
        self._plant("pos/order_lines", f"{order_number[bad]}|{lines['line'].iloc[bad]}",
                    "no quantity")
        table = pa.table({
            "receipt_no": pa.array(order_number, pa.string()),
            "line_no": pa.array(lines["line"].to_numpy()),
            "article_no": pa.array(self.world.catalogue.number[lines["product"].to_numpy()],
                                   pa.string()),
            "quantity": pa.array(quantity, pa.int64(), from_pandas=True),
            **{name: pa.array(lines[column].to_numpy() / 100) for name, column in (
                ("net_amount", "net"), ("discount_amount", "discount"), ("cost_amount", "cost"))},
            "promotion": pa.array(lines["promotion"].to_numpy(), pa.string(), from_pandas=True),
            "is_return": pa.array(lines["is_return"].to_numpy().astype(np.int8)),
            "return_reason": pa.array(lines["reason"].to_numpy(), pa.string(), from_pandas=True),
            "booked_at": _time_text(lines["booked_at"]),
        })
        self._write_daily(folder, "order_lines", table, lines["day"].to_numpy())

    def write_surveys(self, surveys: list[Surveys]) -> None:
        """Three surveys of the survey tool; the help desk exports what was asked after tickets."""
        names = ("question_id", "survey", "wording", "type", "min", "max", "reversed", "dimension",
                 "measures", "touchpoint")
        columns = {name: pa.array([row[i] for row in satisfaction.QUESTIONS])
                   for i, name in enumerate(names)}
        self._json("survey", "questions", dict(columns))
        invitations = pd.concat([part.invitations for part in surveys if len(part.invitations)],
                                ignore_index=True)
        responses = pd.concat([part.responses for part in surveys], ignore_index=True)
        answers = pd.concat([part.answers for part in surveys], ignore_index=True)
        by_desk = (responses["case_system"] == "helpdesk").to_numpy()
        desk_answers = answers["response_id"].isin(responses["response_id"][by_desk]).to_numpy()
        sent_by_desk = (invitations["case_system"] == "helpdesk").to_numpy()
        for folder, prefix, in_part, asked, answered in (
            ("survey", "", ~sent_by_desk, ~by_desk, ~desk_answers),
            ("helpdesk", "survey_", sent_by_desk, by_desk, desk_answers),
        ):
            self._write_survey(
                folder, prefix, invitations[in_part], responses[asked], answers[answered]
            )

    def _write_survey(
        self, folder: str, prefix: str, invitations: pd.DataFrame, responses: pd.DataFrame,
        answers: pd.DataFrame,
    ) -> None:
        self._json(folder, f"{prefix}invitations", {
            "invitation_id": invitations["invitation_id"], "survey": invitations["survey"],
            "customer": invitations["customer_no"].to_numpy(dtype=object),
            "email": invitations["email"].to_numpy(dtype=object),
            "order": invitations["order_no"].to_numpy(dtype=object),
            "case": invitations["case_no"].to_numpy(dtype=object),
            "channel": invitations["channel"],
            "sent_at": to_utc(invitations["sent_at"].to_numpy().astype("datetime64[s]")),
        })
        objects = {name: responses[column].to_numpy(dtype=object) for name, column in (
            ("customer", "customer_no"), ("email", "email"), ("order", "order_no"),
            ("case", "case_no"), ("store", "store_no"))}
        self._json(folder, f"{prefix}responses", {
            "response_id": responses["response_id"], "survey": responses["survey"],
            "invitation": responses["invitation_id"].to_numpy(dtype=object),
            "respondent": responses["respondent"], **objects,
            "responded_at": to_utc(responses["responded_at"].to_numpy().astype("datetime64[s]")),
            "channel": responses["channel"],
            "touchpoint": responses["touchpoint"].to_numpy(dtype=object),
            "department": responses["department"].to_numpy(dtype=object),
            "weight": responses["weight"], "language": responses["language"],
            "age_group": responses["age_group"].to_numpy(dtype=object),
        })
        extra: tuple[str, ...] = ()
        if folder == "survey":
            bad = {"answer_id": "bad", "response_id": None, "question_id": "K06", "score": 7.0}
            extra = (json.dumps(bad),)
            self._plant("survey/answers", "|K06", "answer without a response")
        self._json(folder, f"{prefix}answers", {
            "response_id": answers["response_id"], "question_id": answers["question_id"],
            "score": answers["score"], "choice": answers["choice"].to_numpy(dtype=object),
            "text": answers["text"].to_numpy(dtype=object),
            "not_applicable": answers["not_applicable"],
        }, extra)

    def write_voices(self, voices: Voices) -> None:
        """Posts and known profiles."""
        posts, profiles = voices.posts, voices.profiles
        self._json("social", "posts", {
            "post_id": posts["post_id"], "platform": posts["platform"], "kind": posts["kind"],
            "thread_id": posts["thread"], "reply_to": posts["parent_id"].to_numpy(dtype=object),
            "author": posts["author"],
            "posted_at": to_utc(posts["posted_at"].to_numpy().astype("datetime64[s]")),
            "stars": posts["stars"],
            "stars_of": np.where(posts["stars"].notna(), 5.0, np.nan), "text": posts["text"],
            "lang": posts["language"].to_numpy(dtype=object), "likes": posts["likes"],
            "article_no": posts["product_no"].to_numpy(dtype=object),
            "store_no": posts["store_no"].to_numpy(dtype=object),
        })
        self._json("social", "profile_links", {
            "link_id": profiles["profile_id"], "platform": profiles["platform"],
            "author": profiles["author"],
            "customer": profiles["customer_no"].to_numpy(dtype=object),
            "email": profiles["email"].to_numpy(dtype=object),
            "linked_at": to_utc(profiles["linked_at"].to_numpy().astype("datetime64[s]")),
        })

    def write_digital(self, events: Events, ad_spend: pd.DataFrame) -> None:
        """Events by month of their UTC time, advertising spend in one file."""
        for month, columns in events.months():
            path = self.target / "digital" / f"events_{month}.parquet"
            self._count("digital/events", write_parquet(path, columns))
        path = self.target / "digital" / f"ad_spend_{self.stamp}.parquet"
        self._count("digital/ad_spend", write_parquet(path, {
            "spend_date": _days(ad_spend["spend_date"]), "platform": ad_spend["platform"],
            "campaign_no": ad_spend["campaign_no"], "impressions": ad_spend["impressions"],
            "clicks": ad_spend["clicks"], "cost": ad_spend["cost"],
        }))


def _time_text(values: pd.Series) -> pa.Array:
    return pc.strftime(
        pa.array(values.to_numpy().astype("datetime64[s]"), from_pandas=True),
        format="%Y-%m-%d %H:%M:%S",
    )
