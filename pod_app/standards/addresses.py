"""One canonical address for each resource, out of the raw request target (trust.md S16 to S18, solid.md C).

A web server's decoded path cannot tell `%2F` from `/`, so that an address made from it lets several
spellings reach one resource past its access rules. Here the raw target is split on literal slashes,
every segment is decoded once, dangerous ones are refused, and the rest is encoded again in one way:
two targets name the same resource exactly when their canonical forms are equal byte by byte. Case is
never folded and Unicode is never normalised; `nfc_key` lets a container refuse look-alike names.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from pod_app.errors import N_, Invalid, PodAppError, Unreadable

Auxiliary = Literal["", "acl", "meta"]

MAX_TARGET: Final = 4096
"""Longest path of a request target, in bytes, without its query."""

MAX_SEGMENT: Final = 255
"""Longest name between two slashes, in bytes of UTF-8; the suffix of an auxiliary resource is not counted."""

MAX_SLUG: Final = 200
"""Longest name made from a Slug header, in bytes of UTF-8: shorter, so that a number can be appended."""

_RESERVED: Final = """
    .well-known about access account accounts achievements activities activity actor actors admin agents agreements api
    app apps assets auth authorize badge badges base blobs blog catalog catalogue changelog changes circles claim claims
    client clients collective communities community config consent console contact contributions css dashboard data
    debug demo design dev did did.json docs doctor documentation download downloads embed en error errors events explore
    export favicon.ico feed feeds fonts fr garden gardens graphql guide health healthz help home hosted html humans.txt
    icons id identity idp images img import ims inbox index index.html info invite invites issue issuer issuers jobs js
    jwks key keys ldes ldp legal liveness local locale localhost login logout mail manifest.json map me media members
    metrics mobile needs new news nodeinfo none notebooks notifications null oauth oauth2 oembed offers oidc openapi
    openid outbox owner partials passkeys password people person persons ping pod pods policies policy preview privacy
    private profile profiles proxy public queries query readiness ready recover recovery register registration revoke
    robots.txt root rss schema schemas schemata search security security.txt self server service services session
    sessions settings setup shapes share shared sign sign-in sign-out sign-up signin signout signup site sitemap
    sitemap.xml skills sources sparql start static statistics stats status storage stream streams style styles subscribe
    subscriptions support swagger system terms thanks token tokens tools transmissions undefined unsubscribe update
    updates upload uploads user users vc verify version view views vocab vocabulary void void.ttl webfinger webhook
    webhooks websocket welcome ws www
"""
RESERVED_NAMES: Final = frozenset(_RESERVED.split())
"""First path segments that the application uses or may come to use: never names of pods (contracts.md §1)."""

_SUFFIXES: Final = (".acl", ".meta")
_LITERAL: Final = "-._~!$&'()*+,;=:@"
_POD_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}", re.ASCII)
_ABSOLUTE: Final = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9.\-\[\]:_]+(?=[/?]|\Z)", re.ASCII)
_ORIGIN: Final = re.compile(r"([A-Za-z]+)://([^/?#\\]*)(/[^?#]*)", re.ASCII)
_VISIBLE: Final = re.compile(r"[\x21-\x7e]*", re.ASCII)
_PLAIN: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_~.-]{0,254}", re.ASCII)
_PLAIN_TARGET: Final = re.compile(rf"(?:/{_PLAIN.pattern})+/?", re.ASCII)
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)
_FORBIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_LOCAL: Final = frozenset(
    ("localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "test", "invalid")
)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Address(NamedTuple):
    """Where a resource is: `path` is canonical, inside `pod`, without leading slash; containers end in a slash.

    The root container's path is empty. Build one from text with `parse_target` or `of_iri`; the bare
    constructor is for paths that the program itself composed. A named tuple, because a write makes and compares dozens.
    """

    pod: str
    path: str

    @property
    def is_container(self) -> bool:
        """Whether it is the root or ends in a slash (solid.md C1)."""
        return not self.path or self.path.endswith("/")

    @property
    def name(self) -> str:
        """Last segment, encoded, without slash; empty for the root."""
        return self.path.removesuffix("/").rpartition("/")[2]

    @property
    def parent(self) -> "Address | None":
        """The container that it stands in; nothing for the root."""
        if not self.path:
            return None
        return Address(self.pod, self.path[: self.path.removesuffix("/").rfind("/") + 1])

    def ancestors(self) -> "tuple[Address, ...]":
        """List the containers around it, nearest first, root last."""
        parent = self.parent
        return () if parent is None else _up_from(parent)

    @property
    def target(self) -> str:
        """Path of the canonical request target: `/alice/profile/card`."""
        return f"/{self.pod}/{self.path}"

    def iri(self, base_url: str) -> str:
        """Return the identifier of the resource; `base_url` ends in a slash."""
        return f"{base_url}{self.pod}/{self.path}"

    @property
    def auxiliary(self) -> Auxiliary:
        """Whether it is an access control list (`acl`), a description (`meta`) or an ordinary resource (empty)."""
        if not self.path.endswith(_SUFFIXES):
            return ""
        return "acl" if self.path.endswith(".acl") else "meta"

    @property
    def subject(self) -> "Address":
        """What an auxiliary resource belongs to; an ordinary resource is its own subject."""
        role = self.auxiliary
        return Address(self.pod, self.path.removesuffix(f".{role}")) if role else self

    @property
    def acl(self) -> "Address":
        """The access control list that counts: `x.acl`, `c/.acl`; for an auxiliary resource its subject's (F6)."""
        return Address(self.pod, f"{self.subject.path}.acl")

    @property
    def meta(self) -> "Address":
        """The description of it: `x.meta`, `c/.meta`; for an auxiliary resource its subject's."""
        return Address(self.pod, f"{self.subject.path}.meta")

    @property
    def twin(self) -> "Address":
        """The same name with or without final slash: both never stand at once (C2). The root is its own twin."""
        if not self.path:
            return self
        return Address(self.pod, self.path.removesuffix("/") if self.is_container else f"{self.path}/")

    @property
    def auxiliary_of_auxiliary(self) -> bool:
        """Whether it names the ACL or description of an ACL or description, which never exists (F6)."""
        return bool(self.auxiliary and self.subject.auxiliary)

    @property
    def reserved(self) -> bool:
        """Whether nothing may ever be stored there: an inner name ends in `.acl` or `.meta` (F8), or F6."""
        if ".acl" not in self.path and ".meta" not in self.path:
            return False
        containers = self.path.split("/")[:-1]
        return self.auxiliary_of_auxiliary or any(name.endswith(_SUFFIXES) for name in containers)

    @property
    def well_known(self) -> bool:
        """Whether it lies in the pod's `.well-known/`, which belongs to the program."""
        return self.path.partition("/")[0] == ".well-known"


