"""Our badges before three verifiers that we did not write, each with the forms it reads.

`@digitalbazaar/vc` and `@digitalcredentials/verifier-core` from npm read JSON; `openbadgeslib` from PyPI takes
pictures apart itself. They see the file, the official contexts and what the program serves, nothing else.
"""

from datetime import timedelta

import pytest
from badge_workshop import CONTEXTS, FOLDER, acting, opened, run

from pod_app.badges.verifier import verifying
from pod_app.standards import baking

pytestmark = pytest.mark.interop
READERS_OF_JSON = ("digitalbazaar", "dcc")
EVERYBODY = (*READERS_OF_JSON, "openbadgeslib")
BAD = ("tampered", "revoked", "expired", "by_foreign_key", "of_stolen_key")


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("workshop")) as made:
        yield made


def _answer(told):
    print(told)
    return told["verified"]


@pytest.fixture
def verify(workshop, request):
    """Ask one of the three, or ourselves, about a file: does it hold?"""

    def ask(who, path):
        if who == "ourselves":
            fetch = workshop.services.own_documents
            return verifying.verify(path.read_bytes(), fetch=fetch, at=workshop.clock()).verified is True
        if who == "openbadgeslib":
            python = request.getfixturevalue("isolated_python")
            return _answer(run(python, "verify_openbadgeslib.py", path, workshop.base))
        script = {"digitalbazaar": "verify.mjs", "dcc": "verify_dcc.mjs"}[who]
        return _answer(run(request.getfixturevalue("node"), script, path, workshop.base, CONTEXTS))

    return ask


@pytest.mark.parametrize("who", ["ourselves", *EVERYBODY])
def test_a_badge_holds_everywhere(workshop, verify, who):
    assert verify(who, workshop.get(workshop.issue())) is True


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("who", ["ourselves", *EVERYBODY])
def test_a_bad_badge_fails_everywhere(workshop, verify, who, bad):
    assert verify(who, getattr(workshop, bad)()) is False


@pytest.mark.parametrize("who", ["ourselves", *READERS_OF_JSON])
def test_a_confirmation_holds_everywhere_and_fails_when_it_is_changed(workshop, verify, who):
    path = workshop.endorsement()
    assert verify(who, path) is True
    changed = path.read_bytes().replace("J'y étais.".encode(), b"J'y serai.")
    assert changed != path.read_bytes()
    assert verify(who, workshop.write(changed)) is False


@pytest.mark.parametrize("form", ["png", "svg"])
def test_openbadgeslib_takes_our_pictures_apart(workshop, verify, form):
    iri = workshop.issue()
    picture = workshop.get(iri, form)
    assert verify("openbadgeslib", picture) is True
    text = baking.unbake(picture.read_bytes())
    spoilt = baking.bake(picture.read_bytes(), text.replace("Accueille", "Accuelile"))
    assert verify("openbadgeslib", workshop.write(spoilt, form)) is False
    for who in READERS_OF_JSON:
        assert verify(who, workshop.write(text.encode())) is True


@pytest.mark.parametrize("who", ["ourselves", "openbadgeslib"])
def test_a_token_holds_and_fails_when_it_is_changed_or_withdrawn(workshop, verify, who):
    iri = workshop.issue()
    path = workshop.token(iri)
    assert verify(who, path) is True
    head, payload, signature = path.read_text().split(".")
    other = workshop.token(workshop.issue()).read_text().split(".")[1]
    for spoilt in (f"{head}.{other}.{signature}", f"{head}.{payload}.{signature[:-6]}AAAAAA", f"{head}.{payload}."):
        assert verify(who, workshop.write(spoilt.encode(), "jwt")) is False
    workshop.services.issuing.revoke(acting(workshop.garden), iri, "Donné par erreur.")
    assert verify(who, path) is False


@pytest.mark.parametrize("who", ["ourselves", "openbadgeslib"])
def test_a_token_that_has_ended_or_whose_key_was_stolen_fails(workshop, verify, who):
    workshop.clock.forward(days=-2)
    ended = workshop.token(workshop.issue(valid_until=workshop.clock() + timedelta(days=1)))
    workshop.clock.forward(days=2)
    assert verify(who, ended) is False
    stolen = workshop.token(workshop.issue())
    assert verify(who, stolen) is True
    workshop.services.issuing.rotate_key(acting(workshop.garden), workshop.garden, revoke=True)
    assert verify(who, stolen) is False


@pytest.mark.parametrize("form", ["png", "svg"])
def test_openbadgeslib_takes_a_token_out_of_a_picture(workshop, verify, form):
    iri = workshop.issue()
    token = workshop.token(iri).read_text()
    picture = baking.bake(workshop.get(iri, form).read_bytes(), token)
    assert verify("openbadgeslib", workshop.write(picture, form)) is True
    assert verify("ourselves", workshop.write(picture, form)) is True


def test_openbadgeslib_knows_the_recipient(workshop, isolated_python):
    path = workshop.get(workshop.issue())
    for recipient, expected in ((workshop.bob.webid, True), (workshop.carole.webid, False)):
        told = run(isolated_python, "verify_openbadgeslib.py", path, workshop.base, recipient)
        assert told["verified"] is expected, told


def test_no_verifier_asked_anybody_else(workshop, node):
    told = run(node, "verify_dcc.mjs", workshop.get(workshop.issue()), workshop.base, CONTEXTS)
    assert [url for url in told["refused"] if "schema" not in url] == []
    script = (FOLDER / "verify.mjs").read_text()
    assert "refused to fetch" in script


def test_the_same_key_verifies_after_it_was_replaced(workshop, verify):
    path = workshop.get(workshop.issue())

    workshop.services.issuing.rotate_key(acting(workshop.garden), workshop.garden)
    for who in ("ourselves", *EVERYBODY):
        assert verify(who, path) is True


def test_what_is_signed_anew_after_a_theft_holds_everywhere(workshop, verify):

    iri = workshop.issue()
    workshop.services.issuing.rotate_key(acting(workshop.garden), workshop.garden, revoke=True)
    for who in EVERYBODY:
        assert verify(who, workshop.get(iri)) is False
    workshop.clock.forward(seconds=2)
    workshop.services.reissuing.all_of_lost_keys(acting(workshop.garden), workshop.garden)
    for who in ("ourselves", *EVERYBODY):
        assert verify(who, workshop.get(iri)) is True
