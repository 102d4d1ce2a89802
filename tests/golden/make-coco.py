#!/usr/bin/env python3
"""make-coco.py REFERENCE

Write tests/golden/coco with pycocotools 2.0.11: masks rasterised from polygons, the reference's set of
images with what COCO's evaluation makes of it, and a second set in which every rule decides something:
equal scores, equal overlaps, overlaps at a threshold, areas at a limit, more detections than count.
Everything is drawn; no picture of COCO is in it.
"""
import contextlib
import io
import json
import os
import shutil
import sys

import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "coco")
rng = np.random.default_rng(7)


def save(name, x):
    np.save(os.path.join(HERE, name + ".npy"), x)


def dump(name, o):
    with open(os.path.join(HERE, name + ".json"), "w") as f:
        json.dump(o, f, separators=(",", ":"))


def rasterised(height, width, polygons):
    r = mask.merge(mask.frPyObjects(polygons, height, width))
    return {"size": [height, width], "polygons": polygons, "counts": r["counts"].decode(),
            "area": int(mask.area(r)), "box": [int(v) for v in mask.toBbox(r)]}


def drawn_polygons(kind):
    height, width = (int(v) for v in rng.integers(1, 90, 2))
    polygons = []
    for _ in range(rng.integers(1, 4)):
        xy = rng.uniform(-0.3, 1.3, (rng.integers(3, 12), 2)) * [width, height]
        xy = np.round(xy, [0, 1, 2, 13][kind % 4])
        if kind % 3 == 0:
            xy = np.vstack([xy, xy[:1]])
        if kind % 5 == 0:
            xy = np.repeat(xy, 2, 0)
        polygons.append(xy.ravel().tolist())
    return rasterised(height, width, polygons)


def masks(reference):
    with open(os.path.join(reference, "manifest.json")) as f:
        p = json.load(f)["cases"]["rle"]["params"]
    cases = [rasterised(*p["hw"], polygons) for polygons in p["polygons"]]
    if [c["counts"] for c in cases] != p["counts"]:
        sys.exit("pycocotools and the reference rasterise otherwise")
    crowd = [0, 1, 0, 0, 1, 0]
    for kind in ("mask", "bbox"):
        iou = np.load(os.path.join(reference, f"rle.iou_{kind}.npy"))
        of = [{"size": c["size"], "counts": c["counts"].encode()} if kind == "mask" else c["box"] for c in cases]
        if not np.array_equal(mask.iou(of if kind == "mask" else np.array(of, float),
                                       of if kind == "mask" else np.array(of, float), crowd), iou):
            sys.exit("other objects than these are a crowd")
        save("iou." + kind, iou)
    dump("masks", cases + [drawn_polygons(i) for i in range(60)])


