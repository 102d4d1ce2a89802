#!/usr/bin/env python3
"""make-miou.py REFERENCE

Copy the reference's label maps into tests/golden/miou: of each case the truth and the predictions of its
images one after the other (*.gt, *.pred), with their heights and widths (*.sizes), and what NumPy
and, of the case cityscapes, cityscapesScripts count and score (*.hist, *.iou, *.acc, *.means: mIoU, mAcc, aAcc).
Labels of the case cityscapes are numbered as in its files; *.relabel is the class of each number.
"""
import json
import os
import sys

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "miou")


def put(case, name, x, dtype):
    np.save(os.path.join(HERE, f"{case}.{name}.npy"), np.asarray(x).astype(dtype))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    reference = os.path.join(sys.argv[1], "miou")
    os.makedirs(HERE, exist_ok=True)
    with open(os.path.join(reference, "manifest.json")) as f:
        cases = json.load(f)["cases"]
    for source, case, gt, pred, n in (("voc21", "voc21", "gt", "pred", 6), ("absent", "absent", "gt", "pred", 6),
                                      ("city19", "city19", "gt", "pred", 6),
                                      ("cityscapes_official", "cityscapes", "gt_id", "pred_id", 3)):
        maps = {k: [np.load(os.path.join(reference, f"{source}.{k}{i}.npy")) for i in range(n)] for k in (gt, pred)}
        put(case, "sizes", [m.shape for m in maps[gt]], "<i4")
        put(case, "gt", np.concatenate([m.ravel() for m in maps[gt]]), "u1")
        put(case, "pred", np.concatenate([m.ravel() for m in maps[pred]]), "u1")
        params = cases[source]["params"]
        there = lambda name: np.load(os.path.join(reference, f"{source}.{name}.npy"))
        put(case, "iou", there("iou"), "<f8")
        if case != "cityscapes":
            put(case, "hist", there("hist"), "<i8")
            put(case, "acc", there("acc"), "<f8")
            put(case, "means", [params["miou_nanmean"], params["macc_nanmean"], params["aacc"]], "<f8")
            continue
        put(case, "hist", there("hist_train"), "<i8")
        put(case, "means", [params["averageScoreClasses"]], "<f8")
        relabel = np.full(max(map(int, params["id_to_trainid"])) + 1, 255)
        for number, label in params["id_to_trainid"].items():
            relabel[int(number)] = label
        put(case, "relabel", relabel, "u1")
