"""Streams for audit.t, and what rl-audit must say of them, restated in numpy."""
import sys

import numpy as np
import tensorstream
from tensorstream import xxhash

D, SEED = 10, 5


def philox(key, counter):
    m0, m1, mask = 0xD2511F53, 0xCD9E8D57, 0xFFFFFFFF
    k, c = list(key), list(counter)
    for _ in range(10):
        p0, p1 = m0 * c[0], m1 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c[0]


def part(key):
    """0 to 4: a test image; 5, 6: chooses lambda; else fitted to."""
    i = xxhash.XXH3_64bits(key.encode(), len(key.encode()))
    return philox((SEED, 0), (0, 11, i & 0xFFFFFFFF, i >> 32)) * 15 >> 32


def patches(rng, n, leak):
    """Features that know x and y as far as `leak` says; images of two sizes, one without patches."""
    mix, out = rng.standard_normal((2, D)), []
    for i in range(n):
        h, w = (240, 320) if i % 3 else (300, 200)
        m = 0 if i == 4 else 6 + i % 4
        corner = rng.uniform(0, 1, (m, 2)) * (w - 60, h - 60)
        place = np.concatenate([corner, corner + 60], 1).astype("f4")
        at = (place[:, :2].astype("f8") + place[:, 2:]) / 2 / (w, h)
        x = (leak * (at - .5) @ mix + rng.standard_normal((m, D)) * np.arange(1, D + 1) + 3).astype("f4")
        x[:, 4] = 7  # does not vary
        out.append((f"p/{i}", {"size": np.array([h, w], "i4"), "places": place, "avgpool": x}, at))
    return out


def write(path, samples, **change):
    fields = {"size": {"dtype": "i4", "shape": [2]}, "places": {"dtype": "f4", "shape": ["M", 4]},
              "avgpool": {"dtype": "f4", "shape": ["M", "D"]}}
    tensorstream.write(path, fields, [(k, {**a, **change}) for k, a, *_ in samples])


def ridge(x, z, lam):
    mean, sd = x.mean(0), x.std(0)
    s = np.where(sd > 1e-9, sd, np.inf)
    u = (x - mean) / s
    w = np.linalg.solve(u.T @ u / len(u) + lam * np.eye(D), u.T @ (z - z.mean(0)) / len(u)) / s[:, None]
    return lambda y: (y - mean) @ w + z.mean(0)


def audit(samples):
    rows = lambda parts: [np.concatenate(c) for c in zip(*[(a["avgpool"].astype("f8"), at) for k, a, at in samples if part(k) in parts])]
    fit, held, both = rows(range(7, 15)), rows((5, 6)), rows(range(5, 15))
    lams = [10.0**-i for i in range(7)]
    lam = min(lams, key=lambda l: ((ridge(*fit, l)(held[0]) - held[1])**2).sum())
    read, mean = ridge(*both, lam), both[1].mean(0)
    e = [(((read(a["avgpool"].astype("f8")) - at)**2), (at - mean)**2, (at - .5)**2) for k, a, at in samples if part(k) < 5 and len(at)]
    err = np.array([x[0].sum(1).mean() for x in e])
    fixed = np.array([x[1].sum(1).mean() for x in e])
    best = np.argsort(err)[:-(-len(e) // 10)]
    rms = lambda i, k: np.sqrt(np.concatenate([e[j][k].sum(1) for j in i]).mean())
    every = range(len(e))
    r2 = 1 - sum(x[0].sum(0) for x in e) / sum(x[1].sum(0) for x in e)
    return [len(e), lam, rms(every, 0), rms(every, 2), rms(best, 0), rms(best, 2), ((fixed - err) / fixed.mean()).mean(), *r2]


def erased(samples, x):
    """LEACE, by its formula."""
    f = np.concatenate([a["avgpool"] for _, a, _ in samples]).astype("f8")
    u, v = (np.concatenate([at for *_, at in samples]) - .5).T
    z = np.stack([u, v, u * u, u * v, v * v], 1)
    mean, c = f.mean(0), np.cov(f.T, bias=True)
    c += 1e-6 * np.trace(c) / D * np.eye(D)
    xz = (f - mean).T @ (z - z.mean(0)) / len(f)
    ixz = np.linalg.solve(c, xz)
    return x - (x - mean) @ ixz @ np.linalg.solve(xz.T @ ixz, xz.T)


def noise(rng, n, shift, h=160, w=208):
    """Grey textures that are the same everywhere; green magnified about the middle."""
    y, x = np.mgrid[:h, :w].astype("f8")
    cx, cy = (w - 1) / 2, (h - 1) / 2
    sx, sy = np.clip(cx + (x - cx) / (1 + shift), 0, w - 1.001), np.clip(cy + (y - cy) / (1 + shift), 0, h - 1.001)
    i, j = sx.astype(int), sy.astype(int)
    fx, fy = sx - i, sy - j
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(w), np.fft.fftfreq(h)))
    for k in range(n):
        g = np.fft.ifft2(np.fft.fft2(rng.standard_normal((h, w))) / (f + .02)**1.2).real
        g = 128 + 40 * (g - g.mean()) / g.std()
        green = (1 - fy) * ((1 - fx) * g[j, i] + fx * g[j, i + 1]) + fy * ((1 - fx) * g[j + 1, i] + fx * g[j + 1, i + 1])
        yield f"n/{k}", {"image": np.clip(np.rint(np.stack([g, green, g], 2)), 0, 255).astype("u1")}