def evaluate(truth, found, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO(truth)
        e = COCOeval(gt, gt.loadRes(found), kind)
        e.evaluate()
        e.accumulate()
        e.summarize()
    return e.stats, e.eval["precision"][..., 2], e.eval["recall"]


def reference_set(reference):
    shutil.copyfile(os.path.join(reference, "gt.json"), os.path.join(HERE, "truth.json"))
    for kind in ("bbox", "segm"):
        found = os.path.join(HERE, f"found.{kind}.json")
        shutil.copyfile(os.path.join(reference, f"dt_{kind}.json"), found)
        stats, precision, recall = evaluate(os.path.join(HERE, "truth.json"), found, kind)
        if not np.allclose(precision, np.load(os.path.join(reference, f"precision_{kind}.npy")), atol=1e-12):
            sys.exit("pycocotools and the reference differ")
        save("stats." + kind, stats)
        save("precision." + kind, precision.astype("<f4"))
        save("recall." + kind, recall)


def cut_rectangle(box):
    x, y, w, h = box
    return [[x, y, x, y + h, x + w, y + h, x + w, y + h // 2, x + w // 2, y]]


def rules_set():
    height, width = 200, 220
    ids, categories = [9, 4, 7, 30, 2, 11], [5, 90, 3, 17]
    images = [{"id": i, "file_name": f"a/{i}.jpg", "height": height, "width": width} for i in ids]
    annotations, boxes, runs = [], [], []

    def box():
        size = rng.choice([8, 16, 32, 64, 96], 2)
        return [int(v) for v in (*(rng.integers(0, 12, 2) * 8), *size)]

    for i in ids[:5]:
        for c in categories[:3]:
            near = []
            for _ in range(rng.integers(0, 7)):
                b, crowd = box(), int(rng.integers(0, 5) == 0)
                outline = cut_rectangle(b)
                if crowd:
                    r = mask.decode(mask.merge(mask.frPyObjects(outline, height, width))).ravel(order="F")
                    ends = np.flatnonzero(np.diff(np.concatenate([[0], r, [2]])))
                    outline = {"size": [height, width],
                               "counts": [int(v) for v in np.diff(np.concatenate([[0], ends]))]}
                annotations.append({"id": 500 - len(annotations), "image_id": i, "category_id": c, "bbox": b,
                                    "area": int(b[2] * b[3]), "iscrowd": crowd, "segmentation": outline})
                near.append(b)
            many = 118 if (i, c) == (7, 90) else int(rng.integers(0, 6))
            for _ in range(many):
                b = box()
                if near and rng.integers(0, 8):
                    # A shift by a part of the width or height: overlaps that are simple fractions.
                    b = list(near[rng.integers(0, len(near))])
                    side = int(rng.integers(0, 2))
                    b[side] += int(rng.choice([0, 0, 0, 1, 2, 4])) * b[2 + side] // 8
                boxes.append({"image_id": i, "category_id": c, "bbox": b,
                              "score": float(rng.integers(1, 10)) / 10})
    def put(image, category, box, *found, crowd=0):
        annotations.append({"id": 500 - len(annotations), "image_id": image, "category_id": category,
                            "bbox": box, "area": box[2] * box[3], "iscrowd": crowd,
                            "segmentation": cut_rectangle(box)})
        boxes.extend({"image_id": image, "category_id": category, "bbox": b, "score": s} for s, b in found)

    # The worst of more than 100.  The first overlaps both objects alike, the second one of them.  It
    # overlaps a crowd more than its object.
    put(7, 90, [170, 140, 30, 40], (0.01, [170, 140, 30, 40]))
    put(11, 5, [0, 0, 30, 40], (0.9, [5, 0, 30, 40]), (0.8, [0, 0, 30, 40]))
    put(11, 5, [10, 0, 30, 40])
    put(11, 3, [100, 0, 40, 40], (0.7, [100, 0, 40, 44]))
    put(11, 3, [100, 0, 60, 60], crowd=1)
    rng.shuffle(boxes)
    for b in boxes:
        r = mask.merge(mask.frPyObjects(cut_rectangle(b["bbox"]), height, width))
        runs.append({"image_id": b["image_id"], "category_id": b["category_id"], "score": b["score"],
                     "segmentation": {"size": [height, width], "counts": r["counts"].decode()}})
    dump("rules.truth", {"images": images, "categories": [{"id": c, "name": f"c{c}"} for c in categories],
                         "annotations": annotations})
    for kind, found in (("bbox", boxes), ("segm", runs)):
        dump("rules.found." + kind, found)
        stats, precision, recall = evaluate(os.path.join(HERE, "rules.truth.json"),
                                            os.path.join(HERE, f"rules.found.{kind}.json"), kind)
        save("rules.stats." + kind, stats)
        save("rules.precision." + kind, precision.mean(1))
        save("rules.recall." + kind, recall)
        print(len(found), stats)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(HERE, exist_ok=True)
    masks(os.path.join(sys.argv[1], "coco"))
    reference_set(os.path.join(sys.argv[1], "coco"))
    rules_set()
