"""Rules of badges: how far am I (for the person alone), and the rule of a badge that one gives."""

from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from pod_app.badges.recognition.rules import Outcome, Rule
from pod_app.errors import N_, Conflict, Invalid, NotFound, TooLarge, Unreadable, Unsupported
from pod_app.identity import limits
from pod_app.identity.sessions import Session
from pod_app.pods.catalogue import Pod
from pod_app.standards import addresses
from pod_app.standards.wac import Agent
from pod_app.web import doors, resource_pages
from pod_app.web.badges import asking_words
from pod_app.web.badges.asking_pages import HERE, givers
from pod_app.web.badges.forge_form import skills_of

blueprint = Blueprint("rule_pages", __name__, url_prefix="/me")
MOST: Final = 12
"""Rules that one page looks up: each is a child process."""


@blueprint.get("/rule")
@doors.needs_session
def look(signed_in: Session) -> str:
    """How far I am with the rule of `?achievement=`, or with those of my gardens and communities."""
    achievement = request.args.get("achievement", "")
    doors.services().identity.limits.count(limits.RULES, "rules", doors.own_pod(signed_in).name)
    if not achievement:
        own = doors.own_pod(signed_in)
        return doors.render("rules.html", rows=_rows(own), host=doors.host_of(own), private=True)
    return _page(signed_in, achievement)


@blueprint.post("/rule")
def take() -> str | BaseResponse:
    """The badge, where its issuer said beforehand that the rule gives it."""
    signed_in = doors.signed_in_form()
    own, achievement = doors.own_pod(signed_in), request.form.get("achievement", "")
    doors.services().identity.limits.count(limits.RULES, "rules", own.name)
    try:
        doors.services().recognition.rules.award(Agent(webid=own.webid), own, achievement)
    except (Invalid, Conflict) as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_page(signed_in, achievement, wrong=wrong), 422)
    return _page(signed_in, achievement, done=True)


@blueprint.get("/rules")
@doors.needs_session
def read(signed_in: Session) -> str:
    """The rule of `?achievement=`, for those who give it."""
    achievement = request.args.get("achievement", "")
    return _edit_page(signed_in, achievement, None)


@blueprint.post("/rules")
def keep() -> BaseResponse:
    """Keep the rule, or take it away when nothing is looked up."""
    signed_in = doors.signed_in_form()
    own, form = doors.own_pod(signed_in), request.form
    achievement = form.get("achievement", "")
    giver = _giver(achievement)
    shape = form.get("shape", "").strip() or _shipped_iri(form.get("rule", ""), form.get("skill", ""))
    rule = Rule(form.get("sentence", ""), shape, automatic=form.get("automatic") == "1") if shape else None
    try:
        doors.services().recognition.rules.put(Agent(webid=own.webid), giver, achievement, rule)
    except (Invalid, Unsupported, Unreadable, TooLarge) as error:
        wrong = " ".join(doors.words().error(error)[1:])
        return make_response(_edit_page(signed_in, achievement, {**form.to_dict(), "wrong": wrong}), 422)
    return redirect(f"/{achievement.removeprefix(giver.base_url)}", 303)


# -- steps ---------------------------------------------------------------------------------------


