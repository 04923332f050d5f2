"""Which addresses this program may talk to: the rules of the egress guard, without any input or output.

A URL is parsed here once, strictly, and what is connected to is built from the parsed parts: there is no
second parser that could read the same text differently. (Threats S1 to S4.)
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote, urljoin

import idna

from pod_app.settings import Settings

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LONGEST_URL: Final = 4096
_URL: Final = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_HOST_NAME: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OTHER_DOTS: Final = frozenset("\u3002\uff0e\uff61")
_PATH_SAFE: Final = "%/:?[]@!$&'()*+,;=~"

_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
# Older versions of `ipaddress` call these global.
_NEVER_GLOBAL: Final = tuple(
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "2001:db8::/32", "3fff::/20", "5f00::/16")
)


class RefusedError(Exception):
    """The policy says no; the reason is for the debug log only and never reaches the person who asked."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Where outgoing requests may go and what each may cost; times in seconds.

    `allow_private` opens private and loopback addresses for laboratories; link-local ones (where clouds keep
    their credentials), multicast and the unspecified address stay closed even then.
    """

    allow_http: bool = False
    allow_private: bool = False
    ports: frozenset[int] = frozenset({443, 80})
    connect_seconds: float = 3.0
    total_seconds: float = 10.0
    redirects: int = 3
    per_host: int = 4
    breaker_failures: int = 5
    breaker_seconds: float = 30.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings `egress_*`; the limits keep their defaults."""
        return cls(
            allow_http=settings.egress_allow_http,
            allow_private=settings.egress_allow_private,
            ports=frozenset(settings.egress_ports),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: host in lower-case ASCII without brackets, `path` the raw path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port left out when it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The canonical spelling, without fragment."""
        return self.origin + self.path


def parse_url(url: str) -> Target:
    """Take an absolute http(s) URL apart, whatever the policy; the fragment is dropped, IRIs are encoded.

    Raises `RefusedError` for user names, backslashes, white space and control characters, IPv6 zones, trailing
    dots, and every spelling of an IPv4 address other than four plain decimal numbers.
    """
    if len(url) > LONGEST_URL or not _is_plain(url):
        raise RefusedError("not a plain URL")
    parts = _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(parts["authority"]) if parts else None
    if not parts or not authority:
        raise RefusedError("not an absolute http(s) URL, or with a user name")
    scheme = parts["scheme"].lower()
    port = int(authority["port"] or DEFAULT_PORTS[scheme])
    path = quote(parts["target"], safe=_PATH_SAFE)
    return Target(scheme, _host(authority["host"]), port, path if path.startswith("/") else f"/{path}")


def check_target(target: Target, policy: EgressPolicy) -> None:
    """Refuse by what the URL alone tells: scheme, port, bare names, literal addresses; raises `RefusedError`."""
    if target.scheme != "https" and not policy.allow_http:
        raise RefusedError("plain http")
    if target.port not in policy.ports:
        raise RefusedError(f"port {target.port}")
    address = literal_address(target.host)
    if address is not None:
        check_address(address, policy)
    elif "." not in target.host and not policy.allow_private:
        raise RefusedError("a name without a domain")


def literal_address(host: str) -> IpAddress | None:
    """Read the host of a `Target` as an address; None for names."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def checked_addresses(answers: Sequence[str], policy: EgressPolicy) -> tuple[str, ...]:
    """All resolved addresses, canonical, in their order; one bad address spoils them all (`RefusedError`)."""
    addresses = tuple(dict.fromkeys(literal_address(answer) for answer in answers))
    if not addresses:
        raise RefusedError("the name has no address")
    for address in addresses:
        if address is None:
            raise RefusedError("the resolver answered something else than an address")
        check_address(address, policy)
    return tuple(str(address) for address in addresses)


def check_address(address: IpAddress, policy: EgressPolicy) -> None:
    """Refuse any address that leads, directly or wrapped (v4-mapped, NAT64, 6to4, Teredo), to a closed network."""
    for inner in (address, *_wrapped(address)):
        if not (_open_in_laboratory(inner) if policy.allow_private else _is_public(inner)):
            raise RefusedError(f"address {address}")


def redirected(target: Target, location: str) -> Target:
    """Follow a `Location` header, relative ones included; raises `RefusedError`."""
    if not location or not _is_plain(location):
        raise RefusedError("a redirect without a plain address")
    try:
        return parse_url(urljoin(target.url, location))
    except ValueError as error:
        raise RefusedError("a redirect that cannot be read") from error


def _is_plain(text: str) -> bool:
    """Without white space, controls, backslashes (slashes to some parsers) and halves of surrogate pairs."""
    return not any(character <= " " or character in "\\\x7f" or "\ud800" <= character <= "\udfff" for character in text)


def _host(text: str) -> str:
    if text.startswith("["):
        return _ipv6(text[1:-1])
    name = text.lower() if text.isascii() else _ascii_name(text)
    if not _HOST_NAME.fullmatch(name) or len(name) > 253:  # noqa: PLR2004  # the longest name in the DNS
        raise RefusedError("not a host name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return name


def _ipv6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise RefusedError("not an IPv6 address") from error
    if address.scope_id is not None:
        raise RefusedError("an IPv6 zone")
    return str(address)


def _ipv4(text: str) -> str:
    """Take four plain decimal numbers or nothing: a name ending in a number is an address to somebody's parser."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise RefusedError("an IPv4 address in disguise") from error


def _ascii_name(text: str) -> str:
    if not _OTHER_DOTS.isdisjoint(text):
        raise RefusedError("another character used as a dot")
    try:
        return idna.encode(text.lower(), strict=True, std3_rules=True).decode("ascii")
    except UnicodeError as error:
        raise RefusedError("not an international domain name") from error


def _wrapped(address: IpAddress) -> tuple[IpAddress, ...]:
    """List the IPv4 addresses that packets to an IPv6 address end up at, or may."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    is_isatap = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP
    carries_low = is_isatap or address.ipv4_mapped or address in _NAT64 or _is_v4_compatible(address)
    known = (address.sixtofour, *(address.teredo or ()))
    return (*((low,) if carries_low else ()), *(inner for inner in known if inner is not None))


def _is_v4_compatible(address: ipaddress.IPv6Address) -> bool:
    return address in _V4_COMPATIBLE and int(address) > 1


def _is_public(address: IpAddress) -> bool:
    if address.is_multicast or any(address in network for network in _NEVER_GLOBAL):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global
    if address.ipv4_mapped or address in _NAT64 or address.sixtofour or address.teredo:
        return True  # what they wrap is judged by itself
    return address in _GLOBAL_V6 and address.is_global


def _open_in_laboratory(address: IpAddress) -> bool:
    return not (address.is_multicast or address.is_unspecified or address.is_link_local)
