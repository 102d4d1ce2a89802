#!/usr/bin/env python3
"""make-knn.py

The nearest neighbours, votes and whitening of tests/golden/knn, in numpy and double: every inner
product, a full sort, and principal axes by eigenvalues.
"""
import os

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "knn")
N, M, D, CLASSES, K, TEMPERATURE, EPS = 300, 60, 24, 7, (1, 5, 20, 100), 0.07, 1e-5

rng = np.random.default_rng(5)
centre = rng.normal(size=(CLASSES, D))
label = rng.integers(0, CLASSES, N).astype("<i4")
test_label = rng.integers(0, CLASSES, M).astype("<i4")
train = (centre[label] + 1.7 * rng.normal(size=(N, D)) + 1).astype("<f4")
test = (centre[test_label] + 1.7 * rng.normal(size=(M, D)) + 1).astype("<f4")
# Rows that only their order tells apart, also by a factor that unit rows do not show.
train[100] = train[7] * 2
train[250] = train[7]
test[0] = train[7]


def unit(x):
    x = x.astype(np.float64)
    return (x / np.sqrt((x * x).sum(1, keepdims=True))).astype(np.float32).astype(np.float64)


def nearest(a, b):
    s = unit(b) @ unit(a).T
    order = np.argsort(-np.round(s, 12), axis=1, kind="stable")[:, : max(K)]
    return order, np.take_along_axis(s, order, 1)


def votes(order, similarity, k):
    w = np.exp(similarity[:, :k] / TEMPERATURE)
    score = np.zeros((M, CLASSES))
    for c in range(CLASSES):
        score[:, c] = (w * (label[order[:, :k]] == c)).sum(1)
    best = np.argsort(-score, axis=1, kind="stable")
    rank = np.argmax(best == test_label[:, None], axis=1)
    voted = score[np.arange(M), test_label] > 0
    return ((rank < 1) & voted).sum(), ((rank < 5) & voted).sum()


def whiten(x):
    a = train.astype(np.float64)
    mean = a.mean(0)
    values, axes = np.linalg.eigh(np.cov(a.T, bias=True))
    return ((x.astype(np.float64) - mean) @ axes / np.sqrt(values + EPS * values.mean())).astype(np.float32)


def save(name, x):
    os.makedirs(HERE, exist_ok=True)
    np.save(os.path.join(HERE, name + ".npy"), x)


order, similarity = nearest(train, test)
save("train", train)
save("test", test)
save("train.label", label)
save("test.label", test_label)
save("nearest", order.astype("<i4"))
save("similarity", similarity)
save("right", np.array([votes(order, similarity, k) for k in K], "<i4"))
order, similarity = nearest(whiten(train), whiten(test))
save("whitened.nearest", order[:, :10].astype("<i4"))
save("whitened.similarity", similarity[:, :10])
gaps = -np.diff(similarity[:, :11])
print("least gap of whitened neighbours:", gaps[gaps > 0].min())
