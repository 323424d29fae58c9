"""What client.js is as it is delivered: the same tokens, without comments and without blanks that mean nothing, and with
one or two letters for the name of each variable and parameter.

Names of functions and of properties stay, so what a browser says of an error, and where, is found in the source. Each name
becomes another one everywhere, two never the same one, and none that stands in the script already: so what a name is bound
to stays what it was. Nothing is reordered. It reads the script token by token, and reads its own result again: where that
isn't the same row of tokens, it refuses.

>>> shorten('a = 1; // one\\nif (b) { c = "x // y"; }')
'a=1;if(b){c="x // y";}'
>>> shorten('/* a */ var re = /[/"]\\\\/x/g, half = a / b / c;')
'var re=/[/"]\\\\/x/g,half=a/b/c;'
>>> shorten('a = b + +c - -d;\\nreturn\\nx\\nf()\\n(g)')
'a=b+ +c- -d;return\\nx\\nf()\\n(g)'
>>> shorten('return /x y/.test(z) && typeof z')
'return/x y/.test(z)&&typeof z'
>>> shorten('function add(left, right) { var sum = left + right; return { sum: sum, left: a.left }; }')
'function add(b,c){var d=b+c;return{sum:d,left:a.left};}'
>>> shorten('function f(here) { return here ? there : here; } function g() { var there; }')
'function f(a){return a?there:a;}function g(){var there;}'
>>> shorten('(function () { try { f(); } catch (wrong) { say(wrong); } })();')
'(function(){try{f();}catch(a){say(a);}})();'
>>> shorten('a = "never ends')
Traceback (most recent call last):
ValueError: line 1: not understood: "never ends
>>> shorten('a = `b`')
Traceback (most recent call last):
ValueError: line 1: not understood: `b`
"""

import collections
import itertools
import re
import string

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


class Scope:
    """A function, or the script."""

    def __init__(self, outer):
        self.outer, self.names = outer, set()

    def binds(self, name):
        return name in self.names or (self.outer is not None and self.outer.binds(name))


def is_word(piece):
    return re.fullmatch(r"[A-Za-z_$][\w$]*", piece) is not None


def is_property(row, at):
    return row[at - 1:at] == ["."] or (row[at - 1:at] in (["{"], [","]) and row[at + 1:at + 2] == [":"])


def renamed(row):
    """The row with short names for what is declared inside of functions, but for functions."""
    functions, variables, uses = set(), set(), []
    scope, ends, depth = Scope(None), [], 0  # of the functions that are open: how deep the brace is that ends each
    list_at = []  # how deep the list of a `var` is that is being read
    begins = None  # the scope of the function whose brace comes next
    for at, piece in enumerate(row):
        if piece == "function":
            inner, after = Scope(scope), at + 1
            if is_word(row[after]):
                functions.add(row[after])
                scope.names.add(row[after])
                after += 1
            for name in row[after + 1:row.index(")", after)]:
                if name != ",":
                    variables.add(name)
                    inner.names.add(name)
            begins = inner
        elif piece == "catch" and row[at + 1] == "(":
            variables.add(row[at + 2])
            scope.names.add(row[at + 2])
        elif is_word(piece) and not is_property(row, at):
            if list_at and depth == list_at[-1] and row[at - 1] in ("var", ",") and scope.outer:
                variables.add(piece)
                scope.names.add(piece)
            uses.append((begins or scope, piece))
        if piece == "var":
            list_at.append(depth)
        if piece in ("(", "[", "{"):
            depth += 1
            if piece == "{" and begins:
                scope, begins = begins, None
                ends.append(depth)
        elif piece in (")", "]", "}"):
            if ends and depth == ends[-1] and piece == "}":
                scope = scope.outer
                ends.pop()
            depth -= 1
        while list_at and (depth < list_at[-1] or (depth == list_at[-1] and piece in (";", "\n", "in"))):
            list_at.pop()
    # One that is somebody else's in another place keeps its name.
    free = {name for where, name in uses if not where.binds(name)}
    count = collections.Counter(name for _, name in uses if name in variables - functions - free)
    short = ("".join(letters) for length in (1, 2) for letters in itertools.product(string.ascii_letters, repeat=length))
    taken = set(row) | {"do", "if", "in", "of"}
    names = dict(zip((name for name, _ in count.most_common()), (name for name in short if name not in taken)))
    return [names.get(piece, piece) if is_word(piece) and not is_property(row, at) else piece for at, piece in enumerate(row)], names


def joined(row):
    out, last = "", ""
    for piece in row:
        both = last[-1:] + piece[:1]
        if re.fullmatch(r"[\w$]{2}|\+\+|--|//|/\*", both) or (last.isdigit() and piece == "."):
            out += " "
        out += piece
        last = piece
    return out


def shorten(text):
    """Raises ValueError where it doesn't understand the script."""
    row = meaning(text)
    short, names = renamed(row)
    out = joined(short)
    back = {name: long for long, name in names.items()}
    read = meaning(out)
    if read != short or [back.get(piece, piece) for piece in read] != row or len(back) != len(names):
        raise ValueError("what would be delivered doesn't read like the source")
    return out
