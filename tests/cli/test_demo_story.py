"""The demo's story: the same for the same seed and day, and written whole."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from pod_app.assets import folder
from pod_app.cli import demo_community, demo_people, demo_records, demo_story, demo_words
from pod_app.cli.serving import demo
from pod_app.errors import Conflict
from pod_app.settings import DEFAULT_VOCABULARY
from pod_app.standards import addresses
from pod_app.storage import schema

DAY = date(2026, 3, 1)


def test_the_same_seed_and_day_tell_the_same_story():
    assert demo_story.generate(7, 50, 5, until=DAY) == demo_story.generate(7, 50, 5, until=DAY)
    assert demo_story.generate(7, 50, 5, until=DAY) != demo_story.generate(8, 50, 5, until=DAY)


@pytest.mark.parametrize("size", [(3, 1), (60, 6), (400, 41)])
def test_the_two_cases_of_reciprocity_are_in_every_story(size):
    """65.00 € from 12 people over two dialogues, alone in their quarter, and 285.00 € as 10 % of 2 850.00 €."""
    story = demo_story.generate(1, *size, until=DAY)
    main = {garden.slug for garden in story.gardens if demo_records.MAIN in garden.communities}
    purses = [one for one in story.reciprocity if one.garden in main]
    *dialogues, course = sorted(purses, key=lambda one: one.at)[-3:]
    assert {quarter(one) for one in dialogues} == {(2025, 3)}
    assert sum(one.cents for one in dialogues) == 6_500
    assert sum(one.participants for one in dialogues) == 12
    assert not any(one.share or one.settled or one.public for one in dialogues)
    assert (course.cents, course.share, course.public) == (285_000, Decimal("0.10"), True)
    assert quarter(course) == (2025, 4)
    assert [one for one in purses if quarter(one) == (2025, 3)] == dialogues


def quarter(one):
    return one.at.year, (one.at.month + 2) // 3


def test_names_read_like_names_and_lead_to_one_person_each():
    """Nobody is called «Rose 2», and no two people share an address."""
    names = demo_people.cast(random.Random(5), 2000)
    assert len({demo_people.plain(name) for name in names}) == len(set(names)) == 2000
    gardens = demo_people.gardens(random.Random(5), 200)
    assert len({demo_people.plain(name) for name in gardens}) == len(set(gardens)) == 200
    for name in (*names, *gardens):
        assert not any(letter.isdigit() for letter in name)
        assert addresses.pod_name(demo_people.plain(name)) == demo_people.plain(name)


def test_a_skill_is_passed_on_by_who_has_it_mostly_in_one_garden():
    """A cascade leads somewhere: whoever names an earlier transmission received that skill in it."""
    story = demo_story.generate(1, 200, 20, until=DAY)
    people = {person.slug: person for person in story.persons}
    depth, near = {}, 0
    for one in story.transmissions:
        assert one.person != one.to
        depth[one.person, one.id] = 1 + (depth[one.earlier] if one.earlier else 0)
        near += bool(set(people[one.person].gardens) & set(people[one.to].gardens))
    received = [(one.to, one.skill) for one in story.transmissions]
    assert len(received) == len(set(received)), "nobody receives what they know"
    assert near > 0.6 * len(story.transmissions)
    assert max(depth.values()) >= 6


def test_every_skill_of_the_demo_is_one_of_the_vocabulary():
    known = {quad.subject.value for quad in ox.parse(path=folder("vocab") / "skills.ttl", format=ox.RdfFormat.TURTLE)}
    used = {*demo_words.SKILLS, *(skill for mould in demo_words.MOULDS for skill in mould.skills)}
    assert {f"{DEFAULT_VOCABULARY}skill-{skill}" for skill in used} <= known
    assert 10 <= len(demo_words.MOULDS) <= 13


def test_a_story_has_the_shape_of_a_real_community():
    story = demo_story.generate(1, until=DAY)
    people = Counter(community for person in story.persons for community in person.communities)
    assert len(story.persons) == len({person.slug for person in story.persons}) == 400
    assert people[demo_records.BESIDE] == 30
    assert len([garden for garden in story.gardens if demo_records.MAIN in garden.communities]) == 41
    assert len([garden for garden in story.gardens if demo_records.BESIDE in garden.communities]) == 3
    assert len({garden.title for garden in story.gardens}) == 44
    assert 6 * 399 <= len(story.contributions) <= 8 * 399
    counting = [word for word in story.consents if word.purpose == "count"]
    assert 0.8 < len(counting) / sum(people.values()) < 0.9
    assert any(word.withdrawn for word in counting)
    by_id = {(one.person, one.id): one for one in story.transmissions}
    chained = [one for one in story.transmissions if one.earlier]
    assert len(chained) > 200
    assert all(by_id[one.earlier].at < one.at and by_id[one.earlier].to == one.person for one in chained if one.earlier)


def test_what_is_stored_is_what_is_told(installation):
    story = demo_story.generate(3, 27, 2, until=DAY)
    services = installation.services
    moved = []
    refused = demo_community.build_whole(services, story, lambda: moved.append(1))
    assert len(moved) == demo_community.steps(story)
    kept_samples = len(demo_community.SAMPLES) - len(refused)
    with services.resources.reading() as conn:
        found = Counter(
            dict(
                conn.execute(
                    select(schema.resources.c.parent, func.count())
                    .where(schema.resources.c.role == "", schema.resources.c.parent.is_not(None))
                    .group_by(schema.resources.c.parent)
                ).all()
            )
        )
        consenting = services.consents.consenting(conn, demo_records.MAIN, "count")
        theirs = schema.resources.c.path.like("%.documents")  # what issuers said when samples came in
        said = conn.scalar(select(func.count()).select_from(schema.resources).where(theirs))
    withdrawn = sum(word.withdrawn for word in story.consents)
    assert found["contributions/"] == len(story.contributions)
    assert found["thanks/"] == len(story.thanks)
    assert found["transmissions/"] == len(story.transmissions)
    assert found["needs/"] == len(story.needs)
    assert found["offers/"] == len(story.offers)
    assert found["events/"] == len(story.events)
    assert found["agreements/"] == len(story.reciprocity)
    pictures = sum(name.endswith(".png") for name in set(demo_community.SAMPLES) - set(refused))
    claim = 1  # what somebody says of themselves while they wait for an answer
    assert found["badges/"] == len(story.badges) + kept_samples + pictures + said + claim
    gardens = [(garden.slug, name) for garden in story.gardens for name in garden.communities]
    assert found["consents/"] == len(story.consents) + withdrawn + len(gardens)
    told = {
        word.person
        for word in story.consents
        if word.purpose == "count" and word.community == demo_records.MAIN and not word.withdrawn
    }
    assert set(consenting) == told | {slug for slug, name in gardens if name == demo_records.MAIN}


def test_a_folder_with_pods_that_are_no_demo_is_left_alone(installation, monkeypatch):
    """Neither somebody's own community nor what an interrupted demo left becomes a demo by mistake."""
    installation.person("alice", "a long enough password")
    monkeypatch.setenv("POD_APP_BASE_URL", installation.base)
    folder = str(installation.services.settings.data)
    refused = CliRunner().invoke(demo, ["--data", folder, "--no-serve"])
    assert isinstance(refused.exception, Conflict)
    assert installation.services.personas.all() == {}
    assert installation.services.catalogue.communities() == []


def test_the_same_seed_and_day_build_the_same_numbers_twice(make_installation):
    """Names, facts and numbers; identifiers of badges and keys are new each time."""
    told = []
    for host in ("one", "two"):
        services = make_installation(f"https://{host}.example/").services
        demo_community.build_whole(services, demo_story.generate(5, 24, 2, until=DAY, years=1))
        base = services.settings.base_url
        told.append(
            {
                name: [str(row).replace(base, "") for row in services.views.read(name, demo_records.MAIN).rows]
                for name in services.views.files
            }
        )
    assert told[0] == told[1]
    assert any(told[0].values())
