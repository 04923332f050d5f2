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

    def __init__(self, make_installation, hosts=HOSTS, first=None, **options):
        """`first` are options of the first host alone."""
        self.asked = {host: [] for host in hosts}
        self.hosts = []
        clock = None
        for host in hosts:
            mounts = {}
            own = (first or {}) if not self.hosts else {}
            made = make_installation(host, mounts=mounts, clock=clock, **options, **own)
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
