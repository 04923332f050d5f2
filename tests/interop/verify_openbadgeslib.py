"""Verifies a badge with openbadgeslib, which this project did not write: JSON, tokens, baked PNG and SVG.

usage: python verify_openbadgeslib.py FILE BASE_URL [RECIPIENT]
It sees the file and what BASE_URL serves, nothing else. The signature of a status list is left to the other
verifiers: this one knows lists that are tokens. Prints {"verified": …, "error": …}. Runs in an environment
of its own, without pod_app.
"""

import json
import sys
import urllib.request
from pathlib import Path

from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3 import OB3Verifier
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.verify import issuer_did_from_document, issuer_did_from_token


class Loopback:
    """What the library downloads: did:web says https, the program under test answers plain http."""

    def __init__(self, base):
        self.base = base

    def __call__(self, url):
        address = url.replace("https://", self.base.partition("://")[0] + "://", 1)
        if not address.startswith(self.base):
            raise OSError(f"refused to fetch {url}")
        accept = {"Accept": "application/vc, application/did+json, application/json;q=0.9"}
        with urllib.request.urlopen(urllib.request.Request(address, headers=accept), timeout=20) as answer:
            return answer.read()


def text_of(data):
    """The badge in a file: what it is, or what was baked into the picture."""
    if data.startswith(b"\x89PNG"):
        return OB3Verifier.extract_token_from_png(data)
    if data.lstrip().startswith(b"<"):
        return OB3Verifier.extract_token_from_svg(data)
    return data.decode()


def main():
    file, base, *recipient = sys.argv[1:]
    told = {"verified": False, "error": None}
    wanted = {
        "expected_recipient": recipient[0] if recipient else None,
        "check_status": True,
        "verify_status_list": False,
    }
    try:
        text = text_of(Path(file).read_bytes())
        text = text.decode() if isinstance(text, bytes) else text
        is_json = text.lstrip().startswith("{")
        did = issuer_did_from_document(text) if is_json else issuer_did_from_token(text)
        download = Loopback(base)
        verifier = (OB3LdpVerifier if is_json else OB3Verifier).for_issuer_did(did, download=download)
        verifier.verify(text, download=download, **wanted)
        told["verified"] = True
    except (LibOpenBadgesException, ValueError, OSError) as error:
        told["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(told))


if __name__ == "__main__":
    main()
