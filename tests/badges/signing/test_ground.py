"""Badges are signed with a public address, or say that they are demonstrations (open-badges.md §4)."""

import json

import pytest

from pod_app.errors import Conflict
from pod_app.standards.addresses import is_public
from pod_app.standards.wac import Agent


@pytest.mark.parametrize(
    "base", ["https://garden.example/", "https://jardin.fr/", "https://a.b.c:8443/", "https://8.8.8.8/"]
)
def test_a_name_of_the_web_over_tls_is_public(base):
    assert is_public(base)


@pytest.mark.parametrize(
    "base",
    ["http://localhost:8000/", "https://localhost/", "https://garden.local/", "https://intranet/", "http://jardin.fr/",
     "https://192.168.1.4/", "https://10.0.0.1/", "https://[::1]/", "https://pods.test/", "https://nas.home.arpa/"],
)  # fmt: skip
def test_what_only_some_can_reach_is_not(base):
    assert not is_public(base)


def a_badge(installation):
    pod = installation.person("amina")
    agent = Agent(webid=pod.webid)
    achievement = installation.services.achievements.create(agent, pod, name="A", description="d", criteria="c")
    return pod, agent, achievement


def test_on_a_private_address_nothing_is_signed_and_the_reason_is_said(make_installation):
    installation = make_installation("http://localhost:8000/")
    pod, agent, achievement = a_badge(installation)
    with pytest.raises(Conflict) as refusal:
        installation.services.issuing.issue(agent, pod, achievement, pod.webid)
    assert "is not public" in str(refusal.value)
    assert "POD_APP_DEMONSTRATION" in refusal.value.remedy
    with pytest.raises(Conflict):
        installation.services.giving.handouts.print_codes(agent, pod, achievement, 2)


@pytest.mark.parametrize("base", ["http://localhost:8000/", "https://garden.example/"])
@pytest.mark.parametrize("how", ["setting", "demo"])
def test_a_demonstration_signs_anywhere_and_every_badge_says_so(make_installation, base, how):
    installation = make_installation(base, **({"demonstration": True} if how == "setting" else {}))
    pod, agent, achievement = a_badge(installation)
    if how == "demo":
        installation.services.personas.declare({"founder": "amina"})
    badge = json.loads(installation.services.issuing.issue(agent, pod, achievement, pod.webid).document)
    assert badge["description"].startswith("Démonstration\N{NARROW NO-BREAK SPACE}:")


def test_its_page_says_so_too(make_installation):
    installation = make_installation(demonstration=True)
    pod, agent, achievement = a_badge(installation)
    issued = installation.services.issuing.issue(agent, pod, achievement, pod.webid)
    while installation.services.run_pending():
        pass
    copy = pod.address(f"badges/{issued.address.name}")
    installation.services.backpack.show_to(agent, copy, "everyone")
    page = installation.client.get(copy.target, headers={"Accept": "text/html"}).text
    assert "ce badge a été fait pour essayer" in page


def test_a_real_badge_says_nothing_of_the_kind(installation):
    pod, agent, achievement = a_badge(installation)
    assert "description" not in json.loads(
        installation.services.issuing.issue(agent, pod, achievement, pod.webid).document
    )
