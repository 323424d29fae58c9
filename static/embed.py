#!/usr/bin/env python3
"""Writes the C++ source that holds the files of the program: bytes, gzip'd bytes and validator of each.

usage: embed.py OUTPUT.cpp FUNCTION=FILE …

The same input gives the same output, byte for byte: no dates, no paths.
"""

import base64
import gzip
import hashlib
import pathlib
import re
import sys

from shorten import shorten

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".crt": "application/x-pem-file",
    ".key": "application/x-pem-file",
}

# PEM files are read by OpenSSL, never sent.
SENT = {".html", ".js"}

# A module knows its own address only as import.meta, and a classic script cannot even name that; so the module
# is the script with one line before and one behind it.
MODULE_HEAD = b"self.martdScript = import.meta.url;\n"
MODULE_TAIL = b"export default martd;\n"

# What is delivered has no comments; who looks at it should know where they are.
NOTICE = b"// martd: static/client.js\n"


# <script data-inline src="x.js"></script> and <link data-inline rel="stylesheet" href="x.css"> become the file's text.
INLINE = re.compile(rb'<script data-inline src="([^"]+)"></script>|<link data-inline rel="stylesheet" href="([^"]+)">')


def inlined(page, folder):
    def text(match):
        name = (match[1] or match[2]).decode()
        data = (folder / name).read_bytes()
        tag = b"script" if match[1] else b"style"
        if b"</" + tag in data.lower():
            sys.exit(f"embed.py: {name} has </{tag.decode()} in it")
        return b"<" + tag + b">\n" + data + b"</" + tag + b">"
    return INLINE.sub(text, page)


def inline_sources(page):
    """The directives of a Content-Security-Policy that allow just this page's own scripts and styles."""
    directives = []
    for tag, directive in ((b"script", "script-src"), (b"style", "style-src")):
        texts = re.findall(b"<" + tag + b">(.*?)</" + tag + b">", page, re.DOTALL)
        hashes = ["'sha256-" + base64.b64encode(hashlib.sha256(text).digest()).decode() + "'" for text in texts]
        if hashes:
            directives.append(directive + " " + " ".join(hashes) + ";")
    return " ".join(directives)


def array(name, data):
    lines = [f"constexpr unsigned char {name}[] = {{"]
    lines += ["  " + ",".join(map(str, data[i:i + 32])) + "," for i in range(0, len(data), 32)]
    return "\n".join(lines + ["};"])


def asset(function, path):
    data = path.read_bytes()
    if not data:
        sys.exit(f"embed.py: {path} is empty")
    if path.name == "client.js":
        try:
            script = shorten(data.decode("utf-8")).encode("utf-8") + b"\n"
        except ValueError as error:
            sys.exit(f"embed.py: {path}: {error}")
        data = MODULE_HEAD + script + MODULE_TAIL if function.endswith("_module_js") else NOTICE + script
    if path.suffix == ".html":
        data = inlined(data, path.parent)
    sources = inline_sources(data) if path.suffix == ".html" else ""
    packed = gzip.compress(data, 9, mtime=0) if path.suffix in SENT else b""
    # Weak, because one validator stands for the plain and for the gzip'd bytes.
    etag = 'W/"' + hashlib.sha256(data).hexdigest()[:20] + '"'
    parts = [array(function + "_bytes", data)]
    if packed:
        parts.append(array(function + "_gzip", packed))
    parts.append(f"""const Asset& {function}() {{
  static const Asset asset{{
    "{path.name}",
    "{CONTENT_TYPES[path.suffix]}",
    view({function}_bytes),
    {f"view({function}_gzip)" if packed else "{}"},
    R"({etag})",
    R"({sources})",
  }};
  return asset;
}}""")
    return "\n".join(parts)


def main():
    output, *pairs = sys.argv[1:]
    wanted = [(function, pathlib.Path(path)) for function, path in (pair.split("=", 1) for pair in pairs)]
    text = """// Written by embed.py from the files in static/ and certs/.
#include "assets.h"

#include <cstddef>

namespace martd::assets {
namespace {

template <std::size_t N>
std::string_view view(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

"""
    text += "\n\n".join(asset(function, path) for function, path in wanted)
    text += "\n\n}  // namespace martd::assets\n"
    pathlib.Path(output).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
