"""How far a checkpoint is from another, as a part of the way that this one went: parameters, running statistics.

moved.py ONE OTHER START    START is the checkpoint before the first step
moved.py START-OF ONE       START on standard output: ONE, which learned nothing, with the running statistics as they begin
"""
import json
import struct
import sys

import numpy


def tensors(raw):
    n = struct.unpack("<Q", raw[:8])[0]
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__" and t["dtype"] == "F32" and not name.startswith("optim."):
            a, b = t["data_offsets"]
            yield name, numpy.frombuffer(raw, "<f4", (b - a) // 4, 8 + n + a)


def load(path):
    return bytearray(open(path, "rb").read())


def way(x, y, running):
    return sum(((x[k].astype("f8") - y[k]) ** 2).sum() for k in x if ("running" in k) == running) ** 0.5


if sys.argv[1] == "START-OF":
    raw = load(sys.argv[2])
    for name, t in tensors(raw):
        if "running" in name:
            t[:] = name.endswith("var")
    sys.stdout.buffer.write(raw)
else:
    one, other, start = (dict(tensors(load(path))) for path in sys.argv[1:4])
    print(*["%.1e" % (way(one, other, r) / (way(one, start, r) or 1)) for r in (False, True)])
