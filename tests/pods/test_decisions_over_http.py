"""Random trees, rules, agents, groups, origins, conditions and spellings: every status is the one of a model (P, S16).

The model, in tests/standards/wac_model.py, shares nothing with the program.
"""

import itertools

from fixtures_pods import ACL, Person, people
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from standards.wac_model import PUBLIC, SIGNED_IN, Authorization, Condition, Who, World, container, may

PATHS = ["w/", "w/a", "w/b/", "w/b/x", "w/b/c/", "w/b/c/y", "w/b/c/z"]
CONTAINERS = [path for path in PATHS if path.endswith("/")]
NAMES = {PUBLIC: "http://xmlns.com/foaf/0.1/Agent", SIGNED_IN: f"{ACL}AuthenticatedAgent"}
WHO = st.sampled_from(["owner", "bob", "bob", "carol", "stranger"])
GROUP = "groups#us"
APPS = ["https://app.example", "https://other.example:8443"]
ORIGINS = st.sampled_from([None, None, None, *APPS, "https://evil.example", "null"])
SPELLINGS = st.one_of(st.just(0), st.integers(0, 2**16))
CLIENT = "https://app.example/id"
CONDITIONS = st.sampled_from(
    [[]] * 8
    + [[Condition("client", [CLIENT], [], anyone=anyone)] for anyone in (False, True)]
    + [
        [Condition("issuer", ["https://login.example/"], [], anyone=False)],
        [Condition("weather", [], [], anyone=False)],
    ]
)
"""Scripts with a token of the program's own come through no client with an IRI, and no issuer vouches for them."""


def respelled(path, bits):
    """The same address with some of its letters escaped, as the bits choose, in either case."""
    told = []
    for place, letter in enumerate(path):
        choice = bits >> (place * 2 % 16) & 3
        escape = f"%{ord(letter):02x}"
        told.append(letter if letter == "/" or choice < 2 else escape if choice == 2 else escape.upper())
    return "".join(told)


def some(values, least=0, most=2):
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)


def authorizations(holder):
    """Mostly rules that count for this place, sometimes for another one, sometimes for nobody."""
    places = st.one_of(st.just([holder]), st.just([holder]), st.just([]), some(PATHS))
    return st.builds(
        Authorization,
        typed=st.sampled_from([True] * 9 + [False]),
        access_to=places,
        default=places,
        mode=some(["Read", "Write", "Append", "Control", "Fly"], least=1, most=3),
        agent=some(["bob", "carol", "owner"], least=1),
        agent_group=st.sampled_from([[], [], [GROUP]]),
        agent_class=st.sampled_from([[], [PUBLIC], [SIGNED_IN]]),
        origin=st.sampled_from([[], [], [APPS[0]], APPS]),
        condition=CONDITIONS,
    )


HELD = st.sampled_from(PATHS).flatmap(
    lambda path: st.tuples(st.just(path), st.lists(authorizations(path), min_size=1, max_size=4))
)


