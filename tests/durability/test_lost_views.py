"""D9: what is derived is lost, from another time, or another pod's; made again from the pods it is equal (P3)."""

import json

import pytest
from fixtures_community import computed_rows, counted, database_of
from sqlalchemy import delete, insert, select, update

from pod_app.collective import marks
from pod_app.storage import outbox, schema, schema_views

SEED = 20261126
ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
DERIVED = (
    schema_views.view_partials, schema_views.view_pods, schema_views.view_coverage, schema_views.view_totals,
    schema_views.view_members,
)  # fmt: skip


@pytest.fixture
def commons(request, make_installation):
    """Twelve people, ten of whom let the community count them, all taken in."""
    return counted(make_installation(database_url=database_of(request)), SEED)


def derived(commons):
    return computed_rows(commons.services, DERIVED)


def copies(commons):
    with commons.services.database.read() as conn:
        tables = {table: [dict(row._mapping) for row in conn.execute(select(table))] for table in DERIVED}
        return tables, marks.get(conn, marks.SEQUENCE), marks.get(conn, marks.FILLING)


def lose(conn, _older):
    for table in DERIVED:
        conn.execute(delete(table))


def drop(conn, _older):
    schema.metadata.drop_all(conn, DERIVED)


def put_back_older(conn, older):
    """Only the tables: the mark says that newer changes were read."""
    for table, rows in older[0].items():
        conn.execute(delete(table))
        if rows:
            conn.execute(insert(table), rows)


def swap_pods(conn, _older):
    """What one pod said stands under the name of another, and a pod that nobody knows has said something."""
    names = sorted(conn.scalars(select(schema_views.view_partials.c.pod).distinct()))
    renamed = {names[0]: "swap", names[1]: names[0], "swap": names[1], names[2]: "of-another-installation"}
    for old, new in renamed.items():
        for table in (schema_views.view_partials, schema_views.view_pods):
            conn.execute(update(table).where(table.c.pod == old).values(pod=new))


def falsify(conn, _older):
    conn.execute(update(schema_views.view_totals).values(measures="{}"))
    conn.execute(update(schema_views.view_coverage).values(pods=schema_views.view_coverage.c.pods + 5))


@pytest.mark.parametrize("damage", [lose, drop, put_back_older, swap_pods, falsify])
@pytest.mark.parametrize("commons", ENGINES, indirect=True)
def test_d9_refresh_rebuild_makes_lost_or_foreign_views_equal(commons, damage):
    older = copies(commons)
    for pod in commons.people[:4]:
        commons.contribute(pod, 7)
    commons.services.views.catch_up()
    before = derived(commons)
    assert all(before.values())
    commons.services.database.write(lambda conn: damage(conn, older))
    if damage is not drop:
        assert derived(commons) != before
    commons.services.views.rebuild()
    assert derived(commons) == before


@pytest.mark.parametrize("commons", ENGINES, indirect=True)
def test_d9_views_put_back_together_with_their_mark_catch_up_by_themselves(commons):
    older = copies(commons)
    for pod in commons.people[:4]:
        commons.contribute(pod, 7)
    commons.services.views.catch_up()
    before = derived(commons)

    def put_back(conn):
        put_back_older(conn, older)
        marks.put(conn, marks.SEQUENCE, older[1])
        marks.put(conn, marks.FILLING, older[2])

    commons.services.database.write(put_back)
    assert derived(commons) != before
    while commons.services.views.follow():
        pass
    assert derived(commons) == before


@pytest.mark.parametrize("commons", ENGINES, indirect=True)
def test_d9_a_mark_from_the_future_makes_the_follower_compute_everything_again(commons):
    """Views of a later time stand beside pods of an earlier one, as after half a restore."""
    before = derived(commons)
    with commons.services.database.read() as conn:
        latest = outbox.latest_seq(conn)

    def from_the_future(conn):
        falsify(conn, None)
        marks.put(conn, marks.SEQUENCE, str(latest + 1000))

    commons.services.database.write(from_the_future)
    assert derived(commons) != before
    while commons.services.views.follow():
        pass
    assert derived(commons) == before
    with commons.services.database.read() as conn:
        assert int(marks.get(conn, marks.SEQUENCE)) == latest
        assert "complete" in json.loads(marks.get(conn, marks.FILLING))
    commons.contribute(commons.people[0], 3)
    assert commons.services.views.behind() > 0
    commons.services.views.catch_up()
    assert commons.services.views.behind() == 0
    assert derived(commons) != before


def test_d9_a_mark_of_today_is_not_computed_again(commons):
    assert commons.services.views.follow() == 0
