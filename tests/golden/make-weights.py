#!/usr/bin/python3
"""The files of tests/golden/weights, made with PyTorch 1.13 (Debian's python3-torch).

zip.pth, legacy.pth   torch.save() of one small nest of containers: types, views, a shared storage, a parameter, a
                      buffer of zero elements, and objects beside them
tar.pth               what torch.save() wrote before 0.1.10.  No PyTorch writes it any more: made here, and read back
                      with torch.load()
expected.json         what `rl-weights show` must say: name, dtype, shape, norm, mean, min, max of each tensor

make-weights.py DIRECTORY
"""

import argparse
import collections
import io
import json
import pickle
import struct
import sys
import tarfile

import torch

NAMES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


def tensors():
    random = torch.Generator().manual_seed(5)
    base = torch.randn(4, 6, generator=random)
    yield "plain", base[:2].clone()
    yield "transposed", base.t()
    yield "window", base[1:3, 2:5]
    yield "scalar", torch.tensor(7)
    yield "empty", torch.zeros(0, 3)
    for kind in NAMES:
        yield "as_" + NAMES[kind].lower(), (torch.randn(5, generator=random) * 3).to(kind)
    yield "parameter", torch.nn.Parameter(torch.randn(3, generator=random))


def flat(value, name=""):
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in items:
            yield from flat(member, f"{name}.{key}" if name else str(key))


def describe(value):
    for name, t in sorted(flat(value)):
        d = t.detach().double()
        entry = {"name": name, "dtype": NAMES[t.dtype], "shape": list(t.shape)}
        if t.numel():
            entry |= {"norm": d.norm().item(), "mean": d.mean().item(), "min": d.min().item(), "max": d.max().item()}
        yield entry


def save_tar(state, path):
    """torch.serialization._save of February 2017, in our words: three members of pickles and raw numbers."""
    storages, views, out = {}, [], {name: io.BytesIO() for name in ("storages", "tensors", "pickle")}

    def dump(value, name):
        pickle.dump(value, out[name], protocol=2)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if not isinstance(value, torch.Tensor):
                return None
            views.append(value)
            storages[value.storage().data_ptr()] = value
            return str(len(views) - 1)

    Pickler(out["pickle"], protocol=2).dump(state)
    dump(len(storages), "storages")
    for key, t in storages.items():
        dump((key, "cpu", torch.FloatStorage), "storages")
        data = t.storage().tolist()
        out["storages"].write(struct.pack(f"<q{len(data)}f", len(data), *data))
    dump([], "storages")
    dump(len(views), "tensors")
    for i, t in enumerate(views):
        dump((i, t.storage().data_ptr(), torch.FloatTensor), "tensors")
        out["tensors"].write(struct.pack(f"<ii{2 * t.dim()}qq", t.dim(), 0, *t.shape, *t.stride(), t.storage_offset()))
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in [("sys_info", pickle.dumps({"protocol_version": 1000, "little_endian": True}, 2))] + [
                (name, stream.getvalue()) for name, stream in out.items()]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def main(directory):
    state = {"state_dict": collections.OrderedDict(tensors()), "epoch": 3, "best": 0.5, "list": [torch.ones(2), {"a": (1, None)}],
             "args": argparse.Namespace(lr=0.1, arch="resnet50"), 7: torch.arange(3)}
    torch.save(state, f"{directory}/zip.pth")
    torch.save(state, f"{directory}/legacy.pth", _use_new_zipfile_serialization=False)
    base = torch.arange(12.0).view(3, 4)
    old = collections.OrderedDict(whole=base, column=base[:, 1], other=torch.ones(2, 2) / 3)
    save_tar(old, f"{directory}/tar.pth")
    again = torch.load(f"{directory}/tar.pth")
    assert list(again) == list(old) and all(torch.equal(again[k], old[k]) for k in old)
    with open(f"{directory}/expected.json", "w") as f:
        json.dump({"zip": list(describe(state)), "legacy": list(describe(state)), "tar": list(describe(old))}, f, indent=1)


main(sys.argv[1])
