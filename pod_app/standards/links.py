"""The Link header as clients read it: relations and their targets (RFC 8288 §3)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin

from pod_app.standards.namespaces import ACP

_NAME: Final = r"[\w!#$&+.^`|~*-]+"
_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[^\s",;]+'
_LINK: Final = re.compile(rf"<([^<>]*)>((?:\s*;\s*{_NAME}(?:\s*=\s*(?:{_VALUE}))?)*)")
_PARAMETERS: Final = re.compile(rf";\s*({_NAME})(?:\s*=\s*({_VALUE}))?")


def by_relation(header: str, base_iri: str) -> Mapping[str, tuple[str, ...]]:
    """Targets by relation, resolved against the address that was asked; links about something else are left out."""
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for target, text in _LINK.findall(header):
        named: dict[str, str] = {}
        for name, value in _PARAMETERS.findall(text):
            named.setdefault(name.lower(), value.strip('"'))
        if "anchor" not in named:
            for relation in named.get("rel", "").split():
                found[relation] += (urljoin(base_iri, target),)
    return found


def has_policies(found: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether types that begin a `Link` tell of access by policies (ACP) where rules (WAC) would stand."""
    return any(one.startswith(ACP.iri) for one in found.get("type", ()))
