"""Answers that hold until the next commit (decision 0027): never older than what stands, never somebody's own."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from fixtures_pods import people
from through_adapter import asked as through

import pod_app
from pod_app.errors import N_, Unavailable
from pod_app.storage.database import Database
from pod_app.web.app import create
from pod_app.web.serving.asgi_adapter import AsgiAdapter
from pod_app.web.serving.kept_answers import MOST_EACH, MOST_TOGETHER, Kept, KeptAnswers

TURTLE, JSON_LD, PAGE = ((b"accept", value) for value in (b"text/turtle", b"application/ld+json", b"text/html"))
OPEN = """@prefix acl: <http://www.w3.org/ns/auth/acl#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>.
    <#o> a acl:Authorization; acl:agent <{webid}>; acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Write,
    acl:Control. <#e> a acl:Authorization; acl:agentClass foaf:Agent; acl:accessTo <./>; acl:default <./>;
    acl:mode {mode} ."""


WRITING = """
import sys
from pathlib import Path
from sqlalchemy import text
from pod_app.storage.database import Database
database = Database("", Path(sys.argv[1]))
database.write(lambda conn: conn.execute(text("UPDATE resources SET body = x'78', size = 1 WHERE path = 'open/a'")))
database.close()
"""


class Counting:
    """The application, counting how often it was asked."""

    def __init__(self, inner):
        self._inner = inner
        self.is_brief, self.stamp = inner.is_brief, inner.stamp
        self.times = 0

    def __call__(self, environ, start_response):
        self.times += 1
        return self._inner(environ, start_response)


class Door:
    """A place of alice's that everybody may read, through one adapter that keeps answers and one that does not."""

    def __init__(self, installation):
        self.installation = installation
        self.alice, _ = people(installation, "alice")
        self.application = Counting(create(installation.services))
        self.kept, self.plain = (
            AsgiAdapter(self.application, threads=1),
            AsgiAdapter(Plain(self.application), threads=1),
        )
        self.put("/alice/open/a", b"<#a> <#b> 1 .")
        self.rules("acl:Read")

    def rules(self, mode):
        self.put("/alice/open/.acl", OPEN.format(webid=self.alice.pod.webid, mode=mode).encode())

    def put(self, target, body):
        answer = self.alice("PUT", target, body, "text/turtle")
        assert answer.status_code in {201, 204}, answer.text

    def read(self, target="/alice/open/a", *headers, method="GET"):
        """What the adapter answers, and whether it asked the application."""
        before = self.application.times
        answer = through(self.kept, method, target, *headers)
        return answer, self.application.times > before

    def anew(self, target, *headers, method="GET"):
        return through(self.plain, method, target, *headers)


class Plain:
    """The application without what lets its answers be kept."""

    def __init__(self, inner):
        self._inner = inner

    def __call__(self, environ, start_response):
        return self._inner(environ, start_response)


@pytest.fixture
def door(installation):
    made = Door(installation)
    yield made
    made.kept.close()
    made.plain.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/alice/open/a", "/alice/open/"])
@pytest.mark.parametrize("accept", [TURTLE, JSON_LD])
def test_the_same_question_is_answered_once_until_something_is_committed(door, method, target, accept):
    first, was_asked = door.read(target, accept, method=method)
    assert (first[0], was_asked) == (200, True)
    assert door.read(target, accept, method=method) == (first, False)
    assert first == door.anew(target, accept, method=method)
    door.put("/alice/private/elsewhere", b"<#a> <#b> 2 .")
    assert door.read(target, accept, method=method) == (first, True)


def test_a_304_is_kept_as_well(door):
    etag = door.read("/alice/open/a", TURTLE)[0][1][b"etag"]
    asking = (TURTLE, (b"if-none-match", etag))
    assert [door.read("/alice/open/a", *asking)[0][0] for _ in range(2)] == [304, 304]
    assert not door.read("/alice/open/a", *asking)[1]
    door.put("/alice/open/a", b"<#a> <#b> 2 .")
    assert door.read("/alice/open/a", *asking)[0][0] == 200


def test_what_was_replaced_deleted_or_closed_is_never_shown_again(door):
    for number in range(5):
        door.put("/alice/open/a", b"<#a> <#b> %d ." % number)
        assert [door.read()[0][2] for _ in range(2)] == [b"<#a> <#b> %d ." % number] * 2
    door.rules("acl:Append")
    assert door.read()[0][0] == 401
    door.rules("acl:Read")
    assert [door.read()[0][0] for _ in range(2)] == [200, 200]
    assert door.alice("DELETE", "/alice/open/a").status_code == 204
    assert door.read()[0][0] == 404


def test_each_difference_in_a_question_is_another_question(door):
    questions = [
        (TURTLE,), (JSON_LD,), (TURTLE, (b"origin", b"https://a.example")), (TURTLE, (b"origin", b"https://b.example")),
        (TURTLE, (b"range", b"bytes=0-3")), (), ((b"host", b"other.example"), TURTLE),
    ]  # fmt: skip
    for question in questions * 2:
        assert door.read("/alice/open/a", *question)[0] == door.anew("/alice/open/a", *question)


