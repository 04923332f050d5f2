"""Three whole installations in one process, each reached by the others without sockets."""

from pod_app.storage.web_client import RawTargetTransport

HOSTS = ("https://amandier.example/", "https://bouleau.example/", "https://cedre.example/")


class Recorder(RawTargetTransport):
    """The way to another host; it notes what was asked for."""

    def __init__(self, application, asked):
        super().__init__(application)
        self.asked = asked

    def handle_request(self, request):
        self.asked.append((request.method, str(request.url), request.headers.get("Authorization")))
        return super().handle_request(request)


class World:
    """Three whole hosts in this process, each mounted on the others, and what they asked of each other."""

    def __init__(self, make_installation):
        self.asked = {host: [] for host in HOSTS}
        self.hosts = []
        clock = None
        for host in HOSTS:
            mounts = {}
            made = make_installation(host, mounts=mounts, clock=clock)
            clock = made.clock
            self.hosts.append((made, mounts))
        for own, mounts in self.hosts:
            for other, _ in self.hosts:
                if other is not own:
                    mounts[other.base] = Recorder(other.client._transport.app, self.asked[other.base])

    def __getitem__(self, number):
        return self.hosts[number][0]

    def settle(self):
        for host, _ in self.hosts:
            while host.services.run_pending():
                pass
