"""Whether badges may be signed at this address at all (open-badges.md §4: ids must be public from the first badge on).

A demo signs anywhere, and every badge of it says so in words: nobody can mistake it for the real thing.
"""

from typing import Final

from sqlalchemy import Connection

from pod_app.errors import N_, Conflict
from pod_app.identity import personas
from pod_app.language import translator
from pod_app.settings import Settings
from pod_app.standards import addresses

MARK: Final = N_("Demonstration: this badge was made to try things out and recognises nobody.")


class Ground:
    """The address of one installation, as something to sign with."""

    def __init__(self, settings: Settings) -> None:
        self._base_url = settings.base_url
        self._is_public = addresses.is_public(settings.base_url)
        self._demonstration = settings.demonstration

    def is_demonstration(self, conn: Connection) -> bool:
        """Whether badges from here are made to try things out."""
        return self._demonstration or personas.is_demo(conn)

    def mark(self, conn: Connection, language: str) -> str | None:
        """What a badge has to say about itself, if anything; raises `Conflict` where none may be signed."""
        if self.is_demonstration(conn):
            return translator("fr" if language.startswith("fr") else "en").gettext(MARK)
        if not self._is_public:
            raise Conflict(
                N_("Badges are signed with the address {base}, which is not public: nobody could verify them."),
                N_("Serve a folder with a public address (--base-url https://…), or try things out: "
                   "POD_APP_DEMONSTRATION=true, whose badges say that they are demonstrations."),
                base=self._base_url,
            )  # fmt: skip
        return None
