"""A request for recognition in a terminal: as JSON and in lines, for whoever asks, is asked, or decides."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from pod_app.cli import holding
from pod_app.errors import N_, Forbidden, NotFound, Unauthenticated
from pod_app.standards import addresses
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import ANONYMOUS

if TYPE_CHECKING:  # help needs no installation
    from pod_app.badges.recognition.confirmations import Confirmation
    from pod_app.badges.recognition.requests import Link, Recognition
    from pod_app.services import Services

PLACE: Final = "requests/"
ANSWER: Final = "me/answer/"


def place(services: "Services", text: str) -> tuple[str, str]:
    """Pod and name of the request at an address; raises `NotFound`."""
    address = addresses.of_iri(text, services.settings.base_url)
    if address is None or address.path != f"{PLACE}{address.name}" or not address.name:
        raise NotFound(
            N_("There is no request at {iri} in this installation."), N_("List them: pod_app request list --as POD."),
            iri=text,
        )  # fmt: skip
    return address.pod, address.name


def token(services: "Services", text: str) -> str | None:
    """The secret of a link as it is sent to somebody, or None for anything else."""
    prefix = f"{services.settings.base_url}{ANSWER}"
    return text.removeprefix(prefix).partition("/")[0] if text.startswith(prefix) else None


def name_of(services: "Services", achievement: str) -> str:
    """What a badge is called; its address when everybody may no longer read it."""
    address = addresses.of_iri(achievement, services.settings.base_url)
    try:
        stored = None if address is None else services.resources.read(ANONYMOUS, address).stored
    except (NotFound, Forbidden, Unauthenticated):
        stored = None
    return achievement if stored is None else str(object_in(services.resources.data(stored)).get("name", achievement))


def asked(services: "Services", one: "Recognition") -> dict[str, Any]:
    """What everybody concerned sees of a request."""
    return {
        "request": Address(one.pod, f"{PLACE}{one.id}").iri(services.settings.base_url),
        "state": one.state, "name": name_of(services, one.achievement), "achievement": one.achievement,
        "by": _title(services, one.pod), "to": _title(services, one.reviewer), "sentence": one.sentence,
        "trace": one.trace, "date": _stamp(one.created),
    }  # fmt: skip


def row(services: "Services", kind: str, one: "Recognition", links: Iterable["Link"]) -> dict[str, Any]:
    """One of a list: `kind` is `mine`, `asked` (was I there?) or `waiting` (for a decision)."""
    return {"kind": kind, **asked(services, one), "answers": sum(link.answer is not None for link in links)}


def mine(services: "Services", one: "Recognition", links: Iterable["Link"]) -> dict[str, Any]:
    """One's own request, with whom it asked and what came of it."""
    return {
        **asked(services, one), **_rule(services, one), **_decided(one),
        "people": [person(services, one, link) for link in links],
    }  # fmt: skip


def review(
    services: "Services", one: "Recognition", links: list["Link"], said: Iterable["Confirmation"]
) -> dict[str, Any]:
    """A request for those who decide: what was confirmed, and only how many said something else or nothing yet."""
    return {
        **asked(services, one), **_rule(services, one), **_decided(one),
        "waiting": sum(link.answer is None for link in links),
        "other": sum(link.answer is not None and link.answer.kind != "yes" for link in links),
        "words": [*(word(services, each) for each in said), *unsigned(links)],
    }  # fmt: skip


def person(services: "Services", one: "Recognition", link: "Link") -> dict[str, Any]:
    """Somebody who was asked; `link` is there to be sent, unless they find the question in their own notebook."""
    waits, said = link.is_open(services.clock()) and one.state == "open", link.answer
    here = services.catalogue.of_webid(link.address) if link.address else None
    signer = services.catalogue.of_webid(said.by) if said and said.by else None
    secret = services.recognition.requests.token(link)
    who = signer or here
    return {
        "number": link.number, "state": said.kind if said else ("waiting" if waits else "ended"),
        "who": who.title if who else (said.name if said else link.address) or None,
        "link": f"{services.settings.base_url}{ANSWER}{secret}" if waits and here is None else None,
        "signed": bool(said and said.endorsement), "words": said.words if said else "",
        "reminded": link.reminded is not None, "until": _stamp(link.ends),
    }  # fmt: skip


def word(services: "Services", one: "Confirmation") -> dict[str, Any]:
    """A confirmation: who says what about what, and whether it holds, has ended, was withdrawn, fails or is unknown."""
    from pod_app.web.badges import confirmation_words  # noqa: PLC0415  # help needs no verifier

    said = confirmation_words.of(one, services.clock())
    kept = {key: said[key] for key in ("state", "name", "voice", "garden", "text", "date", "until")}
    return {"about": one.about, **kept, "by": one.issuer.get("id"), "word": one.document.get("id")}


def unsigned(links: Iterable["Link"]) -> Iterator[dict[str, Any]]:
    """Words left by a link without an account, told as what they are."""
    for link in links:
        said = link.answer
        if said is not None and said.kind == "yes" and said.by is None:
            date = None if link.answered is None else _stamp(link.answered)
            yield {"about": "badge", "state": "unsigned", "name": said.name or None, "text": said.words, "date": date}


def tell(shown: dict[str, Any]) -> None:
    """Print a request in lines: its parts by name, then one line for each person or word."""
    yes_or_no = {key: "yes" if value else "no" for key, value in shown.items() if isinstance(value, bool)}
    holding.facts({key: value for key, value in (shown | yes_or_no).items() if not isinstance(value, list)})
    for one in shown.get("people", ()):
        tell_person(one)
    tell_words(shown.get("words", ()))


def tell_person(one: Mapping[str, Any]) -> None:
    """Print one line: number, state, who, and the link to send or the words that came."""
    marks = [mark for mark in ("signed", "reminded") if one[mark]]
    cells = [one["number"], one["state"], one["who"] or "-", one["link"] or one["words"] or "-", *marks]
    click.echo("  ".join(map(str, cells)))


def tell_words(words: Iterable[Mapping[str, Any]]) -> None:
    """Print one line for each confirmation: about what, its state, who, until when, the words."""
    for one in words:
        known = one["name"] or "-", f"({one['garden']})" if one.get("garden") else ""
        cells = [one["about"], one["state"], *filter(None, known)]
        cells += [f"until {one['until']}"] if one.get("until") else []
        click.echo("  ".join([*map(str, cells), str(one["text"] or "-")]))


def _rule(services: "Services", one: "Recognition") -> dict[str, Any]:
    """The rule of the badge, if it has one, and whether whoever asks let it be told that they meet it."""
    with services.resources.reading() as conn:
        rule = services.recognition.rules.of(conn, one.achievement)
    return {"rule": rule.sentence, "rule_met": one.rule_held} if rule else {"rule": None, "rule_met": None}


def _decided(one: "Recognition") -> dict[str, Any]:
    decided = None if one.decided is None else _stamp(one.decided)
    return {"decided": decided, "decided_by": one.decided_by, "reason": one.reason, "badge": one.badge}


def _title(services: "Services", name: str) -> str:
    pod = services.catalogue.find(name)
    return name if pod is None else pod.title


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
