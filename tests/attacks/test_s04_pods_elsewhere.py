"""S1 to S4 at the door for pods elsewhere: whatever a stranger types or a server answers, nothing inward is dialled."""

import json

import pytest
from egress_laboratory import OK, PUBLIC, laboratory, redirect_to
from joserfc import jwk

from pod_app.errors import Invalid, PodAppError, Unreachable
from pod_app.identity.providers_elsewhere import OurClient, ProvidersElsewhere
from pod_app.identity.remote_pods import Acting
from pod_app.identity.tokens_elsewhere import Held, TokenEndpoint
from pod_app.pods.catalogue import Home
from pod_app.standards import jose
from pod_app.storage.keys import RootKey

INWARD = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/card#me",
    "http://[::ffff:127.0.0.1]/",
    "http://169.254.169.254/latest/",
    "http://100.64.0.1/",
    "http://localhost/",
    "http://localhost./",
    "http://inside.example/card#me",
    "http://public.example:6379/",
    "http://user@public.example/",
]
NAMES = {"inside.example": [["10.0.0.7"]]}
HELD = Held("http://public.example/", "http://public.example/token", OurClient("x"), {}, "token-one", 2**33, None)


def providers(installation, web):
    return ProvidersElsewhere(installation.base, installation.services.database, RootKey(b"k" * 32), web,
                              installation.clock)  # fmt: skip


def document(**more):
    about = {
        "issuer": "http://public.example/",
        "authorization_endpoint": "http://public.example/authorize",
        "token_endpoint": "http://public.example/token",
        "jwks_uri": "http://public.example/jwks",
    } | more
    return answer(json.dumps(about).encode(), "application/json")


def answer(body, media_type):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("address", INWARD)
def test_s1_an_address_that_leads_inward_is_never_dialled(installation, address):
    with laboratory(OK, names=NAMES) as lab:
        door = providers(installation, lab.web)
        with pytest.raises(PodAppError) as refused:
            [door.metadata(one) for one in door.issuers(address)]
        assert isinstance(refused.value, Unreachable | Invalid)
        assert lab.canary.hits == 0


def test_s1_refused_and_unreachable_are_told_in_the_same_words(installation):
    told = set()
    for names in ({"verger.example": [["127.0.0.1"]]}, {"verger.example": [[]]}):
        with laboratory(OK, names=names) as lab, pytest.raises(Unreachable) as refused:
            providers(installation, lab.web).metadata("http://verger.example/")
        told.add(str(refused.value))
    assert len(told) == 1


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "registration_endpoint"])
@pytest.mark.parametrize("address", [one for one in INWARD if "#" not in one])
def test_s2_a_discovery_document_cannot_point_inward(installation, name, address):
    with laboratory(document(**{name: address}), names=NAMES) as lab:
        with pytest.raises((Unreachable, Invalid)):
            providers(installation, lab.web).metadata("http://public.example/")
        assert lab.town.dialled == [(PUBLIC, 80)]


def test_s3_a_name_that_turns_inward_between_the_check_and_the_request_is_not_dialled(installation):
    turning = {"turning.example": [[PUBLIC], ["127.0.0.1"]]}
    with laboratory(document(token_endpoint="http://turning.example/token"), names=turning) as lab:
        about = providers(installation, lab.web).metadata("http://public.example/")
        key = jwk.ECKey.generate_key("P-256")
        before = lab.canary.hits
        with pytest.raises(Unreachable):
            TokenEndpoint(lab.web, installation.clock).ask(about.token_endpoint, OurClient("x"), key, {"code": "y"})
        assert lab.canary.hits == before


@pytest.mark.parametrize("location", ["//127.0.0.1/", "http://inside.example/", "http://169.254.169.254/"])
@pytest.mark.parametrize("status", [302, 307, 308])
def test_s4_a_redirect_inward_ends_at_the_first_host(installation, location, status):
    with laboratory(redirect_to(location, status), names=NAMES) as lab:
        door = providers(installation, lab.web)
        with pytest.raises(Unreachable):
            door.metadata("http://public.example/")
        with pytest.raises(Unreachable):
            door.issuers("http://public.example/card#me")
        assert {host for host, _ in lab.town.dialled} == {PUBLIC}


def test_s4_a_token_endpoint_that_redirects_gets_nothing_carried_on(installation):
    with laboratory(redirect_to("http://elsewhere.example/token", 307)) as lab:
        key = jwk.ECKey.generate_key("P-256")
        with pytest.raises(PodAppError):
            TokenEndpoint(lab.web, installation.clock).ask("http://public.example/token", OurClient("x"), key, {})
        assert lab.canary.hits == 1


def acting(installation, lab, storage="http://public.example/alice/"):
    held = Held(**{**{name: getattr(HELD, name) for name in HELD.__slots__},
                   "key": jose.private_members(jose.generate("ES256"))})  # fmt: skip
    home = Home("http://public.example/alice/card#me", storage)
    return Acting(lab.web, lambda _refused: held, home, installation.clock)


def test_a_token_goes_to_its_owners_servers_alone(installation):
    """A hostile Link header could name another host for the access rules of a document."""
    with laboratory(OK) as lab:
        send = acting(installation, lab)
        assert send("GET", "http://public.example/alice/x", b"", {}).status == 200
        assert b"DPoP token-one" in lab.canary.heads[0]
        for other in ("http://other.example/x.acl", "http://public.example.evil.example/", "https://public.example/x"):
            with pytest.raises(Unreachable):
                send("PUT", other, b"", {})
        assert lab.canary.hits == 1


def test_s4_a_pod_that_redirects_takes_no_token_along(installation):
    with laboratory(redirect_to("http://other.example/", 308)) as lab:
        assert acting(installation, lab)("GET", "http://public.example/alice/x", b"", {}).status == 308
        assert lab.canary.hits == 1


@pytest.mark.parametrize("storage", ["http://127.0.0.1/", "http://inside.example/", "http://169.254.169.254/"])
def test_s1_a_card_that_names_a_storage_inward_is_never_dialled(installation, storage):
    with laboratory(OK, names=NAMES) as lab:
        with pytest.raises(Unreachable):
            acting(installation, lab, storage)("PUT", f"{storage}badges/x", b"{}", {})
        assert lab.canary.hits == 0
