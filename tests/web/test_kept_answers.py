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
from pod_app.web.serving.kept_answers import MOST_EACH, MOST_TOGETHER, KeptAnswers, Questions
from pod_app.web.solid.ldp import Ldp

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
        self.alice, self.bob, _ = people(installation, "alice", "bob")
        self.application = Counting(create(installation.services))
        self.handled = 0
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

    def mine(self, person, target="/alice/private/a", *headers, method="GET"):
        """What one who proves who they are is answered, and whether anything was looked up for it."""
        before = self.handled
        return self.read(target, *headers, proof(person), method=method)[0], self.handled > before

    def anew(self, target, *headers, method="GET"):
        return through(self.plain, method, target, *headers)


class Plain:
    """The application without what lets its answers be kept."""

    def __init__(self, inner):
        self._inner = inner

    def __call__(self, environ, start_response):
        return self._inner(environ, start_response)


def proof(person):
    return (b"authorization", person.headers["Authorization"].encode())


@pytest.fixture
def door(installation, monkeypatch):
    made = Door(installation)
    handled = Ldp._handled

    def counted(self, *asked):
        made.handled += 1
        return handled(self, *asked)

    monkeypatch.setattr(Ldp, "_handled", counted)
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


def test_who_has_a_cookie_is_answered_anew(door):
    assert [door.read("/alice/open/a", TURTLE, (b"cookie", b"a=b"))[1] for _ in range(2)] == [True, True]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/alice/private/a", "/alice/private/", "/alice/open/a"])
@pytest.mark.parametrize("accept", [TURTLE, JSON_LD])
def test_somebodys_question_is_looked_up_once_until_something_is_committed(door, method, target, accept):
    door.put("/alice/private/a", b"<#a> <#b> 1 .")
    first, was_made = door.mine(door.alice, target, accept, method=method)
    assert (first[0], was_made) == (200, True)
    assert door.mine(door.alice, target, accept, method=method) == (first, False)
    assert first == door.anew(target, accept, proof(door.alice), method=method)
    door.put("/alice/private/elsewhere", b"<#a> <#b> 2 .")
    assert door.mine(door.alice, target, accept, method=method)[1]


def test_an_answer_to_somebody_is_never_one_to_somebody_else(door):
    door.put("/alice/private/a", b"<#a> <#b> 1 .")
    door.alice.grant("/alice/private/", (door.bob.webid, "Read"))
    answers = {}
    for _ in range(2):
        for person in (door.alice, door.bob):
            answers[person.webid], _ = door.mine(person, "/alice/private/a", TURTLE)
        assert door.read("/alice/private/a", TURTLE)[0][0] == 401
    allowed = [answers[one.webid][1][b"wac-allow"] for one in (door.alice, door.bob)]
    assert allowed == [b'user="read write append control",public=""', b'user="read",public=""']
    door.alice.grant("/alice/private/")
    assert [door.mine(one, "/alice/private/a", TURTLE)[0][0] for one in (door.alice, door.bob)] == [200, 403]


def test_each_proof_is_looked_at_before_what_was_kept(door):
    door.put("/alice/private/a", b"<#a> <#b> 1 .")
    assert [door.mine(door.alice)[0][0] for _ in range(2)] == [200, 200]
    wrong = (b"authorization", proof(door.alice)[1] + b"x")
    assert door.read("/alice/private/a", wrong)[0][0] == 401
    dpop = (b"authorization", b"DPoP " + proof(door.alice)[1].partition(b" ")[2])
    assert door.read("/alice/private/a", dpop, (b"dpop", b"a.b.c"))[0][0] == 401


def test_who_may_read_through_a_group_is_decided_each_time(door):
    """Members of a group on another server change without a commit here."""
    door.put("/alice/private/a", b"<#a> <#b> 1 .")
    group = f"{door.installation.base}alice/open/friends#us"
    vcard = "@prefix v: <http://www.w3.org/2006/vcard/ns#>."
    door.put("/alice/open/friends", f"{vcard} <#us> a v:Group; v:hasMember <{door.bob.webid}> .".encode())
    door.alice.grant("/alice/private/", (f"group {group}", "Read"))
    for person in (door.bob, door.alice):
        found = [door.mine(person, "/alice/private/a", TURTLE) for _ in range(3)]
        assert [(answer[0], was_made) for answer, was_made in found] == [(200, True)] * 3


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
    kept = [0, 0]
    for step in range(400):
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
            who = chance.choice([(), (), proof(door.alice), proof(door.bob)])
            headers += (who,) if who else ()
            before = door.handled
            answer, was_asked = door.read(target, *headers, method=method)
            kept[bool(who)] += not was_asked or door.handled == before
            assert answer == door.anew(target, *headers, method=method), (seed, step)
    assert min(kept) > 0


def scope(target=b"/a", method="GET", headers=()):
    return {
        "method": method, "scheme": "http", "raw_path": target, "query_string": b"", "headers": list(headers)
    }  # fmt: skip


def test_an_answer_that_comes_after_a_commit_was_seen_is_not_kept():
    """Made from the older state in a thread, while another request has seen the newer one."""
    now = [1]
    questions, answers = Questions(lambda: now[0]), KeptAnswers()
    slow = questions.of(scope())
    assert answers.find(slow) is None
    now[0] = 2
    quick = questions.of(scope())
    assert answers.find(quick) is None
    answers.keep(slow, "old", 200, 3)
    assert answers.find(quick) is None
    answers.keep(quick, "new", 200, 3)
    assert answers.find(questions.of(scope())) == "new"


def test_s40_what_is_kept_is_bounded():
    questions, answers = Questions(lambda: 1), KeptAnswers()
    asked = questions.of(scope())
    assert answers.find(asked) is None
    answers.keep(asked, "large", 200, MOST_EACH + 1)
    answers.keep(asked, "wait", 503, 4)
    assert answers.find(asked) is None
    for number in range(3 * MOST_TOGETHER // MOST_EACH):
        asked = questions.of(scope(b"/%d" % number))
        answers.keep(asked, number, 200, MOST_EACH)
        assert answers.find(asked) == number
        assert len(answers._kept) <= MOST_TOGETHER // MOST_EACH
    assert questions.of(scope(headers=[(b"x", b"y" * 4096)])) is None
    assert questions.of(scope(method="POST")) is None


def test_a_database_that_does_not_answer_is_told_by_whoever_reads():
    def fails():
        raise Unavailable(N_("No."), N_("Wait."))

    assert Questions(fails).of(scope()) is None


def test_a_proof_is_no_part_of_what_is_asked():
    """Each request has another one: with it nothing would ever be asked twice."""
    questions = Questions(lambda: 1)
    one, other = (
        questions.of(scope(headers=[(b"authorization", b"DPoP x"), (b"dpop", jwt * 900), (b"accept", b"text/turtle")]))
        for jwt in (b"abc", b"xyz")
    )
    assert one == other
    assert one.personal
    assert one.by("alice") != one.by("bob")
    assert not questions.of(scope(headers=[(b"dpop", b"abc")])).personal


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
