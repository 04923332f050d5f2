"""Write what an installation is made of as CycloneDX 1.5: every locked package with its version and its hashes.

    python .ci/bill_of_materials.py dist/pod_app.cdx.json        # `make sbom`

The lock files are the source: what `make` installs is this and nothing else. Python packages of the program come with
their licence where they are installed here; npm packages are those of the tests, and are marked as such.
"""

import base64
import json
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENT = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
LONGEST = 100
"""A longer licence is its whole text."""
NODE = ("tests/interop/package-lock.json", "bench/css/package-lock.json")


def main() -> None:
    """Write it where the argument says."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/pod_app.cdx.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    made = document()
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"{target}: {len(made['components'])} components\n")


def document() -> dict[str, Any]:
    """The whole bill."""
    version = metadata.version("pod_app")
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{uuid.uuid4()}", "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "application", "name": "pod_app", "version": version, "bom-ref": "pod_app"},
        },
        "components": [*python_packages(), *node_packages()],
    }  # fmt: skip


def python_packages() -> Iterator[dict[str, Any]]:
    """Packages of requirements.lock."""
    for block in re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text("utf-8")):
        found = REQUIREMENT.match(block)
        if found is not None:
            name, version = found[1].lower(), found[2]
            hashes = [{"alg": "SHA-256", "content": one} for one in HASH.findall(block)]
            yield component(f"pkg:pypi/{name}@{version}", name, version, hashes) | licence(name, version)


def node_packages() -> Iterator[dict[str, Any]]:
    """Packages of the tests and of the server that they talk to: none of them is in the program."""
    seen = set()
    for lock in NODE:
        packages = json.loads((ROOT / lock).read_text("utf-8"))["packages"]
        for path, about in packages.items():
            name = path.rpartition("node_modules/")[2]
            purl = f"pkg:npm/{name.replace('@', '%40', 1)}@{about.get('version')}"
            if path and "integrity" in about and purl not in seen:
                seen.add(purl)
                kind, _, digest = about["integrity"].partition("-")
                hashes = [{"alg": f"SHA-{kind.removeprefix('sha')}", "content": base64.b64decode(digest).hex()}]
                yield component(purl, name, about["version"], hashes) | {"scope": "excluded"}


def component(purl: str, name: str, version: str, hashes: list[dict[str, str]]) -> dict[str, Any]:
    """One package as CycloneDX names it."""
    return {"type": "library", "bom-ref": purl, "purl": purl, "name": name, "version": version, "hashes": hashes}


def licence(name: str, version: str) -> dict[str, Any]:
    """The licence that the installed package states, where it is installed here in this version."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return {}
    stated = about.get("License-Expression") or about.get("License") or ""
    if about["Version"] != version or not stated or len(stated) > LONGEST:
        return {}
    return {"licenses": [{"license": {"name": " ".join(stated.split())}}]}


if __name__ == "__main__":
    main()
