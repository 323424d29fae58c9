"""The site of these tests behind servers that are started from Python: `wsgi_servers.py NAME PORT`."""

import sys

from wsgi_site import site

name, port = sys.argv[1], int(sys.argv[2])

if name == "wsgiref":
    from wsgiref.simple_server import make_server
    make_server("127.0.0.1", port, site).serve_forever()
elif name == "werkzeug":
    from werkzeug.serving import WSGIRequestHandler, run_simple
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    run_simple("127.0.0.1", port, site, threaded=True)
elif name == "flask":
    import flask
    app = flask.Flask("site")
    app.add_url_rule("/<path:path>", "all", lambda path: flask.Response.from_app(site, flask.request.environ),
                     methods=["GET", "POST", "DELETE"])
    app.run("127.0.0.1", port)
elif name == "cheroot":
    from cheroot.wsgi import Server
    Server(("127.0.0.1", port), site).start()
elif name == "gevent":
    from gevent.pywsgi import WSGIServer
    WSGIServer(("127.0.0.1", port), site, log=None).serve_forever()
elif name == "eventlet":
    import eventlet
    import eventlet.wsgi
    eventlet.wsgi.server(eventlet.listen(("127.0.0.1", port)), site, log_output=False)
