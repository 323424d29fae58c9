"""The application servers that the program is tried in front of: how each is started on a port, from a folder of its own,
and what it says to the requests of the tests where that isn't what the site of tests/sites/apps says."""

import os
import pathlib
import shutil
import sys
from dataclasses import dataclass, field

APPS = pathlib.Path(__file__).resolve().parent / "apps"
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's modules
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"

# What the site says to each request of the tests.
SITE = {"page": 200, "head": 200, "revalidated": 304, "posted": 200, "none": 204, "missing": 404, "streamed": 200,
        "continued": 200, "refused": 413}
# What a server of files says. Of the rest each has an opinion of its own, which is compared and not expected.
FILES = {"page": 200, "head": 200, "missing": 404, "printed": 200}


@dataclass
class Server:
    command: object  # of the port and the folder: what to run
    says: dict = field(default_factory=lambda: dict(SITE))
    light: bool = False  # tried in every run
    packages: str = ""
    files: dict = field(default_factory=dict)  # in the folder: name to text, with PORT and FOLDER to be put in
    environment: dict = field(default_factory=dict)
    ignored: tuple = ()  # headers that are another one each time


def program(name):
    return shutil.which(name, path=PATH) or name


def site(**changes):
    return {**SITE, **changes}


def python(module, *arguments):
    return lambda port, folder: [PYTHON, str(APPS / module), *(one.replace("PORT", str(port)) for one in arguments)]


def ran(name, *arguments):
    """Its arguments with PORT, FOLDER and APPS put in."""
    def command(port, folder):
        put = {"PORT": str(port), "FOLDER": str(folder), "APPS": str(APPS)}
        made = []
        for one in arguments:
            for word, value in put.items():
                one = one.replace(word, value)
            made.append(one)
        return [program(name), *made]
    return command


# HTTP/1.1 is what makes it keep connections.
HTTP_SERVER_1_1 = """
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

NGINX = """daemon off; master_process off; pid FOLDER/nginx.pid; error_log stderr; events {}
http { access_log off; client_body_temp_path FOLDER/t1; proxy_temp_path FOLDER/t2; fastcgi_temp_path FOLDER/t3;
  uwsgi_temp_path FOLDER/t4; scgi_temp_path FOLDER/t5;
  server { listen 127.0.0.1:PORT; root FOLDER;
    location = /none { return 204; }
    location = /stream { ssi on; ssi_types *; try_files /stream.txt =404; }
    location = /refuse { return 413 "no"; } } }
"""

LIGHTTPD = """server.document-root = "FOLDER"
server.port = PORT
server.bind = "127.0.0.1"
server.modules = ("mod_cgi")
cgi.assign = (".sh" => "/bin/sh", "/cgi-bin/print" => "/bin/sh")
"""

APACHE = """ServerRoot "FOLDER"
ServerName site.example
Listen 127.0.0.1:PORT
PidFile FOLDER/apache.pid
ErrorLog FOLDER/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so
ScriptSock FOLDER/cgisock
User www-data
Group www-data
DocumentRoot "FOLDER"
ScriptAlias /cgi-bin/ "FOLDER/cgi-bin/"
<Directory "FOLDER">
  Require all granted
