"""Write a tensor stream of arrays, by other code than the programs'.

    write(path, {"image": {"dtype": "u1", "shape": ["H", "W", 3]}}, [(key, {"image": array}), ...], history)

and read(path) one again, into [(key, {"image": array}), ...].
"""
import ctypes
import io
import json
import tarfile

import numpy as np

xxhash = ctypes.CDLL("libxxhash.so.0")
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = ctypes.c_char_p, ctypes.c_size_t


def member(name, data):
    m = tarfile.TarInfo(name)
    m.size = len(data)
    return m.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)


def npy(array):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array, order="C"), version=(1, 0))
    return out.getvalue()


def write(path, fields, samples, history=(), kind="images"):
    payload = b""
    with open(path, "wb") as f:
        f.write(member("__rl__/head.json", json.dumps(
            {"version": 1, "kind": kind, "fields": fields, "history": list(history)}).encode()))
        for key, arrays in samples:
            for name in fields:
                f.write(member(f"{key}.{name}.npy", npy(arrays[name])))
                payload += np.ascontiguousarray(arrays[name]).tobytes()
        digest = "%016x" % xxhash.XXH3_64bits(payload, len(payload))
        f.write(member("__rl__/tail.json", json.dumps(
            {"samples": len(samples), "skipped": 0, "xxh3_64": digest}).encode()) + bytes(1024))


def read(path):
    samples = []
    with tarfile.open(path, ignore_zeros=True) as tar:
        for m in tar:
            if m.name.startswith("__rl__/"):
                continue
            key, field, _ = m.name.rsplit(".", 2)
            if not samples or samples[-1][0] != key:
                samples.append((key, {}))
            samples[-1][1][field] = np.load(io.BytesIO(tar.extractfile(m).read()))
    return samples
