"""Requests to REST APIs: pages, faults, throttling and what may be told of them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.checking import check_declaration
from ingestion.declaration import DeclarationError
from ingestion.rest.credentials import check_names
from ingestion.rest.documents import read_document, with_fields
from ingestion.rest.instants import as_instant, write_instant
from ingestion.rest.links import on_server
from ingestion.rest.settings import Request, Since
from ingestion.rest.texts import place_of
from tests.unit.ingestion.apis import Api, Call, Company, Reply

SECRET = "geheim-äöü-4711"


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.close()


Make = Callable[..., Company]


@pytest.fixture
def company(tmp_path: Path, api: Api) -> Make:
    """A company with orders from the API: what the request and the connection say."""
    def make(request: str = "", connection: str = "", table: str = "") -> Company:
        return Company(tmp_path / "company", f"""
source: shop
connection:
  kind: rest
  base_url: {api.url}/v1
  auth: {{kind: header, name: x-api-key, value_env: SHOP_KEY}}
  {connection}
tables:
  - entity: pos.orders
    key: id
    {table}
    request: {{path: /orders, records: data{request and ', ' + request}}}
    columns: {{ordered_at: at, net_amount: amount}}
""", {"SHOP_KEY": SECRET})
    return make


def _orders(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "at": f"2026-01-{number % 28 + 1:02}T10:00:00Z", "amount": "1.50"}
            for number in numbers]


def _ids(company: Company, loads: dict[str, Any]) -> list[int]:
    return sorted(int(ref) for (ref,) in company.rows(
        "source_record_ref", loads["pos.orders"]))


# Taking answers apart

def test_records_are_kept_as_delivered() -> None:
    text = ('{"meta": {"n": 2}, "d": {"items": [ {"id":1, "sum": 1.10, "sum": 12345678901234567.89,'
            ' "t": "Grüße\\n"},\r\n\t{\n"id": 2}\n]}, "next": "x"}')
    document = read_document(text, "d.items")
    assert [record.text for record in document.records] == [
        '{"id":1, "sum": 1.10, "sum": 12345678901234567.89, "t": "Grüße\\n"}', '{ "id": 2}']
    assert document.rest == {"meta": {"n": 2}, "d": {"items": None}, "next": "x"}


@pytest.mark.parametrize(("text", "path", "texts", "has_records"), [
    ('[{"a":1},2]', "", ['{"a":1}', "2"], True),
    ('{"a":1}', "", ['{"a":1}'], True),
    ('{"d":[]}', "d", [], True),
    ('{"d":null}', "d", [], True),
    ('{"d":null}', "d.items", [], True),
    ('{"e":[1]}', "d", [], False),
    ('{"d":[1]}', "d.items", [], False),
    ('{"d":{"a":{"b":[[1],[2]]}}}', "d.a.b", ["[1]", "[2]"], True),
])
def test_where_records_stand(text: str, path: str, texts: list[str], has_records: bool) -> None:
    document = read_document(text, path)
    assert ([record.text for record in document.records], document.has_records) == (
        texts, has_records)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(), lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(records=st.lists(_VALUES, max_size=5), around=_VALUES, is_ascii=st.booleans(),
       indent=st.sampled_from([None, 0, 2]), ending=st.sampled_from(["\n", "\r\n"]))
def test_records_of_any_answer_say_the_same_in_one_line(
    records: list[Any], around: Any, is_ascii: bool, indent: int | None, ending: str,
) -> None:
    text = json.dumps({"a": around, "d": {"b": around, "items": records, "c": around}, "e": around},
                      ensure_ascii=is_ascii, indent=indent).replace("\n", ending)
    document = read_document(text, "d.items")
    assert [json.loads(record.text) for record in document.records] == records
    assert not any({"\n", "\r"} & set(record.text) for record in document.records)
    assert (document.rest["a"], document.rest["d"]["c"]) == (around, around)


@pytest.mark.parametrize("text", [
    "", "{", '{"d":[{"a":1}', '{"d":[{"a":1},', '{"d":[1 2]}', '{"d":[1]', '{"d" [1]}', "nul",
    '{"d":[1]} x', '{1:2}', '{"d":[1]"e":2}', "<html>", "[" * 100_000])
def test_what_is_no_json_is_no_answer(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_document(text, "d")


def test_fields_are_added_before_the_records_own() -> None:
    records = read_document('[{"id":1.0},{ },3]', "").records
    assert [with_fields(record, {"p": {"x": "ü"}}) for record in records] == [
        '{"p": {"x": "\\u00fc"},"id":1.0}', '{"p": {"x": "\\u00fc"} }', "3"]


@pytest.mark.parametrize(("value", "expected"), [
    ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
    ("2026-01-02T03:04:05.678+02:00", "2026-01-02T01:04:05Z"),
    ("2026-01-02", "2026-01-02T00:00:00Z"), (1767323045, "2026-01-02T03:04:05Z"),
    ("1767323045000", "2026-01-02T03:04:05Z"), ("soon", "1970-01-01T00:00:00Z"),
    (None, "1970-01-01T00:00:00Z"), (True, "1970-01-01T00:00:00Z"),
    ("1e400", "1970-01-01T00:00:00Z"), ("nan", "1970-01-01T00:00:00Z")])
def test_points_in_time(value: Any, expected: str) -> None:
    assert write_instant(as_instant(value), Since()) == expected


def test_points_in_time_as_apis_want_them() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert [write_instant(moment, Since(format=form)) for form in (
        "iso", "epoch", "epoch_ms", "date")] == [
        "2026-01-02T03:04:05Z", "1767323045", "1767323045678", "2026-01-02"]
    assert write_instant(None, Since(format="date", start="2020-05-06")) == "2020-05-06"


# Objects that come beside the records

@pytest.mark.parametrize("users", [
    [{"id": 7, "role": "agent"}, {"role": "nobody"}, "x"], {"7": {"role": "agent"}, "8": None}])
def test_fields_of_objects_beside_the_records_are_added(
    api: Api, company: Make, users: Any,
) -> None:
    rows = [order | {"author": author} for order, author in zip(
        _orders(1, 2, 3), (7, None, 8), strict=True)]
    api.answer = lambda call: Reply({"data": rows, "users": users})
    shop = company("join: {writer: {from: users, by: author, fields: [role]}}")
    found = shop.rows("source_record_ref, source_metadata", shop.run()["pos.orders"])
    assert [json.loads(metadata).get("writer") for _, metadata in found] == [
        {"role": "agent"}, None, None]


def test_what_is_no_list_beside_the_records_is_told(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": _orders(1), "users": 5})
    assert company("join: {writer: {from: users, by: author, fields: [role]}}").problem() == (
        "shop pos.orders: /orders: no list of objects at users; correct `from` of join writer")


# Pages

def _paged(kind: str, size: int, rows: list[dict[str, Any]]) -> Callable[[Call], Reply]:
    def answer(call: Call) -> Reply:
        start = {"page": lambda: (int(call.query.get("page", 1)) - 1) * size,
                 "offset": lambda: int(call.query.get("skip", 0))}.get(
            kind, lambda: int(call.query.get("after", 0)))()
        data, end = rows[start:start + size], start + size
        more = end < len(rows)
        link = f"/v1/orders?after={end}"
        body: dict[str, Any] = {"data": data, "has_more": more, "done": not more}
        if more or kind == "next_link_until":
            body["next"] = {"after": end, "link": f"http://{call.headers['host']}{link}"}
        headers = {"Link": f'</v1/x>; rel="prev", <{link}>; rel="next"'} if more else {}
        return Reply(body, headers=headers)
    return answer


@pytest.mark.parametrize(("kind", "paging", "requests"), [
    ("cursor", "kind: cursor, from: next.after, parameter: after", 3),
    ("next_link", "kind: next_link, from: next.link", 3),
    ("next_link_until", "kind: next_link, from: next.link, until: done", 3),
    ("next_link_until", "kind: next_link, from: next.link, while: has_more", 3),
    ("link_header", "kind: link_header", 3),
    ("page", "kind: page, parameter: page", 4),
    ("page", "kind: page, parameter: page, while: has_more", 3),
    ("offset", "kind: offset, parameter: skip", 5),
])
def test_every_page_is_read_once(
    api: Api, company: Make, kind: str, paging: str, requests: int,
) -> None:
    api.answer = _paged(kind, 3, _orders(*range(8)))
    shop = company(f"paging: {{{paging}}}")
    loads = shop.run()
    assert _ids(shop, loads) == list(range(8))
    assert loads["pos.orders"][0].rows_rejected == 0
    assert len(api.calls) == requests


@pytest.mark.parametrize("first", [0, 1])
def test_a_numbered_page_that_is_not_found_after_others_is_the_end(
    api: Api, company: Make, first: int,
) -> None:
    def answer(call: Call) -> Reply:
        number = int(call.query["page"]) - first
        return Reply({"data": _orders(number)}) if number < 3 else Reply({}, 404)

    api.answer = answer
    shop = company(f"paging: {{kind: page, parameter: page, first: {first}}}")
    assert _ids(shop, shop.run()) == [0, 1, 2]
    api.answer = lambda call: Reply({}, 404)
    assert "nothing there; correct `base_url` and `path` (status 404)" in shop.problem()


@pytest.mark.parametrize("paging", [
    "kind: page, parameter: page, while: more", "kind: page, parameter: page, until: done",
    "kind: offset, parameter: page", "kind: cursor, from: next, parameter: page"])
def test_a_page_that_is_not_found_where_another_was_announced_is_no_end(
    api: Api, company: Make, paging: str,
) -> None:
    """What comes after it would be missed."""
    def answer(call: Call) -> Reply:
        is_first = call.query.get("page", "1") in ("0", "1")
        return Reply({"data": _orders(1), "more": True, "done": False, "next": 2},
                     200 if is_first and len(api.calls) == 1 else 404)

    api.answer = answer
    assert "(status 404)" in company(f"paging: {{{paging}}}").problem()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 6, 7])
def test_offsets_end_wherever_the_records_do(api: Api, company: Make, count: int) -> None:
    api.answer = _paged("offset", 3, _orders(*range(count)))
    shop = company("paging: {kind: offset, parameter: skip}")
    loads = shop.run()
    assert _ids(shop, loads) == list(range(count)) if count else loads == {}
    assert len(api.calls) < 6


def test_one_record_a_page(api: Api, company: Make) -> None:
    api.answer = _paged("offset", 1, _orders(*range(4)))
    shop = company("paging: {kind: offset, parameter: skip}")
    assert _ids(shop, shop.run()) == [0, 1, 2, 3]


@pytest.mark.parametrize("changed", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("is_deleted", [True, False])
def test_records_that_move_between_pages_do_not_slip_through(
    api: Api, company: Make, changed: int, is_deleted: bool,
) -> None:
    """After the second request one record goes, or comes back at the end as sorted by change."""
    rows = _orders(*range(12))

    def answer(call: Call) -> Reply:
        reply = _paged("offset", 3, rows)(call)
        if len(api.calls) == 2:
            gone = rows.pop(changed)
            if not is_deleted:
                rows.append(gone | {"amount": "9.99"})
        return reply

    api.answer = answer
    shop = company("paging: {kind: offset, parameter: skip}")
    loads = shop.run()
    lost = set(range(12)) - set(_ids(shop, loads))
    assert lost <= ({5} if is_deleted else set())  # the fifth is deleted before it is asked for
    amounts = shop.rows("source_record_ref, net_amount", loads["pos.orders"])
    assert is_deleted or (str(changed), 9.99) in [(ref, float(sum)) for ref, sum in amounts]


def test_a_record_on_two_pages_counts_once_as_its_newest_version(api: Api, company: Make) -> None:
    pages = [[{"id": 1, "at": "2026-01-01", "amount": 1, "changed": "2026-01-01"},
              {"id": 2, "at": "2026-01-01", "amount": 2, "changed": "2026-01-02"}],
             [{"id": 1, "at": "2026-01-01", "amount": 5, "changed": "2026-01-03"}], []]
    api.answer = lambda call: Reply({"data": pages[int(call.query["page"]) - 1]})
    shop = company("paging: {kind: page, parameter: page}", table="updated_at: changed")
    (load,) = shop.run()["pos.orders"]
    assert (load.rows_read, load.rows_accepted, load.rows_repeated) == (3, 2, 1)
    assert [float(amount) for (amount,) in shop.rows("net_amount", [load])] == [2, 5]


@pytest.mark.parametrize("answer", [
    {"data": [{"number": 1, "at": "2026-01-01"}]}, {"data": "none"}, {"data": {"1": {"id": 1}}}])
def test_records_that_could_never_load_do_not_land(
    api: Api, company: Make, answer: dict[str, Any],
) -> None:
    """They would fail in every run to come, and what they are would not be asked for again."""
    api.answer = lambda call: Reply(answer)
    shop = company("parameters: {since: '{since}'}", table="cursor: at")
    assert shop.problem().startswith("shop pos.orders: /orders: no record has id")
    api.answer = lambda call: Reply({"data": _orders(1)})
    assert [load.rows_accepted for load in shop.run()["pos.orders"]] == [1]


def test_records_on_two_pages_are_no_rejects_and_equal_keys_within_one_are(
    api: Api, company: Make,
) -> None:
    """Rejects beyond a few would put what was fetched into quarantine, and nobody asks again."""
    order = {"id": 1, "at": "2026-01-01", "lines": [
        {"sku": "a", "q": 1}, {"sku": "a", "q": 2}, {"sku": "b", "q": 3}]}
    pages = [[order], [order | {"lines": [{"sku": "a", "q": 4}, {"sku": "b", "q": 5}]}], []]
    api.answer = lambda call: Reply({"data": pages[int(call.query["page"]) - 1]})
    shop = company("paging: {kind: page, parameter: page}")
    shop.declare((shop.folder / "sources" / "shop.yml").read_text() + """
  - entity: pos.order_lines
    key: [id, lines.sku]
    explode: lines
    request: {of: pos.orders}
    columns: {order_ref: id, quantity: lines.q, net_amount: lines.q}
