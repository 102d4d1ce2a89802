"""Write good.tar, tarfile.tar and streams that every reader must refuse.

An independent writer of STREAM.md, made of tarfile and numpy: what it writes is right by other code
than ours.  For each bad stream a line NAME<TAB>MESSAGE goes to stdout: what the refusal must say.
"""
import ctypes
import ctypes.util
import io
import json
import sys
import tarfile

import numpy as np

xxhash = ctypes.CDLL("libxxhash.so.0")
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = ctypes.c_char_p, ctypes.c_size_t

FIELDS = {"image": {"dtype": "u1", "shape": ["H", "W", 3]},
          "label": {"dtype": "i4", "shape": []},
          "note": {"dtype": "json"}}
HEAD = {"version": 1, "kind": "images", "fields": FIELDS, "history": []}
ZEROS = bytes(1024)


def member(name, data, size=None, **info):
    """Header, contents and padding of one tar member."""
    m = tarfile.TarInfo(name)
    m.size = len(data) if size is None else size
    for key, value in info.items():
        setattr(m, key, value)
    return m.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)


def npy(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=(1, 0))
    return out.getvalue()


def raw_npy(text, payload=b"", version=b"\1\0"):
    """A .npy with whatever header text."""
    text = text.encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + payload


def header(descr="|u1", order="False", shape="(2, 2, 3)"):
    return "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)


IMAGE = np.arange(12, dtype="u1").reshape(2, 2, 3)
LABEL = np.int32(7)
NOTE = b'{"a": 1}'


def sample(key, image=None, label=None, image_member=None):
    image = npy(IMAGE) if image is None else image
    return ((image_member or member(key + ".image.npy", image))
            + member(key + ".label.npy", npy(LABEL) if label is None else label)
            + member(key + ".note.json", NOTE))


def head(**change):
    return member("__rl__/head.json", json.dumps({**HEAD, **change}).encode())


def tail(samples=1, skipped=0, xxh3=None):
    payload = (IMAGE.tobytes() + LABEL.tobytes() + NOTE) * samples
    digest = "%016x" % xxhash.XXH3_64bits(payload, len(payload)) if xxh3 is None else xxh3
    return member("__rl__/tail.json", json.dumps(
        {"samples": samples, "skipped": skipped, "xxh3_64": digest}).encode())


def stream(*samples):
    return head() + b"".join(samples) + tail(len(samples)) + ZEROS


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def image(data):
    """A stream whose one image is `data`."""
    return head() + sample("k", image=data) + tail() + ZEROS


def key(name):
    return stream(sample(name))


def fields(value):
    return head(fields=value) + tail(0) + ZEROS


def field(value):
    return fields({"image": value})


def prefixed():
    """The key's directory in the ustar prefix field, as tarfile's USTAR_FORMAT writes it."""
    m = tarfile.TarInfo("d" * 90 + "/" + "k" * 60 + ".image.npy")
    data = npy(IMAGE)
    m.size = len(data)
    return m.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


long_key = "d" * 90 + "/" + "k" * 60
good = stream(sample("a/k1"), sample("a/k1"), sample("a/kä%2E"), sample(long_key),
              sample(long_key, image_member=prefixed()))
half = sample("k")[:len(member("k.image.npy", npy(IMAGE)))]
first = npy(IMAGE)

