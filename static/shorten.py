"""What client.js is as it is delivered: the same tokens, without comments and without blanks that mean nothing.

No name is changed and nothing is reordered, so an error's text names what stands in the source. It reads the script token
by token, and reads its own result again: where that isn't the same row of tokens, it refuses.

>>> shorten('a = 1; // one\\nif (b) { c = "x // y"; }')
'a=1;if(b){c="x // y";}'
>>> shorten('/* a */ var re = /[/"]\\\\/x/g, half = a / b / c;')
'var re=/[/"]\\\\/x/g,half=a/b/c;'
>>> shorten('a = b + +c - -d;\\nreturn\\nx\\nf()\\n(g)')
'a=b+ +c- -d;return\\nx\\nf()\\n(g)'
>>> shorten('return /x y/.test(z) && typeof z')
'return/x y/.test(z)&&typeof z'
>>> shorten('a = "never ends')
Traceback (most recent call last):
ValueError: line 1: not understood: "never ends
>>> shorten('a = `b`')
Traceback (most recent call last):
ValueError: line 1: not understood: `b`
"""

import re

TOKEN = re.compile(
    r"""(?P<blank>[ \t]+)
    |(?P<newline>\n\s*)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
    |(?P<word>\d+(?:\.\d+)?|[\w$]+)
    |(?P<sign>\+\+|--|[-+*/%=<>!&|^~?:;,.(){}[\]])""",
    re.VERBOSE | re.DOTALL,
)
REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/\w*")

# Behind these a slash begins a regular expression; behind anything else it divides.
BEFORE_REGEX = {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "else", "do"}
# A line that ends so goes on in the next.
OPEN_ENDED = set("{(,;[=+&|?:")


def tokens(text):
    """(kind, text) of each, blanks among them."""
    at, last = 0, ""
    while at < len(text):
        regex = REGEX.match(text, at) if last in BEFORE_REGEX or last[-1:] in set("(,=:[!&|?{};+-*%<>~^") | {""} else None
        match = regex or TOKEN.match(text, at)
        if not match:
            number = text.count("\n", 0, at) + 1
            raise ValueError(f"line {number}: not understood: {text[at:].splitlines()[0][:40]}")
        kind = "regex" if regex else match.lastgroup
        if kind not in ("blank", "newline", "comment"):
            last = match.group()
        yield kind, match.group()
        at = match.end()


def meaning(text):
    """What the engine reads: tokens, and the ends of lines where a statement might end by one."""
    row = []
    for kind, piece in tokens(text):
        if kind == "newline" or (kind == "comment" and "\n" in piece):
            if row and row[-1] != "\n" and row[-1] not in OPEN_ENDED:
                row.append("\n")
        elif kind not in ("blank", "comment"):
            if piece == "}" and row and row[-1] == "\n":
                row.pop()
            row.append(piece)
    while row and row[-1] == "\n":
        row.pop()
    return row


def shorten(text):
    """Raises ValueError where it doesn't understand the script."""
    row = meaning(text)
    out, last = "", ""
    for piece in row:
        both = last[-1:] + piece[:1]
        if re.fullmatch(r"[\w$]{2}|\+\+|--|//|/\*", both) or (last.isdigit() and piece == "."):
            out += " "
        out += piece
        last = piece
    if meaning(out) != row:
        raise ValueError("what would be delivered doesn't read like the source")
    return out
