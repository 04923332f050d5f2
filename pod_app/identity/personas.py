"""Demo mode: the fictional people whom anybody may be for a while, as the data folder records it (product.md).

`pod_app demo` declares them and nothing else does. Without them there is no demo mode, whatever the settings say.
"""

import json
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, insert, select

from pod_app.errors import N_, Forbidden, NotFound
from pod_app.identity.accounts import Account, Accounts
from pod_app.storage import schema
from pod_app.storage.database import Database

_KEY: Final = "demo.personas"
SHARED: Final = N_("This notebook is shared by everybody who visits the demo.")


class Personas:
    """The fictional people of one installation, by what they are in the story."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    def declare(self, pods: Mapping[str, str]) -> None:
        """Turn this folder into a demo, for good: roles and the pods of those who play them."""
        row = {"key": _KEY, "value": json.dumps(dict(pods))}
        self._database.write(lambda conn: conn.execute(insert(schema.meta).values(row)))

    def all(self) -> dict[str, str]:
        """Pods by role, in the order they were declared; empty unless this is a demo."""
        with self._database.read() as conn:
            return _declared(conn)

    def play(self, role: str) -> Account:
        """The account of a fictional person; raises `NotFound` outside a demo and for other roles."""
        pod = self.all().get(role)
        account = None if pod is None else self._accounts.of_pod(pod)
        if account is None:
            raise NotFound(N_("Nobody plays {role} here."), N_("Sign in with your own name."), role=role)
        return account

    def is_shared(self, name: str) -> bool:
        """Whether the account of this name, as people write it, is one that anybody may play."""
        return name.strip().lower() in self.all().values()

    def require_own(self, name: str) -> None:
        """Raise `Forbidden` before a shared account is changed so that others could not enter it, or would lose it."""
        if self.is_shared(name):
            raise Forbidden(SHARED, N_("Open a notebook of your own to try this."))


def is_demo(conn: Connection) -> bool:
    """Whether this folder is a demo."""
    return bool(_declared(conn))


def _declared(conn: Connection) -> dict[str, str]:
    found = conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == _KEY))
    return {} if found is None else dict(json.loads(found))
