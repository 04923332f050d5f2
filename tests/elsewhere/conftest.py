"""Two whole installations without sockets: people of «there» sign in at «here», each through its own pages."""

import re
from urllib.parse import urlsplit

import pytest
from relying_party import sign_in
from three_hosts import World

HERE, THERE = "https://ici.example/", "https://ailleurs.example/"
PASSWORD = "une petite phrase"


class TwoPlaces(World):
    """`enter` goes the whole way: our form, the other place's consent page, and back."""

    def __init__(self, make_installation, **options):
        super().__init__(make_installation, hosts=(HERE, THERE), **options)
        self.here, self.there = self[0], self[1]

    def begin(self, address, **form):
        page = self.here.client.post("/me/elsewhere", data={"address": address, **form})
        links = re.findall(r'<a class="button[^"]*" href="(https://[^"]+)"', page.text)
        return page, [one.replace("&amp;", "&") for one in links]

    def consent(self, url, answer="yes", name="alice"):
        """What the browser is sent back with, from the other place."""
        sign_in(self.there, name, PASSWORD)
        page = self.there.client.get(url)
        assert page.status_code == 200, page.text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        fields = {name: value.replace("&amp;", "&") for name, value in fields.items()} | {"answer": answer}
        fields |= dict(re.findall(r'<input type="radio" name="(pod)" value="([^"]+)"', page.text)[:1])
        sent = self.there.client.post("/oidc/authorize", data=fields)
        assert sent.status_code == 303, sent.text
        return sent.headers["Location"]

    def enter(self, webid, name="alice"):
        _, [url] = self.begin(webid)
        back = urlsplit(self.consent(url, name=name))
        return self.here.client.get(f"{back.path}?{back.query}")

    def pod(self, webid):
        return self.here.services.catalogue.of_webid(webid)


@pytest.fixture
def places(make_installation):
    made = TwoPlaces(make_installation)
    made.alice = made.there.person("alice", PASSWORD, "Alice Vert")
    return made