bad = {
    # The archive.
    "empty": (b"", "truncated: ends at byte 0"),
    "not-tar": (b"hello, world\n" * 100, "not a tensor stream: bad tar header"),
    "npy": (raw_npy(header("<f4"), bytes(1000)), "not a tensor stream: a .npy array: rl-cat --import"),
    "other-tar": (member("a.txt", b"x") + ZEROS, "not a tensor stream: a.txt where"),
    "zeros": (ZEROS, "truncated"),
    "tar-checksum": (flip(stream(sample("k")), 1024 + 3), "bad tar header (its checksum"),
    "directory": (head() + member("k", b"", type=tarfile.DIRTYPE) + tail(0) + ZEROS,
                  "not a regular file"),
    "symlink": (head() + member("k.image.npy", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
                "not a regular file"),
    "global-pax": (head() + member("g", b"", type=tarfile.XGLTYPE), "not a regular file"),
    "sparse": (head() + member("k.image.npy", first, pax_headers={"GNU.sparse.major": "1"}),
               "a sparse tar member"),
    "pax-bad": (head() + member("p", b"99 path=x\n", type=b"x") + sample("k"), "bad pax header"),
    "pax-huge": (head() + member("p", b"", size=1 << 20, type=b"x"), "a pax header larger than"),
    "pax-twice": (head() + 2 * member("p", b"10 path=x\n", type=b"x"), "two pax headers in a row"),
    "10-gb": (head() + member("k.image.npy", raw_npy(header(shape="(60000, 60000, 3)")),
                              size=10 << 30), "k.image.npy: larger than 4 GiB"),
    "10-gb-gnu": (head() + (lambda m: m.tobuf(tarfile.GNU_FORMAT))(
        (lambda m: (setattr(m, "size", 10 << 30), m)[1])(tarfile.TarInfo("k.image.npy"))),
                  "k.image.npy: larger than 4 GiB"),
    "huge-pax-size": (head() + member("p", b"37 size=9999999999999999999999999999\n", type=b"x")
                      + half, "a pax size that is not a number"),
    # The end.
    "no-tail": (head() + sample("k"), "truncated: ends at byte"),
    "no-tail-zeros": (head() + sample("k") + ZEROS, "truncated: an end marker"),
    "one-zero-block": (head() + sample("k") + tail() + ZEROS[:512], "truncated: ends at byte"),
    "no-zero-block": (head() + sample("k") + tail(), "truncated: ends at byte"),
    "head-after-cut": (head() + sample("k") + stream(sample("k")), "truncated: a new head"),
    "head-after-half": (head() + half + stream(sample("k")), "truncated: a new head"),
    "after-tail": (head() + tail(0) + sample("k") + ZEROS, "a member after the tail"),
    "after-end": (head() + tail(0) + ZEROS + sample("k") + ZEROS, "not a tensor stream: k.image"),
    "garbage-after": (stream(sample("k")) + b"x" * 512, "bad tar header"),
    "count": (head() + sample("k") + tail(2) + ZEROS, "damaged: 1 samples, its tail says 2"),
    "checksum": (head() + sample("k") + tail(xxh3="0" * 16) + ZEROS, "damaged: the checksum is"),
    "bit": (head() + sample("k", image=flip(first, 130)) + tail() + ZEROS,
            "damaged: the checksum is"),
    "tail-not-json": (head() + member("__rl__/tail.json", b"{") + ZEROS, "not JSON"),
    "tail-empty": (head() + member("__rl__/tail.json", b"{}") + ZEROS, 'no member "samples"'),
    "tail-negative": (head() + tail(0, skipped=-1) + ZEROS, '"skipped" is -1'),
    "tail-huge": (head() + member("__rl__/tail.json", b"", size=1 << 30), "larger than 16 MiB"),
    # The head.
    "head-huge": (member("__rl__/head.json", b"", size=1 << 30), "larger than 16 MiB"),
    "head-not-json": (member("__rl__/head.json", b"{'version': 1}"), "not JSON"),
    "head-not-utf8": (member("__rl__/head.json", b'{"a":"\xff"}'), "not JSON"),
    "head-twice": (member("__rl__/head.json", b'{"version":1,"version":1}'), "duplicate"),
    "head-deep": (member("__rl__/head.json", b"[" * 100000), "not JSON"),
    "head-array": (member("__rl__/head.json", b"[]"), "head: not a JSON object"),
    "version": (head(version=2), "head: format version 2, this program knows 1"),
    "kind": (head(kind=""), "head: the kind is empty"),
    "kind-number": (head(kind=1), '"kind" is not a string'),
    "history": (head(history={}), "head: the history is not an array"),
    "samples": (head(samples=-5), '"samples" is -5'),
    "no-fields": (fields({}), "not an object with 1 to 32 members"),
    "33-fields": (fields({"f%d" % i: FIELDS["label"] for i in range(33)}),
                  "not an object with 1 to 32 members"),
    "fields-array": (fields([]), "not an object with 1 to 32 members"),
    "field-twice": (member("__rl__/head.json", json.dumps(HEAD).replace("label", "image").encode()),
                    "duplicate"),
    "field-number": (field(1), "field image: not an object"),
    "field-name": (fields({"Image": FIELDS["label"]}), "Image: not a field name"),
    "field-name-dot": (fields({"a.b": FIELDS["label"]}), "a.b: not a field name"),
    "field-name-long": (fields({"a" * 32: FIELDS["label"]}), "not a field name"),
    "field-dtype": (field({"dtype": "f2", "shape": []}), "unknown dtype f2"),
    "field-no-shape": (field({"dtype": "f4"}), 'no member "shape"'),
    "field-shape": (field({"dtype": "f4", "shape": [1.5]}), "neither a number nor a name"),
    "field-negative": (field({"dtype": "f4", "shape": [-1]}), "neither a number nor a name"),
    "field-huge": (field({"dtype": "f4", "shape": [1 << 40]}), "neither a number nor a name"),
    "field-7d": (field({"dtype": "f4", "shape": [1] * 7}), "an array of at most 6 sizes"),
    # Samples.
    "dotdot": (key("a/../../k"), "path with a '..' component"),
    "dotdot-first": (key("../k"), "path with a '..' component"),
    "absolute": (key("/etc/k"), "absolute path"),
    "dot": (key("a.b"), "key with a '.'"),
    "empty-key": (key(""), "empty key"),
    "empty-component": (key("a//b"), "path with an empty component"),
    "trailing-slash": (key("a/"), "path with an empty component"),
    "control": (key("a\nb"), "key with a control character"),
    "not-utf8": (key("a\udcffb"), "key is not UTF-8"),
    "reserved": (key("__rl__/k"), "key in the reserved __rl__/"),
    "key-4001": (key("k" * 4001), "key longer than 4000 bytes"),
    "key-15000": (key("k" * 15000), "key longer than 4000 bytes"),
    "missing-field": (head() + half + tail() + ZEROS, "where its field label.npy should be"),
    "other-key": (head() + half + sample("l") + tail() + ZEROS,
                  "sample k: l.image.npy where its field label.npy should be"),
    "extra-field": (head() + sample("k") + member("k.extra.npy", npy(LABEL)) + tail() + ZEROS,
                    "k.extra.npy: the head declares KEY.image.npy first"),
    "field-order": (head(fields=dict(reversed(FIELDS.items()))) + sample("k") + tail() + ZEROS,
                    "the head declares KEY.note.json first"),
    # Arrays.
    "no-npy": (image(b""), "not a .npy array"),
    "not-npy": (image(b"x" * 200), "not a .npy array"),
    "npy-2": (image(raw_npy(header(), bytes(12), b"\2\0")), "a .npy version other than 1.0"),
    "npy-short": (image(raw_npy(header())[:20]), "shorter than its .npy header"),
    "npy-long": (image(raw_npy(header() + " " * 5000, bytes(12))), "longer than 4096 bytes"),
    "npy-dict": (image(raw_npy("{'descr': '|u1'", bytes(12))), "bad .npy header"),
    "npy-code": (image(raw_npy("__import__('os')", bytes(12))), "bad .npy header"),
    "npy-extra": (image(raw_npy(header() + "x", bytes(12))), "bad .npy header"),
    "npy-no-shape": (image(raw_npy("{'descr': '|u1', 'fortran_order': False}")),
                     "bad .npy header"),
    "object": (image(raw_npy(header("|O"), bytes(96))), "an array of Python objects"),
    "big-endian": (image(raw_npy(header(">f4"), bytes(48))), "dtype is not one of"),
    "bool": (image(raw_npy(header("|b1"), bytes(12))), "dtype is not one of"),
    "fortran": (image(npy(np.asfortranarray(IMAGE))), "Fortran order"),
    "shape-negative": (image(raw_npy(header(shape="(-2, -2, 3)"), bytes(12))),
                       "a negative dimension"),
    "shape-7d": (image(raw_npy(header(shape="(1, 1, 1, 1, 2, 2, 3)"), bytes(12))),
                 "more than 6 dimensions"),
    "shape-overflow": (image(raw_npy(header(shape="(4294967296, 4294967296, 3)"), bytes(12))),
                       "a shape larger than 4 GiB"),
    "shape-overflow-0": (image(raw_npy(header(shape="(4294967296, 4294967296, 0)"))),
                         "a shape larger than 4 GiB"),
    "shape-dimension": (image(raw_npy(header(shape="(99999999999999999999, 1, 3)"))),
                        "a dimension larger than 4 GiB"),
    "shape-not-tuple": (image(raw_npy(header(shape="(12)"), bytes(12))), "bad .npy header"),
    "size-more": (image(first + b"x"), "13 bytes of payload, its shape needs 12"),
    "size-less": (image(first[:-1]), "11 bytes of payload, its shape needs 12"),
    "other-dtype": (image(npy(IMAGE.astype("i1"))), "not what the head declares"),
    "other-shape": (image(npy(IMAGE[:, :, :2])), "not what the head declares"),
    "other-ndim": (image(npy(IMAGE[0])), "not what the head declares"),
    # Segments.
    "other-kind": (stream(sample("k")) + head(kind="patches") + sample("k") + tail() + ZEROS,
                   "two streams that do not fit together"),
    "other-fields": (stream(sample("k")) + field(FIELDS["image"]),
                     "two streams that do not fit together"),
    "other-order": (stream(sample("k")) + fields(dict(reversed(FIELDS.items()))),
                    "two streams that do not fit together"),
    "second-cut": (stream(sample("k")) + stream(sample("k"))[:-1024], "truncated: ends at byte"),
}


def write(name, data):
    with open(name + ".tar", "wb") as f:
        f.write(data)


write("good", good)
write("padded", good + bytes(-len(good) % 10240))
write("image", head(fields={"image": FIELDS["image"]}) + member("k.image.npy", first)
      + member("__rl__/tail.json", json.dumps({"samples": 1, "skipped": 2, "xxh3_64":
               "%016x" % xxhash.XXH3_64bits(IMAGE.tobytes(), 12), "more": 1}).encode()) + ZEROS)
unknown = {**HEAD, "news": [1], "fields": {**FIELDS, "label": {**FIELDS["label"], "names": ["x"]}}}
write("unknown", member("__rl__/head.json", json.dumps(unknown).encode()) + sample("k") + tail() + ZEROS)

# The same through tarfile's own writer, which pads to 10240 bytes and adds pax records of its own.
with tarfile.open("tarfile.tar", "w", format=tarfile.PAX_FORMAT) as tar:
    def add(name, data):
        m = tarfile.TarInfo(name)
        m.size, m.mtime, m.uname = len(data), 1.5, "ä"
        tar.addfile(m, io.BytesIO(data))
    add("__rl__/head.json", json.dumps(HEAD).encode())
    for k in "k1", "d" * 120 + "/k2":
        add(k + ".image.npy", npy(IMAGE))
        add(k + ".label.npy", npy(LABEL))
        add(k + ".note.json", NOTE)
    payload = 2 * (IMAGE.tobytes() + LABEL.tobytes() + NOTE)
    add("__rl__/tail.json", json.dumps({"samples": 2, "skipped": 0, "xxh3_64":
        "%016x" % xxhash.XXH3_64bits(payload, len(payload))}).encode())

for name, (data, message) in bad.items():
    write("bad-" + name, data)
    print(name, message, sep="\t")
