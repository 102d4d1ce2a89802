#!/usr/bin/env python3
"""make-golden.py REFERENCE

Condense the reference tensors (independent float64 computations of the network's ops and models)
into tests/golden/{conv,bn,pool,interp,roialign,loss,optim,r50,relloc,fcn}.  The tests need only what is written there.

Inputs and parameters follow the rule of tests/unit/fill.h, checked here bit for bit, and are not
stored.  An output tensor of whatever size becomes its digest: sum, Euclidean norm, and 32 samples
at flat index j * size // 32.  A file NAME.npy is the digests of its tensors in a row.
"""
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1


def fill(name, shape, lo, hi):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    i = np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + i * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    u = (z >> np.uint64(40)).astype(np.float64) * 2.0**-24
    return (lo + u * (hi - lo)).astype(np.float32).reshape(shape)


def must_be_filled(x, name, lo, hi):
    if not np.array_equal(x, fill(name, x.shape, lo, hi)):
        sys.exit(f"{name}: does not follow the rule")


def digest(x):
    x = np.asarray(x, np.float64).ravel()
    at = np.arange(32) * x.size // 32
    return np.concatenate([[x.sum(), np.sqrt((x * x).sum())], x[at]])


class Group:
    def __init__(self, reference, name):
        self.path = os.path.join(reference, name)
        with open(os.path.join(self.path, "manifest.json")) as f:
            self.manifest = json.load(f)
        self.cases = self.manifest["cases"]

    def load(self, case, tensor):
        return np.load(os.path.join(self.path, f"{case}.{tensor}.npy"))


def save(group, name, x):
    os.makedirs(os.path.join(HERE, group), exist_ok=True)
    np.save(os.path.join(HERE, group, name + ".npy"), x)


def save_digests(group, name, tensors):
    save(group, name, np.concatenate([digest(t) for t in tensors]))


def conv(reference):
    g = Group(reference, "conv")
    for case, c in g.cases.items():
        p, linear = c["params"], c["params"]["op"] == "linear"
        # Groups and oblong windows are more than our op offers.
        square = linear or (p["op"] == "conv2d" and p["groups"] == 1 and
                            all(len(set(p[k])) == 1 for k in ("stride", "pad", "dil")))
        if not square:
            continue
        for t in ("x", "w", "b", "gy"):
            if t in c["files"]:
                must_be_filled(g.load(case, t), f"{case}.{t}", -1, 1)
        outputs = ["y", "gx", "gw"] + (["gb"] if linear else [])
        save_digests("conv", case, [g.load(case, t) for t in outputs])


def bn(reference):
    g = Group(reference, "bn")
    ranges = {"x": (-1, 1), "gy": (-1, 1), "beta": (-1, 1), "rm": (-1, 1), "gamma": (0.5, 1.5),
              "rv": (0.5, 2)}
    for case, c in g.cases.items():
        if "training" not in c["params"]:
            continue
        name = case.split(".")[0]
        for t, (lo, hi) in ranges.items():
            if t == "x" and name == "mean_shift":
                lo, hi = 99, 101
            if t == "x" and name == "tiny_var":
                lo, hi = 0.499, 0.501
            must_be_filled(g.load(case, t), f"{name}.{t}", lo, hi)
        save_digests("bn", case,
                     [g.load(case, t) for t in ("y", "gx", "ggamma", "gbeta", "rm_new", "rv_new")])


def pool(reference):
    g = Group(reference, "pool")
    for case, c in g.cases.items():
        p = c["params"]
        if p.get("ceil") or p.get("count_include_pad") is False or p.get("out", [1, 1]) != [1, 1]:
            continue
        must_be_filled(g.load(case, "gy"), f"{case}.gy", -1, 1)
        x = g.load(case, "x")
        if "ties" in case:
            save("pool", case + ".x", x.astype(np.uint8))
        elif case == "relu":
            save("pool", case + ".x", x)
        else:
            must_be_filled(x, f"{case}.x", -1, 1)
        save_digests("pool", case, [g.load(case, "y"), g.load(case, "gx")])


def interp(reference):
    g = Group(reference, "interp")
    for case, c in g.cases.items():
        if case.rsplit("_", 1)[-1] not in ("ac0", "ac1", "nearest") or case.startswith("pil"):
            continue
        name, how = case.rsplit("_", 1)
        must_be_filled(g.load(case, "x"), name + ".x", -1, 1)
        must_be_filled(g.load(case, "gy"), name + (".gyn" if how == "nearest" else ".gy"), -1, 1)
        save_digests("interp", case, [g.load(case, "y"), g.load(case, "gx")])


def roialign(reference):
    g = Group(reference, "roialign")
    must_be_filled(g.load("input", "f"), "roi.f", -1, 1)
    for case in g.cases:
        if case == "input":
            continue
        must_be_filled(g.load(case, "gy"), f"{case}.gy", -1, 1)
        save("roialign", case + ".rois", g.load(case, "rois"))
        save_digests("roialign", case, [g.load(case, "y"), g.load(case, "gx")])


def loss(reference):
    g = Group(reference, "loss")
    save("loss", "ce.x", g.load("ce_mean", "x"))
    save("loss", "ce.target", g.load("ce_mean", "target").astype(np.int32))
    save_digests("loss", "ce", [g.load("ce_mean", "loss"), g.load("ce_mean", "gx")])


