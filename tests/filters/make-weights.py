"""Files as torch.save() writes them, without PyTorch, for weights.t: its pickles name classes that are faked here.

KIND.pth           a small ResNet-18 under the names of KIND; plain.npz has its arrays
hostile-KIND.pth   something that nobody should load
"""

import argparse
import collections
import io
import pickle
import random
import struct
import sys
import types
import zipfile

import numpy

WIDTH = 2


def fake(name, **members):
    parents = name.split(".")
    for i in range(1, len(parents)):
        fake(".".join(parents[:i]))
    module = sys.modules.setdefault(name, types.ModuleType(name))
    for key, value in members.items():
        value.__module__, value.__qualname__ = name, key
        setattr(module, key, value)
    return module


def rebuild(*_):
    raise NotImplementedError


TYPES = {"<f4": "Float", "<f8": "Double", "<f2": "Half", "<i8": "Long"}
torch = fake("torch", **{name + "Storage": type(name, (), {}) for name in TYPES.values()})
fake("torch._utils", _rebuild_tensor_v2=rebuild)


class Storage:
    def __init__(self, array):
        self.array = array


class Tensor:
    """The array; a hostile one claims another offset, shape, strides or number of elements."""

    def __init__(self, array, offset=0, shape=None, strides=None, elements=None):
        self.storage, self.elements = Storage(numpy.ascontiguousarray(array)), elements
        self.view = offset, array.shape if shape is None else shape, strides

    def __reduce__(self):
        offset, shape, strides = self.view
        if strides is None:
            strides = tuple(int(numpy.prod(shape[i + 1:])) for i in range(len(shape)))
        self.storage.elements = self.storage.array.size if self.elements is None else self.elements
        return rebuild, (self.storage, offset, tuple(shape), strides, False, collections.OrderedDict())


def pickled(value, protocol=2):
    storages = []

    class Pickler(pickle.Pickler):
        def persistent_id(self, v):
            if not isinstance(v, Storage):
                return None
            if v not in storages:
                storages.append(v)
            name = TYPES[v.array.dtype.str]
            return "storage", getattr(torch, name + "Storage"), str(storages.index(v)), "cpu", v.elements

    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue(), [s.array.tobytes() for s in storages]


def save_zip(path, pickle_bytes, storages, method=zipfile.ZIP_STORED, extra=()):
    with zipfile.ZipFile(path, "w", method) as z:
        z.writestr("archive/data.pkl", pickle_bytes)
        for i, data in enumerate(storages):
            z.writestr(f"archive/data/{i}", data)
        z.writestr("archive/version", "3\n")
        for name, data in extra:
            z.writestr(name, data)


def save(path, value, protocol=2):
    save_zip(path, *pickled(value, protocol))