""")
    (lines,) = shop.run()["pos.order_lines"]
    assert (lines.rows_read, lines.rows_accepted, lines.rows_repeated) == (5, 2, 3)
    assert [float(q) for (q,) in shop.rows("quantity", [lines])] == [4, 5]
    del pages[1]
    api.answer = lambda call: Reply({"data": [
        order | {"id": 2}] if call.query["page"] == "1" else []})
    (lines,) = shop.run()["pos.order_lines"]
    assert (lines.rows_read, lines.rows_accepted, lines.rows_rejected) == (3, 2, 1)


@pytest.mark.parametrize(("paging", "answer", "sentence"), [
    ("kind: page, parameter: page", lambda call: Reply({"data": _orders(1, 2)}),
     "the server gives the same page again and again; correct `paging`"),
    ("kind: offset, parameter: skip", lambda call: Reply({"data": _orders(1, 2)}),
     "the server gives the same page again and again; correct `paging`"),
    ("kind: cursor, from: next, parameter: after",
     lambda call: Reply({"data": [], "next": "same"}),
     "the server points to the same page again and again; correct `paging`"),
    ("kind: next_link, from: next", lambda call: Reply({"data": [], "next": "/v1/orders"}),
     "the server points to the same page again and again; correct `paging`"),
    ("kind: cursor, from: next, parameter: after, max_pages: 4",
     lambda call: Reply({"data": [], "next": int(call.query.get("after", 0)) + 1}),
     "more than 4 pages; raise `max_pages` or ask for larger ones"),
])
def test_a_server_without_end_is_an_error_and_no_hang(
    api: Api, company: Make, paging: str, answer: Callable[[Call], Reply], sentence: str,
) -> None:
    api.answer = answer
    assert company(f"paging: {{{paging}}}").problem() == f"shop pos.orders: /orders: {sentence}"
    assert len(api.calls) <= 5


@pytest.mark.parametrize("link", ["?page=%d", "orders?page=%d", "./orders?page=%d",
                                  "/v1/orders?page=%d", "../v1/orders?page=%d"])
def test_a_link_may_be_relative_to_its_page(api: Api, company: Make, link: str) -> None:
    def answer(call: Call) -> Reply:
        number = int(call.query.get("page", 1))
        return Reply({"data": _orders(number)}, headers={} if number == 3 else {
            "Link": f'<{link % (number + 1)}>; rel="next"'})

    api.answer = answer
    shop = company("paging: {kind: link_header}")
    assert _ids(shop, shop.run()) == [1, 2, 3]
    assert {call.path for call in api.calls} == {"/v1/orders"}


def test_an_answer_without_content_has_no_records(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply(b"", 204)
    assert company().run() == {}


@pytest.mark.parametrize(("around", "link"), [
    ({}, '</v1/orders?page=2>; rel="next"'), ({"next": "/v1/orders?page=2"}, ""),
    ({"paging": {"next": {"after": "2", "link": "?after=2"}}}, ""), ({"next_page": 2}, ""),
    ({"meta": {"has_more": True}}, ""), ({"pageInfo": {"hasNextPage": True}}, ""),
    ({"@odata.nextLink": "https://shop.example/orders?skip=1"}, ""), ({"nextPageToken": "b"}, "")])
def test_a_next_page_that_the_declaration_does_not_ask_for_is_told(
    api: Api, company: Make, around: dict[str, Any], link: str,
) -> None:
    """Its records would be missing without a word."""
    api.answer = lambda call: Reply(
        {"data": _orders(1)} | around, headers={"Link": link} if link else {})
    assert company().problem() == (
        "shop pos.orders: /orders: the answer names a next page, but the declaration has no "
        "`paging`; say with it how pages are asked for")


@pytest.mark.parametrize(("paging", "sentence"), [
    ("kind: next_link, from: meta.nxt", "not where `paging` looks for it; correct `paging`"),
    ("kind: cursor, from: cursor, parameter: after", "not where `paging` looks for it; correct"),
    ("kind: link_header", "not where `paging` looks for it; correct `paging`"),
    ("kind: page, parameter: page, while: hasmore", "nothing where `while` points to; correct")])
def test_paging_that_misses_the_next_page_is_told(
    api: Api, company: Make, paging: str, sentence: str,
) -> None:
    """The first page would be all that is fetched."""
    api.answer = lambda call: Reply({
        "data": _orders(1), "meta": {"next": "/v1/orders?page=2"}, "has_more": True})
    assert company(f"paging: {{{paging}}}").problem().startswith(
        f"shop pos.orders: /orders: the answer names a next page, but {sentence}")


@pytest.mark.parametrize("yes", [True, 1, "1", "true", "True"])
def test_there_is_more_in_the_words_of_the_api(api: Api, company: Make, yes: Any) -> None:
    no = type(yes)(0) if not isinstance(yes, str) else "0"
    api.answer = lambda call: Reply({"data": _orders(int(call.query["page"])),
                                     "more": yes if call.query["page"] < "3" else no})
    shop = company("paging: {kind: page, parameter: page, while: more}")
    assert _ids(shop, shop.run()) == [1, 2, 3]


def test_a_name_may_hold_points(api: Api, company: Make) -> None:
    def answer(call: Call) -> Reply:
        number = int(call.query.get("$skip", 0))
        return Reply({"@odata.context": "x", "data": _orders(number)} | (
            {"@odata.nextLink": f"{api.url}/v1/orders?$skip={number + 1}"} if number < 2 else {}))

    api.answer = answer
    shop = company("paging: {kind: next_link, from: '@odata.nextLink'}")
    assert _ids(shop, shop.run()) == [0, 1, 2]


@pytest.mark.parametrize("around", [
    {"next": None, "has_more": False, "paging": {"next": {"after": None}}, "next_page": ""},
    {"users": [{"next": "/v1/users/2"}], "next_delivery": "2026-01-01", "nextPage": 0}])
def test_an_answer_that_names_no_next_page_needs_no_paging(
    api: Api, company: Make, around: dict[str, Any],
) -> None:
    api.answer = lambda call: Reply(
        {"data": [_orders(1)[0] | {"next": "/v1/orders/2"}]} | around,
        headers={"Link": '</v1/orders>; rel="first"'})
    company().run()


@pytest.mark.parametrize("start", ["2020-02-03", "'2020-02-03'", "2020-02-03T00:00:00"])
def test_the_start_of_the_first_fetch(api: Api, company: Make, start: str) -> None:
    api.answer = lambda call: Reply({"data": []})
    company("parameters: {after: '{since}'}, since: {format: date, start: " + start + "}",
            table="cursor: at").run()
    assert api.calls[-1].query == {"after": "2020-02-03"}


def test_dates_in_a_request_are_sent_as_written(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": []})
    company("method: POST, parameters: {from: 2020-01-02, at: 2020-01-02T03:04:05Z}, "
            "body: {filter: [{from: 2020-01-02}, 2020-01-02T03:04:05]}").run()
    assert (api.calls[0].query, api.calls[0].body) == (
        {"from": "2020-01-02", "at": "2020-01-02T03:04:05Z"},
        {"filter": [{"from": "2020-01-02"}, "2020-01-02T03:04:05"]})


def test_truth_values_are_sent_as_json_has_them(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": []})
    company("parameters: {archived: true, open: [false]}").run()
    assert api.calls[0].query == {"archived": "true", "open": "false"}


def test_a_link_to_another_server_is_not_followed_with_the_credentials(
    api: Api, company: Make,
) -> None:
    api.answer = lambda call: Reply({"data": _orders(1), "next": "http://elsewhere.invalid/?k=v"})
    message = company("paging: {kind: next_link, from: next}").problem()
    assert message.endswith("the next page lies on another server, which is not asked")


@pytest.mark.parametrize(("base", "link", "found"), [
    ("https://shop.example/v1", "https://SHOP.example/v1/orders?p=2", True),
    ("https://Shop.example/v1", "https://shop.example/v1/orders?p=2", True),
    ("https://shop.example/v1", "https://shop.example:443/v1/orders?p=2", True),
    ("https://shop.example/v1", "http://shop.example/v1/orders?p=2", True),
    ("https://shop.example:8443/v1", "https://shop.example:8443/v1/orders?p=2", True),
    ("http://shop.example/v1", "https://shop.example/v1/orders?p=2", False),
    ("https://shop.example:8443/v1", "http://shop.example/v1/orders?p=2", False),
    ("https://shop.example/v1", "https://shop.example:8443/v1/orders?p=2", False),
    ("https://shop.example/v1", "https://shop.example.invalid/v1/orders?p=2", False),
    ("https://shop.example/v1", "https://a@shop.example:x/v1/orders?p=2", False),
    ("https://shop.example/v1", "https://anna:pw@shop.example/v1/orders?p=2", True),
])
def test_a_link_that_writes_the_own_server_otherwise_leads_to_it(
    base: str, link: str, found: bool,
) -> None:
    """Never unencrypted, and with no login but the declared one."""
    own = "/".join(base.split("/")[:3])
    assert on_server(base, f"{base}/orders", link) == f"{own}/v1/orders?p=2" * found


def test_a_link_with_the_servers_name_in_other_letters_is_followed(
    api: Api, company: Make,
) -> None:
    api.url = api.url.replace("127.0.0.1", "localhost")
    link = api.url.replace("localhost", "LocalHost") + "/v1/orders?page=2"
    api.answer = lambda call: Reply({"data": _orders(len(api.calls))} | (
        {"next": link} if len(api.calls) == 1 else {}))
    shop = company("paging: {kind: next_link, from: next}")
    assert not shop.fetch().problems
    assert [call.query for call in api.calls] == [{}, {"page": "2"}]


# What is new since the last fetch

def test_the_second_fetch_asks_for_what_changed_and_looks_back(api: Api, company: Make) -> None:
    rows = [o | {"changed": o["at"]} for o in _orders(1, 2, 3)]

    def answer(call: Call) -> Reply:
        since = call.query["since"]
        return Reply({"data": [row for row in rows if row["changed"] >= since]})

    api.answer = answer
    shop = company("parameters: {since: '{since}'}",
                   table="cursor: changed\n    look_back: 1d\n    updated_at: changed")
    assert _ids(shop, shop.run()) == [1, 2, 3]
    rows.append(_orders(4)[0] | {"changed": "2026-01-20T00:00:00Z"})
    late = _orders(9)[0] | {"changed": "2026-01-03T12:00:00Z"}  # before the newest of the first
    rows.append(late)
    loads = shop.run()
    assert [call.query["since"] for call in api.calls] == [
        "1970-01-01T00:00:00Z", "2026-01-03T10:00:00Z"]
    assert _ids(shop, loads) == [4, 9]
    assert shop.run() == {}


@pytest.mark.parametrize("kept", [100_000, 2])
def test_a_look_back_lands_only_what_differs(
    api: Api, company: Make, kept: int, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a fetch of which less is kept, the oldest may land again."""
    monkeypatch.setattr("ingestion.rest.seen.MOST_KEPT", kept)
    rows = _orders(1, 2, 3)
    api.answer = lambda call: Reply({"data": rows})
    shop = company("parameters: {since: '{since}'}", table="cursor: at\n    look_back: 30d")
    landed = [_landed_ids(shop)]
    for amount in ("9.99", "1.50", "1.50"):  # another amount, the old one again, nothing
        rows[1] = rows[1] | {"amount": amount}
        landed.append(_landed_ids(shop))
    again = [] if kept > 2 else [1]
    assert landed == [[1, 2, 3], [*again, 2], [*again, 2], again]


