"""The demo's story: the same for the same seed and day, and written whole."""

from collections import Counter
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from pod_app.cli import demo_community, demo_story
from pod_app.storage import schema

DAY = date(2026, 3, 1)


def test_the_same_seed_and_day_tell_the_same_story():
    assert demo_story.generate(7, 50, 5, until=DAY) == demo_story.generate(7, 50, 5, until=DAY)
    assert demo_story.generate(7, 50, 5, until=DAY) != demo_story.generate(8, 50, 5, until=DAY)


def test_the_two_cases_of_reciprocity_are_in_every_story():
    """65.00 € from 12 people alone, and 285.00 € as 10 % of 2 850.00 €, which the organisation made public."""
    dialogue, course = demo_story.generate(1, 3, 1, until=DAY).reciprocity
    assert (dialogue.cents, dialogue.participants, dialogue.share, dialogue.settled) == (6_500, 12, None, None)
    assert (course.cents, course.share, course.public) == (285_000, Decimal("0.10"), True)


def test_a_story_has_the_shape_of_a_real_community():
    story = demo_story.generate(1, until=DAY)
    people = Counter(community for person in story.persons for community in person.communities)
    assert len(story.persons) == len({person.slug for person in story.persons}) == 400
    assert people[demo_story.BESIDE] == 30
    assert len([garden for garden in story.gardens if demo_story.MAIN in garden.communities]) == 41
    assert len([garden for garden in story.gardens if demo_story.BESIDE in garden.communities]) == 3
    assert 6 * 400 <= len(story.contributions) <= 8 * 400
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
    assert len(list(demo_community.build(services, story))) == demo_community.steps(story)
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
        consenting = services.consents.consenting(conn, demo_story.MAIN, "count")
    withdrawn = sum(word.withdrawn for word in story.consents)
    assert found["contributions/"] == len(story.contributions)
    assert found["thanks/"] == len(story.thanks)
    assert found["transmissions/"] == len(story.transmissions)
    assert found["needs/"] == len(story.needs)
    assert found["offers/"] == len(story.offers)
    assert found["events/"] == len(story.events)
    assert found["agreements/"] == len(story.reciprocity)
    assert found["badges/"] == len(story.badges)
    gardens = [(garden.slug, name) for garden in story.gardens for name in garden.communities]
    assert found["consents/"] == len(story.consents) + withdrawn + len(gardens)
    told = {
        word.person
        for word in story.consents
        if word.purpose == "count" and word.community == demo_story.MAIN and not word.withdrawn
    }
    assert set(consenting) == told | {slug for slug, name in gardens if name == demo_story.MAIN}
