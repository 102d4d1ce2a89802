#!/usr/bin/env python3
"""make-softmax.py

The optima of tests/golden/softmax: multinomial logistic regression with decayed weights and a free
bias, by Newton's method on the dense Hessian, in numpy and double. scikit-learn, where it is
installed, must find the same.
"""
import os
import sys

import numpy as np

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "softmax")
N, D, C = 150, 6, 4
DECAYS = (1.0, 1e-2, 1e-4)

rng = np.random.default_rng(8)
label = rng.integers(0, C, N).astype("<i4")
label[:C] = np.arange(C)
x = (1.2 * rng.normal(size=(C, D))[label] + rng.normal(size=(N, D)) * np.linspace(0.3, 3, D)).astype("<f4")
one = np.hstack([x.astype(np.float64), np.ones((N, 1))])
hot = np.eye(C)[label]


def objective(w, decay):
    z = one @ w.T
    z -= z.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    return -(logp * hot).sum() / N + decay / 2 * (w[:, :D] ** 2).sum(), np.exp(logp)


def optimum(decay):
    w = np.zeros((C, D + 1))
    ridge = decay * np.tile(np.r_[np.ones(D), 0], C)
    for _ in range(100):
        value, p = objective(w, decay)
        g = ((p - hot).T @ one / N).ravel() + ridge * w.ravel()
        if np.abs(g).max() < 1e-13:
            return w, value
        h = np.einsum("ni,ij,nd,ne->idje", p, np.eye(C), one, one) - np.einsum("ni,nj,nd,ne->idje", p, p, one, one)
        h = h.reshape(g.size, g.size) / N + np.diag(ridge)
        # The least norm solution leaves alone what adds a constant to all biases.
        step = -np.linalg.lstsq(h, g, rcond=1e-13)[0]
        length = 1.0
        while objective(w + length * step.reshape(w.shape), decay)[0] > value + 1e-4 * length * (g @ step) + 1e-15:
            length /= 2
        w = w + length * step.reshape(w.shape)
    sys.exit(f"decay {decay}: no convergence, {np.abs(g).max()}")


def save(name, value):
    os.makedirs(HERE, exist_ok=True)
    np.save(os.path.join(HERE, name + ".npy"), value)


found = [optimum(d) for d in DECAYS]
try:
    from sklearn.linear_model import LogisticRegression

    for decay, (w, _) in zip(DECAYS, found):
        other = LogisticRegression(C=1 / (N * decay), solver="newton-cg", tol=1e-10, max_iter=10000)
        other.fit(x.astype(np.float64), label)
        bias = other.intercept_ - other.intercept_.mean()
        error = max(np.abs(other.coef_ - w[:, :D]).max(), np.abs(bias - (w[:, D] - w[:, D].mean())).max())
        print(f"decay {decay}: off scikit-learn's by {error:.1e}")
        assert error < 1e-4
except ImportError:
    print("scikit-learn is not installed: not compared")
save("x", x)
save("label", label)
save("weights", np.array([w for w, _ in found]))
save("objective", np.array([v for _, v in found]))