def test_of_a_record_that_comes_twice_the_last_version_is_known(
    api: Api, company: Make,
) -> None:
    old, new = (_orders(1)[0] | {"amount": amount} for amount in ("1.50", "9.99"))
    shop = company("parameters: {since: '{since}'}", table="cursor: at\n    look_back: 30d")
    landed = []
    for answer in ([old], [old, new], [new], [old], [old, new], [old, new]):
        api.answer = lambda call, answer=answer: Reply({"data": answer})  # type: ignore[misc]
        landed.append(len(_landed_ids(shop)))
    # Versions that come again in the same fetch land again in their order: the last one counts.
    assert landed == [1, 1, 0, 1, 1, 2]


def _landed_ids(company: Company) -> list[int]:
    report = company.fetch()
    assert not report.problems
    return [json.loads(line)["id"] for file in report.landed
            for line in (company.zone.path / file.file).read_text().splitlines()]


def test_a_record_from_the_future_does_not_hide_what_comes_before_it(
    api: Api, company: Make,
) -> None:
    rows = [*_orders(1), {"id": 2, "at": "2026-01-02", "amount": 1, "changed": "2999-01-01"}]
    api.answer = lambda call: Reply({"data": [{"changed": "2026-01-05T00:00:00Z"} | r
                                              for r in rows]})
    shop = company("parameters: {since: '{since}'}", table="cursor: changed")
    shop.run()
    shop.fetch()
    assert api.calls[-1].query["since"] == "2026-01-05T00:00:00Z"


