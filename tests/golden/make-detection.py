#!/usr/bin/env python3
"""make-detection.py REFERENCE

Copy the small golden tensors of a detector's parts (anchors, suppression, matching, box coding,
masks; detectron2 and torchvision, in float64) into tests/golden/detection, masks unpacked to a byte a
pixel, and condense whole detectors, their parameters to the ranges that they were drawn from and their
gradients to digests (see make-golden.py), so that the tests need only what is written there.
"""
import importlib.util
import json
import os
import re
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))

COPIED = {
    "anchors": ["d2_c4_l0.anchors", "d2_fpn_l1.anchors"],
    "nms": [f"{case}.{t}" for case in ("n300_t0.5", "n64_t0.3")
            for t in ("boxes", "scores", "scores_tied", "cls", "keep", "keep_tied", "keep_percls")]
           + ["edge.boxes", "edge.scores", "edge.keep"],
    "d2aux": [f"{m}.{t}" for m in ("matcher_rpn", "matcher_rpn_nolq", "matcher_roi")
              for t in ("anchors", "gt", "labels", "matches", "iou")]
             + [f"box2box_{w}.{t}" for w in ("w1", "w10")
                for t in ("src", "dst", "deltas", "apply_in", "apply_out")]
             + ["fpn_levels.boxes", "fpn_levels.levels", "bitmask_target_28.boxes",
                "bitmask_target_28.masks", "bitmask_target_28.out", "paste.boxes", "paste.masks",
                "paste.out"],
}
WIDTHS = {"bitmask_target_28.masks": 110, "bitmask_target_28.out": 28, "paste.out": 90}


# ---- whole detectors: detectron2's, narrow ------------------------------------------------------

def ours(name):
    """detectron2's name of a parameter as a detector here has it."""
    name = name.replace("backbone.bottom_up.", "backbone.")
    for pattern, to in [
            (r"^backbone\.fpn_(lateral|output)(\d)\.norm\.", r"neck.\1_convs.\2.bn."),
            (r"^backbone\.fpn_(lateral|output)(\d)\.", r"neck.\1_convs.\2.conv."),
            (r"^backbone\.stem\.conv1\.norm\.", "bn1."),
            (r"^backbone\.stem\.conv1\.", "conv1."),
            (r"^(?:backbone|roi_heads)\.res(\d)\.(\d)\.shortcut\.norm\.", r"layer\1.\2.downsample.1."),
            (r"^(?:backbone|roi_heads)\.res(\d)\.(\d)\.shortcut\.", r"layer\1.\2.downsample.0."),
            (r"^(?:backbone|roi_heads)\.res(\d)\.(\d)\.conv(\d)\.norm\.", r"layer\1.\2.bn\3."),
            (r"^(?:backbone|roi_heads)\.res(\d)\.(\d)\.conv(\d)\.", r"layer\1.\2.conv\3."),
            (r"^roi_heads\.res5\.norm\.", "roi_head.shared_head.norm."),
            (r"^proposal_generator\.rpn_head\.conv\.", "rpn_head.rpn_conv."),
            (r"^proposal_generator\.rpn_head\.objectness_logits\.", "rpn_head.rpn_cls."),
            (r"^proposal_generator\.rpn_head\.anchor_deltas\.", "rpn_head.rpn_reg."),
            (r"^roi_heads\.box_head\.fc(\d)\.", r"roi_head.bbox_head.shared_fcs.\1."),
            (r"^roi_heads\.box_predictor\.cls_score\.", "roi_head.bbox_head.fc_cls."),
            (r"^roi_heads\.box_predictor\.bbox_pred\.", "roi_head.bbox_head.fc_reg."),
            (r"^roi_heads\.mask_head\.mask_fcn(\d)\.", r"roi_head.mask_head.convs.\1.conv."),
            (r"^roi_heads\.mask_head\.deconv\.", "roi_head.mask_head.upsample."),
            (r"^roi_heads\.mask_head\.predictor\.", "roi_head.mask_head.conv_logits.")]:
        name, n = re.subn(pattern, to, name)
        if n:
            break
    # detectron2 counts from another number: stages from 2, pyramid levels from 2, layers from 1.
    name = re.sub(r"^layer(\d)", lambda m: f"layer{int(m[1]) - 1}", name)
    name = re.sub(r"^neck\.output_", "neck.fpn_", name)
    name = re.sub(r"(_convs\.)(\d)", lambda m: m[1] + str(int(m[2]) - 2), name)
    return re.sub(r"(shared_fcs\.|mask_head\.convs\.)(\d)", lambda m: m[1] + str(int(m[2]) - 1), name)


