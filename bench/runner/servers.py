"""The rows of the benchmark: how each server is started, on free ports of loopback, pinned, and stopped."""

import os
import re
import resource
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

CERTIFICATE = Path(__file__).resolve().parents[2] / "certs/localhost.crt"
KEY = CERTIFICATE.with_suffix(".key")
PEERS = Path(__file__).resolve().parent.parent / "peers"


class CannotStart(Exception):
    pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


class Server:
    """One running server. `pid` is the root of its processes, the one that was started last; the load generator
    counts all below it."""

    dialect = "martd"
    packages: list[str] = []
    arguments: dict[str, object] = {}  # for the load generator

    def __init__(self, build: Path, cores: set[int], tls: bool = False):
        self.build = build
        self.tls = tls
        self.cores = cores
        self.port = self.publish_port = 0
        self.processes: list[subprocess.Popen] = []
        self.directory = tempfile.mkdtemp(prefix="martd-bench-")

    @property
    def pid(self) -> int:
        return self.processes[-1].pid

    def __enter__(self) -> "Server":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def spawn(self, command: list[str], cores: set[int] | None = None, **options) -> subprocess.Popen:
        def settle_in():
            os.sched_setaffinity(0, cores or self.cores)
            resource.setrlimit(resource.RLIMIT_NOFILE, (open_files(), open_files()))

        self.log = open(os.path.join(self.directory, "log"), "ab")
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=self.log, preexec_fn=settle_in, **options
            )
        except OSError as error:
            raise CannotStart(f"{command[0]}: {error.strerror}") from None
        self.processes.append(process)
        return process

    def await_ready_line(self, process: subprocess.Popen, seconds: float = 20) -> None:
        """Reads `listening http HOST:PORT` and `ready`, as martd, the floor and the httplib server print them."""
        deadline = time.monotonic() + seconds
        said = b""
        while time.monotonic() < deadline:
            if not select.select([process.stdout], [], [], 0.5)[0]:
                continue
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                break
            said += piece
            if b"ready\n" in said and (found := re.search(rb"^listening https? \S+:(\d+)$", said, re.MULTILINE)):
                self.port = self.publish_port = int(found[1])
                return
        raise CannotStart(f"{process.args[0]} did not get ready: {self.last_words()}")

    def await_answer(self, port: int, children: int = 0, seconds: float = 20) -> None:
        """Until the server answers a request, whatever it says, and has its worker processes: a port that accepts is
        not enough, and processes that begin later would not be counted."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                    if self.tls:
                        probe = ssl._create_unverified_context().wrap_socket(probe)
                    probe.sendall(b"GET /ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    if probe.recv(1) and len(self.children()) >= children:
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise CannotStart(f"{self.processes[-1].args[0]} did not get ready: {self.last_words()}")

    def children(self) -> list[str]:
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()

    def last_words(self) -> str:
        text = Path(self.directory, "log").read_text(errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing"

    def fill_in(self, template: str, **values) -> str:
        """Writes a configuration of bench/peers with its values filled in; returns where."""
        path = os.path.join(self.directory, template)
        Path(path).write_text((PEERS / template).read_text().format(directory=self.directory, **values))
        return path

    def stop(self) -> None:
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        if self.processes:
            self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Martd(Server):
    environment: dict[str, str] = {}

    def options(self) -> list[str]:
        return []

    def start(self) -> None:
        address = ["--http", "none", "--https", "127.0.0.1:0"] if self.tls else ["--http", "127.0.0.1:0"]
        command = [str(self.build / "src/martd"), *address, "--admin", "none", *self.options()]
        environment = os.environ | {name: value.format(build=self.build) for name, value in self.environment.items()}
        command += ["--threads", str(len(self.cores))]
        self.await_ready_line(self.spawn(command, stdout=subprocess.PIPE, env=environment))


class MartdLarge(Martd):
    """For the scaling question: a channel keeps 10,000 messages unless it is told otherwise, and all of them 1 GB."""

    def options(self) -> list[str]:
        return ["--max-size", "100000", "--max-memory", "4G"]


class MartdAlways(Martd):
    """The store lies in the folder for temporary files, which should be on a real disk."""

    def options(self) -> list[str]:
        return ["--store", os.path.join(self.directory, "push.db")]


class MartdInterval(MartdAlways):
    def options(self) -> list[str]:
        return [*super().options(), "--durability", "interval"]


class MartdSlowDisk(MartdAlways):
    environment = {"LD_PRELOAD": "{build}/bench/libslow_sync.so"}


class Floor(Server):
    options: list[str] = []

    def start(self) -> None:
        options = ["--tls", str(CERTIFICATE), str(KEY)] if self.tls else self.options
        self.await_ready_line(self.spawn([str(self.build / "bench/floor"), *options], stdout=subprocess.PIPE))


class FloorThatJoins(Floor):
    options = ["--join"]


class Httplib(Server):
    packages = ["libcpp-httplib-dev"]

    def start(self) -> None:
        self.await_ready_line(self.spawn([str(self.build / "bench/httplib_server")], stdout=subprocess.PIPE))


class Nchan(Server):
    dialect = "nchan"
    packages = ["nginx-light", "libnginx-mod-nchan"]

    def start(self) -> None:
        self.port = self.publish_port = free_port()
        configuration = self.fill_in(
            "nchan.conf",
            port=self.port,
            workers=len(self.cores),
            open_files=open_files(),
            connections=open_files() * 5 // 4,
            ssl="ssl" if self.tls else "",
            certificate=CERTIFICATE,
            key=KEY,
        )
        self.spawn(["/usr/sbin/nginx", "-p", self.directory, "-c", configuration], stdout=subprocess.DEVNULL)
        self.await_answer(self.port, children=len(self.cores))


class InFrontOfASite(Server):
    """A proxy, and behind it an nginx with files, which runs with the generator and is not counted."""

    packages = ["nginx-light"]
    sizes = (100, 1 << 20)

    def start(self) -> None:
        files = Path(self.directory, "files")
        files.mkdir()
        for size in self.sizes:
            (files / str(size)).write_bytes(b"x" * size)
        # nginx's workers are another user's where it is started by root.
        os.chmod(self.directory, 0o755)
        self.site = free_port()
        configuration = self.fill_in("site.conf", port=self.site, open_files=open_files())
        self.spawn(
            ["/usr/sbin/nginx", "-p", self.directory, "-c", configuration], {load_core()}, stdout=subprocess.DEVNULL
        )
        self.await_answer(self.site, children=1)
        self.start_proxy()

    def start_proxy(self) -> None:
        raise NotImplementedError


class MartdProxy(InFrontOfASite):
    def start_proxy(self) -> None:
        command = [str(self.build / "src/martd"), "--http", "127.0.0.1:0", "--admin", "none"]
        command += ["--threads", str(len(self.cores)), f"http://127.0.0.1:{self.site}"]
        self.await_ready_line(self.spawn(command, stdout=subprocess.PIPE))


class NginxProxy(InFrontOfASite):
    def start_proxy(self) -> None:
        self.port = self.publish_port = free_port()
        configuration = self.fill_in(
            "proxy.conf", port=self.port, site=self.site, workers=len(self.cores), open_files=open_files()
        )
        self.spawn(["/usr/sbin/nginx", "-p", self.directory, "-c", configuration], stdout=subprocess.DEVNULL)
        self.await_answer(self.port, children=len(self.cores))


class Pushpin(Server):
    dialect = "pushpin"
    packages = ["pushpin", "zurl"]
    # It drops clients when many come at once, or when its processes have to share a core.
    arguments = {"rest": 1, "in-flight": 16}

    def start(self) -> None:
        # The site behind it is not pushpin's work: it runs with the generator, and is not counted.
        origin = self.spawn([str(self.build / "bench/grip_origin")], {load_core()}, stdout=subprocess.PIPE)
        self.await_ready_line(origin)
        routes = self.fill_in("pushpin.routes", origin=self.port)
        self.port, self.publish_port = free_port(), free_port()
        configuration = self.fill_in(
            "pushpin.conf",
            port=self.port,
            publish_port=self.publish_port,
            routes=routes,
            connections=open_files() - 500,  # condure opens a few descriptors of its own
        )
        self.spawn(["/usr/bin/pushpin", "--config", configuration], stdout=subprocess.DEVNULL)
        self.await_answer(self.port, children=4)
        self.await_answer(self.publish_port)


# Name: what is started, and on how many cores (which is also its loops or workers).
ROWS: dict[str, tuple[type[Server], int]] = {
    "martd": (Martd, 1),
    "martd-2": (Martd, 2),
    "martd-large": (MartdLarge, 1),
    "martd-always": (MartdAlways, 1),
    "martd-always-1ms": (MartdSlowDisk, 1),
    "martd-interval": (MartdInterval, 1),
    "nchan": (Nchan, 1),
    "nchan-2": (Nchan, 2),
    "pushpin": (Pushpin, 2),
    "httplib": (Httplib, 1),
    "floor": (Floor, 1),
    "floor-join": (FloorThatJoins, 1),
    "martd-proxy": (MartdProxy, 1),
    "nginx-proxy": (NginxProxy, 1),
}


def cores_of(row: str) -> set[int]:
    """Servers get the first cores; the load generator has the last one, alone where there are enough."""
    return set(range(min(ROWS[row][1], os.cpu_count() or 1)))


def load_core() -> int:
    return (os.cpu_count() or 1) - 1