@pytest.mark.parametrize(("cursor", "sentence"), [
    ("changd", "`cursor`: no record has changd; there is id, at, amount, meta. Correct it in the"),
    ("meta.changd", "`cursor`: no record has meta.changd; there is id, at, amount, meta. Correct"),
    ("meta", "`cursor`: no value of meta is a time (as ISO 8601 has it, or seconds or"),
])
@pytest.mark.parametrize("request_", [
    "parameters: {since: '{since}'}", "paging: {kind: page, parameter: page}, newest_first: true"])
def test_a_cursor_that_no_record_has_is_told_and_what_came_counts(
    api: Api, company: Make, cursor: str, sentence: str, request_: str,
) -> None:
    rows = [order | {"meta": {"changed": order["at"]}} for order in _orders(1, 2)]
    api.answer = lambda call: Reply({"data": rows if call.query.get("page", "1") == "1" else []})
    shop = company(request_, table=f"cursor: {cursor}")
    for landed in ([2], []):
        report = shop.fetch()
        assert [file.rows for file in report.landed] == landed
        (problem,) = report.problems
        assert problem.message.startswith(f"shop pos.orders: /orders: {sentence}")
        assert problem.message.endswith("until then every fetch asks for the same records again")
    assert [one.message for one in shop.load().problems] == [problem.message]
    (declaration,) = shop.declarations
    told = check_declaration(declaration, shop.folder / "extracts", rows=10, secrets=shop.secrets)
    assert [one.message for one in told.problems] == [problem.message]
    shop.declare((shop.folder / "sources" / "shop.yml").read_text().replace(
        f"cursor: {cursor}", "cursor: meta.changed"))
    shop.run()