class Village(RuleBasedStateMachine):
    """One pod at a time: what stands there, its rules, and what the model says about each request."""

    installation = None
    numbers = itertools.count()

    @initialize(absent=some(PATHS[1:]), held=st.lists(HELD, min_size=1, max_size=4), members=some(["bob", "carol"]))
    def settle(self, absent, held, members):
        name = f"pod{next(self.numbers)}"
        self.people = {
            "owner": Person(self.installation, self.installation.person(name)),
            "bob": self.bob,
            "carol": self.carol,
            "stranger": Person(self.installation),
        }
        self.base = f"/{name}/"
        everything = Authorization(
            access_to=[""], default=[""], mode=["Read", "Write", "Control"], agent=[self.webid("owner")]
        )
        self.world = World({"": [everything]}, {GROUP: []})
        self.stands = {path for path in PATHS if not any(path.startswith(gone) for gone in absent)}
        for path in sorted(self.stands):
            assert self.people["owner"].put(f"{self.base}{path}", b"").status_code == 201
        self.join(members)
        for one in held:
            self.govern(one)

    def webid(self, name):
        return self.people[name].webid

    def may(self, name, mode, path, origin=None):
        if name == "owner" and mode == "Control":
            return True
        return may(self.world, Who(self.webid(name), origin=origin), mode, path)

    def refused(self, name):
        return 401 if name == "stranger" else 403

    def check(self, name, method, path, body, expected, origin=None, spelling=0):
        headers = {} if origin is None else {"Origin": origin}
        answer = self.people[name](method, f"{self.base}{respelled(path, spelling)}", body, **headers)
        assert answer.status_code == expected, (name, method, path, origin, spelling, answer.text)

    # -- what the table P8 asks ------------------------------------------------------------------

    def reading(self, name, path, origin=None):
        if not self.may(name, "Read", path, origin):
            return self.refused(name)
        return 200 if path in self.stands else 404

    def putting(self, name, path, origin=None):
        if not self.may(name, "Write", path, origin):
            return self.refused(name)
        if path in self.stands:
            return 204
        around = container(path)
        while around not in self.stands | {""}:
            around = container(around)
        return 201 if self.may(name, "Append", around, origin) else self.refused(name)

    def deleting(self, name, path, origin=None):
        needed = ["Write", "Read"] if path.endswith("/") else ["Write"]
        if not all(self.may(name, mode, path, origin) for mode in needed):
            return self.refused(name)
        if path not in self.stands:
            return 404 if self.may(name, "Read", path, origin) else self.refused(name)
        if not self.may(name, "Write", container(path), origin):
            return self.refused(name)
        return 409 if any(container(one) == path for one in self.stands) else 204

    def ruling(self, name, path, origin=None, *, write):
        if not self.may(name, "Control", path, origin):
            return self.refused(name)
        if write:
            return 404 if path not in self.stands else 204 if path in self.world.acls else 201
        return 200 if path in self.world.acls else 404

    # -- steps -----------------------------------------------------------------------------------

    @rule(
        name=WHO,
        path=st.sampled_from(PATHS),
        method=st.sampled_from(["GET", "HEAD"]),
        origin=ORIGINS,
        spelling=SPELLINGS,
    )
    def read(self, name, path, method, origin, spelling):
        self.check(name, method, path, None, self.reading(name, path, origin), origin, spelling)

    @rule(origin=st.sampled_from([None, *APPS, "https://evil.example"]), spelling=SPELLINGS)
    def everybody_looks_everywhere(self, origin, spelling):
        for name, path in itertools.product(self.people, PATHS):
            self.check(name, "HEAD", path, None, self.reading(name, path, origin), origin, spelling)
            rules = f"{path}.acl"
            self.check(name, "HEAD", rules, None, self.ruling(name, path, origin, write=False), origin, spelling)

    @rule(name=WHO, path=st.sampled_from(PATHS), origin=ORIGINS, spelling=SPELLINGS)
    def put(self, name, path, origin, spelling):
        expected = self.putting(name, path, origin)
        self.check(name, "PUT", path, b"", expected, origin, spelling)
        while expected == 201 and path and path not in self.stands:
            self.stands.add(path)
            path = container(path)

    @rule(name=WHO, path=st.sampled_from(CONTAINERS))
    def post(self, name, path):
        answer = self.people[name]("POST", f"{self.base}{path}", b"")
        if not self.may(name, "Append", path):
            assert answer.status_code == self.refused(name)
        elif path not in self.stands:
            assert answer.status_code == (404 if self.may(name, "Read", path) else self.refused(name))
        else:
            assert answer.status_code == 201
            self.stands.add(answer.headers["Location"].partition(self.base)[2])

    @rule(name=WHO, path=st.sampled_from([path for path in PATHS if path != "w/"]), origin=ORIGINS, spelling=SPELLINGS)
    def delete(self, name, path, origin, spelling):
        expected = self.deleting(name, path, origin)
        self.check(name, "DELETE", path, None, expected, origin, spelling)
        if expected == 204:
            self.stands.discard(path)
            self.world.acls.pop(path, None)

    @rule(name=WHO, held=HELD)
    def put_rules(self, name, held):
        path, written = held
        named = [self.with_webids(one) for one in written]
        expected = self.ruling(name, path, write=True)
        self.check(name, "PUT", f"{path}.acl", self.turtle(named), expected)
        if expected in {201, 204}:
            self.world.acls[path] = named

    @rule(held=HELD)
    def govern(self, held):
        self.put_rules("owner", held)

    @rule(name=WHO, path=st.sampled_from(PATHS), method=st.sampled_from(["GET", "DELETE"]))
    def look_at_rules(self, name, path, method):
        expected = self.ruling(name, path, write=False)
        self.check(name, method, f"{path}.acl", None, 204 if (method, expected) == ("DELETE", 200) else expected)
        if (method, expected) == ("DELETE", 200):
            del self.world.acls[path]

    @rule(members=some(["bob", "carol"]))
    def join(self, members):
        self.world.groups[GROUP] = [self.webid(one) for one in members]
        listed = "".join(
            f"<#us> <http://www.w3.org/2006/vcard/ns#hasMember> <{webid}>.\n" for webid in self.world.groups[GROUP]
        )
        assert self.people["owner"].put(f"{self.base}groups", listed.encode()).status_code in {201, 204}

    @invariant()
    def listings_are_complete(self):
        """E2: what stands is listed once, in the container around it, whoever made it."""
        resources, name = self.installation.services.resources, self.base.strip("/")
        pod = self.installation.services.catalogue.get(name)
        for path in self.stands:
            if path.endswith("/"):
                listed = [member.path for member in resources.children(pod.address(path))]
                assert sorted(listed) == sorted(one for one in self.stands if container(one) == path)

    # -- writing the rules down ------------------------------------------------------------------

    def with_webids(self, one):
        return Authorization(
            one.typed, one.access_to, one.default, one.mode, [self.webid(name) for name in one.agent], one.agent_group,
            one.agent_class, one.origin, one.condition,
        )  # fmt: skip

    def turtle(self, written):
        root = f"{self.installation.base.rstrip('/')}{self.base}"
        triples = []
        for number, one in enumerate(written):
            pairs = [("accessTo", f"{root}{path}") for path in one.access_to]
            pairs += [("default", f"{root}{path}") for path in one.default]
            pairs += [("mode", f"{ACL}{mode}") for mode in one.mode]
            pairs += [("agent", webid) for webid in one.agent]
            pairs += [("agentGroup", f"{root}{group}") for group in one.agent_group]
            pairs += [("agentClass", NAMES[word]) for word in one.agent_class]
            pairs += [("origin", origin) for origin in one.origin]
            triples += [f"<#r{number}> <{ACL}{verb}> <{iri}>." for verb, iri in pairs]
            triples += [f"<#r{number}> <{ACL}condition> [ {stated(condition)} ]." for condition in one.condition]
            triples += [f"<#r{number}> a <{ACL}Authorization>."] if one.typed else []
        return "\n".join(triples).encode()


def stated(condition):
    """One condition in Turtle."""
    said = [f"a <{ACL}{condition.kind.capitalize()}Condition>"]
    said += [f"<{ACL}{condition.kind}> <{value}>" for value in condition.values]
    said += [f"<{ACL}{condition.kind}Class> <{NAMES[PUBLIC]}>"] if condition.anyone else []
    return " ; ".join(said)


def test_every_status_over_http_is_the_one_that_the_model_expects(installation):
    bob, carol, _ = people(installation, "bob", "carol")

    class Here(Village):
        pass

    Here.installation, Here.bob, Here.carol = installation, bob, carol
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse, Phase.generate],  # making a failure smaller would take minutes
        ),
    )
