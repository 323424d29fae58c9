#!/usr/bin/env python3
"""Follows channels and prints their messages, a line each; with several channels, the name and a tab before it.

  subscribe.py news
  subscribe.py news sports --etag now --json
  subscribe.py news --count 1 --endpoint https://push.example.com

After any break it goes on where it was. What is lost all the same, and what it waits for, is told on standard error.
Needs nothing but Python 3. Exit code: 0 done or interrupted, 1 refused, 2 wrong use.
"""

import argparse
import base64
import http.client
import json
import os
import random
import ssl
import sys
import time
import urllib.parse
import uuid

# The server is heard of at least every 15 seconds, or it is not there any more.
SILENCE = 45


class Refused(Exception):
    """What will not change by asking again."""


class OutputClosed(Exception):
    """Who read our output has had enough."""


def arguments():
    parser = argparse.ArgumentParser(description="Follow channels of martd.")
    parser.add_argument("channel", nargs="+")
    parser.add_argument("--endpoint", default="localhost:54321", help="HOST:PORT or a URL (%(default)s)")
    parser.add_argument("--etag", default="0", help="start after this etag; 0: with all that is kept; now: with what comes (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the objects of the line stream")
    parser.add_argument("--count", type=int, help="end after so many messages")
    parser.add_argument("--cid", default=str(uuid.uuid4()), help="who this is, for one2one channels (random)")
    parser.add_argument("--cafile", help="certificates to trust for https, such as certs/localhost.crt")
    args = parser.parse_args()
    if len(set(args.channel)) < len(args.channel):
        parser.error("a channel is named twice")
    if args.count is not None and args.count < 1:
        parser.error("--count: 1 or more")
    return args


def complain(text):
    print(f"subscribe.py: {text}", file=sys.stderr, flush=True)


class Follower:
    def __init__(self, args):
        self.args = args
        self.cursor = {name: args.etag for name in args.channel}
        self.left = args.count
        url = urllib.parse.urlsplit(args.endpoint if "://" in args.endpoint else "http://" + args.endpoint)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError(f"not HOST:PORT nor a URL: {args.endpoint}")
        self.address = (url.hostname, url.port)
        self.path = url.path.rstrip("/") + "/sub"
        self.context = ssl.create_default_context(cafile=args.cafile) if url.scheme == "https" else None

    def request(self, options):
        """The answer to a subscription from where we stand."""
        if self.context:
            connection = http.client.HTTPSConnection(*self.address, timeout=SILENCE, context=self.context)
        else:
            connection = http.client.HTTPConnection(*self.address, timeout=SILENCE)
        form = urllib.parse.urlencode([("cid", self.args.cid), *self.cursor.items(), *options.items()], errors="surrogateescape")
        if len(form) < 4000:
            connection.request("GET", f"{self.path}?{form}")
        else:
            connection.request("POST", self.path, form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        if answer.status != 200:
            text = " ".join(answer.read().decode("utf-8", "replace").split())[:500]
            if 400 <= answer.status < 500 and answer.status not in (408, 429):
                raise Refused(f"refused with {answer.status}: {text}")
            raise http.client.HTTPException(f"status {answer.status} {text}")
        return answer

    def follow(self, connected):
        """One stream, to its end. Tells whether there is nothing left to do."""
        answer = self.request({".transport": "lines"})
        for line in answer:
            connected()
            if not line.endswith(b"\n"):
                break
            told = json.loads(line)
            if "closed" in told:
                if told["closed"] in ("one2one", "replaced", "kicked"):
                    raise Refused(f"closed by the server: {told['closed']} {told.get('channel', '')}".rstrip())
                raise http.client.HTTPException(f"closed by the server: {told['closed']}")
            # Where each channel begins: a stream that breaks before its first message resumes from there.
            self.cursor.update(told.get("sub", {}))
            if "etag" not in told:
                continue
            if "missed" in told:
                count = told["missed"]
                complain(f"{told['channel']}: missed {'some messages' if count is True else count}")
                if self.args.json:
                    self.print(line.rstrip(b"\n"))
            else:
                self.print(line.rstrip(b"\n") if self.args.json else self.payload(told))
                if self.left is not None:
                    self.left -= 1
            self.cursor[told["channel"]] = told["etag"]
            if self.left == 0:
                return True
        raise http.client.HTTPException("the stream ended")

    def payload(self, told):
        payload = base64.b64decode(told["payload"]) if told.get("base64") else told["payload"].encode("utf-8", "surrogatepass")
        return os.fsencode(told["channel"]) + b"\t" + payload if len(self.cursor) > 1 else payload

    @staticmethod
    def print(line):
        try:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError as closed:
            raise OutputClosed from closed

    def run(self):
        """Follows until there is nothing left to do, through all that breaks."""
        failures = 0

        def connected():
            nonlocal failures
            if failures > 1:
                complain("connected again")
            failures = 0

        while True:
            try:
                if self.follow(connected):
                    return
            except ssl.SSLCertVerificationError as unknown:
                raise Refused(f"{unknown.verify_message}; --cafile names what to trust") from unknown
            except (OSError, http.client.HTTPException, ValueError, KeyError) as broken:
                failures += 1
                # One break is nothing to talk about; the second in a row is.
                if failures == 2:
                    complain(f"waiting for {self.args.endpoint}: {broken}")
                time.sleep(random.uniform(0, min(30, 0.5 * 2 ** min(failures, 10))))


def main():
    args = arguments()
    try:
        follower = Follower(args)
    except (ValueError, OSError) as wrong:
        complain(f"--endpoint: {wrong}")
        return 2
    try:
        follower.run()
    except Refused as refused:
        complain(refused)
        return 1
    except OutputClosed:
        # Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