def test_records_that_never_changed_may_have_an_empty_cursor(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": [_orders(1)[0] | {"changed": None}]})
    company("parameters: {since: '{since}'}", table="cursor: changed").run()


def test_newest_first_ends_at_what_is_known(api: Api, company: Make) -> None:
    rows = [{"id": n, "at": f"2026-01-{n:02}", "amount": n} for n in range(20, 0, -1)]
    api.answer = lambda call: _paged("page", 2, rows)(call)
    shop = company("paging: {kind: page, parameter: page}, newest_first: true",
                   table="cursor: at\n    look_back: 2d")
    assert len(_ids(shop, shop.run())) == 20
    asked = len(api.calls)
    rows.insert(0, {"id": 21, "at": "2026-01-21", "amount": 21})
    assert _ids(shop, shop.run()) == [21]
    assert len(api.calls) - asked == 3


def test_an_api_that_ends_after_so_many_records_is_asked_again_from_there(
    api: Api, company: Make,
) -> None:
    """Ten in pages of two, at most four to one question; two records share each moment."""
    rows = [{"id": n, "at": f"2026-01-{n // 2 + 1:02}T00:00:00Z", "amount": n} for n in range(10)]

    def answer(call: Call) -> Reply:
        found = [row for row in rows if row["at"] >= call.body["from"]]
        start = call.body.get("after", 0)
        assert start < 4
        following = {"next": start + 2} if start + 2 < len(found) else {}
        return Reply({"data": found[start:start + 2], **following})

    api.answer = answer
    shop = company("method: POST, body: {from: '{since}'}, paging: {kind: cursor, from: next, "
                   "body: after, restart_after: 4}", table="cursor: at")
    loads = shop.run()
    assert set(_ids(shop, loads)) == set(range(10))


@pytest.mark.parametrize(("request_", "order", "sentence"), [
    ("newest_first: true, paging: {kind: cursor, from: next.after, parameter: after}", 1,
     "the oldest records come first; have the API sort by the field that `cursor` names"),
    ("parameters: {from: '{since}'}, paging: {kind: cursor, from: next.after, "
     "parameter: after, restart_after: 100}", -1,
     "records do not come in the order of `cursor`, which `restart_after` needs")])
def test_records_in_the_wrong_order_are_told_before_some_are_missed(
    api: Api, company: Make, request_: str, order: int, sentence: str,
) -> None:
    rows = [{"id": n, "at": f"2026-01-{n // 2 + 1:02}", "amount": n} for n in range(20)][::order]
    api.answer = _paged("cursor", 5, rows)
    assert sentence in company(request_, table="cursor: at").problem()
    assert len(api.calls) == 2


def test_a_neighbour_in_the_wrong_order_is_no_disorder(api: Api, company: Make) -> None:
    rows = [{"id": n, "at": f"2026-01-{28 - n:02}", "amount": n} for n in range(20)]
    rows.insert(0, rows.pop())  # kept at the top
    api.answer = _paged("page", 3, rows)
    shop = company("newest_first: true, paging: {kind: page, parameter: page}", table="cursor: at")
    assert len(_ids(shop, shop.run())) == 20


def test_more_records_of_one_moment_than_the_api_gives_are_told(api: Api, company: Make) -> None:
    rows = [{"id": n, "at": "2026-01-01T00:00:00Z", "amount": n} for n in range(10)]
    api.answer = lambda call: Reply({
        "data": rows[call.body.get("after", 0):][:2], "next": call.body.get("after", 0) + 2})
    shop = company("method: POST, body: {from: '{since}'}, paging: {kind: cursor, from: next, "
                   "body: after, restart_after: 4}", table="cursor: at")
    assert "more than 4 records changed at the same moment" in shop.problem()


def test_a_misspelt_cursor_from_which_to_ask_on_is_told(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({
        "data": _orders(*range(10))[call.body.get("after", 0):][:2],
        "next": call.body.get("after", 0) + 2})
    shop = company("method: POST, body: {from: '{since}'}, paging: {kind: cursor, from: next, "
                   "body: after, restart_after: 4}", table="cursor: changd")
    assert "after 4, has no time where `cursor` points to; correct" in shop.problem()


def test_another_question_begins_from_the_start(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": _orders(1)})
    shop = company("parameters: {since: '{since}'}", table="cursor: at")
    shop.run()
    text = (shop.folder / "sources" / "shop.yml").read_text()
    shop.declare(text.replace("parameters: {", "parameters: {status: any, "))
    shop.fetch()
    assert api.calls[-1].query["since"] == "1970-01-01T00:00:00Z"
    shop.declare(text.replace("parameters: {", "requests_per_minute: 600, parameters: {status: "
                              "any, "))
    shop.fetch()
    assert api.calls[-1].query["since"] == "2026-01-02T10:00:00Z"


# Faults

def _failing(times: int, reply: Reply) -> Callable[[Call], Reply]:
    left = [times]

    def answer(call: Call) -> Reply:
        left[0] -= 1
        return reply if left[0] >= 0 else Reply({"data": _orders(1)})
    return answer


@pytest.mark.parametrize(("reply", "first_wait"), [
    (Reply({}, 429, {"Retry-After": "7"}), 7.0), (Reply({}, 429, {"Retry-After": "2.5"}), 2.5),
    (Reply({}, 503, {"Retry-After": "Sun, 01 Mar 2026 00:00:09 GMT",
                     "Date": "Sun, 01 Mar 2026 00:00:00 GMT"}), None),
    (Reply({}, 403, {"Retry-After": "3"}), 3.0),
    (Reply({}, 429), None), (Reply({}, 500), None), (Reply({}, 502), None), (Reply({}, 408), None),
    (Reply(b'{"data": [{"id": 1, "at"'), None), (Reply({"data": []}, lies=100), None),
    (Reply(b""), None),
])
def test_what_passes_is_asked_again(
    api: Api, company: Make, reply: Reply, first_wait: float | None,
) -> None:
    api.answer = _failing(3, reply)
    shop = company()
    assert _ids(shop, shop.run()) == [1]
    assert len(api.calls) == 4
    if first_wait is None and "Retry-After" not in reply.headers:
        assert [int(wait) for wait in shop.waits] == [1, 2, 4]
        assert all(wait <= 1.25 * 2 ** i for i, wait in enumerate(shop.waits))
    elif first_wait:
        assert shop.waits == [first_wait] * 3


def test_pauses_are_the_same_in_every_run_and_end(api: Api, company: Make, tmp_path: Path) -> None:
    api.answer = lambda call: Reply({}, 503)
    shop = company(connection="attempts: 9")
    message = shop.problem()
    assert message == ("shop pos.orders: /orders: the server fails; run again later (status 503)")
    first, shop.waits = shop.waits, []
    assert shop.problem() == message
    assert shop.waits == first
    assert len(first) == 8
    assert max(first) <= 75


@pytest.mark.parametrize(("reply", "sentence"), [
    (Reply({"message": SECRET}, 401), "not logged in; check SHOP_KEY in the environment"),
    (Reply({"message": SECRET}, 403), "not allowed; give the credentials the right to read this"),
    (Reply({"message": SECRET}, 404), "nothing there; correct `base_url` and `path`"),
    (Reply({"message": SECRET}, 410), "no longer there; the API has changed"),
    (Reply({"message": SECRET}, 400), "the request is not accepted; correct `parameters`"),
    (Reply({"message": SECRET}, 418), "the request is not accepted (status 418)"),
    (Reply({}, 302, {"Location": "http://elsewhere.invalid/?token=" + "x"}),
     "the server points to another address (302); correct `base_url` and `path`"),
    (Reply(b"<!DOCTYPE html><title>Anmelden</title>", 200, {"Content-Type": "text/html"}),
     "answers with a web page instead of JSON; check `base_url`, the login"),
    (Reply({"items": []}), "no records at data; correct `records` in the declaration"),
    (Reply({}, 429, {"Retry-After": "3600"}),
     "the server asks to wait 3,600 seconds; run again later"),
    (Reply(b'{"data": [{"id": "\xe4"}]}'), "answers with broken or truncated JSON"),
])
def test_what_cannot_be_used_is_told_without_what_it_says(
    api: Api, company: Make, reply: Reply, sentence: str, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    api.answer = lambda call: reply
    shop = company("parameters: {mail: frau.müller@example.de}")
    message = shop.problem()
    assert sentence in message
    assert message.startswith("shop pos.orders: /orders: ")
    for text in (message, caplog.text, shop.written()):
        assert SECRET not in text
        assert "example.de" not in text
        assert "elsewhere" not in text
    if reply.status not in (200, 429) or b"<" in (reply.body if reply.body else b""):
        assert len(api.calls) == 1


def test_what_was_fetched_before_stays_in_use(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply({"data": _orders(1, 2)})
    shop = company()
    shop.run()
    api.answer = lambda call: Reply({}, 401)
    assert "not logged in" in shop.problem()
    report = shop.load()
    assert (report.loaded, report.known_count) == ((), 1)
    assert ["not logged in" in problem.message for problem in report.problems] == [True]
    api.answer = lambda call: Reply({"data": _orders(1, 2, 3)})
    assert _ids(shop, shop.run()) == [1, 2, 3]


def test_a_fault_in_the_middle_brings_nothing_and_the_next_fetch_all(
    api: Api, company: Make,
) -> None:
    rows = _orders(*range(6))
    paged = _paged("page", 2, rows)
    api.answer = lambda call: Reply({}, 403) if call.query["page"] == "3" else paged(call)
    shop = company("paging: {kind: page, parameter: page}")
    assert "not allowed" in shop.problem()
    api.answer = paged
    assert _ids(shop, shop.run()) == list(range(6))


def test_a_server_that_is_not_there(api: Api, company: Make) -> None:
    api.close()
    shop = company(connection="attempts: 2")
    assert shop.problem() == ("shop pos.orders: /orders: not reachable, or the connection breaks "
                              "(ConnectionError)")
    assert len(shop.waits) == 1


def test_a_server_that_keeps_silent(api: Api, company: Make) -> None:
    def answer(call: Call) -> Reply:
        time.sleep(0.4)
        return Reply({"data": []})

    api.answer = answer
    shop = company(connection="{timeout_seconds: 0.1, attempts: 2}".strip("{}").replace(
        ", ", "\n  "))
    assert "not reachable, or the connection breaks (ReadTimeout)" in shop.problem()


def test_an_address_in_the_environment_that_is_none_is_told_by_its_name(
    api: Api, company: Make,
) -> None:
    shop = company()
    shop.declare((shop.folder / "sources" / "shop.yml").read_text().replace(
        f"base_url: {api.url}/v1", "base_url: '{env.SHOP_URL}'"))
    shop.secrets["SHOP_URL"] = "shop.example"
    assert shop.problem() == ("shop pos.orders: `base_url` is no http address; write SHOP_URL in "
                              "the environment as https://server")
    shop.secrets["SHOP_URL"] = f" {api.url} "
    api.answer = lambda call: Reply({"data": []})
    assert not shop.fetch().problems


def test_a_secret_that_is_not_set_is_told_by_its_name(api: Api, company: Make) -> None:
    shop = company()
    shop.secrets = {}
    assert "environment variable SHOP_KEY is not set" in shop.problem()
    assert api.calls == []


def test_requests_are_paced(api: Api, company: Make) -> None:
    api.answer = _paged("page", 1, _orders(1, 2, 3))
    shop = company("paging: {kind: page, parameter: page}", "requests_per_minute: 60")
    shop.run()
    assert len(api.calls) == 4
    assert [0 < wait <= i for i, wait in enumerate(shop.waits, 1)] == [True] * 3


# Logging in

@pytest.mark.parametrize(("auth", "header", "value"), [
    ("{kind: bearer, token_env: KEY}", "authorization", "Bearer abc"),
    ("{kind: basic, user_env: NAME, user_suffix: /token, password_env: KEY}", "authorization",
     "Basic bcO8bGxlci90b2tlbjphYmM="),
    ("{kind: header, name: X-Key, value_env: KEY}", "x-key", "abc"),
])
def test_ways_to_log_in(
    api: Api, tmp_path: Path, auth: str, header: str, value: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    api.answer = lambda call: Reply({"data": _orders(1)[:2 - int(call.query["page"])]})
    shop = Company(tmp_path / "company", _declared(api, auth), {"KEY": "abc", "NAME": "müller"})
    shop.run()
    assert api.calls[0].headers[header] == value


def _declared(api: Api, auth: str) -> str:
    return (f"source: shop\nconnection: {{kind: rest, base_url: {api.url}, auth: {auth}}}\ntables:"
            "\n  - {entity: pos.orders, key: id, request: {path: /orders, records: data, paging: "
            "{kind: page, parameter: page}},\n     columns: {ordered_at: at}}\n")


def test_a_key_in_the_address_is_in_no_log_and_no_error(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    api.answer = lambda call: Reply({"data": []}, 500)
    shop = Company(tmp_path / "company",
                   _declared(api, "{kind: parameter, name: apikey, value_env: KEY}"),
                   {"KEY": "abc123"})
    message = shop.problem()
    assert api.calls[0].query["apikey"] == "abc123"
    assert "abc123" not in message + caplog.text + shop.written()


def test_an_answer_with_a_malformed_header_puts_no_address_into_a_log(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:
    headers = {"Connection": "close", "X-Trace": "1\r\nkaputt"}
    api.answer = lambda call: Reply(
        {"data": _orders(1)[:2 - int(call.query["page"])]}, headers=headers)
    shop = Company(tmp_path / "company",
                   _declared(api, "{kind: parameter, name: apikey, value_env: KEY}"),
                   {"KEY": "abc123"})
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    shop.run()
    assert api.calls[0].query["apikey"] == "abc123"
    assert "abc123" not in caplog.text and "kaputt" not in caplog.text


def test_a_token_is_fetched_once_and_again_when_it_ends(api: Api, tmp_path: Path) -> None:
    tokens = iter(["one", "two", "three"])
    valid = ["one"]

    def answer(call: Call) -> Reply:
        if call.path == "/token":
            assert call.body == ("grant_type=client_credentials&client_id=me&client_secret="
                                 "abc")
            return Reply({"access_token": next(tokens), "expires_in": 10})
        if call.headers["authorization"] != f"Bearer {valid[0]}":
            return Reply({}, 401)
        if call.query["page"] == "2":
            valid[0] = "two"
        return Reply({"data": _orders(*range(int(call.query["page"]), 4))[:1]})

    api.answer = answer
    shop = Company(tmp_path / "company", _declared(
        api, f"{{kind: client_credentials, token_url: {api.url}/token, user_env: ME, "
        "password_env: KEY}"), {"ME": "me", "KEY": "abc"})
    assert _ids(shop, shop.run()) == [1, 2, 3]
    assert len(api.asked("/token")) == 2
    valid[0] = "none"
    assert "not logged in; check ME, KEY in the environment (status 401)" in shop.problem()


# Declarations

@pytest.mark.parametrize(("old", "new", "sentence"), [
    ("auth: {kind: header, name: x-api-key, value_env: SHOP_KEY}",
     "auth: {kind: header, name: x-api-key, value_env: geheim-123}", "auth"),
    ("auth: {kind: header, name: x-api-key, value_env: SHOP_KEY}",
     "headers: {Authorization: Bearer geheim-123}", "a declaration holds no credentials; use"),
    ("path: /orders", "path: /orders, parameters: {api_key: geheim-123}",
     "a declaration holds no credentials; use `auth`"),
    ("http://", "http://anna:geheim-123@", "`base_url` holds credentials or a query"),
    ("kind: header, name: x-api-key, value_env: SHOP_KEY", "kind: client_credentials, user_env: U, "
     "password_env: P, token_url: 'https://a:geheim-123@x.example/t'",
     "`token_url` holds credentials or a query"),
    ("kind: header, name: x-api-key, value_env: SHOP_KEY", "kind: client_credentials, user_env: U, "
     "password_env: P, token_url: 'https://x.example/t?client_secret=geheim-123'",
     "`token_url` holds credentials or a query"),
    ("path: /orders", "path: '/orders?api_key=geheim-123'",
     "`path` holds a query; write it as `parameters`"),
    ("path: /orders", "path: /orders, method: POST, body: {login: [{Password: geheim-123}]}",
     "body.login.Password: a declaration holds no credentials"),
    ("path: /orders", "path: /orders, parameters: {filter: {token: [geheim-123]}}",
     "parameters.filter.token: a declaration holds no credentials"),
    ("path: /orders", "path: /orders, parameters: {key: 4711}",
     "parameters.key: a declaration holds no credentials"),
    ("path: /orders", "path: orders", "`path` starts with /"),
    ("path: /orders", "path: /orders, of: pos.orders", "`of` takes another table's records"),
    ("path: /orders, records: data", "of: pos.products", "pos.products is no table with a"),
    ("path: /orders", "path: '/orders/{parent.id}'", "`for_each` and `{parent.field}`"),
    ("path: /orders", "path: '/orders/{parent.id}', for_each: pos.orders, parameters: {a: "
     "'{since}'}", "so `{since}` has no meaning"),
    ("path: /orders", "path: /orders, body: {a: 1}", "a `body` needs `method: POST`"),
    ("path: /orders", "path: /orders, parameters: {a: '{since}'}", "need a `cursor`"),
    ("path: /orders", "path: /orders, paging: {kind: cursor, parameter: a}", "needs `from`"),
    ("path: /orders", "path: /orders, paging: {kind: page}", "needs `parameter` or `body`"),
    ("path: /orders", "path: /orders, paging: {kind: offset, parameter: a, restart_after: 5}",
     "`restart_after` needs paging by cursor"),
    ("path: /orders", "path: /orders, paging: {kind: link_header, restart_after: 5}",
     "asks anew from `{since}` on, so the request needs it"),
    ("key: id", "key: id\n    cursor: at", "a `cursor` needs `{since}` in the request"),
    ("path: /orders", "path: /orders, since: {start: '2020'}", "`start` is a date such as"),
    ("key: id", "key: id\n    format: csv", "leave out `format`"),
    ("key: id", "key: id\n    deleted: compare_keys", "belongs to a `table` or `query`"),
    ("kind: rest\n", "kind: postgresql\n", "connection"),
])
def test_declarations_that_do_not_fit(
    company: Make, old: str, new: str, sentence: str,
) -> None:
    shop = company()
    text = (shop.folder / "sources" / "shop.yml").read_text()
    assert old in text
    with pytest.raises(DeclarationError) as error:
        shop.declare(text.replace(old, new))
    assert sentence in str(error.value)
    assert "geheim-123" not in str(error.value)


@pytest.mark.parametrize("name", [
    "X-API-Key", "Api-Key", "apikey", "APIKey", "Ocp-Apim-Subscription-Key", "Cookie", "X-Auth-Key",
    "X-Auth", "Authorization", "X-Access-Token", "pwd", "key", "sig", "pass", "clientSecret",
    "accesskey", "session_id", "refreshToken", "Passwort"])
def test_a_literal_under_the_name_of_a_secret_is_refused(name: str) -> None:
    for value in ({name: "geheim-123"}, {"a": [{name: {"b": "geheim-123"}}]}):
        with pytest.raises(ValueError, match="holds no credentials") as error:
            check_names("parameters", value)
        assert name in str(error.value) and "geheim-123" not in str(error.value)
    check_names("parameters", {name: "Bearer {env.SHOP_KEY}"})
    check_names("parameters", {name: True, "a": {name: ""}})


@pytest.mark.parametrize("value", [
    {"sort_key": "at", "orderKey": "at", "page_token": "a", "projectKey": "SHOP"},
    {"author": "me", "keywords": "x", "keys": "a,b", "max_tokens": 5, "compass": "n"},
    {"passenger": "x", "secretary": "x", "design": "x", "monkey": "x", "tokenize": "x"},
    {"filters": [{"key": "status", "value": "open"}]}])
def test_innocent_names_are_no_secrets(value: dict[str, Any]) -> None:
    check_names("parameters", value)


def test_a_request_is_told_without_its_query() -> None:
    request = Request.model_construct(path="/orders/{parent.id}?api_key=geheim-123")
    assert place_of(request) == "/orders/…"


def test_numbers_and_umlauts_arrive_as_they_were_sent(api: Api, company: Make) -> None:
    api.answer = lambda call: Reply(
        b'\xef\xbb\xbf{"data": [{"id": 1, "at": "2026-01-01", "amount": 1234567890.1230,\r\n'
        + '"note": "Größe: „XL“\\nfür Jürgen 👍"}]}'.encode())
    shop = company()
    loads = shop.run()
    ((amount, note),) = shop.rows(
        "cast(net_amount as varchar), json_extract_string(source_metadata, '$.note')",
        loads["pos.orders"])
    (landed,) = shop.zone.path.glob("_landed/shop/pos.orders/*.jsonl")
    assert '"amount": 1234567890.1230,' in landed.read_text(encoding="utf-8")
    assert (amount, note) == ("1234567890.1230", "Größe: „XL“\nfür Jürgen 👍")


@pytest.mark.parametrize("charset", ["ISO-8859-1", '"windows-1252"'])
def test_an_answer_in_another_encoding_that_it_states_is_read(
    api: Api, company: Make, charset: str,
) -> None:
    api.answer = lambda call: Reply(
        '{"data": [{"id": 1, "at": "2026-01-01", "note": "Größe"}]}'.encode("cp1252"),
        headers={"Content-Type": f"application/json; charset={charset}"})
    shop = company()
    ((note,),) = shop.rows("json_extract_string(source_metadata, '$.note')",
                           shop.run()["pos.orders"])
    assert (note, len(api.calls)) == ("Größe", 1)


# A look

def test_a_declaration_is_tried_out_on_the_first_records(api: Api, company: Make) -> None:
    """Without anything left behind, and with the problem told where there is one."""
    api.answer = lambda call: Reply({"data": _orders(*range(1, 41))})
    shop = company()
    (declaration,) = shop.declarations
    check = check_declaration(declaration, shop.folder / "extracts", rows=10,
                              secrets=shop.secrets)
    (table,) = check.tables
    assert (table.rows_read, table.rows_accepted, check.shortened) == (10, 10, ("pos.orders",))
    assert not shop.zone.path.exists() and not check.problems
    whole = check_declaration(declaration, shop.folder / "extracts", secrets=shop.secrets)
    assert (whole.tables[0].rows_read, whole.shortened) == (40, ())
    unset = check_declaration(declaration, shop.folder / "extracts")
    assert ["SHOP_KEY is not set" in problem.message for problem in unset.problems] == [True]
