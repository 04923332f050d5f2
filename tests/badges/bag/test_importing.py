"""Badges earned elsewhere: verified, kept byte for byte, once, or refused with the step that failed."""

import json
import struct
import zlib

import pytest

from pod_app.errors import Forbidden, Invalid, Unreadable, Unsupported
from pod_app.standards import baking
from pod_app.standards.wac import Agent
from pod_app.storage.web_client import RawTargetTransport
from pod_app.web.app import create


def acting(pod):
    return Agent(webid=pod.webid)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"".join((
    b"\x89PNG\r\n\x1a\n",
    chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
    chunk(b"tEXt", b"Comment\0drawn by hand"),
    chunk(b"IDAT", zlib.compress(b"\0\0")),
    chunk(b"IEND", b""),
))  # fmt: skip
SVG = b'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>\n'


class Abroad:
    """Another installation whose garden gives badges to Bob, who lives here."""

    def __init__(self, here, elsewhere):
        self.here, self.elsewhere = here, elsewhere
        self.nina = elsewhere.person("nina")
        self.bob = here.person("bob")
        self.moulin = elsewhere.services.catalogue.create("moulin", "garden", owners=[self.nina.webid])
        self.bread = elsewhere.services.achievements.create(
            acting(self.nina), self.moulin, name="Pain", description="Fait du pain.", criteria="Dix fournées."
        )

    def issue(self, to=None, **more):
        issuing = self.elsewhere.services.issuing
        return issuing.issue(acting(self.nina), self.moulin, self.bread, to or self.bob.webid, **more)

    def reissue(self, issued, **changes):
        """The same badge (issuer and id) with other content, signed by its issuer."""
        issuing = self.elsewhere.services.issuing
        unsigned = {key: value for key, value in json.loads(issued.document).items() if key != "proof"} | changes
        with self.elsewhere.services.database.read() as conn:
            signed = issuing._sign(conn, self.moulin, unsigned, self.elsewhere.clock())
        return json.dumps(signed).encode()

    def keep(self, file, pod=None, by=None):
        pod = pod or self.bob
        return self.here.services.importing.keep(acting(by or pod), pod, file)

    def held(self, pod=None):
        pod = pod or self.bob
        return self.here.services.backpack.held(acting(pod), pod)

    def get(self, iri, pod=None, accept="*/*"):
        headers = {"Accept": accept} | (self.here.headers(pod) if pod else {})
        return self.here.client.get(iri, headers=headers)


@pytest.fixture
def mounts():
    return {}


@pytest.fixture
def abroad(make_installation, mounts):
    elsewhere = make_installation("https://elsewhere.example/")
    mounts["https://elsewhere.example"] = RawTargetTransport(create(elsewhere.services))
    return Abroad(make_installation(mounts=mounts, clock=elsewhere.clock), elsewhere)


def test_a_badge_from_elsewhere_is_verified_over_http_and_kept_byte_for_byte(abroad):
    issued = abroad.issue()
    imported = abroad.keep(issued.document)
    assert imported.report.verified is True
    assert imported.report["recipient"].outcome == "pass"
    iri = imported.address.iri(abroad.here.base)
    assert abroad.get(iri, abroad.bob, "application/vc").content == issued.document
    assert abroad.get(iri).status_code == 401
    assert [one.audience for one in abroad.held()] == ["me"]


@pytest.mark.parametrize(("image", "suffix"), [(PNG, ".png"), (SVG, ".svg")])
def test_the_image_that_a_badge_came_in_is_kept_untouched(abroad, image, suffix):
    issued = abroad.issue()
    baked = baking.bake(image, issued.document.decode())
    imported = abroad.keep(baked)
    iri = imported.address.iri(abroad.here.base)
    assert abroad.get(f"{iri}{suffix}", abroad.bob).content == baked
    assert baking.unbake(abroad.get(f"{iri}{suffix}", abroad.bob).content) == issued.document.decode()
    assert abroad.get(iri, abroad.bob, "application/vc").content == issued.document
    assert len(abroad.held()) == 1


@pytest.mark.parametrize(("image", "suffix"), [(PNG, ".png"), (SVG, ".svg")])
def test_whoever_sees_an_imported_badge_sees_its_image_too(abroad, image, suffix):
    imported = abroad.keep(baking.bake(image, abroad.issue().document.decode()))
    iri = imported.address.iri(abroad.here.base)
    for audience, status in (("everyone", 200), ("me", 401)):
        abroad.here.services.backpack.show_to(acting(abroad.bob), imported.address, audience)
        assert abroad.get(iri).status_code == status
        assert abroad.get(f"{iri}{suffix}").status_code == status


def test_the_same_badge_imported_twice_is_kept_once_box_5_1(abroad):
    issued = abroad.issue()
    first, second = abroad.keep(issued.document), abroad.keep(baking.bake(SVG, issued.document.decode()))
    assert first.address == second.address
    assert len(abroad.held()) == 1


