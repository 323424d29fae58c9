"""What is asked: each question's cases, which figures count, and the goals that martd is held to."""

from dataclasses import dataclass, field

PEER_ROWS = ["martd", "nchan", "floor"]
# Rows that take long to run, or two cores, answer one case of a question.
MORE_ROWS = ["martd", "martd-2", "nchan", "nchan-2", "floor"]


@dataclass
class Metric:
    """A figure of the load generator's answer. `ratios`: less is better, and the table shows × floor and × nchan."""

    key: str
    label: str
    scale: float = 1
    ratios: bool = False


@dataclass
class Goal:
    """martd's (or, where it is named, a `row`'s) median ratio to another row is to be at most (or with `least`, at least) `bound`.
    Without `against`, its own value is."""

    key: str
    bound: float
    against: str = ""
    least: bool = False
    row: str = ""

    def text(self) -> str:
        word = "at least" if self.least else "at most"
        of = f"{self.row}: " if self.row else ""
        return f"{of}{self.key} {word} {self.bound:g}" + (f" × {self.against}" if self.against else "")


@dataclass
class Case:
    question: str
    title: str
    arguments: dict[str, object]
    metrics: list[Metric]
    goals: list[Goal] = field(default_factory=list)
    rows: list[str] = field(default_factory=lambda: list(PEER_ROWS))
    program: str = ""  # measured by itself, without a server: the rows are its operations

    @property
    def name(self) -> str:
        return f"{self.question}: {self.title}"


CPU = Metric("cpu_us", "CPU µs each", ratios=True)
RATE = Metric("per_second", "a second")
BUSY = Metric("busy", "server busy")
P50 = Metric("latency_p50_us", "p50 ms", 1e-3)
P99 = Metric("latency_p99_us", "p99 ms", 1e-3)


def bytes_label(size: int) -> str:
    return f"{size // 1024} KB" if size >= 1024 else f"{size} B"


def fanout() -> list[Case]:
    goals = [Goal("cpu_us", 1.08, "floor"), Goal("cpu_us", 0.70, "nchan")]
    return [
        Case(
            "fanout",
            f"{subscribers:,} event streams, {bytes_label(size)}, a delivery",
            {"subscribers": subscribers, "size": size},
            [CPU, RATE, P50, P99, BUSY],
            goals,
            [*MORE_ROWS, "pushpin"] if (subscribers, size) == (1000, 100) else PEER_ROWS,
        )
        for subscribers in (1000, 10000)
        for size in (100, 4096)
    ]


def burst() -> list[Case]:
    return [
        Case(
            "burst",
            "1,000 event streams, 1,000 messages a second, 16 at a time, a delivery",
            {"subscribers": 1000, "size": 100, "rate": 1000, "batch": 16},
            [CPU, RATE, Metric("stretch", "× the time"), P50, P99, BUSY],
            [Goal("cpu_us", 0.25, "floor"), Goal("stretch", 1.02)],
            ["martd", "nchan", "floor", "floor-join"],
        )
    ]


def loops() -> list[Case]:
    # So many that a message takes much longer than the generator sleeps between two looks.
    return [
        Case(
            "loops",
            "10,000 event streams, 100 B, until all have it",
            {"subscribers": 10000, "size": 100},
            [CPU, RATE, BUSY],
            [Goal("per_second", 1.7, "martd", least=True, row="martd-2")],
            ["martd", "martd-2", "nchan", "nchan-2"],
        )
    ]


def longpoll() -> list[Case]:
    one = [Goal("cpu_us", 1.10, "floor"), Goal("cpu_us", 0.60, "nchan")]
    metrics = [CPU, RATE, P50, P99, BUSY]
    cases = [
        Case("longpoll", f"{n:,} clients, one channel, a poll", {"subscribers": n, "size": 100}, metrics, one, rows)
        for n, rows in ((1000, MORE_ROWS), (10000, PEER_ROWS))
    ]
    each = Case(
        "longpoll",
        "1,000 clients, a channel each, a poll and a publish",
        {"subscribers": 1000, "channels": 1000, "size": 100},
        [CPU, RATE, BUSY],
        [Goal("cpu_us", 0.65, "nchan")],
    )
    return [*cases, each]


def idle() -> list[Case]:
    levels = (1000, 10000, 19000)
    metrics = [Metric(f"bytes_each_{n}", f"bytes each, {n:,}", ratios=n == 10000) for n in levels]
    metrics += [Metric("bytes_each_more_19000", "bytes each, last 9,000"), Metric("cpu_percent", "CPU % while idle")]
    goals = [Goal("bytes_each_10000", 600), Goal("cpu_percent", 1)]
    titles = {"stream": "event streams", "poll": "long-polls", "keepalive": "keep-alive connections"}
    return [
        Case(
            "idle",
            f"{title}, user memory",
            {"kind": kind, "levels": ",".join(map(str, levels)), "seconds": 16},
            metrics,
            goals,
        )
        for kind, title in titles.items()
    ]