def _page(signed_in: Session, achievement: str, *, wrong: str = "", done: bool = False) -> str:
    services, own = doors.services(), doors.own_pod(signed_in)
    if own.home is not None:
        return _cannot_look(own, achievement)
    outcome = services.recognition.rules.check(Agent(webid=own.webid), own, achievement)
    language = doors.words().locale
    return doors.render(
        "rule.html",
        badge=asking_words.badge_of(services, achievement), rule=outcome.rule, met=outcome.is_met, done=done,
        missing=[one.get(language, "") for one in outcome.missing], wrong=wrong, achievement=achievement,
        ask_href=f"{HERE}/new?achievement={quote(achievement, safe='')}", csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _cannot_look(own: Pod, achievement: str) -> str:
    """The rule alone, for somebody whose notebook is on another server: they ask, and people decide."""
    services = doors.services()
    with services.resources.reading() as conn:
        rule = services.recognition.rules.of(conn, achievement)
    if rule is None:
        raise NotFound(N_("This badge asks for no rule."), N_("Ask those who give it."))
    return doors.render(
        "rule.html", badge=asking_words.badge_of(services, achievement), rule=rule, host=doors.host_of(own),
        ask_href=f"{HERE}/new?achievement={quote(achievement, safe='')}", private=True,
    )  # fmt: skip


def _rows(own: Pod) -> list[dict[str, Any]]:
    services = doors.services()
    base = services.settings.base_url.rstrip("/")
    found: list[dict[str, Any]] = []
    for tile in (tile for pod in givers(own) for tile in resource_pages.on_offer(services, pod)):
        outcome = _outcome(own, f"{base}{tile['href']}")
        if outcome is not None:
            href = f"/me/rule?achievement={quote(base + tile['href'], safe='')}"
            found.append({"badge": tile | {"href": href}, "met": outcome.is_met, "missing": len(outcome.missing)})
        if len(found) == MOST:
            break
    return found


def _outcome(own: Pod, achievement: str) -> Outcome | None:
    try:
        return doors.services().recognition.rules.check(Agent(webid=own.webid), own, achievement)
    except (NotFound, Invalid, Unsupported, Unreadable):  # no rule, or one that can no longer be read
        return None


def _giver(achievement: str) -> Pod:
    address = addresses.of_iri(achievement, doors.services().settings.base_url)
    if address is None:
        raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=achievement)
    return doors.services().catalogue.get(address.pod)


def _shipped_iri(name: str, skill: str) -> str:
    found = doors.services().recognition.rules.named(name)
    if found is None:
        return ""
    return f"{found.iri}?skill={quote(skill)}" if found.parameter else found.iri


def _edit_page(signed_in: Session, achievement: str, form: dict[str, Any] | None) -> str:
    services, words = doors.services(), doors.words()
    giver, rules = _giver(achievement), services.recognition.rules
    with services.resources.reading() as conn:
        services.signers.require(conn, Agent(webid=doors.own_pod(signed_in).webid), giver)
        standing = rules.of(conn, achievement)
    shipped = rules.shipped()
    titles = [(one.name, one.titles[words.locale]) for one in shipped]
    return doors.render(
        "rule_edit.html",
        badge=asking_words.badge_of(services, achievement), achievement=achievement,
        shipped=[("", words.gettext("nothing: people decide")), *titles],
        sentences=[{"title": one.titles[words.locale], "text": one.sentences[words.locale]} for one in shipped],
        skills=_skills(), form=_form_of(standing) if form is None else form, csrf=signed_in.form_token, private=True,
    )  # fmt: skip


def _form_of(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    parts = urlsplit(rule.shape)
    found = doors.services().recognition.rules.named(parts.path.rpartition("/")[2])
    ours = found is not None and rule.shape.startswith(found.iri)
    skill = parse_qs(parts.query).get("skill", [""])[0]
    return {
        "sentence": rule.sentence, "rule": found.name if ours and found else "", "skill": skill,
        "shape": "" if ours else rule.shape, "automatic": rule.automatic,
    }  # fmt: skip


def _skills() -> list[tuple[str, str]]:
    """The skills of the vocabulary with their names."""
    vocabulary, language = doors.vocabulary(), doors.words().locale
    prefix = f"{doors.services().settings.vocabulary}skill-"
    found = [one.iri for one in skills_of(vocabulary) if one.iri.startswith(prefix)]
    named = [(iri.removeprefix(prefix), vocabulary.label(iri, language) or iri) for iri in found]
    return [("", "—"), *sorted(named, key=lambda pair: pair[1].casefold())]
