"""What browsers and we say to each other about passkeys, by the library that knows WebAuthn.

The only module that loads it: a server starts without, and most visitors never need it (`passkeys` imports it late).
https://www.w3.org/TR/webauthn-3/
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from pod_app.standards import json_text


@dataclass(frozen=True, slots=True)
class Made:
    """A key that a browser made: its id in base64url, its public half in COSE form, its count of uses."""

    id: str
    public_key: bytes
    sign_count: int


def to_make(
    host: str, site: str, user: tuple[str, bytes, str], challenge: bytes, known: Sequence[str]
) -> dict[str, Any]:
    """Options for `navigator.credentials.create`; `user` is name, id and title, `known` the keys they have already."""
    name, identifier, title = user
    options = webauthn.generate_registration_options(
        rp_id=host,
        rp_name=site,
        user_name=name,
        user_id=identifier,
        user_display_name=title,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one)) for one in known],
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def to_show(host: str, challenge: bytes) -> dict[str, Any]:
    """Options for `navigator.credentials.get`; they name nobody."""
    options = webauthn.generate_authentication_options(rp_id=host, challenge=challenge)
    return dict(json.loads(webauthn.options_to_json(options)))


def made(answered: Mapping[str, Any], challenge: bytes, host: str, origin: str) -> Made:
    """The key in a browser's answer; raises `ValueError`, `KeyError` or `TypeError` for anything else."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(answered), expected_challenge=challenge, expected_rp_id=host, expected_origin=origin
        )
    except WebAuthnException as error:
        raise ValueError(str(error)) from error
    return Made(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def shown(answered: Mapping[str, Any], challenge: bytes, host: str, origin: str, key: tuple[bytes, int]) -> int:
    """The new count of uses of a key (public half, count) that answered; raises as `made`."""
    public_key, count = key
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(answered),
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=count,
        )
    except WebAuthnException as error:
        raise ValueError(str(error)) from error
    return found.new_sign_count


def challenge_in(answered: Mapping[str, Any]) -> bytes:
    """The challenge that an answer says it is about; raises as `made`."""
    client = json_text.read(base64url_to_bytes(answered["response"]["clientDataJSON"]))
    return base64url_to_bytes(client["challenge"])
