#!/usr/bin/env python3
"""make-detection.py REFERENCE

Copy the small golden tensors of a detector's parts (anchors, suppression, matching, box coding,
masks; detectron2 and torchvision, in float64) into tests/golden/detection, masks unpacked to a byte a
pixel, so that the tests need only what is written there.
"""
import os
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


def main(reference):
    out = os.path.join(HERE, "detection")
    os.makedirs(out, exist_ok=True)
    for group, names in COPIED.items():
        for name in names:
            x = np.load(os.path.join(reference, group, name + ".npy"))
            if name in WIDTHS and x.shape[-1] != WIDTHS[name]:
                x = np.unpackbits(x, axis=-1)[..., :WIDTHS[name]]
            np.save(os.path.join(out, name + ".npy"), x.astype(np.int32) if x.dtype == np.int8 else x)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
