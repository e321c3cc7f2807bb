"""Requests to a REST API for each record of another table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from ingestion.fetching.landing import Landing
from ingestion.rest.client import RestClient
from tests.unit.ingestion.apis import NOW, Api, Call, Company, Reply


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    yield api
    api.close()


CHILDREN = """
source: desk
connection: {kind: rest, base_url: %s, attempts: 1}
tables:
  - entity: crm.cases
    key: id
    request: {path: /cases, records: data, parameters: {since: "{since}"}}
    cursor: at
    columns: {opened_at: at}
  - entity: crm.case_messages
    key: id
    request:
      {for_each: crm.cases, parent_fields: [at], path: "/cases/{parent.id}/notes", records: notes}
    columns: {case_ref: cx360_parent.id, sent_at: cx360_parent.at, text: text}
"""
PAGED = CHILDREN.replace(
    "records: notes}", "records: notes, paging: {kind: next_link, from: next}}")


class Desk:
    def __init__(self, api: Api, count: int) -> None:
        self.cases = [{"id": n, "at": f"2026-01-{n:02}T00:00:00Z"} for n in range(1, count + 1)]
        self.fails: set[str] = set()
        self.reply = Reply({}, 404)
        self.more: set[str] = set()
        self.fails_later = False
        api.answer = self

    def __call__(self, call: Call) -> Reply:
        if call.path == "/cases":
            return Reply({"data": [c for c in self.cases if c["at"] > call.query["since"]]})
        case = call.path.split("/")[2]
        if case in self.fails:
            return self.reply
        if "page" in call.query:
            return (Reply({}, 403) if self.fails_later
                    else Reply({"notes": [{"id": f"{case}-2", "text": "Danke"}]}))
        return Reply({"notes": [{"id": f"{case}-1", "text": "Grüße"}]}
                     | ({"next": "?page=2"} if case in self.more else {}))


def test_children_are_asked_for_once_and_those_of_what_is_gone_are_left_out(
    api: Api, tmp_path: Path,
) -> None:
    desk = Desk(api, 6)
    desk.fails = {"3"}
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    loads = company.run()
    assert company.rows("source_record_ref, case_ref, cast(sent_at as varchar), text",
                        loads["crm.case_messages"]) == [
        (f"{n}-1", str(n), f"2026-01-0{n} 00:00:00", "Grüße") for n in (1, 2, 4, 5, 6)]
    desk.cases.append({"id": 7, "at": "2026-01-07T00:00:00Z"})
    api.calls.clear()
    loads = company.run()
    assert [call.path for call in api.calls] == ["/cases", "/cases/7/notes"]
    assert company.rows("source_record_ref", loads["crm.case_messages"]) == [("7-1",)]


@pytest.mark.parametrize(("old", "new", "named"), [
    ("{parent.id}", "{parent.nr}", "nr"), ("{parent.id}", "{parent.id.value}", "id.value"),
    ("for_each: crm.cases", "for_each: crm.cases, only_where: has_notes", "has_notes")])
def test_a_field_that_no_parent_has_is_told(
    api: Api, tmp_path: Path, old: str, new: str, named: str,
) -> None:
    """No parent would ever be asked for."""
    desk = Desk(api, 2)
    company = Company(tmp_path / "c", (CHILDREN % api.url).replace(old, new), {})
    for _ in range(2):
        (problem,) = company.fetch().problems
        assert problem.message == (
            f"desk crm.case_messages: /cases/…/notes: no record of crm.cases has {named}, which "
            "is asked with; there is id, at. Correct the request in the declaration")
    desk.cases.append({"id": 3, "at": "2026-01-03T00:00:00Z", "has_notes": True})
    company.declare(CHILDREN % api.url)
    assert len(company.rows("source_record_ref", company.run()["crm.case_messages"])) == 3


def test_an_id_in_a_path_leads_nowhere_else(api: Api, tmp_path: Path) -> None:
    """What is not found there counts as deleted, without a word."""
    ids = ["gid://Case/1", "a?b=c", "50 %", "#7"]

    def answer(call: Call) -> Reply:
        if call.path == "/cases":
            return Reply({"data": [{"id": one, "at": "2026-01-01T00:00:00Z"} for one in ids]})
        asked = unquote(call.path.removeprefix("/cases/").removesuffix("/notes"))
        return (Reply({"notes": [{"id": asked, "text": "Grüße"}]})
                if asked in ids and call.path.count("/") == 3 else Reply({}, 404))

    api.answer = answer
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    loads = company.run()
    assert sorted(ref for (ref,) in company.rows(
        "source_record_ref", loads["crm.case_messages"])) == sorted(ids)


def test_children_without_a_required_field_stop_the_first_fetch_only(
    api: Api, tmp_path: Path,
) -> None:
    """Asked for once more they would be the same, and no later parent would get its turn."""
    desk = Desk(api, 1)
    wrong = CHILDREN.replace("cx360_parent.at", "sent")
    assert "no record has sent; correct" in Company(
        tmp_path / "wrong", wrong % api.url, {}).fetch().problems[0].message
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    company.run()
    company.declare(wrong % api.url)
    desk.cases.append({"id": 2, "at": "2026-01-02T00:00:00Z"})
    assert (company.fetch().problems, len(api.asked("/cases/2/notes"))) == ([], 1)


def test_children_are_not_asked_for_again_by_a_look_back(api: Api, tmp_path: Path) -> None:
    desk = Desk(api, 3)
    company = Company(tmp_path / "c", (CHILDREN % api.url).replace(
        "    cursor: at\n", "    cursor: at\n    look_back: 30d\n"), {})
    company.run()
    desk.cases.append({"id": 4, "at": "2026-01-04T00:00:00Z"})
    desk.cases[1] |= {"status": "open"}
    api.calls.clear()
    company.run()
    company.run()
    assert [call.path for call in api.calls] == [
        "/cases", "/cases/2/notes", "/cases/4/notes", "/cases"]


@pytest.mark.parametrize(("status", "reason"), [
    (404, "nothing there; correct `base_url` and `path`"),
    (403, "not allowed; give the credentials the right to read this, or check `auth`")])
def test_children_of_nobody_are_a_wrong_request(
    api: Api, tmp_path: Path, status: int, reason: str,
) -> None:
    desk = Desk(api, 5)
    desk.fails, desk.reply = {str(n) for n in range(1, 6)}, Reply({}, status)
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    assert [problem.message for problem in company.fetch().problems] == [
        f"desk crm.case_messages: /cases/…/notes: {reason} (status {status})"]
    desk.fails, desk.reply = {"1"}, Reply({}, 404)
    assert len(company.run()["crm.case_messages"]) == 1


PLACE = "crm.cases 000001_20260301.jsonl, line "


@pytest.mark.parametrize(("reply", "reason"), [
    (Reply({}, 400), "the request is not accepted"), (Reply({}, 403), "not allowed; give the"),
    (Reply({}, 500), "the server fails"), (Reply({}, 302), "points to another address"),
    (Reply(b"<html>"), "answers with a web page"), (Reply({"items": []}), "no records at notes"),
    (Reply({"notes": [{"id": "2-1"}], "next": "http://elsewhere.invalid/"}), "another server")])
def test_a_parent_that_gets_no_answer_waits_and_is_told_and_the_others_get_their_turn(
    api: Api, tmp_path: Path, reply: Reply, reason: str,
) -> None:
    desk = Desk(api, 6)
    desk.fails, desk.reply = {"2"}, reply
    company = Company(tmp_path / "c", PAGED % api.url, {})
    report = company.fetch()
    assert [file.rows for file in report.landed] == [6, 5]
    (problem,) = report.problems
    assert problem.message.startswith("desk crm.case_messages: /cases/…/notes: ")
    assert reason in problem.message
    assert problem.message.endswith(
        f", asked for {PLACE}2. What got no answer is asked for again by the next fetch. All "
        "others were fetched")
    assert [one.message for one in company.load().problems] == [problem.message]
    desk.cases.append({"id": 7, "at": "2026-01-07T00:00:00Z"})
    for asked in (["/cases/7/notes", "/cases/2/notes"], ["/cases/2/notes"]):
        api.calls.clear()
        assert [one.message for one in company.fetch().problems] == [problem.message]
        assert [call.path for call in api.calls][1:] == asked
    desk.fails.clear()
    assert [file.rows for file in company.fetch().landed] == [1]
    api.calls.clear()
    company.run()
    assert [call.path for call in api.calls] == ["/cases"]
    assert sorted(ref for (ref,) in company.rows(
        "source_record_ref", [load for load in company.zone.loads()
                              if load.label == "crm.case_messages"])) == [
        f"{n}-1" for n in range(1, 8)]


def test_a_parent_that_waited_and_is_gone_or_came_anew_waits_no_longer(
    api: Api, tmp_path: Path,
) -> None:
    desk = Desk(api, 4)
    desk.fails, desk.reply = {"2", "3"}, Reply({}, 403)
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    (problem,) = company.fetch().problems
    assert f"asked for {PLACE}2; 000001_20260301.jsonl, line 3. What" in problem.message
    desk.reply = Reply({}, 404)
    desk.fails = {"2"}
    desk.cases[2]["at"] = "2026-01-09T00:00:00Z"
    api.calls.clear()
    loads = company.run()
    assert [call.path for call in api.calls] == ["/cases", "/cases/3/notes", "/cases/2/notes"]
    assert ("3-1", "2026-01-09 00:00:00") in company.rows(
        "source_record_ref, cast(sent_at as varchar)", loads["crm.case_messages"])
    api.calls.clear()
    company.run()
    assert [call.path for call in api.calls] == ["/cases"]


def test_of_a_parent_that_fails_on_a_later_page_nothing_lands(api: Api, tmp_path: Path) -> None:
    """It would land once more with all of its pages, and without a key count twice."""
    desk = Desk(api, 3)
    desk.more, desk.fails_later = {"2"}, True
    company = Company(tmp_path / "c", PAGED % api.url, {})
    assert [file.rows for file in company.fetch().landed] == [3, 2]
    desk.fails_later = False
    assert [file.rows for file in company.fetch().landed] == [2]


@pytest.mark.parametrize(("reply", "reason"), [
    (Reply({}, 401), "not logged in"), (Reply({}, 429), "too many requests"),
    (Reply({}, 503, {"Retry-After": "3600"}), "asks to wait 3,600 seconds")])
def test_what_holds_for_all_requests_ends_the_fetch_and_the_next_goes_on_there(
    api: Api, tmp_path: Path, reply: Reply, reason: str,
) -> None:
    desk = Desk(api, 6)
    desk.fails, desk.reply = {"4", "5", "6"}, reply
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    report = company.fetch()
    assert [file.rows for file in report.landed] == [6, 3]
    assert reason in report.problems[0].message
    assert report.problems[0].message.endswith(
        ". Not all of crm.cases had their turn; the next fetch goes on there")
    assert not api.asked("/cases/5/notes")
    company.fetch(NOW + timedelta(days=3))  # gets nowhere, and does not count as one
    assert Landing(company.zone.path).fetched_on()["desk", "crm.case_messages"] == NOW.date()
    desk.fails.clear()
    api.calls.clear()
    loads = company.run()
    assert [call.path for call in api.calls[1:]] == [f"/cases/{n}/notes" for n in (4, 5, 6)]
    assert len(company.rows("source_record_ref", loads["crm.case_messages"])) == 6


def test_a_server_that_fails_for_all_is_asked_no_further_and_blocks_nobody_later(
    api: Api, tmp_path: Path,
) -> None:
    desk = Desk(api, 9)
    desk.fails, desk.reply = {str(n) for n in range(2, 10)}, Reply({}, 500)
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    (problem,) = company.fetch().problems
    assert f"(status 500), asked for {PLACE}2; 000001_20260301.jsonl, line 3; " in problem.message
    assert [call.path for call in api.calls[1:]] == [f"/cases/{n}/notes" for n in range(1, 5)]
    desk.fails = {"2", "3", "4"}
    api.calls.clear()
    report = company.fetch()
    assert [file.rows for file in report.landed] == [5]
    assert [call.path for call in api.calls[1:]] == [
        f"/cases/{n}/notes" for n in (5, 6, 7, 8, 9, 2, 3, 4)]
    desk.fails = {"2"}
    assert [file.rows for file in company.fetch().landed] == [2]


def test_not_more_parents_wait_than_is_meant_for_single_ones(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.rest.children.MOST_WAITING", 2)
    desk = Desk(api, 6)
    desk.fails, desk.reply = {"2", "3", "4"}, Reply({}, 403)
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    for turn in ([1, 2, 3, 4], [4]):
        api.calls.clear()
        assert "not allowed" in company.fetch().problems[0].message
        assert [call.path for call in api.calls[1:]] == [f"/cases/{n}/notes" for n in turn]
    desk.fails = {"2"}
    report = company.fetch()
    assert [file.rows for file in report.landed] == [3, 1]
    assert report.problems[0].message.endswith("All others were fetched")


def test_a_kill_among_children_costs_only_some(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.rest.parents.PARENTS_AT_ONCE", 2)
    Desk(api, 6)
    company = Company(tmp_path / "c", CHILDREN % api.url, {})
    original = RestClient.ask

    def ask(self: RestClient, request: Any, values: dict[str, Any], **what: Any) -> Any:
        if values.get("parent.id") == 5:
            raise RuntimeError
        return original(self, request, values, **what)

    monkeypatch.setattr(RestClient, "ask", ask)
    report = company.fetch()
    assert [file.rows for file in report.landed] == [6, 2, 2]
    monkeypatch.undo()
    api.calls.clear()
    loads = company.run()
    assert [call.path for call in api.calls[1:]] == ["/cases/5/notes", "/cases/6/notes"]
    assert len(company.rows("source_record_ref", loads["crm.case_messages"])) == 6
