#!/usr/bin/python3
"""scikit-learn's side of the benchmark, on the same features: optional, and no part of the programs.

    peer-sklearn.py --train x.npy --labels y.npy --test xt.npy --test-labels yt.npy --classes N

The VOC07 SVM as the published numbers were made: for each class and cost a LinearSVC for each of
three stratified folds, scored by average precision, and one more on all rows with the cost that is
best; as many at once as --threads says, each in a process of its own.  Rows are normalised, and in
the processes' memory, before the clock starts.  The classes are spread evenly over all there are.
Prints one JSON object with the test AP of each, by its number: the interpolated area.
"""
import argparse, json, multiprocessing, resource, time, warnings

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

COSTS = [1, 10, 100] + [0.5**i for i in range(4, 20)]
FOLDS = 3


def normalised(path):
    x = np.load(path).astype(np.float64)
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-5)


def fit(x, y, cost):
    svm = LinearSVC(C=cost, class_weight={1: 2, -1: 1}, intercept_scaling=1.0, penalty="l2",
                    loss="squared_hinge", tol=1e-4, dual=True, max_iter=2000, random_state=0)
    return svm.fit(x, y)


def validate(task):
    y, cost, fitted, held = task
    svm = fit(X[fitted], y[fitted], cost)
    return average_precision_score(y[held], svm.decision_function(X[held])), int(svm.n_iter_)


def finish(task):
    y, cost = task
    svm = fit(X, y, cost)
    return svm.coef_[0], svm.intercept_[0], int(svm.n_iter_)


def area(score, label):
    """Area under precision made monotone from the right; images labelled -1 are left out."""
    score, label = score[label >= 0], label[label >= 0]
    hit = label[np.argsort(score, kind="stable")[::-1]] == 1
    found = np.cumsum(hit)
    precision = np.maximum.accumulate((found / np.arange(1, len(hit) + 1))[::-1])[::-1]
    return precision[hit].sum() / hit.sum()


def main():
    global X
    p = argparse.ArgumentParser()
    for name in ("train", "labels", "test", "test-labels"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--classes", type=int, default=1)
    p.add_argument("--threads", type=int, default=1)
    a = p.parse_args()
    warnings.filterwarnings("ignore")
    X, test = normalised(a.train), normalised(a.test)
    label, test_label = np.load(a.labels), np.load(a.test_labels)
    total = label.shape[1]
    classes = [(2 * i + 1) * total // (2 * a.classes) for i in range(a.classes)]
    target = [np.where(label[:, c] == 1, 1, -1) for c in classes]
    folds = [list(StratifiedKFold(FOLDS).split(X, y)) for y in target]
    tasks = [(y, cost, *fold) for cost in COSTS for y, split in zip(target, folds) for fold in split]
    with multiprocessing.get_context("fork").Pool(a.threads) as pool:
        start = time.perf_counter()
        scores = pool.map(validate, tasks, chunksize=1)
        ap = np.array([s for s, _ in scores]).reshape(len(COSTS), len(classes), FOLDS).mean(2)
        best = [(y, COSTS[i]) for y, i in zip(target, ap.argmax(0))]
        final = pool.map(finish, best, chunksize=1)
        seconds = time.perf_counter() - start
    passes = [n for _, n in scores] + [n for _, _, n in final]
    print(json.dumps({
        "seconds": seconds, "items": len(passes), "fits_at_iteration_cap": sum(n >= 2000 for n in passes),
        "ap": {str(c): 100 * area(test @ w + b, test_label[:, c]) for c, (w, b, _) in zip(classes, final)},
        "version": sklearn.__version__,
        "peak_kib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))


main()
