"""People at a browser without script: they open pages, and send the forms that stand there."""

import re
from html import unescape
from urllib.parse import urljoin

import httpx

PASSWORD = "un jardin au bout du chemin"


class Visitor:
    """Somebody on the pages of an installation: keeps the cookie and sends forms as browsers do."""

    def __init__(self, installation, name="", language="en"):
        self.base = installation.base
        self.client = httpx.Client(
            transport=installation.client._transport, base_url=self.base, headers={"Accept-Language": language}
        )
        if name:
            account = installation.services.accounts.of_pod(name)
            self.client.cookies.set("__Host-session", installation.services.sessions.begin(account))

    def get(self, path, status=200):
        answer = self.client.get(path)
        assert answer.status_code == status, (answer.status_code, answer.text[:2000])
        return answer

    def post(self, path, form=None, *, page=None, files=None, status=303, **headers):
        """Send a form; with `page` the token is taken from there first."""
        form = dict(form or {})
        if page is not None:
            form["csrf"] = self.csrf(page)
        named = {"Origin": self.base.rstrip("/"), "Sec-Fetch-Site": "same-origin", **headers}
        answer = self.client.post(path, data=form, files=files, headers=named)
        assert answer.status_code == status, (answer.status_code, told(answer.text))
        return answer

    def csrf(self, path):
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert found, path
        return unescape(found[1])

    def follow(self, answer):
        return self.get(urljoin(self.base, answer.headers["Location"]))

    def close(self):
        self.client.close()


def told(html):
    """The words of a page, for messages of failed tests."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html.partition("<main")[2])))[:1500]


def links(html, beginning):
    """Addresses in a page that begin so."""
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', html) if unescape(one).startswith(beginning)]