def optim(reference):
    g = Group(reference, "optim")
    for case in ("sgd", "mom", "mom_wd", "nesterov_wd"):
        must_be_filled(g.load(case, "p0"), "opt.p", -1, 1)
        must_be_filled(g.load(case, "grads"), "opt.g", -2, 2)
        save("optim", case, g.load(case, "traj"))
    for case in g.cases:
        if g.cases[case]["params"].get("method") == "linear" or case == "lr_poly":
            save("optim", case, np.stack([g.load(case, "iters"), g.load(case, "lr")]))


def parameter_range(name, shape, linear_gain):
    fan_in = int(np.prod(shape[1:]))
    if len(shape) == 4:
        bound = np.sqrt(6 / fan_in)
    elif len(shape) == 2:
        bound = np.sqrt(linear_gain / fan_in)
    elif name == "fc.bias":
        bound = 0.1
    elif name.endswith("bias"):
        bound = 0.2
    else:
        return (0.1, 0.4) if "bn3" in name else (0.5, 1.5)
    return -bound, bound


def split(flat, order):
    """The tensors of a flat concatenation, in order, with their names."""
    at = 0
    for name, shape, *_ in order:
        size = int(np.prod(shape))
        yield name, flat[at:at + size].reshape(shape)
        at += size
    if at != flat.size:
        sys.exit("flat array and order differ")


def r50(reference):
    features = ["act_conv1", "act_layer1", "act_layer2", "act_layer3", "act_layer4", "pooled",
                "logits", "gx"]

    g = Group(reference, "r50_slim")
    parameters, buffers = g.manifest["param_order"], g.manifest["buffer_order"]
    for name, x in split(g.load("inputs", "params"), parameters):
        must_be_filled(x, "slim." + name, *parameter_range(name, x.shape, 1))
    for name, x in split(g.load("inputs", "bufs_before"), buffers):
        must_be_filled(x, "slim." + name, *((0.5, 2) if name.endswith("var") else (-0.2, 0.2)))
    for case, c in g.cases.items():
        if case == "inputs":
            continue
        must_be_filled(g.load(case, "x"), "slim0.x", -2, 2)
        tensors = [c["params"]["loss"]] + [g.load(case, t) for t in features]
        tensors += [x for _, x in split(g.load(case, "grads"), parameters)]
        if c["params"]["train"]:
            tensors += [x for _, x in split(g.load(case, "bufs_after"), buffers)]
        save_digests("r50", "slim_" + case, tensors)

    g = Group(reference, "r50_full")
    parameters, buffers = g.manifest["param_order"], g.manifest["buffer_order"]
    for case, tag in (("eval", "full1"), ("train", "full0")):
        must_be_filled(g.load(case, "x"), tag + ".x", -2, 2)
        for (name, shape), (total, _) in zip(parameters, g.load(case, "param_sums")):
            x = fill(name, shape, *parameter_range(name, shape, 1)).astype(np.float64)
            if abs(x.sum() - total) > 1e-9:
                sys.exit(f"{name}: does not follow the rule")
        # The gradient of the pixels is left to the slim cases.
        tensors = [g.cases[case]["params"]["loss"]] + [g.load(case, t) for t in features[:-1]]
        rows = [digest(t) for t in tensors]
        # These gradients come condensed already: 64 samples at j * size // 64.
        for samples, (total, _, norm, _) in zip(g.load(case, "grad_samples"),
                                                g.load(case, "grad_stats")):
            rows.append(np.concatenate([[total, norm], samples[::2]]))
        if case == "train":
            rows += [digest(x) for _, x in split(g.load(case, "bufs_after"), buffers)]
        save("r50", "full_" + case, np.concatenate(rows))


def relloc(reference):
    g = Group(reference, "relloc")
    parameters, buffers = g.manifest["param_order"], g.manifest["buffer_order"]
    for name, x in split(g.load("step", "params"), parameters):
        must_be_filled(x, "relloc." + name, *parameter_range(name, x.shape, 6))
    must_be_filled(g.load("step", "x"), "relloc.x", -2, 2)
    grads = np.concatenate([g.load("step", "grads_0"), g.load("step", "grads_1")])
    tensors = [g.cases["step"]["params"]["loss"], g.load("step", "logits"), g.load("step", "gx")]
    tensors += [x for _, x in split(grads, parameters)]
    tensors += [x for _, x in split(g.load("step", "bufs_after"), buffers)]
    save_digests("relloc", "step", tensors)
    save("relloc", "train20", np.stack([g.load("train20", "lr"), g.load("train20", "loss")]))


def fcn(reference):
    g = Group(reference, "fcn")
    for case, c in g.cases.items():
        p = c["params"]
        flat = {}
        for t in ("params", "grads"):
            parts = [t] if t in c["files"] else [t + "_0", t + "_1"]
            flat[t] = np.concatenate([g.load(case, part) for part in parts])
        for name, x in split(flat["params"], p["param_order"]):
            of_backbone = name.startswith("b.")
            must_be_filled(x, "slim." + name[2:] if of_backbone else f"fcn_{p['head']}.{name}",
                           *parameter_range(name, x.shape, 1))
        must_be_filled(g.load(case, "x"), p["input_tag"] + ".x", -2, 2)
        save("fcn", p["input_tag"] + ".t", g.load(case, "t"))
        tensors = [p["loss"], g.load(case, "logits"), g.load(case, "up_img0_ch0_3"),
                   g.load(case, "argmax"), g.load(case, "gx")]
        tensors += [x for _, x in split(flat["grads"], p["param_order"])]
        tensors += [x for _, x in split(g.load(case, "bufs_after"), p["buffer_order"])]
        save_digests("fcn", case, tensors)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for group in (conv, bn, pool, interp, roialign, loss, optim, r50, relloc, fcn):
        group(sys.argv[1])
