"""A person whose pod is on a Community Solid Server: comes in by its own pages, receives badges there, is counted."""

import json
import time

import css_server
import live_server
import pytest
from fixtures_peers import PATIENCE

from pod_app.services import assemble
from pod_app.settings import load
from pod_app.standards.wac import Agent

GUARD = live_server.HANG_GUARD
pytestmark = [pytest.mark.interop, pytest.mark.browser]
SETTINGS = "egress_allow_http = true\negress_allow_private = true\negress_ports = [{ports}]\nask_seconds = 1\n"


@pytest.fixture(scope="module")
def css(css_program, tmp_path_factory):
    with css_server.serving(css_program, tmp_path_factory.mktemp("css") / "pods") as server:
        yield server


@pytest.fixture(scope="module")
def garden(css, tmp_path_factory):
    """A running program that may talk to that server."""
    folder = tmp_path_factory.mktemp("garden") / "data"
    port = live_server.free_port()
    folder.mkdir()
    (folder / "pod_app.toml").write_text(SETTINGS.format(ports=f"80, 443, {port}, {css.port}"))
    with live_server.serving(folder, port) as base:
        command(folder, "account", "create", "ana", "--password-stdin", stdin="une petite phrase")
        owner = f"{base}ana/profile/card#me"
        command(folder, "pod", "create", "potager", "--kind", "garden", "--owner", owner, "--title", "Le Potager")
        community = ("--kind", "community", "--owner", owner, "--title", "Jardiniers")
        command(folder, "pod", "create", "jardiniers", *community)
        yield folder, base


def command(folder, *arguments, stdin=""):
    done = live_server.run(folder, *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def award(folder, css, name, file):
    """A badge for Léa, signed by the garden; returns its bytes."""
    told = ("--description", "Veille sur la mare.", "--criteria", "Une saison.")
    iri = command(folder, "achievement", "create", "--as", "potager", "--name", name, *told).split()[-1]
    command(folder, "badge", "issue", "--as", "potager", "--to", css.webid, "--achievement", iri, "--out", str(file))
    return file.read_bytes()


def until(page, look, url):
    """Look at a page again and again until what is looked for is there."""
    deadline = time.monotonic() + GUARD
    page.goto(url)
    while not look(page):
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        time.sleep(0.3)
        page.goto(url)


def has_arrived(page):
    """Whether the tray is empty; if not, try by hand: a host that failed often is left alone for half a minute."""
    if page.get_by_text("Tout est arrivé").count():
        return True
    page.get_by_role("button", name="Essayer maintenant").click()
    return False


def kept(css):
    """Bytes of the badges that stand in the files of the other server."""
    return sorted(path.read_bytes() for path in (css.folder / "lea" / "badges").glob("*-*") if path.suffix != ".acl"
                  and ".meta" not in path.name)  # fmt: skip


def come_in(page, base, css):
    page.goto(f"{base}me/sign-in")
    page.get_by_role("link", name="Mon carnet est ailleurs").click()
    page.get_by_label("Ton adresse là-bas").fill(css.webid)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("link", name="Continuer chez").click()
    email, authorize = page.get_by_label("Email"), page.get_by_role("button", name="Authorize")
    email.or_(authorize).first.wait_for()
    if email.is_visible():
        email.fill(css_server.EMAIL)
        page.get_by_label("Password").fill(css_server.PASSWORD)
        page.get_by_role("button", name="Log in").click()
    authorize.click()
    page.wait_for_url(f"{base}me")


@pytest.fixture(scope="module")
def page(css, garden, browser):
    """Léa, signed in."""
    with browser.new_context(locale="fr-FR") as context:
        context.set_default_timeout(PATIENCE)
        opened = context.new_page()
        come_in(opened, garden[1], css)
        yield opened


def test_a_badge_is_received_into_the_pod_there(css, garden, page, tmp_path):
    folder, base = garden
    badge = award(folder, css, "Gardienne de la mare", tmp_path / "badge.json")
    until(page, lambda one: one.get_by_role("heading", name="Gardienne de la mare").count(), f"{base}me")
    until(page, lambda one: one.get_by_text("Tout est arrivé").count(), f"{base}me/tray")
    assert badge in kept(css)
    index = (css.folder / "lea" / "settings" / "privateTypeIndex$.ttl").read_text()
    assert "OpenBadgeCredential" in index
    assert "<../badges/>" in index


def test_while_their_server_is_dead_it_waits_in_the_tray_and_arrives_afterwards(css, garden, page, tmp_path):
    folder, base = garden
    before = kept(css)
    css.kill()
    try:
        badge = award(folder, css, "Passeuse de semences", tmp_path / "badge.json")
        until(page, lambda one: one.get_by_text(f"localhost:{css.port} ne répond pas").count(), f"{base}me/tray")
        assert page.get_by_text("Passeuse de semences").first.is_visible()
        page.goto(f"{base}me")
        assert page.get_by_text("1 chose est en route").is_visible()
    finally:
        css.start()
    until(page, has_arrived, f"{base}me/tray")
    assert kept(css) == sorted([*before, badge])


def test_what_is_in_the_pod_there_is_counted_in_the_collective_view(css, garden, page, tmp_path):
    folder, base = garden
    award(folder, css, "Tisseuse de liens", tmp_path / "badge.json")
    until(page, lambda one: one.get_by_role("heading", name="Tisseuse de liens").count(), f"{base}me")
    page.goto(f"{base}me/consents")
    page.locator("form", has_text="Me compter, sans mon nom").get_by_role("button", name="J’accepte").click()
    until(page, lambda one: one.get_by_text("Tout est arrivé").count(), f"{base}me/tray")
    others = 4
    neighbours(folder, others)
    wanted = others + len(kept(css))
    deadline = time.monotonic() + GUARD
    while (answer := asked(folder))["rows"] != [wanted]:
        assert time.monotonic() < deadline, answer
        time.sleep(1)
        command(folder, "refresh")
    assert answer["coverage"]["answered"] == answer["coverage"]["asked"] == others + 2, "with the community itself"
    page.goto(f"{base}collective/jardiniers/badges-total")
    assert page.get_by_role("cell", name=str(wanted), exact=True).first.is_visible()


def neighbours(folder, number):
    """So many people here hold a badge each and consent, so that sums are shown."""
    services = assemble(load({"data": folder, "demonstration": True}, environ={})[0], adopt_base=True)
    try:
        owner = Agent(webid=services.catalogue.get("ana").webid)
        garden, community = services.catalogue.get("potager"), services.catalogue.get("jardiniers")
        achievement = f"{garden.iri}achievements/tisseuse-de-liens"
        for index in range(number):
            pod = services.accounts.create(f"voisine-{index}", None, title=f"Voisine {index}")[1]
            services.issuing.issue(owner, garden, achievement, pod.webid)
            services.consents.give(Agent(webid=pod.webid), pod, community, "count")
        services.run_pending()
    finally:
        services.close()


def asked(folder):
    """What the view says: the number of badges in each row, and the coverage."""
    answer = json.loads(command(folder, "ask", "badges-total", "--format", "json"))
    at = answer["columns"].index("badges")
    return {"rows": [row[at] for row in answer["rows"]], "coverage": answer["coverage"]}


def test_somebody_comes_in_by_the_pages_of_their_own_server(css, garden, browser):
    """A second time, in another browser: the same account."""
    _, base = garden
    with browser.new_context(locale="fr-FR") as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        come_in(page, base, css)
        assert page.get_by_label("Mon adresse de jardinier·e").input_value() == css.webid
