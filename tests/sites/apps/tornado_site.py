"""The site of these tests in Tornado."""

import sys

import tornado.ioloop
import tornado.web
import tornado.websocket

from wsgi_site import PAGE, TAG


class Page(tornado.web.RequestHandler):
    def get(self):
        self.set_header("ETag", TAG)
        if self.request.headers.get("If-None-Match") == TAG:
            return self.set_status(304)
        self.finish(PAGE)

    head = get


class Echo(tornado.web.RequestHandler):
    def post(self):
        self.finish(self.request.body)


class Nothing(tornado.web.RequestHandler):
    def delete(self):
        self.set_status(204)


class Stream(tornado.web.RequestHandler):
    async def get(self):
        for piece in ("one ", "two ", "three"):
            self.write(piece)
            await self.flush()


@tornado.web.stream_request_body
class Refuse(tornado.web.RequestHandler):
    def prepare(self):
        self.set_status(413)
        self.finish("no\n")

    def data_received(self, chunk):
        pass


class Talk(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


tornado.web.Application([("/page", Page), ("/echo", Echo), ("/none", Nothing), ("/stream", Stream), ("/refuse", Refuse),
                         ("/ws", Talk)]).listen(int(sys.argv[1]), "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
