"""The site of these tests in Django, behind its own runserver."""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

from wsgi_site import PAGE, TAG

settings.configure(DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="of the tests")


def page(request):
    if request.headers.get("If-None-Match") == TAG:
        return HttpResponse(status=304, headers={"ETag": TAG})
    return HttpResponse(PAGE, content_type="text/html", headers={"ETag": TAG})


urlpatterns = [
    path("page", page),
    path("echo", lambda request: HttpResponse(request.body, content_type="text/plain")),
    path("none", lambda request: HttpResponse(status=204)),
    path("stream", lambda request: StreamingHttpResponse(iter([b"one ", b"two ", b"three"]), content_type="text/plain")),
    path("refuse", lambda request: HttpResponse(b"no\n", status=413, content_type="text/plain")),
]

if __name__ == "__main__":
    execute_from_command_line(["site", "runserver", "--noreload", sys.argv[1]])
