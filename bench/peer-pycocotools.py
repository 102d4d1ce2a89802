"""peer-pycocotools.py TRUTH FOUND: COCO's evaluation of boxes by pycocotools; prints its 12 numbers."""
import contextlib
import io
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    e = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
    e.evaluate()
    e.accumulate()
    e.summarize()
print(json.dumps([100 * x for x in e.stats]))
