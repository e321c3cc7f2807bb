"""The shipped declarations of APIs against servers that answer as their documentation says.

Each is fetched and loaded twice: everything first, then what changed. The answers have the fields
of the public documentation; people and texts are invented.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.declaration import read_declaration
from tests.unit.ingestion.apis import NOW, SHIPPED, Api, Call, Company, Reply, shipped

LATER = NOW + timedelta(days=1)


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.close()


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yml")), ids=lambda path: path.stem)
def test_a_shipped_declaration_says_which_variables_to_set(path: Path) -> None:
    declaration = read_declaration(path)
    head = path.read_text(encoding="utf-8").partition("source:")[0]
    assert declaration.variables
    assert set(declaration.variables) == {
        word for word in re.findall(r"[A-Z_]+", head) if word.startswith(f"{path.stem.upper()}_")}


# HubSpot: search with at most 200 a page, errors as {status, message, correlationId, category}

def _contact(number: int, changed: str, **properties: str) -> dict[str, Any]:
    return {"id": str(number), "properties": {
        "createdate": "2024-01-17T19:55:04.281Z", "hs_object_id": str(number),
        "lastmodifieddate": changed, "date_of_birth": None, **properties},
        "createdAt": "2024-01-17T19:55:04.281Z", "updatedAt": changed, "archived": False}


class HubSpot:
    """Contacts and companies; a search sorts by change and gives pages of two."""

    def __init__(self) -> None:
        self.throttled = 2
        self.archived: list[dict[str, Any]] = []
        self.contacts = [
            _contact(1, "2026-02-01T10:00:00.100Z", firstname="Jürgen", lastname="Groß",
                     email="j.gross@example.de", city="Köln", zip="50667", country="DE",
                     associatedcompanyid="900", hs_language="de", salutation="Dr."),
            _contact(2, "2026-02-02T10:00:00Z", firstname="Zoë", lastname="Müller",
                     mobilephone="+49 170 1234567"),
            _contact(3, "2026-02-03T10:00:00Z", firstname="Ömer", lastname="Şahin",
                     email="oemer@example.de")]
        self.companies = [{
            "id": "900", "properties": {
                "name": "Bäckerei Süß GmbH", "industry": "FOOD_PRODUCTION",
                "numberofemployees": "42", "state": "NRW", "country": "Germany",
                "hs_parent_company_id": None, "hs_lastmodifieddate": "2026-02-01T10:00:00Z"},
            "createdAt": "2023-05-01T00:00:00Z", "updatedAt": "2026-02-01T10:00:00Z",
            "archived": False}]

    def __call__(self, call: Call) -> Reply:
        if call.headers.get("authorization") != "Bearer pat-eu1-abc":
            return Reply({"status": "error", "message": "Authentication credentials not found.",
                          "correlationId": "x", "category": "INVALID_AUTHENTICATION"}, 401)
        if self.throttled:
            self.throttled -= 1
            return Reply({"status": "error", "message": "You have reached your secondly limit.",
                          "errorType": "RATE_LIMIT", "correlationId": "x",
                          "policyName": "SECONDLY"}, 429)
        if call.method == "GET":
            assert call.query["archived"] == "true"
            archived = self.archived if call.path == "/crm/v3/objects/contacts" else []
            start = int(call.query.get("after", 0))
            more = {"paging": {"next": {"after": str(start + 1), "link": "?after=x"}}}
            return Reply({"results": archived[start:start + 1]}
                         | (more if start + 1 < len(archived) else {}))
        rows, column = {
            "/crm/v3/objects/contacts/search": (self.contacts, "lastmodifieddate"),
            "/crm/v3/objects/companies/search": (self.companies, "hs_lastmodifieddate"),
        }[call.path]
        ((only,),) = [group["filters"] for group in call.body["filterGroups"]]
        assert (only["propertyName"], only["operator"]) == (column, "GTE")
        assert call.body["sorts"] == [{"propertyName": column, "direction": "ASCENDING"}]
        assert call.body["limit"] <= 200
        since = int(only["value"]) / 1000
        found = sorted((row for row in rows if _utc(row["properties"][column]) >= since),
                       key=lambda row: row["properties"][column])
        start = int(call.body.get("after", 0))
        body: dict[str, Any] = {"total": len(found), "results": found[start:start + 2]}
        if start + 2 < len(found):
            body["paging"] = {"next": {"after": str(start + 2), "link": "?after=x"}}
        return Reply(body)


def test_hubspot(api: Api, tmp_path: Path) -> None:
    api.answer = hubspot = HubSpot()
    company = Company(tmp_path / "c", shipped("hubspot", api.url), {
        "HUBSPOT_TOKEN": "pat-eu1-abc"})
    loads = company.run()
    assert [int(wait) for wait in company.waits if wait >= 1][:2] == [1, 2]
    assert company.rows("source_record_ref, title, first_name, last_name, email, phone, city, "
                        "postal_code, language, cast(updated_at as varchar)",
                        loads["crm.customers"]) == [
        ("1", "Dr.", "Jürgen", "Groß", "j.gross@example.de", None, "Köln", "50667", "de",
         "2026-02-01 10:00:00.1"),
        ("2", None, "Zoë", "Müller", None, "+49 170 1234567", None, None, None,
         "2026-02-02 10:00:00"),
        ("3", None, "Ömer", "Şahin", "oemer@example.de", None, None, None, None,
         "2026-02-03 10:00:00")]
    assert company.rows("source_record_ref, name, industry, size_class, region",
                        loads["crm.accounts"]) == [
        ("900", "Bäckerei Süß GmbH", "FOOD_PRODUCTION", "42", "NRW")]
    ((account,),) = company.rows("record_key", loads["crm.accounts"])
    assert (account,) in company.rows("account_key", loads["crm.customers"])
    # One changes, two are archived: those are listed, and found by no search.
    hubspot.archived = [
        {**contact, "archived": True, "archivedAt": "2026-03-01T08:00:00Z"}
        for contact in (hubspot.contacts.pop(0), _contact(99, "2026-01-01T00:00:00Z"))]
    hubspot.contacts[0] = _contact(2, "2026-03-01T09:00:00Z", lastname="Müller-Lüdenscheidt")
    asked = len(api.calls)
    loads = company.run(LATER)
    (load,) = loads["crm.customers"]
    # The contact that changed last is read again, for it lies within what is looked back.
    assert company.rows("source_record_ref, last_name", [load]) == [("2", "Müller-Lüdenscheidt")]
    assert company.rows("source_record_ref, is_deleted, cast(updated_at as varchar)",
                        loads["archived_contacts"]) == [
        ("1", True, "2026-03-01 08:00:00"), ("99", True, "2026-03-01 08:00:00")]
    assert len(api.calls) - asked == 5
    assert "pat-eu1-abc" not in company.written()


def test_hubspot_with_a_wrong_token(api: Api, tmp_path: Path) -> None:
    api.answer = HubSpot()
    company = Company(tmp_path / "c", shipped("hubspot", api.url), {"HUBSPOT_TOKEN": "pat-x"})
    report = company.fetch()
    assert [problem.message for problem in report.problems] == [
        f"hubspot {table}: /crm/v3/objects/{objects}: not logged in; check HUBSPOT_TOKEN "
        "in the environment (status 401)"
        for table, objects in (
            ("crm.customers", "contacts/search"), ("archived_contacts", "contacts"),
            ("crm.accounts", "companies/search"), ("archived_companies", "companies"))]


# Zendesk: export of tickets by cursor with side-loaded users; comments by ticket

class Zendesk:
    """Tickets in order of their change, two a page; the throttle tells how long to wait."""

    def __init__(self) -> None:
        self.users = [
            {"id": 7, "name": "Änne Weiß", "email": "aenne@example.de", "phone": "030 123",
             "role": "end-user"},
            {"id": 8, "name": "Björn", "email": "b@firma.example", "phone": None, "role": "agent"}]
        self.tickets = [self.ticket(n, f"2026-02-0{n}T08:00:00Z") for n in (1, 2, 3)]
        self.comments = {n: [
            {"id": 10 * n, "type": "Comment", "author_id": 7, "public": True,
             "body": "**Paket fehlt**", "plain_body": "Paket fehlt, bitte prüfen!",
             "created_at": "2026-02-01T08:00:00Z"},
            {"id": 10 * n + 1, "type": "Comment", "author_id": 8, "public": True,
             "body": "Wir kümmern uns.", "plain_body": None,
             "created_at": "2026-02-01T09:00:00Z"}] for n in (1, 2, 3)}
        self.throttled = True

    @staticmethod
    def ticket(number: int, changed: str, **fields: Any) -> dict[str, Any]:
        return {
            "id": number, "created_at": "2026-02-01T07:59:00Z", "updated_at": changed,
            "generated_timestamp": int(_utc(changed)), "type": "problem", "priority": "high",
            "status": "new", "subject": "Lieferung verspätet", "requester_id": 7, "group_id": 5,
            "problem_id": None, "via": {"channel": "web", "source": {"rel": None}},
            "metric_set": {"reopens": 0, "solved_at": None}, "custom_fields": [], **fields}

    def __call__(self, call: Call) -> Reply:
        expected = base64.b64encode(b"chef@example.de/token:t0ken").decode()
        if call.headers.get("authorization") != f"Basic {expected}":
            return Reply({"error": "Couldn't authenticate you"}, 401)
        host = f"http://{call.headers['host']}"
        if call.path == "/api/v2/incremental/tickets/cursor":
            return self._export(call, host)
        ticket = int(call.path.split("/")[4])
        if ticket not in self.comments:
            return Reply({"error": "RecordNotFound", "description": "Not found"}, 404)
        assert call.query["include"] == "users"
        rows = self.comments[ticket]
        start = int(call.query.get("page[after]", 0))
        return Reply({
            "comments": rows[start:start + 1], "users": self.users,
            "meta": {"has_more": start + 1 < len(rows), "after_cursor": str(start + 1)},
            "links": {"next": f"{host}{call.path}?include=users&page[size]=100&page[after]="
                              f"{start + 1}"}})

    def _export(self, call: Call, host: str) -> Reply:
        if self.throttled:
            self.throttled = False
            return Reply({"error": "APIRateLimitExceeded"}, 429, {"Retry-After": "17"})
        assert ("start_time" in call.query) != ("cursor" in call.query)
        since, start = (call.query.get("cursor") or f"{call.query['start_time']}|0").split("|")
        found = sorted((t for t in self.tickets if t["generated_timestamp"] >= int(since)),
                       key=lambda t: t["generated_timestamp"])
        end = int(start) + 2
        return Reply({
            "tickets": found[int(start):end], "users": self.users,
            "groups": [{"id": 5, "name": "Logistik"}], "end_of_stream": end >= len(found),
            "after_cursor": f"{since}|{end}", "before_cursor": None, "before_url": None,
            "after_url": f"{host}{call.path}?include=users,groups&cursor={since}|{end}"})


def test_zendesk(api: Api, tmp_path: Path) -> None:
    api.answer = zendesk = Zendesk()
    company = Company(tmp_path / "c", shipped("zendesk"), {
        "ZENDESK_URL": api.url, "ZENDESK_EMAIL": "chef@example.de", "ZENDESK_API_TOKEN": "t0ken"})
    loads = company.run()
    assert 17 in company.waits
    cases = company.rows("source_record_ref, email, phone, channel, team, status, priority, "
                         "subject, cast(opened_at as varchar), reopen_count", loads["crm.cases"])
    assert cases == [(str(n), "aenne@example.de", "030 123", "form", "Logistik", "open", "high",
                      "Lieferung verspätet", "2026-02-01 07:59:00", 0) for n in (1, 2, 3)]
    messages = loads["crm.case_messages"]
    assert company.rows("source_record_ref, case_ref, author_role, text", messages)[:2] == [
        ("10", "1", "customer", "Paket fehlt, bitte prüfen!"),
        ("11", "1", "agent", "Wir kümmern uns.")]
    assert {key for (key,) in company.rows("case_key", messages)} == {
        key for (key,) in company.rows("record_key", loads["crm.cases"])}
    assert len(api.asked("/api/v2/tickets/1/comments")) == 2

    # One is solved with a new comment, one deleted: the export still has it, its comments are gone.
    zendesk.tickets[0] = Zendesk.ticket(
        1, "2026-02-20T08:00:00Z", status="solved",
        metric_set={"reopens": 1, "solved_at": "2026-02-20T08:00:00Z"})
    zendesk.comments[1].append({
        "id": 12, "type": "Comment", "author_id": 7, "public": True, "body": "Danke schön!",
        "plain_body": "Danke schön!", "created_at": "2026-02-20T08:00:00Z"})
    zendesk.tickets[1] = Zendesk.ticket(2, "2026-02-21T08:00:00Z", status="deleted")
    del zendesk.comments[2]
    api.calls.clear()
    loads = company.run(LATER)
    exports = [call for call in api.calls if "start_time" in call.query]
    assert int(exports[0].query["start_time"]) == _utc("2026-02-03T07:00:00Z")
    assert company.rows("source_record_ref, status, reopen_count, cast(resolved_at as varchar)",
                        loads["crm.cases"])[0] == ("1", "resolved", 1, "2026-02-20 08:00:00")
    assert company.rows("source_record_ref, coalesce(is_deleted, false)", loads["crm.cases"]) == [
        ("1", False), ("2", True)]
    assert [ref for (ref,) in company.rows("source_record_ref", loads["crm.case_messages"])] == [
        "10", "11", "12"]
    assert len(api.asked("/api/v2/tickets/2/comments")) == 1


# Shopify: GraphQL with a token for 24 hours, throttled with status 200

class Shopify:
    """Orders, customers and products; ten records of each a page, but two here."""

    def __init__(self) -> None:
        def money(amount: str) -> dict[str, Any]:
            return {"shopMoney": {"amount": amount}}

        def line(order: int, number: int) -> dict[str, Any]:
            return {"id": f"gid://shopify/LineItem/{order}{number:02}", "title": "Größe L",
                    "quantity": 2, "currentQuantity": 2,
                    "product": {"id": "gid://shopify/Product/1"},
                    "discountedTotalSet": money("39.98")}

        self.lines = {order: [line(order, n) for n in range(count)]
                      for order, count in ((1, 2), (2, 30), (3, 1))}
        self.orders = [{
            "id": f"gid://shopify/Order/{n}", "name": f"#{1000 + n}",
            "createdAt": "2026-02-01T10:00:00Z", "processedAt": "2026-02-01T10:00:00Z",
            "updatedAt": f"2026-02-0{n}T12:00:00Z", "cancelledAt": None,
            "cancelReason": "CUSTOMER" if n == 3 else None, "email": "käthe@example.de",
            "phone": None, "sourceName": "pos" if n == 1 else "web",
            "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "FULFILLED",
            "currencyCode": "EUR", "taxesIncluded": True, "discountCode": "FRÜHLING",
            "customer": {"id": "gid://shopify/Customer/5"},
            "currentSubtotalPriceSet": money("39.98"), "currentTotalTaxSet": money("6.38"),
            "totalShippingPriceSet": money("4.90"), "currentTotalDiscountsSet": money("0.0"),
        } for n in (1, 2, 3)]
        self.customers = [{
            "id": "gid://shopify/Customer/5", "firstName": "Käthe", "lastName": "Öztürk",
            "locale": "de", "createdAt": "2025-01-01T00:00:00Z",
            "updatedAt": "2026-02-01T00:00:00Z",
            "defaultEmailAddress": {"emailAddress": "käthe@example.de"},
            "defaultPhoneNumber": None, "defaultAddress": {
                "company": None, "address1": "Hauptstraße 5", "zip": "80331", "city": "München",
                "province": "Bayern", "countryCodeV2": "DE"}}]
        self.products = [{
            "id": "gid://shopify/Product/1", "title": "Wollmütze", "productType": "Mützen",
            "vendor": "Strick & Söhne", "createdAt": "2025-01-01T00:00:00Z",
            "updatedAt": "2026-01-01T00:00:00Z", "publishedAt": None,
            "priceRangeV2": {"minVariantPrice": {"amount": "19.99", "currencyCode": "EUR"}}}]
        self.throttled = True

    def __call__(self, call: Call) -> Reply:
        if call.path == "/admin/oauth/access_token":
            assert "client_secret=shpss_1" in call.body
            return Reply({"access_token": "shpat_9", "scope": "read_orders", "expires_in": 86399})
        assert call.path == "/admin/api/2026-10/graphql.json"
        if call.headers.get("x-shopify-access-token") != "shpat_9":
            return Reply({"errors": "[API] Invalid API key or access token"}, 401)
        if self.throttled:
            self.throttled = False
            return Reply({"errors": [{"message": "Throttled", "extensions": {
                "code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/limits"}}],
                "extensions": {"cost": {"requestedQueryCost": 900, "throttleStatus": {
                    "maximumAvailable": 1000.0, "currentlyAvailable": 1, "restoreRate": 50.0}}}})
        variables, query = call.body["variables"], call.body["query"]
        if "order(id:" in query:
            lines = self.lines[int(variables["order"].rpartition("/")[2])]
            return Reply({"data": {"order": {"lineItems": self._page(lines, variables, 20)}}})
        (kind,) = [k for k in ("orders", "customers", "products") if f"{k}(first:" in query]
        since = variables["changed"].removeprefix("updated_at:>='").removesuffix("'")
        rows = [row for row in getattr(self, kind) if row["updatedAt"] >= since]
        page = self._page(rows, variables, 2)
        if kind == "orders":
            page["nodes"] = [row | {"lineItems": self._page(
                self.lines[int(row["id"].rpartition("/")[2])], {}, 20)} for row in page["nodes"]]
        return Reply({"data": {kind: page}, "extensions": {"cost": {"requestedQueryCost": 900}}})

    @staticmethod
    def _page(rows: list[Any], variables: dict[str, Any], size: int) -> dict[str, Any]:
        start = int(variables.get("cursor") or 0)
        end = min(start + size, len(rows))
        return {"nodes": rows[start:end], "pageInfo": {
            "hasNextPage": end < len(rows), "endCursor": str(end) if rows else None}}


SHOPIFY = {"SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "shpss_1"}


def test_shopify(api: Api, tmp_path: Path) -> None:
    api.answer = shopify = Shopify()
    company = Company(tmp_path / "c", shipped("shopify"), SHOPIFY | {"SHOPIFY_URL": api.url})
    loads = company.run()
    assert company.waits == [pytest.approx(1, rel=0.25)]
    assert company.rows(
        "source_record_ref, customer_ref, email, channel, status, net_amount::varchar, "
        "tax_amount::varchar, currency, coupon_code", loads["pos.orders"]) == [
        (f"gid://shopify/Order/{n}", "gid://shopify/Customer/5", "käthe@example.de", channel,
         status, "39.9800", "6.3800", "EUR", "FRÜHLING")
        for n, channel, status in (
            (1, "store", "paid"), (2, "web", "paid"), (3, "web", "cancelled"))]
    lines = loads["pos.order_lines"] + loads["lines_of_long_orders"]
    found = Counter(order for order, _ in set(company.rows("order_ref, record_key", lines)))
    assert found == {f"gid://shopify/Order/{n}": count for n, count in ((1, 2), (2, 30), (3, 1))}
    assert sum(load.rows_accepted for load in lines) == 53  # twenty of the thirty came twice
    assert set(company.rows("quantity::int, net_amount::varchar, currency, booked_at::varchar",
                            lines)) == {(2, "39.9800", "EUR", "2026-02-01 10:00:00")}
    products = company.rows("record_key", loads["pos.products"])
    assert set(company.rows("product_key", lines)) == set(products)
    assert company.rows("first_name, last_name, street, region, country",
                        loads["crm.customers"]) == [
        ("Käthe", "Öztürk", "Hauptstraße 5", "Bayern", "DE")]
    assert company.rows("name, category, brand, unit_price::varchar, currency",
                        loads["pos.products"]) == [
        ("Wollmütze", "Mützen", "Strick & Söhne", "19.9900", "EUR")]

    shopify.orders[0] |= {"displayFinancialStatus": "REFUNDED",
                          "updatedAt": "2026-02-27T00:00:00Z"}
    loads = company.run(LATER)
    assert set(loads) == {"pos.orders", "pos.order_lines"}
    assert company.rows("source_record_ref, status", loads["pos.orders"]) == [
        ("gid://shopify/Order/1", "returned")]


def test_shopify_without_a_scope(api: Api, tmp_path: Path) -> None:
    shop = Shopify()

    def answer(call: Call) -> Reply:
        if "orders(first" in str(call.body):
            return Reply({"data": {"orders": None}, "errors": [{
                "message": "Access denied for orders field. Käthe", "extensions": {
                    "code": "ACCESS_DENIED"}}]})
        return shop(call)

    api.answer = answer
    company = Company(tmp_path / "c", shipped("shopify"), SHOPIFY | {"SHOPIFY_URL": api.url})
    report = company.fetch()
    assert [problem.message for problem in report.problems] == [
        "shopify pos.orders: /admin/api/2026-10/graphql.json: the API reports errors "
        "(ACCESS_DENIED); check the request in the declaration and the rights of the credentials"]
    assert {file.label for file in report.landed} == {"crm.customers", "pos.products"}


# Formbricks: surveys by offset, responses by offset with answers as an object

class Formbricks:
    """Two surveys, one with its questions in blocks; five responses, three a page."""

    def __init__(self) -> None:
        nps = {"id": "nps", "type": "nps", "headline": {"default": "Würden Sie uns empfehlen?"}}
        free = {"id": "warum", "type": "openText", "headline": {"default": "Warum?"}}
        stars = {"id": "sterne", "type": "rating", "range": 5, "scale": "star",
                 "headline": {"default": "How was it?", "de": "Wie war es?"}}
        self.surveys = [
            {"id": "s1", "name": "Nach dem Kauf", "updatedAt": "2026-01-01T00:00:00Z",
             "questions": [nps, free], "blocks": []},
            {"id": "s2", "name": "Hotline", "updatedAt": "2026-01-01T00:00:00Z", "questions": [],
             "blocks": [{"id": "b1", "elements": [stars]}, {"id": "b2", "elements": [free]}]}]
        self.responses = [self.response(n, f"2026-02-0{n}T10:00:00.000Z") for n in range(1, 6)]
        self.moves = True

    @staticmethod
    def response(number: int, changed: str, **fields: Any) -> dict[str, Any]:
        return {
            "id": f"r{number}", "createdAt": "2026-01-31T10:00:00.000Z", "updatedAt": changed,
            "finished": True, "surveyId": "s1", "contactId": "c1", "endingId": None,
            "data": {"nps": number + 4, "warum": "Schöne Grüße, prompt geliefert"},
            "variables": {}, "ttc": {"nps": 1200}, "meta": {"source": "link", "url": "https://x"},
            "contactAttributes": {"email": f"gast{number}@example.de"}, "singleUseId": None,
            "language": "de", "displayId": None, **fields}

    def __call__(self, call: Call) -> Reply:
        if call.headers.get("x-api-key") != "fbk_1":
            return Reply({"code": "not_authenticated", "message": "Not authenticated"}, 401)
        if call.path == "/api/v1/management/surveys":
            start = int(call.query["offset"])
            return Reply({"data": self.surveys[start:start + int(call.query["limit"])]})
        assert call.path == "/api/v2/management/responses"
        assert int(call.query["limit"]) <= 250
        found = sorted((r for r in self.responses if r["updatedAt"] >= call.query["startDate"]),
                       key=lambda r: r["updatedAt"])
        start = int(call.query["skip"])
        reply = Reply({"data": found[start:start + 3],
                       "meta": {"total": len(found), "limit": 3, "offset": start}})
        if self.moves:  # while it is read, the first is filled in further and becomes the last
            self.moves = False
            self.responses[0] = self.response(1, "2026-02-10T10:00:00.000Z")
        return reply


def test_formbricks(api: Api, tmp_path: Path) -> None:
    api.answer = formbricks = Formbricks()
    company = Company(tmp_path / "c", shipped("formbricks"), {
        "FORMBRICKS_URL": api.url, "FORMBRICKS_API_KEY": "fbk_1"})
    loads = company.run()
    questions = loads["survey.questions"] + loads["questions_in_blocks"]
    assert company.rows("source_record_ref, survey, question_type, scale_min, scale_max, wording",
                        questions) == [
        ("s1|nps", "Nach dem Kauf", "nps", 0, 10, "Würden Sie uns empfehlen?"),
        ("s1|warum", "Nach dem Kauf", "text", None, None, "Warum?"),
        ("s2|sterne", "Hotline", "rating", 1, 5, "Wie war es?"),
        ("s2|warum", "Hotline", "text", None, None, "Warum?")]
    assert company.rows("source_record_ref, email, language", loads["survey.responses"]) == [
        (f"r{n}", f"gast{n}@example.de", "de") for n in range(1, 6)]
    answers = loads["survey.answers"]
    assert company.rows("source_record_ref, question_ref, score, text", answers)[:2] == [
        ("r1|nps", "s1|nps", 5, None),
        ("r1|warum", "s1|warum", None, "Schöne Grüße, prompt geliefert")]
    assert len(company.rows("record_key", answers)) == 10
    asked = {key for (key,) in company.rows("question_key", answers)}
    assert asked <= {key for (key,) in company.rows("record_key", questions)}

    formbricks.responses.append(Formbricks.response(
        6, "2026-02-12T10:00:00.000Z", data={"nps": 0, "wahl": ["a", "ü"], "ok": True}))
    loads = company.run(LATER)
    assert set(loads) == {"survey.responses", "survey.answers"}
    assert api.calls[-1].query["startDate"] == "2026-02-08T10:00:00Z"
    assert company.rows("source_record_ref, score, choice", loads["survey.answers"]) == [
        ("r6|nps", 0, None), ("r6|ok", None, None), ("r6|wahl", None, '["a","ü"]')]


# Trustpilot: page by page, newest first

def _review(number: int) -> dict[str, Any]:
    return {"id": f"rev{number}", "stars": number % 5 + 1, "title": "Sehr gut",
            "text": f"Schnell geliefert, Nr. {number} überzeugt", "language": "de",
            "createdAt": f"2026-02-{number:02}T09:00:00Z", "updatedAt": None,
            "numberOfLikes": 1, "consumer": {"id": "c", "displayName": "Jörg H."},
            "businessUnit": {"id": "bu1"}, "companyReply": None}


def test_trustpilot(api: Api, tmp_path: Path) -> None:
    reviews = [_review(n) for n in range(5, 0, -1)]

    def answer(call: Call) -> Reply:
        assert (call.path, call.headers["apikey"]) == ("/v1/business-units/bu1/reviews", "key1")
        assert (call.query["perPage"], call.query["orderBy"]) == ("100", "createdat.desc")
        start = (int(call.query["page"]) - 1) * 2
        page = reviews[start:start + 2]
        if len(api.calls) == 1:  # a review comes while they are read, and moves the others
            reviews.insert(0, _review(6))
        return Reply({"links": [], "reviews": page})

    api.answer = answer
    company = Company(tmp_path / "c", shipped("trustpilot", api.url), {
        "TRUSTPILOT_API_KEY": "key1", "TRUSTPILOT_BUSINESS_UNIT": "bu1"})
    (load,) = company.run()["social.posts"]
    assert (load.rows_read, load.rows_accepted, load.rows_rejected) == (5, 5, 0)
    rows = "source_record_ref, platform, author_handle, rating, rating_max, text"
    assert company.rows(rows, [load])[0] == (
        "rev1", "trustpilot", "Jörg H.", 2, 5, "Sehr gut Schnell geliefert, Nr. 1 überzeugt")
    (load,) = company.run(LATER)["social.posts"]
    assert "rev6" in {ref for (ref,) in company.rows("source_record_ref", [load])}
    assert "key1" not in company.written()
