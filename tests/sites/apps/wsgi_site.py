"""The site of these tests for servers that speak WSGI."""

PAGE = b"<!DOCTYPE html><title>page</title><p>" + b"a page " * 200
TAG = '"page-1"'


def site(environ, start_response):
    path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if path == "/page":
        if environ.get("HTTP_IF_NONE_MATCH") == TAG:
            start_response("304 Not Modified", [("ETag", TAG)])
            return []
        start_response("200 OK", [("Content-Type", "text/html"), ("ETag", TAG), ("Content-Length", str(len(PAGE)))])
        return [] if method == "HEAD" else [PAGE]
    if path == "/echo":
        source = environ["wsgi.input"]
        body = b""
        if environ.get("CONTENT_LENGTH"):
            body = source.read(int(environ["CONTENT_LENGTH"]))
        elif environ.get("wsgi.input_terminated"):
            body = source.read()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]
    if path == "/none":
        start_response("204 No Content", [("X-None", "nothing")])
        return []
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (piece for piece in (b"one ", b"two ", b"three"))
    if path == "/refuse":
        start_response("413 Too Much", [("Content-Type", "text/plain"), ("Content-Length", "3")])
        return [b"no\n"]
    start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "8")])
    return [b"nowhere\n"]
