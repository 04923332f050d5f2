"""Hosts that do not answer, refuse or lie: what a view says then, and whom it still counts (trust.md S8)."""

import gzip
import json

from fixtures_commons import VIEWS, Answers, one_more, response_of, unreachable


def body(change):
    """Every line of an answer, changed."""

    def spoil(content):
        lines = change([json.loads(line) for line in content.splitlines()])
        return response_of(200, "\n".join(map(json.dumps, lines)).encode())

    return spoil


def cells(change):
    """Every cell of an answer, changed."""

    def lines(told):
        for line in told:
            for cell in line.get("cells", {}).values():
                change(cell)
            if "edges" in line:
                line["edges"] = "<urn:a> <urn:b> <urn:c> ."
        return told

    return body(lines)


def one_key(key):
    def lines(told):
        for line in told:
            line["cells"] = {key: {"n": {"rows": 1}, "b": {}}}
            line.pop("edges", None)
        return told

    return body(lambda told: [*lines(told[:-1]), told[-1]])


def raw(content, status=200, **headers):
    return lambda _: response_of(status, content, headers)


def crowded(line):
    keys = (json.dumps([f'"{number}"', "<urn:a>"]) for number in range(5_001))
    return {"pod": line["pod"], "state": "answered", "cells": {key: {"n": {"rows": 1}, "b": {}} for key in keys}}


BOMB = gzip.compress(bytes(64 * 2**20))


LATE = {
    "dead": unreachable,
    "overloaded": raw(b"", 503),
    "broken": raw(b"<h1>oops</h1>", 500),
    "asks for patience": raw(b"", 429),
    "a bomb": raw(BOMB, **{"Content-Encoding": "gzip"}),
    "too many bytes": raw(bytes(17 * 2**20)),
    "a cut compressed body": raw(BOMB[:100], **{"Content-Encoding": "gzip"}),
    "an encoding nobody asked for": raw(b"x", **{"Content-Encoding": "br"}),
}


REFUSED = {
    "does not know us": raw(b"{}", 403),
    "does not believe us": raw(b"{}", 401),
    "has no such route": raw(b"", 404),
    "sends us elsewhere": raw(b"", 302, Location="https://evil.example/"),
    "a page": raw(b"<html></html>"),
    "nothing": raw(b""),
    "no lines": raw(b'{"coverage": {}}'),
    "deep nesting": raw(b"[" * 100_000),
    "a number without end": raw(b'{"pod": ' + b"1" * 10_000 + b"}\n" + b'{"coverage": {}}'),
    "cut before the coverage": body(lambda lines: lines[:-1]),
    "no objects": body(lambda lines: [1, *lines[1:]]),
    "a pod that was not asked for": body(lambda lines: [{**lines[0], "pod": "https://bouleau.example/x"}, *lines[1:]]),
    "a pod of somebody else": body(
        lambda lines: [{**lines[0], "pod": "https://cedre.example/person-2-0/profile/card#me"}, *lines[1:]]
    ),
    "a pod here": body(lambda lines: [{**lines[0], "pod": "person-0-0"}, *lines[1:]]),
    "a pod twice": body(lambda lines: [lines[0], lines[0], *lines[2:]]),
    "too many lines": body(lambda lines: [lines[0]] * 1_000 + lines),
    "other columns": cells(lambda cell: cell["n"].update(secret=1)),
    "a float": cells(lambda cell: cell["n"].update(rows=1.5)),
    "a text for a number": cells(lambda cell: cell["n"].update(rows="1")),
    "true for a number": cells(lambda cell: cell["n"].update(rows=True)),
    "a negative number": cells(lambda cell: cell["n"].update(dict.fromkeys(cell["n"], -1))),
    "a huge number": cells(lambda cell: cell["n"].update(dict.fromkeys(cell["n"], 2**53 + 1))),
    "no rows": cells(lambda cell: cell["n"].pop("rows")),
    "people of its own": cells(lambda cell: cell["b"].update(people=[f"urn:{number}" for number in range(99)])),
    "a bag that is none": cells(lambda cell: cell.update(b=[])),
    "a cell that is none": cells(lambda cell: cell.clear()),
    "a key with other columns": one_key('["a"]'),
    "a key that is no JSON": one_key("x"),
    "a key with something behind it": one_key('["\\"a\\" . <urn:x> <urn:y> <urn:z>", "<urn:a>"]'),
    "a key with a blank node": one_key('["_:a", "<urn:a>"]'),
    "a key in another spelling": one_key('["\\"2026-02\\"",   "<urn:a>"]'),
    "too many cells": body(lambda lines: [*map(crowded, lines[:-1]), lines[-1]]),
}


