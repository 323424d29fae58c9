"""The site of these tests in aiohttp."""

import sys

from aiohttp import web

from wsgi_site import PAGE, TAG


async def page(request):
    if request.headers.get("If-None-Match") == TAG:
        return web.Response(status=304, headers={"ETag": TAG})
    return web.Response(body=PAGE, content_type="text/html", headers={"ETag": TAG})


async def echo(request):
    return web.Response(body=await request.read(), content_type="text/plain")


async def nothing(request):
    return web.Response(status=204)


async def stream(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    for piece in (b"one ", b"two ", b"three"):
        await answer.write(piece)
    return answer


async def refuse(request):
    return web.Response(status=413, text="no\n")


async def talk(request):
    answer = web.WebSocketResponse()
    await answer.prepare(request)
    async for message in answer:
        await answer.send_str(message.data)
    return answer


site = web.Application()
site.add_routes([web.get("/page", page), web.post("/echo", echo), web.delete("/none", nothing), web.get("/stream", stream),
                 web.post("/refuse", refuse), web.get("/ws", talk)])
web.run_app(site, host="127.0.0.1", port=int(sys.argv[1]), print=None)
