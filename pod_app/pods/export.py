"""A whole pod as one ZIP that reads without us, and such a ZIP as a new pod here (trust.md P7, S45; flow 10).

`index.html` lists everything for people, `manifest.json` for programs; under `files/` stand the bytes as received,
with their access rules and descriptions. Private keys are not in it: they sign as this installation, and what they
signed verifies without them.
"""

import hashlib
import html
import json
import mimetypes
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from pod_app.errors import N_, Conflict, PodAppError, Unreadable
from pod_app.pods import containment
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Pod
from pod_app.pods.readdressing import Move, readdressed
from pod_app.pods.resources import Resources
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource

MANIFEST: Final = "manifest.json"
INDEX: Final = "index.html"
FILES: Final = "files/"
FORM: Final = 1
_PORTION: Final = 200
_ENDINGS: Final = {
    rdf.TURTLE: ".ttl", rdf.JSON_LD: ".jsonld", rdf.N_TRIPLES: ".nt", rdf.N_QUADS: ".nq", rdf.TRIG: ".trig",
    rdf.RDF_XML: ".rdf", rdf.VC: ".json",
}  # fmt: skip
Words = Callable[[str], str]


@dataclass(slots=True)
class Report:
    """What became of each resource of an imported ZIP; `refused` maps a path to the reason, in English."""

    taken: int = 0
    readdressed: int = 0
    left_out: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class Export:
    """Takes pods out and brings them in, for one installation."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def write(self, pod: Pod, target: IO[bytes], about_account: Mapping[str, Any], words: Words) -> int:
        """Write the ZIP of a pod and return how many resources it holds; the caller has made sure whose it is."""
        listed = []
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for stored in self._everything(pod):
                listed.append(entry := _described(pod, stored))
                with archive.open(entry["file"], "w", force_zip64=True) as file:
                    for piece in self._resources.stream(stored):
                        file.write(piece)
            about = {
                "form": FORM, "base": pod.base_url, "pod": pod.name, "kind": pod.kind, "title": pod.title,
                "language": pod.language, "webid": pod.webid, "account": dict(about_account), "resources": listed,
            }  # fmt: skip
            archive.writestr(MANIFEST, json.dumps(about, ensure_ascii=False, indent=1))
            archive.writestr(INDEX, _page(pod, listed, words))
        return len(listed)

    def read(self, source: Path, pod: Pod) -> Report:
        """Fill a new pod with what an exported one held; addresses inside documents follow to the new pod.

        Signed documents stay byte for byte as they are: they name the earlier address and verify all the same.
        What a rule of this installation refuses is reported and stays in the ZIP. Raises `Unreadable`.
        """
        report = Report()
        try:
            with zipfile.ZipFile(source) as archive:
                about = _manifest(archive, source)
                for entry in sorted(about["resources"], key=lambda one: (one["role"] != "", one["path"])):
                    self._take(archive, about, entry, pod, report)
        except (zipfile.BadZipFile, OSError, EOFError, KeyError, TypeError) as error:
            raise _unreadable(source, error) from error
        return report

    # -- steps -----------------------------------------------------------------------------------

    def _everything(self, pod: Pod) -> Iterator[StoredResource]:
        after: str | None = None
        while True:
            with self._resources.reading() as conn:
                portion = rows.everything(conn, pod.name, after, _PORTION)
            yield from portion
            if len(portion) < _PORTION:
                return
            after = portion[-1].path

    def _take(
        self, archive: zipfile.ZipFile, about: Mapping[str, Any], entry: Mapping[str, Any], pod: Pod, report: Report
    ) -> None:
        address = Address(pod.name, entry["path"])
        if containment.kept_by_program(address):
            report.left_out.append(entry["path"])
            return
        data, media_type = archive.read(entry["file"]), str(entry["media_type"])
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            report.refused[entry["path"]] = "its bytes are not those of the manifest"
            return
        try:
            move = Move(f"{about['base']}{about['pod']}/", pod.iri)
            moved = readdressed(data, media_type, move, entry["path"])
            self._put(address, moved, media_type)
        except PodAppError as error:
            report.refused[entry["path"]] = str(error)
            return
        report.taken += 1
        report.readdressed += moved is not data

    def _put(self, address: Address, data: bytes, media_type: str) -> None:
        body = (
            containment.EMPTY
            if address.is_container and not data
            else self._resources.prepare(address, data, media_type)
        )
        self._resources.write(PROGRAM, lambda writing: writing.put(address, body))


def _described(pod: Pod, stored: StoredResource) -> dict[str, Any]:
    return {
        "path": stored.path, "role": stored.role, "file": _file_name(stored), "iri": f"{pod.iri}{stored.path}",
        "media_type": stored.media_type, "size": stored.size, "sha256": stored.sha256,
        "created": stored.created.isoformat(), "modified": stored.modified.isoformat(),
    }  # fmt: skip


def _file_name(stored: StoredResource) -> str:
    """A name in the ZIP that a file manager opens with the right program; paths are canonical and climb nowhere."""
    path = f"{stored.path}.container" if stored.path == "" or stored.path.endswith("/") else stored.path
    bare = stored.media_type.partition(";")[0].strip().lower()
    ending = _ENDINGS.get(bare) or mimetypes.guess_extension(bare) or ""
    return FILES + (path if ending and path.lower().endswith(ending) else path + ending)


def _manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    try:
        about = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise _unreadable(source, error) from error
    if not isinstance(about, dict) or about.get("form") != FORM or not isinstance(about.get("resources"), list):
        raise _unreadable(source, "its manifest is of another form")
    return about


def kind_of(source: Path) -> tuple[str, str]:
    """Kind and title of the pod in a ZIP; raises `Unreadable`."""
    try:
        with zipfile.ZipFile(source) as archive:
            about = _manifest(archive, source)
            return str(about["kind"]), str(about["title"])
    except (zipfile.BadZipFile, OSError, KeyError) as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, problem: object) -> Unreadable:
    return Unreadable(
        N_("{path} is not an exported pod: {problem}."), N_("Give the file that an export wrote."),
        path=source, problem=problem,
    )  # fmt: skip


def _page(pod: Pod, listed: list[dict[str, Any]], words: Words) -> str:
    lines = "\n".join(
        f'<li><a href="{html.escape(one["file"], quote=True)}">{html.escape(one["path"] or "/")}</a> '
        f"<small>{html.escape(one['media_type'])}, {one['size']} o, {one['modified'][:10]}</small></li>"
        for one in listed
        if not one["role"]
    )
    told = (
        words(N_("Everything that this notebook held, as it was written. Badges verify anywhere, without us.")),
        words(
            N_("manifest.json says for programs what each file is; files ending in .acl.ttl say who could see what.")
        ),
        words(
            N_("Private keys are not here: they stay sealed on the server and what they signed verifies without them.")
        ),
    )
    return (
        f'<!doctype html>\n<html lang="{pod.language}"><meta charset="utf-8"><title>{html.escape(pod.title)}</title>'
        "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}</style>"
        f"<h1>{html.escape(pod.title)}</h1><p><code>{html.escape(pod.webid)}</code></p>"
        + "".join(f"<p>{html.escape(one)}</p>" for one in told)
        + f"<ul>\n{lines}\n</ul></html>\n"
    )


def refuse_existing(target: Path) -> None:
    """An export never overwrites a file."""
    if target.exists():
        raise Conflict(N_("{path} exists already."), N_("Choose another name."), path=target)
