"""Small writes are part of the writer's transaction, and are answered once that is on disk (decision 0026)."""

import asyncio
import threading

import pytest
from failing_commits import fail_commits
from fixtures_pods import people
from loops import in_a_loop
from through_adapter import ask, asked

from pod_app.brevity import MOST_BYTES, may_take_long
from pod_app.web.app import create
from pod_app.web.serving.asgi_adapter import AsgiAdapter

WRITER, HAND = "writer", "request_0"
TURTLE = (b"content-type", b"text/turtle")
JSON_LD = (b"content-type", b"application/ld+json")
N3 = (b"content-type", b"text/n3")
PATCH = (
    b"@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch;"
    b' solid:inserts { <#a> <#b> "%s" } .'
)
FINDING = (
    b"@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch;"
    b" solid:where { <#a> <#b> ?x }; solid:deletes { <#a> <#b> ?x } ."
)


class Noting:
    """The application, noting in which thread it ran each time."""

    def __init__(self, inner):
        self._inner = inner
        self.joins, self.join = inner.joins, inner.join
        self.ran = []

    def __call__(self, environ, start_response):
        self.ran.append(threading.current_thread().name)
        return self._inner(environ, start_response)


class Asking:
    """Requests by alice through one adapter, several at once where several are given."""

    def __init__(self, installation):
        self.alice, _ = people(installation, "alice")
        self.authorised = [(name.lower().encode(), value.encode()) for name, value in self._headers(installation)]
        self.noting = Noting(create(installation.services))

    def _headers(self, installation):
        return installation.headers(self.alice.pod).items()

    def __call__(self, *requests):
        adapter = AsgiAdapter(self.noting, threads=1)

        async def all_at_once():
            return await asyncio.gather(*(self._one(adapter, *request) for request in requests))

        try:
            return in_a_loop(all_at_once)
        finally:
            adapter.close()

    async def _one(self, adapter, method, target, body=b"", *headers):
        return (await ask(adapter, method, target, *self.authorised, *headers, body=body))[:2]


@pytest.fixture
def asking(installation):
    return Asking(installation)


def read(asking, target):
    return asking.alice.get(target)