@pytest.mark.parametrize("header", [b"user-agent", b"x-forwarded-for", b"x-request-id"])
def test_what_proxies_and_programs_say_of_themselves_makes_no_difference(door, header):
    first = door.read("/alice/open/a", TURTLE, (header, b"1"))[0]
    assert door.read("/alice/open/a", TURTLE, (header, b"2")) == (first, False)
    assert door.anew("/alice/open/a", TURTLE, (header, b"3")) == first


@pytest.mark.parametrize("personal", ["authorization", "cookie"])
def test_nothing_personal_is_kept(door, personal):
    """An answer to somebody is never one to somebody else, nor to the same person tomorrow."""
    door.put("/alice/private/a", b"<#a> <#b> 1 .")
    sent = door.installation.headers(door.alice.pod)["Authorization"].encode()
    header = (b"authorization", sent) if personal == "authorization" else (b"cookie", b"a=b")
    target = "/alice/private/a" if personal == "authorization" else "/alice/open/a"
    for _ in range(2):
        answer, was_asked = door.read(target, TURTLE, header)
        assert (answer[0], was_asked) == (200, True)
    assert door.read("/alice/private/a", TURTLE)[0][0] == 401


@pytest.mark.parametrize(
    ("target", "accept"),
    [("/alice/private/", TURTLE), ("/alice/open/none", TURTLE), ("/alice/open/a", PAGE), ("/healthz", TURTLE)],
)
def test_refusals_pages_and_the_application_itself_are_not_kept(door, target, accept):
    assert [door.read(target, accept)[1] for _ in range(2)] == [True, True]


def test_a_commit_of_another_process_counts(door):
    door.read()
    assert not door.read()[1]
    folder = door.installation.services.settings.data
    subprocess.run([sys.executable, "-c", WRITING, folder], check=True, cwd=Path(pod_app.__file__).parents[1])
    assert door.read()[0][2] == b"x"


def test_a_random_life_is_answered_as_if_nothing_were_kept(door):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    targets = ["/alice/open/a", "/alice/open/b", "/alice/open/", "/alice/open/.acl", "/alice/open/c/d"]
    kept = 0
    for step in range(250):
        target = chance.choice(targets)
        doing = chance.choice(["put", "delete", "rules", *["read"] * 12])
        if doing == "put" and not target.endswith(("/", ".acl")):
            door.put(target, b"<#a> <#b> %d ." % chance.randrange(3))
        elif doing == "delete" and not target.endswith((".acl", "open/")):
            door.alice("DELETE", target)
        elif doing == "rules":
            door.rules(chance.choice(["acl:Read", "acl:Read, acl:Write", "acl:Append"]))
        else:
            headers = chance.choice([(), (TURTLE,), (JSON_LD,), (TURTLE, (b"origin", b"https://a.example"))])
            method = chance.choice(["GET", "HEAD"])
            answer, was_asked = door.read(target, *headers, method=method)
            kept += not was_asked
            assert answer == door.anew(target, *headers, method=method), (seed, step)
    assert kept > 0


def scope(target=b"/a", method="GET", headers=()):
    return {
        "method": method, "scheme": "http", "raw_path": target, "query_string": b"", "headers": list(headers)
    }  # fmt: skip


def test_an_answer_that_comes_after_a_commit_was_seen_is_not_kept():
    """Made from the older state in a thread, while another request has seen the newer one."""
    now = [1]
    answers = KeptAnswers(lambda: now[0])
    slow = answers.asked(scope())
    now[0] = 2
    quick = answers.asked(scope())
    answers.keep(slow, Kept(200, [], b"old"))
    assert answers.find(quick) is None
    answers.keep(quick, Kept(200, [], b"new"))
    assert answers.find(answers.asked(scope())).body == b"new"


def test_s40_what_is_kept_is_bounded():
    answers = KeptAnswers(lambda: 1)
    answers.keep(answers.asked(scope()), Kept(200, [], b"x" * (MOST_EACH + 1)))
    answers.keep(answers.asked(scope()), Kept(503, [], b"wait"))
    assert answers.find(answers.asked(scope())) is None
    for number in range(3 * MOST_TOGETHER // MOST_EACH):
        asked = answers.asked(scope(b"/%d" % number))
        answers.keep(asked, Kept(200, [], b"x" * MOST_EACH))
        assert answers.find(asked) is not None
        assert sum(len(one.body) for one in answers._kept.values()) <= MOST_TOGETHER
    assert answers.asked(scope(headers=[(b"x", b"y" * 4096)])) is None
    assert answers.asked(scope(method="POST")) is None


def test_a_database_that_does_not_answer_is_told_by_whoever_reads():
    def fails():
        raise Unavailable(N_("No."), N_("Wait."))

    assert KeptAnswers(fails).asked(scope()) is None


def test_the_stamp_changes_with_each_commit_and_with_nothing_else(tmp_path):
    database = Database("", tmp_path / "data")
    database.write(lambda _conn: None)
    seen = [database.stamp()]
    for number in range(20):
        assert database.stamp() == seen[-1]
        database.write(lambda conn, n=number: conn.exec_driver_sql("INSERT INTO meta VALUES (?, '')", (f"k{n}",)))
        seen.append(database.stamp())
    assert len(set(seen)) == len(seen)
    database.close()
    with pytest.raises(Unavailable):
        database.stamp()
