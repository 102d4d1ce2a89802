"""Top-1 and top-5 of heads on a feature stream, by numpy: linear-twin.py WEIGHTS.safetensors FEATURES.tar

Weights are of rl-linear train, or a network with its fc on the average pool.
"""
import io
import json
import sys
import tarfile

import numpy as np

raw = open(sys.argv[1], "rb").read()
size = int.from_bytes(raw[:8], "little")
head = json.loads(raw[8 : 8 + size])
kind = head["__metadata__"].get("heads", "fc")


def tensor(name):
    t = head[name]
    a, b = t["data_offsets"]
    return np.frombuffer(raw[8 + size + a : 8 + size + b], "<f4").reshape(t["shape"]).astype(float)


samples = {}
with tarfile.open(sys.argv[2]) as tar:
    for m in tar:
        if m.name.endswith(".npy"):
            key, field = m.name[:-4].rsplit(".", 1)
            samples.setdefault(key, {})[field] = np.load(io.BytesIO(tar.extractfile(m).read()))

hits = {}
for s in samples.values():
    for i, layer in enumerate(["feat%d" % k for k in range(1, 6)] if kind == "multi" else ["avgpool"]):
        x = s[layer].astype(float)
        name = "fc" if kind == "fc" else "head.fc_cls"
        if kind == "multi":
            mean, var = tensor("head.norms.%d.running_mean" % i), tensor("head.norms.%d.running_var" % i)
            x = ((x.reshape(len(mean), -1) - mean[:, None]) / np.sqrt(var[:, None] + 1e-5)).ravel()
            name = "head.fcs.%d" % i
        z = tensor(name + ".weight") @ x + tensor(name + ".bias")
        rank = int((z > z[s["label"]]).sum())
        for k in (1, 5):
            hits.setdefault("top-%d" % k if kind == "fc" else "%s top-%d" % (layer, k), []).append(rank < k)
print(json.dumps({m: round(100 * float(np.mean(h)), 6) for m, h in hits.items()}, sort_keys=True))
