#!/usr/bin/python3
"""NumPy's side of the benchmark, on the same classes of pixels: optional, and no part of the programs.

    peer-numpy.py TRUTH.npy PREDICTION.npy CLASSES

Mean intersection over union as evaluations of segmentation in Python count it: of each image a bincount of the pairs of
classes.  The arrays are in memory before the clock starts.  Prints one JSON object.
"""
import json, resource, sys, time

import numpy as np

truth, found, n = np.load(sys.argv[1]), np.load(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter()
hist = np.zeros((n, n), np.int64)
for t, p in zip(truth, found):
    there = t < n
    hist += np.bincount(n * t[there].astype(int) + p[there], minlength=n * n).reshape(n, n)
hit = np.diag(hist)
miou = np.nanmean(hit / (hist.sum(1) + hist.sum(0) - hit))
print(json.dumps({"seconds": time.perf_counter() - start, "items": truth.size / 1e6, "mIoU": 100 * miou,
                  "version": np.__version__, "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
