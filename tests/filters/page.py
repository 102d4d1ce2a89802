"""What a page of rl-report --html holds: page.py WHAT FILE [ARGUMENT]."""
import base64
import hashlib
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

X = "{http://www.w3.org/1999/xhtml}"
what, path = sys.argv[1:3]
source = open(path, encoding="utf-8").read()
root = ET.fromstring(source)  # dies on what is not well-formed


def text(e):
    return "".join(e.itertext())


def sound():
    """Says what is wrong."""

    class Nesting(HTMLParser):
        """As HTML, without XML's leniency for <div/>."""

        void = {"meta", "img", "br"}

        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attributes):
            self.open.append(tag)

        def handle_startendtag(self, tag, attributes):
            if tag not in self.void:
                print("closed at once:", tag)

        def handle_endtag(self, tag):
            if not self.open or self.open.pop() != tag:
                print("badly nested:", tag)

    parser = Nesting()
    parser.feed(source)
    if parser.open:
        print("never closed:", parser.open)
    allowed = set(
        "html head meta title style body header main nav section h1 h2 h3 h4 p ul li a strong sup div table thead tbody "
        "tr th td figure figcaption img svg g path text details summary dl dt dd code span pre".split()
    )
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    if len(ids) != len(set(ids)):
        print("ids that are there twice")
    for e in root.iter():
        tag = e.tag.replace(X, "")
        if tag not in allowed:
            print("element", tag)
        for name, value in e.attrib.items():
            if name.startswith("on"):
                print("a script:", name)
        for name in ("src", "href"):
            value = e.get(name, "#")
            if not (value.startswith("data:image/") if name == "src" and value != "#" else value[0] == "#"):
                print(name, "leads away:", value[:40])
        if tag == "a" and e.get("href")[1:] not in ids:
            print("nothing is at", e.get("href"))
        if tag == "img" and not (e.get("alt", "").strip() and e.get("width") and e.get("height")):
            print("a picture without words or size")
        if tag == "svg" and not (e.get("role") == "img" and e.get("aria-label")):
            print("a drawing without words")
        if tag == "tr" and not e.find(X + "th").get("scope"):
            print("a row without its head")
    policy = [e.get("content") for e in root.iter(X + "meta") if e.get("http-equiv") == "Content-Security-Policy"]
    if policy != ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]:
        print("scripts or the network are not forbidden")
    for table in root.iter(X + "table"):
        if len({len(list(row)) for row in table.iter(X + "tr")}) != 1:
            print("a table with rows of several lengths")
    style = text(root.find(X + "head/" + X + "style"))
    if "url(" in style or "@import" in style:
        print("a style that leads away")


def sections():
    print("".join(text(e) + ";" for e in root.iter(X + "h2")))


def table(name):
    for box in root.iter(X + "div"):
        if box.get("aria-label") == name:
            for row in box.iter(X + "tr"):
                print("|".join(text(cell) for cell in row))


def plots():
    for svg in root.iter(X + "svg"):
        lines = []
        for g in svg.iter(X + "g"):
            if g.get("class"):
                lines.append("%s %d" % (g.get("class"), sum(len(re.findall("[ML]", p.get("d"))) for p in g.iter(X + "path"))))
        print(svg.get("aria-label") + ": " + ", ".join(lines))


def pictures():
    known = {"image/jpeg": b"\xff\xd8", "image/png": b"\x89PNG"}
    for img in root.iter(X + "img"):
        kind, data = img.get("src")[len("data:"):].split(";base64,")
        data = base64.b64decode(data, validate=True)
        assert data.startswith(known[kind]), kind
        digest = hashlib.sha256(data).hexdigest()[:12]
        print("%s: %s x %s %s" % (img.get("alt"), img.get("width"), img.get("height"), digest if len(data) < 700 else "other"))


{"sound": sound, "sections": sections, "table": table, "plots": plots, "pictures": pictures}[what](*sys.argv[3:])
