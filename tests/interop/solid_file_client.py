"""Calls all that solid-file 0.2.1 has, in a Python of its own: solid_file_client.py CONTAINER TOKEN; prints JSON.

Left out: the login, which is that of the Node Solid Server, and `option`, which sends a method named OPTION.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from solid.auth import Auth
from solid.solid_api import MERGE, SolidAPI, WriteOptions

PATCH = (
    "@prefix solid: <http://www.w3.org/ns/solid/terms#>. <#p> a solid:InsertDeletePatch; "
    'solid:deletes { <#it> <http://schema.org/name> "Basilic". }; '
    'solid:inserts { <#it> <http://schema.org/name> "Menthe". }.'
)
TEXT, TURTLE = "text/plain", "text/turtle"
NEW = WriteOptions()
KEEP = WriteOptions(merge=MERGE.KEEP_TARGET)


def main(container: str, token: str) -> dict[str, Any]:
    auth = Auth()
    auth.client.headers["Authorization"] = f"Bearer {token}"
    api = SolidAPI(auth)
    return files(api, container) | folders(api, container) | plain(api, container)


def files(api: SolidAPI, container: str) -> dict[str, Any]:
    notes, texts = f"{container}deep/notes", f"{container}deep/er/été.txt"
    made = api.create_file(f"{container}deep/er/a.txt", b"un", TEXT, NEW)
    posted = api.post_file(f"{container}deep/er/b.txt", b"deux", TEXT, NEW)
    put = [api.put_file(texts, text.encode(), TEXT).status_code for text in ("d’abord", "ensuite")]
    api.put_file(notes, '<#it> <http://schema.org/name> "Basilic".', TURTLE)
    patched = api.patch_file(notes, PATCH, "text/n3")
    return {
        "made": [made.status_code, made.headers["location"]],
        "posted": [posted.status_code, posted.headers["location"]],
        "put": put,
        "kept": refusal(lambda: api.put_file(texts, b"encore", TEXT, KEEP)),
        "patched": patched.status_code,
        "patched late": refusal(lambda: api.patch_file(notes, PATCH, "text/n3")),
        "text": api.get(texts).content.decode(),
        "exists": [api.item_exists(texts), api.item_exists(f"{container}deep/nothing")],
    }


def folders(api: SolidAPI, container: str) -> dict[str, Any]:
    made = api.create_folder(f"{container}empty/")
    again = api.create_folder(f"{container}empty/")
    read = api.read_folder(f"{container}deep/")
    return {
        "folder": [made.status_code, made.headers["location"], again.status_code],
        "read": [read.name, read.parent, listed(read.folders), listed(read.files)],
        "full": refusal(lambda: api.delete_folder(f"{container}deep/")),
        "deleted": [answer.status_code for answer in api.delete_folder(f"{container}empty/")],
        "left": listed(api.read_folder(container).folders),
    }


def plain(api: SolidAPI, container: str) -> dict[str, Any]:
    """The calls that take a dictionary of options."""
    item = f"{container}plain"
    turtle = {"headers": {"Content-Type": TURTLE}}
    insert = {"headers": {"Content-Type": "application/sparql-update"}, "content": "INSERT DATA { <#b> <#is> 2 }"}
    return {
        "plain": [
            api.put(item, {**turtle, "content": "<#a> <#is> 1."}).status_code,
            api.patch(item, insert).status_code,
            api.head(item).headers["content-type"],
            len(api.get(item, {"headers": {"Accept": "application/n-triples"}}).text.splitlines()),
            api.delete(item).status_code,
        ],
        "gone": refusal(lambda: api.get(item)),
        "named": api.post(container, {**turtle, "content": "<> a <#Note>."}).status_code,
    }


def listed(items: list[Any]) -> list[list[str]]:
    return sorted([item.name, item.url, item.itemType] for item in items)


def refusal(call: Callable[[], Any]) -> int | str:
    """The status of the refusal that a call meets, or the client's own words."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  # the client raises bare ones
        answer = getattr(error, "response", None)
        return str(error).split(":")[0] if answer is None else answer.status_code
    return "went through"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