@pytest.mark.parametrize(
    ("method", "target", "body", "header", "ran", "status"),
    [
        ("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE, [WRITER], 201),
        ("PUT", "/alice/private/a", b"x", (b"content-type", b"text/plain"), [WRITER], 201),
        ("PUT", "/alice/private/a", b"<#a> <#b", TURTLE, [WRITER], 400),
        ("PUT", "/alice/private/a", b"x" * (MOST_BYTES + 1), (b"content-type", b"text/plain"), [HAND], 201),
        ("PUT", "/alice/private/a", b'{"@id": "#a"}', JSON_LD, [WRITER, HAND], 201),
        ("PUT", "/alice/contributions/a", b"<#a> <#b> 1 .", TURTLE, [WRITER, HAND], 422),
        ("POST", "/alice/private/", b"<#a> <#b> 1 .", TURTLE, [WRITER], 201),
        ("POST", "/alice/inbox/", b'{"@id": "#a"}', JSON_LD, [WRITER, HAND], 201),
        ("PATCH", "/alice/private/a", PATCH % b"x", N3, [WRITER], 201),
        ("PATCH", "/alice/private/a", FINDING, N3, [WRITER, HAND], 409),
        ("DELETE", "/alice/private/", b"", TURTLE, [WRITER], 409),
        ("DELETE", "/alice/private/a", b"", TURTLE, [WRITER], 404),
        ("PUT", "/alice/private/a", b"<#a> <#b> 1 .", (b"accept", b"text/html"), [HAND], 400),
    ],
)  # fmt: skip
def test_a_write_runs_where_its_length_belongs(asking, method, target, body, header, ran, status):
    asking.alice("PUT", "/alice/private/stands", b"x", "text/plain")
    [(answered, _)] = asking((method, target, body, header))
    assert asking.noting.ran == ran
    assert answered == status


def test_what_was_answered_is_on_disk_and_read_by_others(asking):
    [(status, headers)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    found = read(asking, "/alice/private/a")
    assert (status, found.status_code, found.content) == (201, 200, b"<#a> <#b> 1 .")
    assert found.headers["ETag"] == headers[b"etag"].decode()


class Proving:
    """Stands around what finds out who asks, and notes where it was asked; `long` lets it say that it may take long."""

    def __init__(self, installation, monkeypatch, *, long=False):
        self.ran, self._long = [], long
        credentials = installation.services.credentials
        self._found_out = credentials.agent
        monkeypatch.setattr(credentials, "agent", self)

    def __call__(self, *said):
        self.ran.append(threading.current_thread().name)
        if self._long:
            may_take_long()
        return self._found_out(*said)


def test_who_asks_is_found_out_once_and_before_the_writers_lock(asking, installation, monkeypatch):
    proving = Proving(installation, monkeypatch)
    [(status, _)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    assert (status, len(proving.ran), asking.noting.ran) == (201, 1, [WRITER])
    assert proving.ran[0] not in {WRITER, HAND}


def test_who_asks_is_found_out_in_a_thread_where_that_may_take_long(asking, installation, monkeypatch):
    proving = Proving(installation, monkeypatch, long=True)
    [(status, _)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    assert (status, asking.noting.ran, proving.ran[1:]) == (201, [HAND], [HAND])


def test_a_proof_that_fails_is_looked_at_once_and_refused(asking, installation, monkeypatch):
    proving = Proving(installation, monkeypatch)
    asking.authorised = [(b"authorization", b"Bearer nobody.nothing")]
    [(status, headers)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    assert (status, len(proving.ran)) == (401, 1)
    assert b'error="invalid_token"' in headers[b"www-authenticate"]


def test_s19_forty_posts_with_one_slug_at_once_make_forty_resources(asking):
    posts = [
        ("POST", "/alice/private/", b"%d" % n, (b"content-type", b"text/plain"), (b"slug", b"n")) for n in range(40)
    ]
    answers = asking(*posts)
    assert {status for status, _ in answers} == {201}
    places = [headers[b"location"].decode() for _, headers in answers]
    assert len(set(places)) == 40
    assert set(asking.noting.ran) == {WRITER}
    for number, place in enumerate(places):
        assert read(asking, "/" + place.partition("://")[2].partition("/")[2]).content == b"%d" % number


def test_g6_every_one_of_forty_patches_at_once_is_applied(asking):
    asking.alice("PUT", "/alice/private/a", b"<#a> <#b> 1 .", "text/turtle")
    answers = asking(*(("PATCH", "/alice/private/a", PATCH % b"%d" % n, N3) for n in range(40)))
    assert {status for status, _ in answers} == {204}
    body = read(asking, "/alice/private/a").text
    assert all(f'"{n}"' in body for n in range(40))


def test_one_of_twenty_who_create_the_same_wins(asking):
    only_new = (b"if-none-match", b"*")
    answers = asking(*(("PUT", "/alice/private/a", b"<#a> <#b> %d ." % n, TURTLE, only_new) for n in range(20)))
    assert sorted(status for status, _ in answers) == [201] + [412] * 19


def test_a_group_that_is_not_kept_is_begun_again_and_told(asking, installation, monkeypatch):
    """The first commit fails: nobody is told 201 for it, and all come through by the ordinary way."""
    fail_commits(monkeypatch, installation.services.database, times=1)
    [(status, _)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    assert asking.noting.ran == [WRITER, HAND]
    assert status == 201
    assert read(asking, "/alice/private/a").content == b"<#a> <#b> 1 ."


def test_a_disk_that_stays_full_is_told_as_such(asking, installation, monkeypatch):
    fail_commits(monkeypatch, installation.services.database, times=1000)
    [(status, _)] = asking(("PUT", "/alice/private/a", b"<#a> <#b> 1 .", TURTLE))
    assert status in {413, 503, 507}


def test_an_application_that_cannot_join_works_in_threads():
    def plain(environ, start_response):
        may_take_long()
        places.append(threading.current_thread().name)
        start_response("204 No Content", [])
        return []

    places = []
    adapter = AsgiAdapter(plain, threads=1)
    assert asked(adapter, "PUT", "/a", body=b"x")[0] == 204
    adapter.close()
    assert places == [HAND]
