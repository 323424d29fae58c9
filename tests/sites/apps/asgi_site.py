"""The site of these tests for servers that speak ASGI: its WebSocket gives back what it is told."""

PAGE = b"<!DOCTYPE html><title>page</title><p>" + b"a page " * 200
TAG = b'"page-1"'


async def site(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return

    async def answer(status, headers, *pieces):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def text(status, body):
        await answer(status, [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())], body)

    path, headers = scope["path"], dict(scope["headers"])
    if path == "/page":
        if headers.get(b"if-none-match") == TAG:
            return await answer(304, [(b"etag", TAG)])
        return await answer(200, [(b"content-type", b"text/html"), (b"etag", TAG),
                                  (b"content-length", str(len(PAGE)).encode())],
                            *([] if scope["method"] == "HEAD" else [PAGE]))
    if path == "/echo":
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                return await text(200, body)
    if path == "/none":
        return await answer(204, [(b"x-none", b"nothing")])
    if path == "/stream":
        return await answer(200, [(b"content-type", b"text/plain")], b"one ", b"two ", b"three")
    if path == "/refuse":
        return await text(413, b"no\n")
    await text(404, b"nowhere\n")