def publish() -> list[Case]:
    # With so few connections the generator would sleep between two answers, and the server's time to wake it, which
    # is more or less by chance, would be a good part of the figure: it spins instead.
    goals = [Goal("cpu_us", 1.10, "floor"), Goal("cpu_us", 0.75, "nchan")]
    return [
        Case(
            "publish",
            f"8 connections, {bytes_label(size)}, no subscribers, a publish",
            {"publishers": 8, "size": size, "spin": 1},
            [CPU, RATE, BUSY],
            goals,
            [*MORE_ROWS, "pushpin"] if size == 100 else PEER_ROWS,
        )
        for size in (100, 4096)
    ]


def connect() -> list[Case]:
    return [
        Case(
            "connect",
            "a new event stream, 1,000 at a time",
            {"subscribers": 1000},
            [CPU, RATE, Metric("close_cpu_us", "CPU µs its end")],
            [Goal("cpu_us", 1.08, "floor")],
        )
    ]


def reconnect() -> list[Case]:
    return [
        Case(
            "reconnect",
            "10,000 event streams return at once, 3 messages missed",
            {"subscribers": 10000, "in-flight": 2000, "missed": 3},
            [Metric("last_served_ms", "last served, ms", ratios=True), CPU, BUSY],
            [Goal("last_served_ms", 0.5, "nchan")],
        )
    ]


def latency() -> list[Case]:
    p50 = Metric("latency_p50_us", "p50 ms", 1e-3, ratios=True)
    return [
        Case(
            "latency",
            "10,000 event streams, 10 messages a second, publish to receipt",
            {"subscribers": 10000, "rate": 10, "size": 100, "seconds": 5},
            [p50, P99, Metric("latency_max_us", "max ms", 1e-3), CPU, BUSY],
            [Goal("latency_p50_us", 1, "nchan"), Goal("latency_p99_us", 1, "nchan")],
        )
    ]


def proxy() -> list[Case]:
    small = [Goal("cpu_us", 0.95, "nginx-proxy")]
    large = [Goal("mib_per_second", 1, "nginx-proxy", least=True)]
    throughput = Metric("mib_per_second", "MiB a second")
    kinds = [("get", 100, 64, small), ("get", 1 << 20, 8, large), ("upload", 1 << 20, 8, large)]
    titles = {"get": "a download", "upload": "an upload"}
    return [
        Case(
            "proxy",
            f"{connections} connections, {bytes_label(size)}, {titles[kind]} through to a site",
            {"kind": kind, "size": size, "publishers": connections},
            [CPU, RATE, throughput, BUSY],
            goals,
            ["martd-proxy", "nginx-proxy"],
        )
        for kind, size, connections, goals in kinds
    ]


def store() -> list[Case]:
    goals = [
        Goal("cpu_us", 2.5, "martd", row="martd-always"),
        Goal("gain", 20, least=True, row="martd-always"),
        Goal("gain", 20, least=True, row="martd-always-1ms"),
    ]
    alone = Metric("alone_per_second", "a second, 1 publisher")
    return [
        Case(
            "store",
            "64 publishers, a channel each, 100 B, a publish",
            {"publishers": 64, "size": 100, "channels": 64},
            [CPU, alone, RATE, Metric("gain", "× 1 publisher"), BUSY],
            goals,
            ["martd", "martd-interval", "martd-always", "martd-always-1ms"],
        )
    ]


def httplib() -> list[Case]:
    """The row that explains the design: a thread for each connection, on the same questions."""
    wanted = [fanout()[0], fanout()[2], longpoll()[0], publish()[0], connect()[0]]
    for case in wanted:
        case.rows = ["martd", "httplib", "floor"]
        case.goals = []
    return wanted


def tls() -> list[Case]:
    """The same over TLS 1.3. The floor is a loop of SSL_write()."""
    fans = [
        Case(
            "fanout",
            f"over TLS, {subscribers:,} event streams, {bytes_label(size)}, a delivery",
            {"subscribers": subscribers, "size": size, "tls": 1},
            [CPU, RATE, P50, P99, BUSY],
            [Goal("cpu_us", 1.10, "floor")],
        )
        for subscribers, size in ((1000, 100), (1000, 4096))
    ]
    held = Case(
        "idle",
        "over TLS, event streams, user memory",
        {"kind": "stream", "levels": "1000,10000", "seconds": 16, "tls": 1},
        [
            Metric("bytes_each_1000", "bytes each, 1,000"),
            Metric("bytes_each_10000", "bytes each, 10,000", ratios=True),
            Metric("cpu_percent", "CPU % while idle"),
        ],
        [Goal("bytes_each_10000", 10240)],
    )
    shaken = Case(
        "handshakes", "one after another, a full handshake", {"tls": 1}, [CPU, RATE, BUSY], [], ["martd", "nchan"]
    )
    alone = Metric("alone_p50_us", "p50 ms alone", 1e-3)
    # The dearest of the groups that martd takes, and the one that it doesn't, for which OpenSSL works for a tenth of a second.
    flooded = [
        Case(
            "hellos",
            f"{rate} hellos a second, {group}, a push beside them",
            {"kind": group, "rate": rate, "tls": 1},
            [alone, P50, P99, CPU, BUSY],
            [],
            ["martd", "nchan"],
        )
        for group, rate in (("P-521", 100), ("ffdhe8192", 8))
    ]
    return [*fans, held, shaken, *flooded]