rng = np.random.default_rng(2)
leaks, silent = patches(rng, 90, 9), patches(rng, 90, 0)
write("leaks.tar", leaks)
write("silent.tar", silent)
for name, samples in ("leaks", leaks), ("silent", silent):
    print(name, *("%.6f" % v for v in audit(samples)), file=open("wanted", "a"))
np.save("cleaned.npy", erased(leaks, np.concatenate([a["avgpool"] for _, a, _ in leaks]).astype("f8")))
whole = rng.standard_normal((7, D)).astype("f4")
tensorstream.write("whole.tar", {"avgpool": {"dtype": "f4", "shape": [D]}}, [(f"w/{i}", {"avgpool": x}) for i, x in enumerate(whole)])
np.save("whole-cleaned.npy", erased(leaks, whole.astype("f8")))

bad = leaks[1][1]
nan = bad["avgpool"].copy()
nan[1, 3] = np.nan
away = bad["places"].copy()
away[1] += 400
write("nan.tar", leaks[1:2], avgpool=nan)
write("away.tar", leaks[1:2], places=away)
write("fewer.tar", leaks[1:2], places=bad["places"][:-1])
tensorstream.write("long.tar", {"size": {"dtype": "i4", "shape": [3]}, "places": {"dtype": "f4", "shape": ["M", 4]},
                                "avgpool": {"dtype": "f4", "shape": ["M", "D"]}}, [("p/1", {**bad, "size": np.ones(3, "i4")})])
write("few.tar", leaks[:4])
write("none.tar", leaks[4:5])
spot = [(k, {**a, "places": np.tile(np.array([30, 20, 90, 80], "f4"), (len(at), 1)), "size": np.array([240, 320], "i4")}) for k, a, at in leaks]
write("spot.tar", spot)
for d in 2, 5, 6:  # of the features that vary
    write(f"narrow{d}.tar", [(k, {**a, "avgpool": np.delete(a["avgpool"], 4, 1)[:, :d]}) for k, a, _ in leaks])
write("padded.tar", [(k, {**a, "avgpool": a["avgpool"][:, :5]}) for k, a, _ in leaks])
write("flat.tar", leaks[:4:3], places=leaks[0][1]["places"], size=leaks[0][1]["size"], avgpool=np.ones((6, D), "f4"))
tensorstream.write("varies.tar", {"size": {"dtype": "i4", "shape": [2]}, "places": {"dtype": "f4", "shape": ["M", 4]},
                                  "avgpool": {"dtype": "f4", "shape": ["M", "D"]}},
                   [leaks[0][:2], (leaks[1][0], {**bad, "avgpool": bad["avgpool"][:, :-1]})])
tensorstream.write("narrow.tar", {"avgpool": {"dtype": "f4", "shape": [3]}}, [("w/0", {"avgpool": whole[0, :3]})])
tensorstream.write("cube.tar", {"avgpool": {"dtype": "f4", "shape": [1, 1, D]}}, [("w/0", {"avgpool": whole[0][None, None]})])
image = {"image": {"dtype": "u1", "shape": ["H", "W", 3]}}
for shift in "0", "0.01":
    tensorstream.write(f"noise{shift}.tar", image, list(noise(np.random.default_rng(7), 40, float(shift))))
tensorstream.write("grey.tar", image, [("g", {"image": np.full((60, 60, 3), 9, "u1")})])
