#!/usr/bin/env python3
"""Publishes a message and prints the server's answer. Needs nothing but Python 3.

  publish.py news 'hello'
  date | publish.py news - --life 10m
  publish.py news 'hello' --also sports --endpoint https://push.example.com --secret …

Exit code: 0 published, 1 refused or no answer, 2 wrong use.
"""

import argparse
import http.client
import os
import ssl
import sys
import urllib.parse


def arguments():
    parser = argparse.ArgumentParser(description="Publish a message to a channel of martd.")
    parser.add_argument("channel")
    parser.add_argument("message", help="the payload; - takes it from standard input; an empty one sets the attributes")
    parser.add_argument("--also", metavar="CHANNEL", action="append", default=[], help="a further channel; all get it or none")
    parser.add_argument("--endpoint", default="localhost:54321", help="HOST:PORT or a URL (%(default)s)")
    parser.add_argument("--size", default="10", help="how many messages the channel keeps (%(default)s)")
    parser.add_argument("--life", default="3600", help="how long it keeps them: seconds, or 250ms, 10m, 7d (%(default)s)")
    parser.add_argument("--one2one", action="store_true", help="one subscriber at most")
    parser.add_argument("--key", help="the channel's key; every later push must bring it")
    parser.add_argument("--expire", help="this message's own, shorter life")
    parser.add_argument("--event", help="event name for event streams")
    parser.add_argument("--id", help="your own message id: a second push with it changes nothing")
    parser.add_argument("--type", default="text/plain; charset=utf-8", help="content type of the message (%(default)s)")
    parser.add_argument("--secret", default=os.environ.get("MARTD_PUBLISH_SECRET"),
                        help="the server's --publish-secret (also MARTD_PUBLISH_SECRET)")
    parser.add_argument("--cafile", help="certificates to trust for https, such as certs/localhost.crt")
    return parser.parse_args()


def connect(endpoint, cafile, timeout):
    """A connection and the path prefix for HOST:PORT, or for a URL."""
    url = urllib.parse.urlsplit(endpoint if "://" in endpoint else "http://" + endpoint)
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=cafile)
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=timeout, context=context), url.path.rstrip("/")
    if url.scheme == "http" and url.hostname:
        return http.client.HTTPConnection(url.hostname, url.port, timeout=timeout), url.path.rstrip("/")
    raise ValueError(f"not HOST:PORT nor a URL: {endpoint}")


def main():
    args = arguments()
    payload = sys.stdin.buffer.read() if args.message == "-" else os.fsencode(args.message)
    query = [("channel", name) for name in [args.channel, *args.also]]
    query += [("size", args.size), ("life", args.life), ("one2one", "true" if args.one2one else "false")]
    query += [(name, getattr(args, name)) for name in ("key", "expire", "event", "id") if getattr(args, name) is not None]
    headers = {"Content-Type": args.type}
    if args.secret:
        headers["Authorization"] = "Bearer " + args.secret

    try:
        connection, prefix = connect(args.endpoint, args.cafile, timeout=60)
    except (ValueError, OSError) as wrong:
        print(f"publish.py: --endpoint: {wrong}", file=sys.stderr)
        return 2
    try:
        connection.request("POST", f"{prefix}/pub?{urllib.parse.urlencode(query, errors='surrogateescape')}", payload, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException, ValueError) as broken:
        print(f"publish.py: no answer from {args.endpoint}: {broken}", file=sys.stderr)
        return 1
    if answer.status != 200:
        print(f"publish.py: refused with {answer.status}: {' '.join(text.split())[:500]}", file=sys.stderr)
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(1)