def test_a_badge_that_was_delivered_here_and_is_imported_again_is_kept_once(forge):
    issued = forge.issue()
    forge.deliver()
    imported = forge.services.importing.keep(acting(forge.bob), forge.bob, issued.document)
    assert [one.address for one in forge.services.backpack.held(acting(forge.bob), forge.bob)] == [imported.address]


def test_a_newer_version_replaces_the_older_which_is_refused_from_then_on_box_5_1(abroad):
    issued = abroad.issue()
    abroad.keep(issued.document)
    abroad.elsewhere.clock.forward(days=1)
    newer = abroad.reissue(issued, validFrom="2026-03-13T09:00:00Z", description="Avec mention.")
    abroad.keep(newer)
    assert [one.document.get("description") for one in abroad.held()] == ["Avec mention."]
    with pytest.raises(Invalid, match="2026-03-13"):
        abroad.keep(issued.document)
    assert [one.document.get("description") for one in abroad.held()] == ["Avec mention."]


def test_the_picture_of_an_older_version_ends_with_it(abroad):
    issued = abroad.issue()
    iri = abroad.keep(baking.bake(PNG, issued.document.decode())).address.iri(abroad.here.base)
    newer = abroad.reissue(issued, validFrom="2026-03-13T09:00:00Z")
    abroad.here.clock.forward(days=2)
    abroad.keep(newer)
    assert baking.unbake(abroad.get(f"{iri}.png", abroad.bob).content) == newer.decode()


def test_versions_are_compared_as_moments_and_not_as_text(abroad):
    """09:00 in Paris is before 09:00 in London, although its text sorts after."""
    issued = abroad.issue()  # valid from 2026-03-12T09:00:00Z
    abroad.keep(issued.document)
    older = abroad.reissue(issued, validFrom="2026-03-12T09:30:00+02:00")
    with pytest.raises(Invalid, match="newer version"):
        abroad.keep(older)


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (lambda text: text.replace("Fait du pain.", "Fait du bon pain."), "proof"),
        (lambda text: text.replace('"OpenBadgeCredential"', '"OtherCredential"'), "shape"),
        (lambda text: text.replace("https://www.w3.org/ns/credentials/v2", "https://evil.example/v2"), "contexts"),
        (lambda text: text.replace('"name": "Pain"', '"name": "Pain", "grantedBy": "a saint"'), "safe-mode"),
        (lambda text: text.replace(":moulin#z6Mk", ":nina#z6Mk"), "key"),
    ],
)
def test_a_forged_badge_is_refused_with_the_failing_step_named(abroad, change, step):
    forged = change(abroad.issue().document.decode())
    with pytest.raises(Invalid) as refusal:
        abroad.keep(forged.encode())
    assert f"«{step}»" in str(refusal.value)
    assert abroad.held() == []


def test_a_withdrawn_badge_is_refused_with_the_failing_step_named(abroad):
    issued = abroad.issue()
    abroad.elsewhere.services.issuing.revoke(acting(abroad.nina), issued.iri, "Donné par erreur.")
    with pytest.raises(Invalid, match="«status»"):
        abroad.keep(issued.document)


def test_a_badge_for_somebody_else_is_kept_as_not_yours_yet(abroad):
    for to in ("https://elsewhere.example/nina/profile/card#me", "bob@example.org"):
        imported = abroad.keep(abroad.issue(to).document)
        assert imported.report["recipient"].outcome == "fail"
        assert [check.name for check in imported.report.checks if check.outcome == "fail"] == ["recipient"]
    assert len(abroad.held()) == 2


def test_a_badge_whose_issuer_does_not_answer_is_kept_as_unchecked(abroad, mounts):
    """A host that is gone is no forgery: all badges of a closed platform would be lost (open-badges.md §5.10)."""
    issued = abroad.issue()
    mounts["https://elsewhere.example"] = RawTargetTransport(gone)
    imported = abroad.keep(issued.document)
    assert imported.report.verified is None
    assert imported.report["issuer-document"].outcome == "unknown"
    assert len(abroad.held()) == 1


def gone(_, start_response):
    start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
    return [b"closed"]


@pytest.mark.parametrize("file", [b"", b"a note", b"\x00\x01", PNG, SVG, b"[]", b"{", b"{}", b"\xff\xfe"])
def test_a_file_without_a_badge_is_refused_and_nothing_is_kept(abroad, file):
    with pytest.raises((Invalid, Unreadable, Unsupported)):
        abroad.keep(file)
    assert abroad.held() == []


def test_nobody_fills_the_bag_of_another(abroad):
    dora = abroad.here.person("dora")
    with pytest.raises(Forbidden):
        abroad.keep(abroad.issue().document, by=dora)
    assert abroad.held() == []
