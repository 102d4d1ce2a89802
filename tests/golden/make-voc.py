#!/usr/bin/env python3
"""make-voc.py REFERENCE

Copy the reference's VOC detections into tests/golden/voc_eval: drawn objects and detections, and the
average precision of each class and IoU threshold that detectron2's voc_eval finds, 11-point and area.
"""
import os
import sys

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "voc_eval")

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(HERE, exist_ok=True)
    for name, dtype in (("gt", "<i4"), ("dt", "<f8"), ("ap", "<f8")):
        x = np.load(os.path.join(sys.argv[1], "voc_eval", f"synthetic.{name}.npy"))
        np.save(os.path.join(HERE, name + ".npy"), x.astype(dtype))
