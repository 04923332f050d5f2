"""A garden that issues badges, served over a socket, so that verifiers which we did not write can ask it."""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import live_server
from installations import Clock
from live_server import HANG_GUARD

from pod_app.badges.recognition.endorsing import Word
from pod_app.pods.catalogue import Pod
from pod_app.services import Services, assemble
from pod_app.settings import load
from pod_app.standards import data_integrity, jsonld
from pod_app.standards.json_text import dump
from pod_app.standards.wac import Agent

FOLDER = Path(__file__).resolve().parent / "interop"
CONTEXTS = Path(jsonld.__file__).resolve().parent / "contexts"
FORMS = {"json": "application/vc", "png": "image/png", "svg": "image/svg+xml"}


def acting(pod: Pod) -> Agent:
    return Agent(webid=pod.webid)


@dataclasses.dataclass
class Workshop:
    """The program is served at `base`; badges are made beside it, through the same code on the same folder."""

    base: str
    services: Services
    clock: Clock
    folder: Path
    garden: Pod
    mallory: Pod
    bob: Pod
    carole: Pod
    achievement: str

    def issue(self, **more: Any) -> str:
        """The IRI of a new badge for Bob, which everybody may see."""
        issued = self.services.issuing.issue(acting(self.garden), self.garden, self.achievement, self.bob.webid, **more)
        # The server may have taken the job: doing it twice leaves the same state.
        self.services.backpack.keep_offer({"record": issued.iri, "target": self.bob.webid})
        name = issued.iri.rpartition("/")[2]
        self.services.backpack.show_to(acting(self.bob), self.bob.address(f"badges/{name}"), "everyone")
        return str(issued.iri)

    def get(self, iri: str, form: str = "json") -> Path:
        """A file with what the program serves at an address, in one of its forms."""
        answer = live_server.get(iri, headers={"Accept": FORMS[form]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(FORMS[form])
        return self.write(answer.content, form)

    def token(self, iri: str) -> Path:
        """A file with a badge of Bob's bag as a signed token."""
        address = self.bob.address(f"badges/{iri.rpartition('/')[2]}")
        return self.write(self.services.exporting.token(acting(self.bob), address), "jwt")

    def write(self, data: bytes, form: str = "json") -> Path:
        path = self.folder / f"{len(list(self.folder.iterdir()))}.{form}"
        path.write_bytes(data)
        return path

    def endorsement(self) -> Path:
        """Carole's word about a badge of Bob's, as everybody can read it."""
        subject = self.services.recognition.endorsing.subject(acting(self.bob), self.issue())
        address = self.services.recognition.endorsing.endorse(
            acting(self.carole), self.carole, subject, Word("J'y étais.")
        )
        return self.get(address.iri(self.base))

    def expired(self) -> Path:
        """A badge that ended yesterday."""
        self.clock.forward(days=-2)
        iri = self.issue(valid_until=self.clock() + timedelta(days=1))
        self.clock.forward(days=2)
        return self.get(iri)

    def revoked(self) -> Path:
        iri = self.issue()
        path = self.get(iri)
        self.services.issuing.revoke(acting(self.garden), iri, "Donné par erreur.")
        return path

    def tampered(self) -> Path:
        document = self.get(self.issue()).read_bytes()
        assert b"Accueille" in document
        return self.write(document.replace(b"Accueille", b"Accuelile"))

    def by_foreign_key(self) -> Path:
        """The garden's badge, signed by Mallory with a key of her own that her own document lists."""
        document = json.loads(self.get(self.issue()).read_bytes())
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        with self.services.database.read() as conn:
            key = self.services.keys.active(conn, self.mallory.name)
            signed = data_integrity.sign(
                unsigned,
                sign=lambda data: self.services.keys.sign(conn, self.mallory.name, data, key_id=key.id),
                verification_method=f"{self.mallory.did}#{key.id}",
                created=self.clock(),
            )
        return self.write(dump(signed))

    def of_stolen_key(self) -> Path:
        """A badge of Mallory's whose key she has declared stolen since."""
        mould = self.services.achievements.create(
            acting(self.mallory), self.mallory, name="Clé", description="Accueille.", criteria="Forger."
        )
        issued = self.services.issuing.issue(acting(self.mallory), self.mallory, mould, self.bob.webid)
        self.services.issuing.rotate_key(acting(self.mallory), self.mallory, revoke=True)
        return self.write(issued.document)


@contextmanager
def opened(folder: Path) -> Iterator[Workshop]:
    """A workshop in a folder of its own, served until it is left."""
    data = folder / "data"
    with live_server.serving(data) as base:
        clock = Clock(datetime.now(UTC) - timedelta(minutes=1))
        services = assemble(load({"data": data, "base_url": base, "demonstration": True}, environ={})[0], clock)
        try:
            yield _furnished(base, services, clock, folder)
        finally:
            services.close()


def _furnished(base, services, clock, folder):
    files = folder / "files"
    files.mkdir()
    garden, mallory, bob, carole = (
        services.accounts.create(name, None, title=name.title())[1] for name in ("potager", "mallory", "bob", "carole")
    )
    mould = services.achievements.create(
        acting(garden), garden, name="Bienvenu·e", description="Accueille les personnes qui arrivent.",
        criteria="Avoir **accueilli**.", tags=["accueil"],
        alignments=[{"type": ["Alignment"], "targetName": "accueillir", "targetUrl": "http://data.europa.eu/esco/skill/x"}],
    )  # fmt: skip
    return Workshop(base, services, clock, files, garden, mallory, bob, carole, mould)


def run(*command: object) -> dict[str, Any]:
    """What a verifier prints."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=HANG_GUARD,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