@lru_cache(maxsize=4096)
def _up_from(container: Address) -> tuple[Address, ...]:
    found = [container]
    while (parent := found[-1].parent) is not None:
        found.append(parent)
    return tuple(found)


def pod_name(text: str) -> str:
    """Return `text` when it may name a pod; raises `Invalid` for another form and for the application's names."""
    if not _POD_NAME.fullmatch(text):
        raise Invalid(
            N_("{name} cannot name a pod."),
            N_("Use 2 to 63 lower-case letters a to z, digits and hyphens, beginning with a letter or digit."),
            name=_shown(text),
        )
    if text in RESERVED_NAMES:
        raise Invalid(N_("The name {name} is used by the application itself."), N_("Choose another name."), name=text)
    return text


def is_public(base_url: str) -> bool:
    """Whether anybody on the web could reach this address, by its looks: https, and a host that is not only local."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme != "https":
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rpartition(".")[2]
        return "." in host and last not in _LOCAL and not host.endswith(".home.arpa")


def name_like(text: str) -> str:
    """A pod name that resembles what somebody is called: letters without accents, small; raises `Invalid`."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("æ", "ae")).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40].strip("-")
    if not name:
        raise Invalid(N_("«{text}» has no letter that an address can hold."), N_("Write a first name."), text=text[:40])
    return name if len(name) > 1 else f"{name}-1"


def parse_target(raw: str) -> Address:
    """Return the address that a raw request target names, whatever its spelling; the query is ignored (C6, C7, S16).

    Takes origin-form and absolute-form (the host is checked elsewhere). `/alice` gives the root of
    the pod, like `/alice/`: compare `raw` with `Address.target` to redirect. Raises `Unreadable`.
    """
    if len(raw) <= MAX_TARGET and _PLAIN_TARGET.fullmatch(raw):  # nearly every target: only one spelling, no dots
        pod, _, path = raw[1:].partition("/")
        return Address(pod, path)
    path = _path_of(raw)
    segments = [_canonical(segment) for segment in _split(path)]
    address = Address(segments[0], "/".join(segments[1:]))
    if address.subject.name in {".", ".."}:
        raise _unreadable(N_("The address contains {part}, which climbs to another place."), address.name)
    return address


def of_iri(iri: str, base_url: str) -> Address | None:
    """Return the address that an absolute IRI names here, without query and fragment, or nothing.

    Characters outside ASCII are taken as their UTF-8 escapes (RFC 3987 §3.1), scheme and host without
    regard to case.
    """
    match = _ORIGIN.match(iri)
    if match is None or _origin(match[1], match[2]) != base_url.removesuffix("/"):
        return None
    try:
        target = _BEYOND_ASCII.sub(lambda run: quote(run[0]), match[3])
        return None if is_application(target) else parse_target(target)
    except (PodAppError, UnicodeEncodeError):
        return None


