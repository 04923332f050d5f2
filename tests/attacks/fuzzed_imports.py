"""What bytes from strangers are given to: bakery, readers, importers. For hypothesis, and for atheris by the hour.

Anything but an expected error is a defect; `fuzz_with_atheris.py` says how to let it run.
"""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pod_app.badges.bag import archives, import_report, kept
from pod_app.badges.forge import foreign_classes
from pod_app.badges.verifier import tokens, verifying
from pod_app.badges.verifier.case import Look
from pod_app.badges.verifier.reading import read
from pod_app.errors import PodAppError
from pod_app.standards import baking

AT = datetime(2026, 6, 1, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[1] / "data/badges/samples"


def targets() -> list[Callable[[bytes], object]]:
    """Functions of bytes that may raise `PodAppError` and nothing else."""

    def fetch(url, _accept):
        return verifying.Fetched(url, "application/json", hosted[0])

    hosted = [b"{}"]

    def verify(data):
        report = verifying.verify(data, fetch=verifying.documents({}), at=AT, recipient="a@b.example")
        assert report.verified is not True

    def verify_hosted(data):
        """The second half of the bytes is what every host answers."""
        hosted[0] = data[len(data) // 2 :]
        verifying.verify(data[: len(data) // 2] or data, fetch=fetch, at=AT)

    def unpack(data):
        with archives.opened(io.BytesIO(data)) as archive:
            for name in archives.names(archive):
                archives.read(archive, name)

    def bake(data):
        for old in (False, True):
            assert baking.unbake(baking.bake(data, '{"a": "]]>é"}', old=old)) or old

    def keep(data):
        for media_type in kept.MEDIA_TYPES:
            kept.described(data, media_type, lambda: kept.documents_in(data))
        report = import_report.Report.of_bytes("x", data)
        [entry.told(str) for entry in report.entries]
        kept.documents_in(data).to_bytes()

    return [
        read, verify, verify_hosted, bake, baking.unbake, unpack, keep,
        lambda data: foreign_classes.classes_in(data, Look(verifying.documents({}), AT)),
        lambda data: tokens.read(data.decode("utf-8", "replace")),
    ]  # fmt: skip


def run(target: Callable[[bytes], object], data: bytes) -> None:
    """Give it the bytes; an error that is meant for people is a good answer."""
    try:
        target(data)
    except PodAppError as error:
        if not str(error):
            raise


def corpus() -> list[bytes]:
    """Honest samples of every form, small enough to be altered quickly."""
    files = [path for path in sorted(SAMPLES.rglob("*")) if path.is_file() and path.stat().st_size < 40_000]
    chosen = [path for path in files if path.suffix in {".png", ".svg", ".jwt"}] + files[::9]
    return [path.read_bytes() for path in chosen] + [json.dumps([{"name": "a", "criteria_html": "<p>b"}]).encode()]