def by_level(key: str, levels: tuple[int, ...], what: str) -> list[Metric]:
    """A figure at each level, and its growth: x where it grows as n to the x, so 0 is flat and 1 is in proportion."""
    named = [Metric(f"{key}_{n}", f"{what}, {n:,}" if i == 0 else f"{n:,}") for i, n in enumerate(levels)]
    return [*named, Metric(f"{key}_growth", "growth")]


def scaling() -> list[Case]:
    """How the cost of one operation grows with how many there are of what it is done among."""
    channels = (1, 1000, 100_000, 1_000_000)
    many = channels[1:]
    crowd = (100, 1000, 10_000, 19_000)
    kept = (10, 1000, 100_000)

    def levels(of: tuple[int, ...]) -> str:
        return ",".join(map(str, of))

    def case(question: str, title: str, of: tuple[int, ...], metrics: list[Metric], goals: list[Goal], **more) -> Case:
        rows = more.pop("rows", ["martd-large"])
        arguments = {"levels": levels(of), "publishers": 8, "spin": 1, "seconds": 1.5, **more}
        return Case(question, title, arguments, metrics, goals, rows)

    return [
        case(
            "channels",
            "a publish to one of so many channels at random",
            channels,
            [*by_level("cpu_us", channels, "CPU µs each"), *by_level("bytes_each", many, "bytes a channel")],
            [Goal("cpu_us_growth", 0.08), Goal("bytes_each_growth", 0.05)],
        ),
        case(
            "sweep",
            "so many channels end in the same moment, a channel",
            many,
            [*by_level("cpu_us", many, "CPU µs each"), Metric("seconds_1000000", "seconds, 1,000,000")],
            [Goal("cpu_us_growth", 0.10)],
        ),
        case(
            "sweep",
            "what a publish waits for while so many channels end",
            many,
            by_level("pause_max_ms", many, "longest ms"),
            [Goal("pause_max_ms_1000000", 25)],
            kind="pause",
        ),
        case(
            "crowd",
            "a delivery to one of so many event streams",
            crowd,
            by_level("cpu_us", crowd, "CPU µs each"),
            [Goal("cpu_us_19000", 1.08, "floor")],
            rows=["martd-large", "nchan", "floor"],
            publishers=1,
            spin=0,
        ),
        case(
            "backlog",
            "a channel that keeps so many messages",
            kept,
            [
                *by_level("publish_us", kept, "CPU µs a publish"),
                *by_level("last_us", kept, "CPU µs the last one again"),
                *by_level("all_us", kept, "CPU µs each of all"),
                *by_level("bytes_each", kept[1:], "bytes a message"),
            ],
            [Goal("publish_us_growth", 0.05), Goal("last_us_growth", 0.05), Goal("all_us_growth", 0.05)],
            publishers=1,
        ),
        Case(
            "fanout",
            "by loops: 1,000 event streams, 100 B, a delivery",
            {"subscribers": 1000, "size": 100},
            [CPU, RATE, BUSY],
            [Goal("cpu_us", 1.25, "martd", row="martd-2")],
            ["martd", "martd-2"],
        ),
        Case(
            "publish",
            "by loops: 8 connections, 100 B, no subscribers, a publish",
            {"publishers": 8, "size": 100, "spin": 1},
            [CPU, RATE, BUSY],
            [],
            ["martd", "martd-2"],
        ),
    ]


def micro() -> list[Case]:
    """The rooms without sockets, each operation by itself. Instructions don't depend on what else the machine does."""
    metrics = [Metric("instructions", "instructions"), Metric("cpu_ns", "CPU ns", ratios=True)]
    return [Case("micro", "the rooms without sockets", {"seconds": 0.5}, metrics, [], [], program="micro")]


QUESTIONS = {
    "fanout": fanout,
    "burst": burst,
    "loops": loops,
    "longpoll": longpoll,
    "publish": publish,
    "connect": connect,
    "reconnect": reconnect,
    "latency": latency,
    "idle": idle,
    "proxy": proxy,
    "tls": tls,
    "store": store,
    "scaling": scaling,
    "micro": micro,
    "httplib": httplib,
}
