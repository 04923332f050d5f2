"""Whatever hosts send, the answer is one of the specification's, never a defect of ours (§5.9)."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

WORDS = some.sampled_from(["id", "type", "name", "image", "email", "address", "@context", "issuer", "credentialSubject",
                           "proof", "validFrom", "credentialStatus", "otherIdentifier", "parentOrg"])  # fmt: skip
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8) | some.just("https://x.example/"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(WORDS | some.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)
BODIES = some.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_5_9_4_any_profile_is_kept_or_refused(host):
    @OFTEN
    @given(BODIES)
    def sent(body):
        answer = host.ask("PUT", "/profile", content=body)
        assert answer.status_code in {200, 400, 413, 429}, (body, answer.text)
        assert host.ask("GET", "/profile").status_code in {200, 429}

    sent()


def test_5_9_3_any_body_is_a_badge_or_refused(abroad, host):
    genuine = json.loads(abroad.issue().document)

    @OFTEN
    @given(BODIES | some.tuples(some.sampled_from(sorted(genuine)), VALUES))
    def sent(body):
        if isinstance(body, tuple):
            body = json.dumps(genuine | {body[0]: body[1]}).encode()
        answer = host.ask("POST", "/credentials", content=body)
        assert answer.status_code in {200, 201, 304, 400, 413, 429}, (body, answer.text)

    sent()


def test_5_9_6_any_registration_is_taken_or_refused(installation):
    @OFTEN
    @given(BODIES)
    def sent(body):
        answer = installation.client.post("/ims/ob/v3p0/register", content=body)
        assert answer.status_code in {201, 400, 429}, (body, answer.text)

    sent()
