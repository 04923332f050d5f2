"""Collections from a terminal: put together, changed, published, deleted (issue 6, part 5)."""

import pytest
from bag_keepers import Garden


@pytest.fixture
def town(make_installation):
    return Garden(make_installation())


def create(*more, title="Ma cuisine"):
    return ("collection", "create", "--as", "alice", "--title", title, *more)


def public(town, collection):
    return town.here.client.get(collection, headers={"Accept": "text/html"})


def test_a_collection_is_made_filled_published_and_deleted(terminal, town):
    bread, wall, water = (town.given(name) for name in ("Pain", "Mur", "Eau"))
    made = terminal.done(town.here, *create("--about", "Ce que je cuis.", "--badge", bread))
    assert made.startswith(f"{town.alice.iri}collections/")
    assert terminal.rows(town.here, "collection", "list", "--as", "alice") == [
        {"collection": made, "title": "Ma cuisine", "audience": "me", "badges": 1}
    ]
    terminal.done(town.here, "collection", "add", made, wall, water, bread)
    terminal.done(town.here, "collection", "drop", made, wall)
    terminal.done(town.here, "collection", "edit", made, "--title", "Mon four")
    assert terminal.rows(town.here, "collection", "show", made) == [
        {
            "collection": made,
            "title": "Mon four",
            "audience": "me",
            "about": "Ce que je cuis.",
            "badges": [bread, water],
        }
    ]
    assert public(town, made).status_code in {401, 403, 404}
    terminal.done(town.here, "collection", "show-to", made, "everyone")
    terminal.done(town.here, "bag", "show-to", bread, "everyone")
    page = public(town, made)
    assert page.status_code == 200
    assert "Mon four" in page.text
    assert "Pain" in page.text
    assert "Eau du jardin" not in page.text
    terminal.done(town.here, "collection", "show-to", made, "me")
    assert public(town, made).status_code in {401, 403, 404}
    terminal.done(town.here, "collection", "delete", made)
    assert terminal.rows(town.here, "collection", "list", "--as", "alice") == []
    assert len(terminal.rows(town.here, "bag", "list", "--as", "alice")) == 3


def test_who_sees_a_collection_stays_when_it_is_changed(terminal, town):
    made = terminal.done(town.here, *create("--audience", "garden:potager"))
    terminal.done(town.here, "collection", "edit", made, "--about", "Autre chose.")
    terminal.done(town.here, "collection", "add", made, town.given())
    told = terminal.rows(town.here, "collection", "show", made)[0]
    assert (told["audience"], told["about"], len(told["badges"])) == ("garden", "Autre chose.", 1)
    terminal.done(town.here, "collection", "edit", made, "--about", "", "--badge", town.given("Mur"))
    told = terminal.rows(town.here, "collection", "show", made)[0]
    assert (told["audience"], told["about"], len(told["badges"])) == ("garden", "", 1)
    assert "title        Ma cuisine" in terminal.done(town.here, "collection", "show", made)


def test_what_cannot_be_put_together_is_one_sentence_and_code_two(terminal, town):
    badge = town.given()
    made = terminal.done(town.here, *create("--badge", badge))
    assert "needs a title" in terminal.refused(town.here, *create(title=" "))
    assert "bag list" in terminal.refused(town.here, *create("--badge", "https://other.example/badges/x"))
    assert "nothing" in terminal.refused(town.here, "collection", "add", made, f"{town.alice.iri}badges/none")
    assert "own bag" in terminal.refused(town.here, "collection", "add", made, _of_bob(town))
    assert "not in this collection" in terminal.refused(town.here, "collection", "drop", made, _of_bob(town))
    assert "not a member" in terminal.refused(town.here, "collection", "show-to", made, "garden:nowhere")
    assert "collection list" in terminal.refused(town.here, "collection", "delete", badge)
    terminal.refused(town.here, "collection", "show", f"{town.alice.iri}collections/none")
    assert terminal.rows(town.here, "collection", "show", made)[0]["badges"] == [badge]


def _of_bob(town):
    record = town.here.services.issuing.issue(town.agent, town.pod, town.achievement("Feu"), town.bob.webid)
    town.settle()
    return f"{town.bob.iri}badges/{record.address.name}"