def is_application(raw: str) -> bool:
    """Whether a raw request target belongs to the application: its first segment is absent or reserved.

    False also for what cannot be read at all, which `parse_target` then refuses.
    """
    plain = raw[1:].partition("/")[0]
    if raw.startswith("/") and plain not in RESERVED_NAMES and _PLAIN.fullmatch(plain):
        return False
    try:
        first = _split(_path_of(raw))[0]
        return not first or _canonical(first) in RESERVED_NAMES
    except Unreadable:
        return raw.startswith("*")


def nfc_key(segment: str) -> str:
    """Return what two look-alike names share: the NFC form of a canonical segment, decoded. Never an identifier."""
    return unicodedata.normalize("NFC", unquote(segment))


def uniqueness_key(path: str) -> str:
    """Return what a path shares with its twin (C2) and with whatever looks the same (S16). Never an identifier."""
    slashless = path.removesuffix("/")
    if "%" not in slashless:
        return slashless
    return "/".join(encode(nfc_key(segment)) for segment in slashless.split("/"))


def slug(text: str | None, *, fallback: str) -> str:
    """Make a legal name, decoded, near to what a Slug header wished for; else `fallback` (C5, S18).

    Never raises. The result has no slash, control or leading dot, does not end like an auxiliary
    resource, and has at most `MAX_SLUG` bytes of UTF-8. Encode it with `encode`.
    """
    name = unicodedata.normalize("NFC", unquote(_as_utf8(text or ""), errors="replace"))
    name = _FORBIDDEN.sub("-", name.strip("/\\ \t\r\n"))
    while name != (shorter := _trimmed(name)):
        name = shorter
    return name or fallback


def encode(segment: str) -> str:
    """Spell one decoded name canonically: UTF-8 escapes in upper case, RFC 3986 pchar literal."""
    return quote(segment, safe=_LITERAL)


def _path_of(raw: str) -> str:
    if not _VISIBLE.fullmatch(raw) or "#" in raw:
        raise _unreadable(N_("The address {part} holds a character that no address may hold."), raw)
    absolute = _ABSOLUTE.match(raw)
    path = (raw[absolute.end() :] if absolute else raw).partition("?")[0]
    if absolute and not path:
        path = "/"
    if not path.startswith("/"):
        raise _unreadable(N_("The address {part} does not begin with a slash."), raw)
    if len(path) > MAX_TARGET:
        raise Unreadable(N_("The address is longer than {limit} bytes."), N_("Use shorter names."), limit=MAX_TARGET)
    return path


def _split(path: str) -> list[str]:
    segments = path[1:].split("/")
    if "" in segments[:-1]:
        raise _unreadable(N_("The address {part} has nothing between two slashes."), path)
    return segments


def _canonical(segment: str) -> str:
    if _PLAIN.fullmatch(segment):
        return segment  # unreserved characters have one spelling only
    if _BROKEN_ESCAPE.search(segment):
        raise _unreadable(N_("In the address, {part} has a percent sign without two hexadecimal digits."), segment)
    try:
        name = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(N_("In the address, {part} is not UTF-8."), segment) from error
    if name in {".", ".."}:
        raise _unreadable(N_("The address contains {part}, which climbs to another place."), segment)
    if _FORBIDDEN.search(name):
        raise _unreadable(N_("In the address, {part} hides a slash, a backslash or a control character."), segment)
    if len(_without_suffix(name).encode()) > MAX_SEGMENT:
        raise Unreadable(
            N_("A name in the address is longer than {limit} bytes."), N_("Use shorter names."), limit=MAX_SEGMENT
        )
    return encode(name)


def _without_suffix(name: str) -> str:
    return name.rpartition(".")[0] if name.endswith(_SUFFIXES) else name


def _trimmed(name: str) -> str:
    name = name.encode("utf-8", "replace")[:MAX_SLUG].decode("utf-8", "ignore").strip().lstrip(".")
    return _without_suffix(name) if name.endswith(_SUFFIXES) else name


def _as_utf8(header: str) -> str:
    """Undo the server's reading of header bytes as Latin-1 where a client wrote UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _origin(scheme: str, authority: str) -> str:
    scheme = scheme.lower()
    return f"{scheme}://{authority.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ''))}"


def _unreadable(sentence: str, part: str) -> Unreadable:
    return Unreadable(sentence, N_("Check the spelling of the address."), part=_shown(part))


def _shown(text: str) -> str:
    """Text of a stranger, safe to print: ASCII, short."""
    short = ascii(text)[1:-1]
    return short if len(short) <= 80 else f"{short[:77]}..."  # noqa: PLR2004  # about a line
