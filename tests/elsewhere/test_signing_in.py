"""Signing in with a pod elsewhere: the whole way, what is kept of it, and every answer that must not let anybody in."""

from sqlalchemy import select

from pod_app.storage.schema import accounts, pods
from pod_app.storage.schema_elsewhere import sign_ins_elsewhere, tokens_elsewhere


def rows(installation, table):
    with installation.services.database.read() as conn:
        return list(conn.execute(select(table)))


def test_somebody_whose_pod_is_elsewhere_comes_in_with_one_account_for_one_webid(places):
    answer = places.enter(places.alice.webid)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    pod = places.pod(places.alice.webid)
    assert (pod.name, pod.title, pod.webid) == ("alice-vert", "Alice Vert", places.alice.webid)
    assert pod.home.storage == "https://ailleurs.example/alice/"
    page = places.here.client.get("/me", headers={"Accept-Language": "en"})
    assert "Hello Alice Vert" in page.text
    places.here.client.cookies.clear()
    assert places.enter(places.alice.webid).status_code == 303
    assert [row.name for row in rows(places.here, accounts)] == ["alice-vert"]
    assert len([row for row in rows(places.here, pods) if row.webid]) == 1
    assert rows(places.here, sign_ins_elsewhere) == []


def test_s41_tokens_are_sealed_at_rest(places):
    places.enter(places.alice.webid)
    [row] = rows(places.here, tokens_elsewhere)
    held = places.here.services.elsewhere.tokens.current(row.pod)
    for secret in (held.access, held.refresh, held.key["d"]):
        assert secret.encode() not in row.sealed