def test_who_does_not_answer_is_late_and_what_was_said_last_counts_for_a_week(small):
    """All of them on one installation after the other: each time it recovers."""
    small.consent()
    small.settle()
    for how, spoil in LATE.items():
        before, since = {name: small.rows(name) for name in VIEWS}, small.world[0].clock()
        small.world[0].clock.forward(hours=2)
        one_more(small)
        hostile = Answers(small, 1, spoil)
        small.settle()
        for name in VIEWS:
            told = small.coverage(name)
            assert (told.asked, told.answered, told.refused, told.late) == (7, 5, 0, 2), how
            assert small.said_at(small.people[2][1]) == since, how
            assert small.rows(name) == before[name], how
        small.world[0].clock.forward(days=7)
        small.settle()
        assert small.rows(VIEWS[0]) == small.expected(VIEWS[0], small.people[:2] + small.people[4:]), how
        assert small.coverage().late == 2, how
        hostile.spoil = None
        small.settle()
        assert {name: small.rows(name) for name in VIEWS} == {name: small.expected(name) for name in VIEWS}, how
        assert small.coverage().answered == 7, how


def test_who_refuses_or_lies_is_no_longer_counted_and_nothing_else_is_lost(small):
    """trust.md S8: the view answers with the others, and says so."""
    small.consent()
    for how, spoil in REFUSED.items():
        small.settle()
        assert small.coverage().answered == 7, how
        one_more(small)
        hostile = Answers(small, 1, spoil)
        small.settle()
        for name in VIEWS:
            assert small.rows(name) == small.expected(name, small.people[:2] + small.people[4:]), (how, name)
            told = small.coverage(name)
            assert (told.asked, told.answered, told.refused, told.late) == (7, 5, 2, 0), (how, name)
        hostile.spoil = None
    page = small.world[0].client.get("/collective/commons/contributions-by-kind.json")
    assert page.json()["coverage"]["refused"] == 2


def test_a_first_answer_cannot_be_not_modified(small):
    small.consent()
    Answers(small, 1, raw(b"", 304))
    small.settle()
    assert small.coverage().refused == 2


def test_one_wrong_line_loses_one_pod(small):
    small.consent()
    Answers(small, 1, body(lambda lines: [{**lines[0], "cells": {"x": 1}, "edges": 1}, *lines[1:]]))
    small.settle()
    for name in VIEWS:
        assert small.rows(name) == small.expected(name, small.people[:2] + small.people[3:])
        assert (small.coverage(name).answered, small.coverage(name).refused) == (6, 1)


def test_pages_say_in_words_who_did_not_answer(small):
    small.consent()
    small.settle()
    one_more(small)
    Answers(small, 1, unreachable)
    small.settle()
    client = small.world[0].client
    english = client.get("/collective/commons/contributions-by-kind", headers={"Accept-Language": "en"}).text
    assert "2 did not answer in time" in english
    french = client.get("/collective/commons/contributions-by-kind", headers={"Accept-Language": "fr"}).text
    assert "2 n’ont pas répondu à temps" in french
    told = client.get("/collective/commons/contributions-by-kind.json").json()["coverage"]
    assert (told["late"], told["answered"]) == (2, 5)