</Directory>
"""

PYTHONPATH = {"PYTHONPATH": str(APPS), "PYTHONDONTWRITEBYTECODE": "1"}

SERVERS = {
    # --- in every run ---
    "python-http-server": Server(
        lambda port, folder: [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        {"page": 200, "head": 200, "missing": 404}, light=True),
    "python-http-server-1.1": Server(
        lambda port, folder: [sys.executable, "-c", HTTP_SERVER_1_1, str(port)],
        {"page": 200, "head": 200, "missing": 404}, light=True),
    "python-cgi": Server(
        lambda port, folder: [PYTHON, "-m", "http.server", "--cgi", "--bind", "127.0.0.1", str(port)], FILES, light=True),
    "wsgiref": Server(python("wsgi_servers.py", "wsgiref", "PORT"), light=True),
    "node": Server(ran("node", "APPS/site.js", "PORT"), site(upgraded=101, chunked=200), light=True, packages="nodejs"),
    "nginx": Server(ran("nginx", "-e", "stderr", "-c", "FOLDER/nginx.conf"),
                    {"page": 200, "head": 200, "none": 204, "missing": 404, "streamed": 200, "refused": 413}, light=True,
                    packages="nginx-light", files={"nginx.conf": NGINX, "stream.txt": 'one <!--# echo var="uri" --> three\n'}),
    "busybox": Server(ran("busybox", "httpd", "-f", "-p", "127.0.0.1:PORT", "-h", "FOLDER"), FILES, light=True,
                      packages="busybox"),
    "mini-httpd": Server(ran("mini_httpd", "-D", "-h", "127.0.0.1", "-p", "PORT", "-d", "FOLDER", "-c", "cgi-bin/*"), FILES,
                         light=True, packages="mini-httpd"),
    "lighttpd": Server(ran("lighttpd", "-D", "-f", "FOLDER/lighttpd.conf"), FILES, light=True, packages="lighttpd",
                       files={"lighttpd.conf": LIGHTTPD}),
    "waitress": Server(ran("waitress-serve", "--listen=127.0.0.1:PORT", "wsgi_site:site"), site(chunked=200), light=True,
                       packages="python3-waitress", environment=PYTHONPATH),
    # --- by name ---
    "webfs": Server(ran("webfsd", "-F", "-i", "127.0.0.1", "-p", "PORT", "-r", "FOLDER", "-x", "/cgi-bin"), FILES,
                    packages="webfs"),
    # Whether it knows the length of what a script prints is a matter of which of the two is quicker.
    "apache": Server(ran("apache2", "-X", "-f", "FOLDER/apache.conf"), FILES, packages="apache2-bin",
                     files={"apache.conf": APACHE}, ignored=("content-length",)),
    "gunicorn": Server(ran("gunicorn", "-b", "127.0.0.1:PORT", "wsgi_site:site"), site(chunked=200), packages="gunicorn",
                       environment=PYTHONPATH),
    "gunicorn-threads": Server(ran("gunicorn", "-k", "gthread", "--threads", "4", "-b", "127.0.0.1:PORT", "wsgi_site:site"),
                               site(chunked=200), packages="gunicorn", environment=PYTHONPATH),
    "uwsgi": Server(ran("uwsgi", "--plugins", "http,python3", "--http", "127.0.0.1:PORT", "--module", "wsgi_site:site",
                        "--need-app"), packages="uwsgi-core uwsgi-plugin-python3", environment=PYTHONPATH),
    "cheroot": Server(python("wsgi_servers.py", "cheroot", "PORT"), site(chunked=200), packages="python3-cheroot"),
    "werkzeug": Server(python("wsgi_servers.py", "werkzeug", "PORT"), site(chunked=200), packages="python3-werkzeug"),
    "flask": Server(python("wsgi_servers.py", "flask", "PORT"), packages="python3-flask"),
    "gevent": Server(python("wsgi_servers.py", "gevent", "PORT"), packages="python3-gevent"),
    "eventlet": Server(python("wsgi_servers.py", "eventlet", "PORT"), packages="python3-eventlet"),
    "twisted": Server(ran("twist3", "web", "--wsgi", "wsgi_site.site", "--port", "tcp:PORT:interface=127.0.0.1"),
                      packages="python3-twisted", environment=PYTHONPATH),
    "tornado": Server(python("tornado_site.py", "PORT"), site(upgraded=101, chunked=200), packages="python3-tornado"),
    "aiohttp": Server(python("aiohttp_site.py", "PORT"), site(upgraded=101, chunked=200), packages="python3-aiohttp"),
    "django": Server(python("django_site.py", "127.0.0.1:PORT"), packages="python3-django"),
    "uvicorn": Server(lambda port, folder: [PYTHON, "-m", "uvicorn", "--port", str(port), "asgi_site:site"],
                      site(upgraded=101, chunked=200), packages="python3-uvicorn python3-websockets", environment=PYTHONPATH),
    "hypercorn": Server(ran("hypercorn", "-b", "127.0.0.1:PORT", "asgi_site:site"), site(upgraded=101, chunked=200),
                        packages="python3-hypercorn", environment=PYTHONPATH),
    "daphne": Server(lambda port, folder: [PYTHON, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "asgi_site:site"],
                     site(upgraded=101, chunked=200), packages="python3-daphne", environment=PYTHONPATH),
    "php": Server(ran("php", "-S", "127.0.0.1:PORT", "APPS/site.php"), packages="php-cli"),
    "puma": Server(ran("puma", "-q", "-b", "tcp://127.0.0.1:PORT", "APPS/config.ru"), site(chunked=200), packages="puma"),
    "unicorn": Server(ran("unicorn", "-l", "127.0.0.1:PORT", "APPS/config.ru"), site(chunked=200), packages="unicorn"),
    "webrick": Server(ran("ruby", "APPS/webrick_site.rb", "PORT"), packages="ruby-webrick"),
    "starman": Server(ran("starman", "--listen", "127.0.0.1:PORT", "--workers", "2", "APPS/site.psgi"), site(chunked=200),
                      packages="starman"),
    "twiggy": Server(ran("twiggy", "--listen", "127.0.0.1:PORT", "APPS/site.psgi"), packages="twiggy"),
    "http-daemon": Server(ran("perl", "APPS/daemon_site.pl", "PORT"), packages="libhttp-daemon-perl"),
    "mojolicious": Server(ran("perl", "APPS/mojo_site.pl", "PORT"), site(upgraded=101), packages="libmojolicious-perl"),
}

if __name__ == "__main__":
    # For scripts/lib.sh: what Debian calls those that aren't tried in every run.
    print(" ".join(sorted({package for one in SERVERS.values() if not one.light for package in one.packages.split()})))
