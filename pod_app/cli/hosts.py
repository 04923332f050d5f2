"""`host`: other hosts of badges, those that a person lets us into and those that they let in here (Open Badges 3.0 §6).

Agreeing is the person's own act: where it needs a browser, the address to open is printed, with what comes next.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import click

from pod_app.cli.common import owner_of, read_file, tell, with_services
from pod_app.cli.guests import allow, dismiss, guests
from pod_app.cli.holding import badge_at
from pod_app.errors import N_, Invalid, NotFound
from pod_app.standards import badge_host, strict_json

if TYPE_CHECKING:  # help needs no installation
    from pod_app.identity.badge_hosts import Connected
    from pod_app.pods.catalogue import Pod
    from pod_app.services import Services


@click.group()
def host() -> None:
    """Other hosts of badges: connect, fetch from, send to; and those that are let in here."""


@host.command("connect")
@click.argument("address")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose badges.")
@with_services
def connect(services: "Services", address: str, name: str) -> None:
    """Get to know a host, and print the address where the person agrees, in a browser, within half an hour."""
    pod = services.catalogue.get(name)
    api = services.between.hosts.begin(pod.name, address)
    found = _named(services, pod, api)
    if found.state == "open":
        click.echo(f"{found.name} is connected already.", err=True)
        return
    click.echo(found.go)
    click.echo(
        "Open this address in a browser and agree, within half an hour. The browser comes back to "
        f"{_back(services)}, or copy the whole address that it shows then: pod_app host finish --as {pod.name} ADDRESS",
        err=True,
    )


@host.command("finish")
@click.argument("address")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose badges.")
@with_services
def finish(services: "Services", address: str, name: str) -> int:
    """Take the address to which a host sent the browser back; then fetch what is there."""
    pod = services.catalogue.get(name)
    if not address.startswith(_back(services)):
        raise Invalid(
            N_("{address} is not where a host sends people back to."), N_("It begins with {back}: copy it whole."),
            address=address[:200], back=_back(services),
        )  # fmt: skip
    api = services.between.hosts.finish(pod.name, dict(parse_qsl(urlsplit(address).query)))
    return _told(services.between.exchanging.fetch_now(pod, api))


@host.command("list")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose hosts.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@with_services
def list_hosts(services: "Services", name: str, as_json: bool) -> None:
    """List the hosts that somebody is or was connected with, and what came of the last exchange."""
    for one in services.between.hosts.all(services.catalogue.get(name).name):
        row = {"host": one.host, "name": one.name, "state": one.state, "since": f"{one.since:%Y-%m-%d}", "api": one.api}
        if as_json:
            tell(row | {"go": one.go, "report": one.report}, as_json=True)
        else:
            tell(row | {"last": _counts(one.report) if one.report else ""}, as_json=False)


@host.command("fetch")
@click.argument("address", metavar="HOST")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose badges.")
@with_services
def fetch(services: "Services", address: str, name: str) -> int:
    """Bring the badges that are at a host: exit code 1 when some did not hold and were not kept."""
    pod = services.catalogue.get(name)
    return _told(services.between.exchanging.fetch_now(pod, _named(services, pod, address).api))


@host.command("send")
@click.argument("address", metavar="HOST")
@click.argument("badges", nargs=-1, required=True, metavar="BADGE...")
@with_services
def send(services: "Services", address: str, badges: tuple[str, ...]) -> int:
    """Send badges of one bag to a host, which sees them whole: exit code 1 when it refused some."""
    found = [badge_at(services, badge) for badge in dict.fromkeys(badges)]
    for agent, _, place in found:
        services.backpack.one(agent, place)
    pod = found[0][1]
    if any(other.name != pod.name for _, other, _ in found):
        raise Invalid(N_("These badges are of several bags."), N_("Send those of each person by themselves."))
    names = [place.name for _, _, place in found]
    return _told(services.between.exchanging.send_now(pod, _named(services, pod, address).api, names))


@host.command("end")
@click.argument("address", metavar="HOST")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose connection.")
@with_services
def end(services: "Services", address: str, name: str) -> None:
    """Forget a host, and tell it so; badges that came from there stay."""
    pod = services.catalogue.get(name)
    services.between.hosts.end(pod.name, _named(services, pod, address).api)


@host.command("profile")
@click.option("--as", "name", required=True, metavar="NAME", help="Whose profile.")
@click.option(
    "--set", "file", type=click.Path(path_type=Path), metavar="FILE", help="Replace it; - for standard input."
)
@with_services
def profile(services: "Services", name: str, file: Path | None) -> None:
    """Print what somebody tells other hosts about themselves (a Profile of Open Badges, in JSON), or replace it."""
    pod = services.catalogue.get(name)
    agent, hosting = owner_of(services, pod), services.between.hosting
    if file is None:
        told = hosting.profile(agent, pod)
    else:
        told = hosting.update_profile(agent, pod, strict_json.read_object(read_file(file)))
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


for _command in (guests, allow, dismiss):
    host.add_command(_command)


def _back(services: "Services") -> str:
    from pod_app.identity.badge_hosts import BACK  # noqa: PLC0415  # help needs no network

    return f"{services.settings.base_url}{BACK}"


def _named(services: "Services", pod: "Pod", address: str) -> "Connected":
    """The host that somebody means by an address, among those of this person; raises `NotFound`."""
    api = badge_host.api_of(address)
    found = next((one for one in services.between.hosts.all(pod.name) if one.api == api), None)
    if found is None:
        raise NotFound(
            N_("You are not connected with {host}."), N_("Connect with it first."), host=urlsplit(api).netloc
        )
    return found


def _told(report: Mapping[str, Any]) -> int:
    click.echo(_counts(report))
    for reason in report["reasons"]:
        click.echo(reason, err=True)
    return 1 if report["refused"] else 0


def _counts(report: Mapping[str, Any]) -> str:
    counted = f"{report['what']}: {report['new']} new, {report['same']} known already, {report['refused']} refused"
    if report.get("ended"):
        return f"{counted}; it lets us in no more"
    return f"{counted}; it goes on" if report["going_on"] else counted
