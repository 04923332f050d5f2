"""What the forgers of S27 have at hand: an honest badge, documents to alter, one question."""

import fixtures_badges as world
from fixtures_badges import GARDEN, LIST, MALLORY, badge, changed, check

SIGNED = GARDEN.sign(badge())
ACHIEVEMENT = ("credentialSubject", "achievement")


def listing(**changes):
    """The garden's own document, altered."""
    return {"more": {GARDEN.url: GARDEN.document() | changes}}


def method(**changes):
    found = GARDEN.document()["verificationMethod"][0] | changes
    return {name: value for name, value in found.items() if value is not None}


def tampered(*path, value):
    return changed(SIGNED, path, value), "proof", {}


def unsigned(**changes):
    return {name: value for name, value in (badge() | changes).items() if value is not ...}


def flipped(text):
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def signed_list(**changes):
    """The garden's status list, altered after it was signed."""
    return {"more": {LIST: world.status_document() | changes}}


def mallory_in_the_name_of_the_garden(key_id):
    return MALLORY.sign(badge(), method=key_id)


def refused(forgery):
    """A forgery (document, check, circumstances) fails in that check, which says why."""
    document, reason, circumstances = forgery
    report = check(document, **circumstances)
    assert report[reason].outcome == "fail", report.to_json()
    assert report.verified is False
    assert report[reason].detail