def bounds(fill, name, x):
    """The range that a parameter was drawn from."""
    fan_in = np.prod(x.shape[1:]) if x.ndim > 1 else 1
    scales = [f * s for f in (np.sqrt(6 / fan_in), np.sqrt(3 / fan_in), 1)
              for s in (1, 0.1, 0.05, 0.4, 0.2, 0.01, 0.005, 0.04)]
    for lo, hi in [(0.5, 1.5), (0.1, 0.4), (0.5, 2)] + [(-s, s) for s in scales]:
        if np.array_equal(fill("d2s." + name, x.shape, lo, hi), x):
            return [float(lo), float(hi)]
    sys.exit(f"{name}: from no range that is known here")


def detector(reference, case, spec, out):
    here = importlib.util.spec_from_file_location("g", os.path.join(HERE, "make-golden.py"))
    g = importlib.util.module_from_spec(here)
    here.loader.exec_module(g)

    def load(tensor):
        return np.load(os.path.join(reference, "d2_slim", f"{case}.{tensor}.npy"))

    def whole(tensor):
        parts = [t for t in (tensor, tensor + "_0", tensor + "_1") if t in spec["files"]]
        return np.concatenate([load(t) for t in parts])

    def split(flat, order):
        at = 0
        for name, shape in order:
            n = int(np.prod(shape))
            yield name, flat[at:at + n].reshape(shape)
            at += n

    p = spec["params"]
    shapes = dict(p["param_order"])
    gradients = dict(split(whole("grads"), [(n, shapes[n]) for n in p["grad_order"]]))
    params = [[ours(n), n] + bounds(g.fill, n, x) for n, x in split(whole("params"), p["param_order"])]
    digests = [g.digest(gradients[n]) for n in p["grad_order"]]
    buffers = p.get("buf_order", [])
    if buffers:
        digests += [g.digest(x) for _, x in split(load("bufs_after"), [(n, shapes[n]) for n in buffers])]
    with open(os.path.join(out, case + ".json"), "w") as f:
        json.dump({"params": params, "gradients": [ours(n) for n in p["grad_order"]],
                   "buffers": [ours(n) for n in buffers], "losses": p["losses"]}, f)
        f.write("\n")
    np.save(os.path.join(out, case + ".digests.npy"), np.concatenate(digests))
    for i in (0, 1):
        for t in ("img", "prop_boxes", "prop_logits", "roi_boxes", "roi_classes", "det_boxes",
                  "det_classes", "det_scores", "gt_boxes", "gt_classes"):
            x = load(t + str(i))
            np.save(os.path.join(out, f"{case}.{t}{i}.npy"), x.astype(np.float32) if x.dtype == np.float64 else x)
        if f"det_masks8_{i}" in spec["files"]:
            np.save(os.path.join(out, f"{case}.det_masks{i}.npy"), load(f"det_masks8_{i}"))


def detectors(reference, out):
    with open(os.path.join(reference, "d2_slim", "manifest.json")) as f:
        cases = json.load(f)["cases"]
    for case, spec in cases.items():
        detector(reference, case, spec, out)


def main(reference):
    out = os.path.join(HERE, "detection")
    os.makedirs(out, exist_ok=True)
    for group, names in COPIED.items():
        for name in names:
            x = np.load(os.path.join(reference, group, name + ".npy"))
            if name in WIDTHS and x.shape[-1] != WIDTHS[name]:
                x = np.unpackbits(x, axis=-1)[..., :WIDTHS[name]]
            np.save(os.path.join(out, name + ".npy"), x.astype(np.int32) if x.dtype == np.int8 else x)
    detectors(reference, out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
