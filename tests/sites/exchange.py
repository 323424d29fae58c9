"""A client of exact bytes, for comparing what a site says with what comes through the program: answers are read as they
are meant, lines with LF alone and all, and nothing is interpreted that isn't needed to find their ends."""

import base64
import select
import socket
from dataclasses import dataclass, field

PATIENCE = 20


@dataclass
class Answer:
    status: int = 0
    reason: str = ""
    headers: list = field(default_factory=list)  # pairs in their order
    body: bytes = b""
    interims: list = field(default_factory=list)  # the statuses before it

    def values(self, name):
        return [value for one, value in self.headers if one.lower() == name]


class Ended(Exception):
    """The peer ended before its answer was whole."""


class Client:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.came = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def says_something(self, seconds):
        return bool(self.came) or bool(select.select([self.socket], [], [], seconds)[0])

    def more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.came += piece
        return bool(piece)

    def exactly(self, size):
        while len(self.came) < size:
            if not self.more():
                raise Ended(f"{len(self.came)} bytes instead of {size}")
        data, self.came = self.came[:size], self.came[size:]
        return data

    def line(self):
        while b"\n" not in self.came:
            if not self.more():
                raise Ended(f"within a line: {self.came!r}")
        data, self.came = self.came.split(b"\n", 1)
        return data.removesuffix(b"\r").decode("latin-1")

    def head(self):
        answer = Answer()
        _, status, *reason = self.line().split(" ", 2)
        answer.status, answer.reason = int(status), "".join(reason)
        while line := self.line():
            name, value = line.split(":", 1)
            answer.headers.append((name.rstrip(), value.strip()))
        return answer

    def answer(self, method="GET"):
        interims = []
        while True:
            answer = self.head()
            if answer.status >= 200 or answer.status == 101:
                break
            interims.append(answer.status)
        answer.interims = interims
        if method == "HEAD" or answer.status in (101, 204, 304):
            return answer
        if answer.values("transfer-encoding") == ["chunked"]:
            while size := int(self.line().split(";")[0], 16):
                answer.body += self.exactly(size)
                self.line()
            while self.line():
                pass
        elif lengths := answer.values("content-length"):
            answer.body = self.exactly(int(lengths[0]))
        else:
            while self.more():
                pass
            answer.body, self.came = self.came, b""
        return answer


def request(method, path, headers=(), body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: site.example", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def ask(port, method, path, headers=(), body=b""):
    """The answer to one request on a connection of its own."""
    with Client(port) as client:
        client.send(request(method, path, headers, body))
        return client.answer(method)


def in_a_row(port, method, path, times):
    """The same request several times, on one connection as far as the other side keeps it."""
    answers = []
    client = None
    while len(answers) < times:
        client = client or Client(port)
        try:
            client.send(request(method, path))
            answers.append(client.answer(method))
            continue
        except (Ended, BrokenPipeError, ConnectionResetError):
            if not answers:
                raise
        client.socket.close()
        client = None
    client.socket.close()
    return answers


def expecting(port, path, body):
    """Sends the body when it is asked for, or after a second, as curl does."""
    with Client(port) as client:
        client.send(request("POST", path, [f"Content-Length: {len(body)}", "Expect: 100-continue",
                                           "Content-Type: text/plain"]))
        if client.says_something(1):
            answer = client.head()
            if answer.status >= 200:
                return Answer(answer.status, answer.reason)
            client.send(body)
            final = client.answer()
            final.interims.insert(0, answer.status)
            return final
        client.send(body)
        return client.answer()


def talking(port, path, words):
    """A WebSocket that sends words and gets them back: the answer to its upgrade, and what came."""
    with Client(port) as client:
        client.send(request("GET", path, ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                                          "Sec-WebSocket-Key: " + base64.b64encode(b"of these tests..").decode()]))
        answer = client.answer()
        if answer.status == 101:
            for word in words:
                mask = b"\x01\x02\x03\x04"
                masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(word))
                client.send(bytes([0x81, 0x80 | len(word)]) + mask + masked)
                answer.body += client.exactly(2 + len(word))
        return answer


def before_the_end(port, path, size):
    """A body that the site may not wait for, and the next request: on the same connection, unless that was said to end.
    Both answers."""
    with Client(port) as client:
        client.send(request("POST", path, [f"Content-Length: {size}", "Content-Type: text/plain"], b"x" * (size // 2)))
        client.says_something(1)
        client.send(b"x" * (size - size // 2))
        first = client.answer()
        if [value.lower() for value in first.values("connection")] == ["close"]:
            return first, ask(port, "GET", "/page")
        client.send(request("GET", "/page"))
        return first, client.answer()