def save_legacy(path, value, little=True):
    data, storages = pickled(value)
    with open(path, "wb") as f:
        for head in 0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": little}:
            f.write(pickle.dumps(head, 2))
        f.write(data + pickle.dumps([str(i) for i in range(len(storages))], 2))
        for s, v in zip(storages, storage_sizes(value)):
            f.write(struct.pack("<q", len(s) // v) + s)


def storage_sizes(value):
    return [t.storage.array.itemsize for t in value.values()]


# ---- a network ------------------------------------------------------------------------------------


def resnet18():
    rng, w = numpy.random.default_rng(1), {}

    def conv(name, *shape):
        w[name + ".weight"] = rng.standard_normal(shape, numpy.float32)

    def norm(name, n):
        for part in "weight", "bias", "running_mean", "running_var":
            w[f"{name}.{part}"] = rng.random(n, numpy.float32) + 0.5
        w[name + ".num_batches_tracked"] = numpy.array(7, "<i8")

    conv("conv1", WIDTH, 3, 7, 7)
    norm("bn1", WIDTH)
    channels = WIDTH
    for stage in range(1, 5):
        out = WIDTH << (stage - 1)
        for block in range(2):
            name = f"layer{stage}.{block}"
            conv(name + ".conv1", out, channels, 3, 3)
            norm(name + ".bn1", out)
            conv(name + ".conv2", out, out, 3, 3)
            norm(name + ".bn2", out)
            if channels != out:
                conv(name + ".downsample.0", out, channels, 1, 1)
                norm(name + ".downsample.1", out)
            channels = out
    return w


def other():
    return {k: v + 1 for k, v in resnet18().items()}


def under(prefix, arrays):
    return collections.OrderedDict((prefix + k, Tensor(v)) for k, v in arrays.items())


def extra(*names):
    return {name: Tensor(numpy.ones(3, numpy.float32)) for name in names}


class Config:
    """Stands for a class of somebody's own in a checkpoint."""

    def __init__(self):
        self.lr = 0.1


fake("mmcv.utils.config", Config=Config)
OPTIMIZER = {"state": {0: {"momentum_buffer": Tensor(numpy.ones(4, numpy.float32))}}, "param_groups": [{"lr": 0.1, "params": [0]}]}
NETWORKS = {
    "plain": lambda w: under("", w),
    "torchvision": lambda w: under("", w) | extra("fc.weight", "fc.bias"),
    "mmselfsup": lambda w: {
        "meta": {"epoch": 70, "config": "x = 1\n", "cfg": Config()},
        "state_dict": under("backbone.", w) | extra("neck.fc.weight", "neck.bn.bias", "head.fc_cls.weight"),
        "optimizer": OPTIMIZER},
    "extracted": lambda w: {"state_dict": under("", w), "author": "OpenSelfSup"},
    "openselfsup-moco": lambda w: {"state_dict": under("encoder_q.0.", w) | under("encoder_k.0.", other()) | under("backbone.", w)
                                   | extra("queue", "queue_ptr", "encoder_q.1.mlp.0.weight", "encoder_k.1.mlp.0.weight")},
    "moco": lambda w: {"epoch": 200, "arch": "resnet50", "optimizer": OPTIMIZER, "state_dict":
                       under("module.encoder_q.", w) | under("module.encoder_k.", other())
                       | extra("module.encoder_q.fc.0.weight", "module.encoder_k.fc.0.weight", "module.queue", "module.queue_ptr")},
    "mocov3": lambda w: {"state_dict": under("module.base_encoder.", w) | under("module.momentum_encoder.", other())
                         | extra("module.base_encoder.fc.0.weight", "module.momentum_encoder.fc.0.weight", "module.predictor.0.weight")},
    "dino": lambda w: {"student": under("module.backbone.", other()) | extra("module.head.mlp.0.weight"),
                       "teacher": under("backbone.", w) | extra("head.mlp.0.weight"),
                       "optimizer": OPTIMIZER, "args": argparse.Namespace(arch="resnet50"), "dino_loss": extra("center")},
    "vissl": lambda w: {"phase": 1, "classy_state_dict": {
        "base_model": {"model": {"trunk": under("_feature_blocks.", w), "heads": extra("0.clf.0.weight")}, "meta": {}},
        "optimizer": {"optim": OPTIMIZER}, "loss": {}}},
    "mmselfsup-simsiam": lambda w: {"state_dict": under("encoder.0.", w) | under("backbone.", w) | extra(
        "encoder.1.fc0.weight", "neck.fc0.weight", "head.predictor.fc0.weight")},
    "mmselfsup-odc": lambda w: {"state_dict": under("backbone.", w) | extra(
        "neck.fc0.weight", "head.fc_cls.weight", "memory_bank.feature_bank", "memory_bank.label_bank", "loss_weight")},
    "sequential": lambda w: {"state_dict": under("encoder.0.", w) | extra("encoder.1.mlp.0.weight")},
    "solo": lambda w: {"state_dict": under("backbone.", w) | under("momentum_backbone.", other()) | extra(
        "classifier.weight", "momentum_classifier.weight", "projector.0.weight", "momentum_projector.0.weight", "queue")},
    "barlow": lambda w: {"epoch": 1, "model": under("module.backbone.", w) | extra(
        "module.projector.0.weight", "module.bn.running_mean")},
    "simsiam": lambda w: {"state_dict": under("module.encoder.", w) | extra("module.encoder.fc.0.weight", "module.predictor.0.weight")},
    "swav": lambda w: under("module.", w) | extra("module.projection_head.0.weight", "module.prototypes.weight"),
    "unknown": lambda w: under("my.own.", w),
    "two": lambda w: {"a": under("", w), "b": under("", other())},
    "half": lambda w: under("", {k: v.astype("<f2") if v.dtype == "<f4" else v for k, v in w.items()}),
    "double": lambda w: under("", {k: v.astype("<f8") if v.dtype == "<f4" else v for k, v in w.items()}),
    "uncounted": lambda w: under("", {k: v for k, v in w.items() if "tracked" not in k}),
    "missing": lambda w: under("", {k: v for k, v in w.items() if k != "layer3.1.bn2.bias"}),
    "first": lambda w: under("", {k: v for k, v in w.items() if k != "layer1.0.conv1.weight"}),
    "stranger": lambda w: under("", w) | extra("layer5.weight", "gem.p"),
    "shape": lambda w: under("", w | {"layer2.0.bn1.bias": numpy.ones(5, numpy.float32)}),
    "nan": lambda w: under("", w | {"layer2.0.bn1.bias": numpy.full(4, numpy.nan, "<f4")}),
    "huge": lambda w: under("", w | {"layer2.0.bn1.bias": numpy.full(4, 1e300)}),
    "whole": lambda w: under("", w | {"layer2.0.bn1.bias": numpy.ones(4, "<i8")}),
    "stem": lambda w: under("", {k.replace("conv1.weight", "stem.weight"): v for k, v in w.items()}),
    "depth": lambda w: under("", {k: v for k, v in w.items() if "layer4.1" not in k}),
}


# ---- hostility ------------------------------------------------------------------------------------

ONES = numpy.ones(6, numpy.float32)
PROTO, CALL_SYSTEM = b"\x80\x02", b"cposix\nsystem\nX\x0a\x00\x00\x00touch hurt\x85R"
PICKLES = {
    "system": PROTO + CALL_SYSTEM + b".",
    "system-beside": PROTO + b"}(X\x01\x00\x00\x00a" + CALL_SYSTEM + b"u.",
    "system-4": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.",
    "eval": PROTO + b"cbuiltins\neval\nX\x01\x00\x00\x001\x85R.",
    "getattr": PROTO + b"cbuiltins\ngetattr\ncos\nsystem\nX\x01\x00\x00\x00a\x86R.",
    "called-object": PROTO + b"cos\nsystem\n)\x81)R.",
    "inst": b"(S'touch hurt'\nios\nsystem\n.",
    "extension": PROTO + b"\x82\x01.",
    "whole-module": PROTO + b"cmy.models\nNet\n)\x81}b.",
    "empty-stack": PROTO + b".",
    "no-mark": PROTO + b"Nt.",
    "two-left": PROTO + b"NN.",
    "no-stop": PROTO + b"N",
    "long": PROTO + b"\x8b\xff\xff\xff\x7f.",
    "string": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
    "memo": PROTO + b"Nr\xff\xff\xff\xff.",
    "memo-empty": PROTO + b"h\x07.",
    "odd": PROTO + b"}(Nu.",
    "into-none": PROTO + b"NNa.",
    "deep": PROTO + b"]" * 100000 + b"a" * 99999 + b".",
    "itself": PROTO + b"]q\x00h\x00a.",
    "doubling": PROTO + b"(]q\x00" + b"".join(b"](h%ch%ceq%c" % (i, i, i + 1) for i in range(40)) + b"l.",
    "sharing": PROTO + b"(cmy.models\nNet\n)\x81q\x00" + b"".join(
        b"}(X\x01\x00\x00\x00ah%cX\x01\x00\x00\x00bh%cuq%c" % (i, i, i + 1) for i in range(21)) + b"l.",
    "many": PROTO + b"](" + b"N" * 9000000 + b"e.",
    "pairs": PROTO + b"](N" + b"N\x86q\x01" + b"h\x01" * 60000 + b"eq\x02(" + b"ccollections\nOrderedDict\nh\x02\x85R" * 3000 + b"t.",
    "protocol": b"\x80\x09N.",
}
TENSORS = {
    "offset": Tensor(ONES, offset=3),
    "negative-offset": Tensor(ONES, offset=-1),
    "negative-stride": Tensor(ONES, offset=5, strides=(-1,)),
    "repeats": Tensor(ONES, shape=(1000000, 1000000), strides=(0, 0)),
    "overflow": Tensor(ONES, shape=(1 << 40, 1 << 40), strides=(1, 1)),
    "far": Tensor(ONES, shape=(2, 2), strides=(1 << 62, 1 << 62)),
    "negative-size": Tensor(ONES, shape=(-2, -3)),
    "strides": Tensor(ONES, shape=(2, 3), strides=(1,)),
    "nine": Tensor(ONES, shape=(1,) * 9, strides=(1,) * 9),
    "elements": Tensor(ONES, elements=1 << 40),
    "tensors": [Tensor(ONES)] * 70000,
    "fewer": Tensor(ONES, shape=(5,), elements=5),
}


def hostile(path, kind):
    good, storages = pickled({"a": Tensor(ONES), "b": Tensor(ONES + 1)})
    if kind in PICKLES:
        save_zip(path, PICKLES[kind], [])
    elif kind in TENSORS:
        save(path, {"a": TENSORS[kind]})
    elif kind == "storage-missing":
        save_zip(path, good, storages[:1])
    elif kind == "deflated":
        save_zip(path, good, storages, zipfile.ZIP_DEFLATED)
    elif kind == "bomb":
        big, _ = pickled({"a": Tensor(ONES, shape=(1 << 26,), elements=1 << 26)})
        save_zip(path, big, [bytes(1 << 28)], zipfile.ZIP_DEFLATED)
    elif kind == "duplicate":
        save_zip(path, good, storages, extra=[("archive/data/0", storages[1])])
    elif kind == "big-endian":
        save_zip(path, good, storages, extra=[("archive/byteorder", "big")])
    elif kind == "torchscript":
        save_zip(path, good, storages, extra=[("archive/constants.pkl", b"\x80\x02).")])
    elif kind == "other-zip":
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("hello.txt", "hello")
    elif kind == "twice":
        save_zip(path, PROTO + b"}(" + (good[3:-2] + b"").split(b"(", 1)[1] * 2 + b"u.", storages)
    elif kind in ("size", "checksum", "local-offset", "overlap"):
        save_zip(path, good, storages)
        lie(path, kind)
    elif kind == "legacy-big-endian":
        save_legacy(path, {"a": Tensor(ONES)}, little=False)
    elif kind == "legacy-short":
        save_legacy(path, {"a": Tensor(ONES)})
        data = open(path, "rb").read()
        open(path, "wb").write(data[:-4])
    elif kind == "legacy-count":
        save_legacy(path, {"a": Tensor(ONES)})
        data = open(path, "rb").read()
        open(path, "wb").write(data[:-32] + struct.pack("<q", 1 << 61) + data[-24:])
    elif kind == "legacy-more":
        save_legacy(path, {"a": Tensor(ONES)})
        open(path, "ab").write(b"more")


def lie(path, kind):
    """In the central directory: member archive/data/0 is of another size, elsewhere; or its bytes differ."""
    data = bytearray(open(path, "rb").read())
    if kind == "checksum":
        data[data.index(ONES.tobytes())] ^= 1
    else:
        entry = data.index(b"archive/data/0", data.index(b"PK\1\2")) - 46
        field, value = {"size": (24, 1 << 30), "local-offset": (42, 0x7FFFFFF0), "overlap": (20, 4)}[kind]
        data[entry + field:entry + field + 4] = struct.pack("<I", value)
        if kind == "size":
            data[entry + 20:entry + 24] = struct.pack("<I", value)
    open(path, "wb").write(data)


OTHERS = ["storage-missing", "deflated", "bomb", "duplicate", "big-endian", "torchscript", "other-zip", "twice", "size", "checksum",
          "local-offset", "overlap", "legacy-big-endian", "legacy-short", "legacy-count", "legacy-more"]


def main():
    w = resnet18()
    numpy.savez("plain.npz", **w)
    for kind, network in NETWORKS.items():
        save(kind + ".pth", network(w))
    save_legacy("legacy.pth", under("", w))
    for protocol in 4, 5:
        save(f"protocol-{protocol}.pth", under("", w), protocol)
    for kind in [*PICKLES, *TENSORS, *OTHERS]:
        hostile(f"hostile-{kind}.pth", kind)


main()
