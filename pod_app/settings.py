"""One settings object: defaults, then `pod_app.toml` in the data folder, then `POD_APP_*`, then options.

`pod_app settings` prints every value with its origin; a test compares this list with the documentation.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pod_app.errors import N_, Invalid, Unreadable

PREFIX: Final = "POD_APP_"
FILE_NAME: Final = "pod_app.toml"
DATABASE_FILE: Final = "pod_app.sqlite3"
"""Name of the database in the data folder, when no other one is set."""
DEFAULT_VOCABULARY: Final = "https://w3id.org/jdn#"
"""Namespace that the files in vocab/, shapes/ and queries/ are written with."""
_LAST_PORT: Final = 65535
Origin = Literal["default", "file", "environment", "option"]


class Settings(BaseModel):
    """Everything that can be set; each description ends up in the documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="Folder that holds the database, blobs and the root key.")
    base_url: str = Field(
        "http://localhost:8000/",
        description="Public address of this installation, signed into badges: fixed at first use.",
    )
    site_name: str = Field("", max_length=60, description="What this installation calls itself on its pages.")
    database_url: str = Field(
        "", description="SQLAlchemy URL of a PostgreSQL database; empty: SQLite in the data folder."
    )
    blobs_url: str = Field(
        "", description="obstore URL of a bucket for large bodies; empty: a folder in the data folder."
    )
    root_key: str = Field(
        "", description="Key (64 hexadecimal digits) that seals the others; empty: a 0600 file in the data folder."
    )
    vocabulary: str = Field(DEFAULT_VOCABULARY, description="Namespace of the community's own terms.")
    shacl_engine: Literal["shacl", "pyshacl"] = Field(
        "shacl", description="What judges documents against shapes: the quick engine or the reference, slower."
    )
    egress_allow_http: bool = Field(
        default=False, description="Let outgoing requests use plain http (tests, laboratories)."
    )
    egress_allow_private: bool = Field(
        default=False, description="Let outgoing requests reach private and loopback addresses (tests, laboratories)."
    )
    egress_ports: tuple[int, ...] = Field((443, 80), description="Ports that outgoing requests may use.")
    max_body: int = Field(512 * 2**20, gt=0, description="Largest body of any kind, in bytes.")
    max_rdf_body: int = Field(10 * 2**20, gt=0, description="Largest RDF body, in bytes.")
    inline_body: int = Field(
        64 * 2**10, ge=0, description="Bodies up to this size live in the database, larger ones as blobs."
    )
    pod_quota: int = Field(2 * 2**30, gt=0, description="Room of one pod, in bytes.")
    keep_free: int = Field(
        256 * 2**20, ge=0, description="Nothing new is stored when the disk of the data folder has fewer bytes left."
    )
    demonstration: bool = Field(
        default=False,
        description="Sign badges although the address is not public; each says that it is a demonstration.",
    )
    publication_hours: int = Field(
        24, gt=0, description="Published numbers of views with a threshold move together, so many hours apart."
    )
    ask_seconds: int = Field(
        30,
        gt=0,
        le=3600,
        description="Other installations and pods elsewhere are asked about our members so often at most.",
    )
    advertise_owner: bool = Field(
        default=True, description="Tell whoever may read the root of a pod who owns it (a Link header)."
    )
    open_registration: bool = Field(
        default=True, description="Anybody may open a notebook on the pages; else accounts are made by command."
    )
    trusted_proxies: int = Field(
        0, ge=0, description="How many proxies stand before this program, whose X-Forwarded-For tells who asks."
    )
    require_ath: bool = Field(
        default=False,
        description="Refuse DPoP proofs without the hash of their access token: some clients never send it.",
    )
    protect_issuer: bool = Field(
        default=True, description="Refuse to change solid:oidcIssuer by writing a profile: it says who may act as it."
    )
    strict_origin: bool = Field(
        default=False,
        description="Let web applications do only what a rule with acl:origin grants, or what everybody may.",
    )
    trusted_origins: tuple[str, ...] = Field(
        (), description="Origins of web applications that are never restricted, such as https://app.example."
    )
    redirect_http: Literal["off", "direct", "proxy"] = Field(
        "off",
        description="Lead http to https with 301: as this server itself was asked, or as X-Forwarded-Proto tells.",
    )
    channels_per_agent: int = Field(
        100, gt=0, description="Most notification channels of one agent; those of strangers count by their address."
    )
    sockets_per_agent: int = Field(
        20, gt=0, description="Most open sockets and streams of one agent in one process of the server."
    )
    open_streams: int = Field(500, gt=0, description="Most open sockets and streams in one process of the server.")
    legacy_updates: bool = Field(
        default=False,
        description="Offer the socket of servers before 2022 (solid-0.1, Updates-Via) for what everybody may read.",
    )
    channel_queue: int = Field(
        100,
        gt=0,
        description="Messages that may wait for a slow subscriber before its connection or webhook is closed.",
    )
    unproved_per_hour: int = Field(
        60, ge=0, description="Notifications without proof of their sender that one address may leave in an hour."
    )
    channel_days: int = Field(14, gt=0, description="Longest life of a notification channel, and the usual one.")
    session_idle_days: int = Field(30, gt=0, description="A sign-in ends after so many days without use.")
    log_format: Literal["text", "json"] = Field(
        "text", description="How serve writes its log to stderr: lines for people, or one JSON object a line."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="From what level on serve logs; at info there is a line for each request."
    )
    metrics_address: str = Field(
        "", description="HOST:PORT on which serve tells its figures to Prometheus; empty: nowhere."
    )
    metrics_public: bool = Field(
        default=False, description="Let metrics_address be one that other machines reach: nothing there asks who reads."
    )

    @field_validator("metrics_address")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if value and not (host and colon and port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
            message = "must be HOST:PORT, such as 127.0.0.1:9100"
            raise ValueError(message)
        return value

    @field_validator("base_url")
    @classmethod
    def _canonical_base(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            message = "must be http(s)://host[:port]/ without query or fragment"
            raise ValueError(message)
        if parts.path not in {"", "/"}:
            message = "must not have a path: pods stand at the root"
            raise ValueError(message)
        default_port = {"http": 80, "https": 443}[parts.scheme]
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = f":{parts.port}" if parts.port and parts.port != default_port else ""
        return f"{parts.scheme}://{host}{port}/"


def load(
    options: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Settings, dict[str, Origin]]:
    """Settings and the origin of each; options whose value is None count as not given.

    Raises `Unreadable` for a file that is not TOML and `Invalid` for an unknown name or a bad value.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None}
    variables = {
        name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX) and value
    }
    data = Path(str(given.get("data") or variables.get("data") or "data"))
    written = _read_file(data / FILE_NAME)
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    values: dict[str, Any] = {}
    sources: tuple[tuple[Origin, Mapping[str, Any]], ...] = (
        ("file", written),
        ("environment", {name: _plain(name, value) for name, value in variables.items()}),
        ("option", given),
    )
    for origin, source in sources:
        values.update(source)
        origins.update(dict.fromkeys(source, origin))
    try:
        return Settings.model_validate(values), origins
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            N_("Setting {name} ({origin}): {problem}."),
            N_("Run pod_app settings to see every name and value."),
            name=name,
            origin=origins.get(name, "file"),
            problem=first["msg"].removeprefix("Value error, "),
        ) from error


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Unreadable(
            N_("{path} is not valid TOML: {problem}."), N_("Correct that line."), path=path, problem=error
        ) from error
    except OSError as error:
        raise Unreadable(
            N_("{path} cannot be read: {problem}."),
            N_("Give this user access to the folder."),
            path=path,
            problem=error.strerror,
        ) from error


def _plain(name: str, value: str) -> Any:
    """An environment variable holds text; only lists need splitting."""
    return tuple(value.replace(",", " ").split()) if name in {"egress_ports", "trusted_origins"} else value
