#!/usr/bin/python3
"""Make tests/golden/augment/cases.json and pixels.npy: what torchvision and OpenCV make of images that a formula draws.

Needs Debian's python3-torchvision, python3-opencv and python3-numpy; the tests themselves need none of them.
Made with torchvision 0.14.1, Pillow 9.4.0 and OpenCV 4.6.0.
"""
import json
import os

import cv2
import numpy as np
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import functional as F

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "augment")
cases, pixels = [], []


def draw(h, w):
    """The same picture as draw() in tests/unit/picture.c."""
    i = np.arange(h * w * 3, dtype=np.uint64)
    return ((i * 2654435761 + 12345) % 2**32 // 2**24).astype(np.uint8).reshape(h, w, 3)


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def case(size, result, **what):
    """A small result is kept whole, a hash of a large one."""
    result = np.asarray(result)
    if result.ndim == 2:
        result = np.stack([result] * 3, -1)
    what |= {"from": size, "to": result.shape[:2]}
    if result.size < 500:
        pixels.append(result.ravel())
    else:
        what["fnv"] = "%016x" % fnv(result.tobytes())
    cases.append(what)


def words(size, transform, *operations):
    case(size, transform(Image.fromarray(draw(*size))), words=operations)


# Operations that draw nothing, or whose draws can have one outcome.
for size in (37, 53), (53, 37), (20, 20), (21, 40):
    words(size, T.Resize(16), "resize=16")
    words(size, T.CenterCrop(15), "center-crop=15")
    words(size, T.CenterCrop((12, 19)), "center-crop=19x12")
    words(size, T.Compose([T.Resize(29), T.CenterCrop(24)]), "resize=29", "center-crop=24")
    words(size, T.Resize((9, 14)), "squash=14x9")
    words(size, F.hflip, "flip=1")
    words(size, T.Grayscale(3), "grey")
words((375, 500), T.Compose([T.Resize(256), T.CenterCrop(224)]), "resize=256", "center-crop=224")
words((37, 53), lambda im: F.hflip(F.resize(im, 31)), "flip=0", "resize=31", "random-crop=44x31", "flip=1")
for size in (3, 200), (200, 3), (1, 90), (90, 1):
    # All of the area has an aspect out of bounds: the ten tries fail, and the centre is taken.
    words(size, T.RandomResizedCrop(16, scale=(1, 1)), "random-resized-crop=16,1,1")
    words(size, T.RandomResizedCrop((9, 7), scale=(1, 1), ratio=(0.5, 0.9)), "random-resized-crop=7x9,1,1,0.5,0.9")

# Views: what crops and resized crops come to once they are drawn.
for top, left, h, w, h2, w2, mirror in [(3, 5, 20, 31, 16, 16, 0), (0, 0, 37, 53, 24, 24, 1), (36, 52, 1, 1, 5, 4, 0),
                                        (10, 0, 9, 53, 18, 17, 1), (7, 11, 13, 13, 13, 13, 1), (1, 2, 30, 50, 9, 15, 0)]:
    for plane in False, True:  # labels: the nearest
        source = draw(37, 53)[:, :, 0].copy() if plane else draw(37, 53)
        im = F.resized_crop(Image.fromarray(source), top, left, h, w, (h2, w2),
                            T.InterpolationMode.NEAREST if plane else T.InterpolationMode.BILINEAR)
        case((37, 53), F.hflip(im) if mirror else im, view=[top, left, h, w, h2, w2, mirror], plane=plane)

# Colours: torchvision's on Pillow images.
jitter = {"brightness": (F.adjust_brightness, [0, 0.37, 0.6, 1, 1.4, 2.5]),
          "contrast": (F.adjust_contrast, [0, 0.37, 0.6, 1, 1.4, 2.5]),
          "saturation": (F.adjust_saturation, [0, 0.37, 0.6, 1, 1.4, 2.5]),
          "hue": (F.adjust_hue, [-0.5, -0.1, -0.001, 0, 0.03, 0.25, 0.5])}
for name, (function, amounts) in jitter.items():
    for amount in amounts:
        for size in (7, 9), (211, 240):
            case(size, function(Image.fromarray(draw(*size)), amount), colour=name, amount=amount)


# mmsegmentation's PhotoMetricDistortion on BGR, part by part.
def convert(image, alpha=1.0, beta=0.0):
    return np.clip(image.astype(np.float32) * alpha + beta, 0, 255).astype(np.uint8)


def from_hsv(image):
    """OpenCV's rule for pixels that its vector code leaves over, in single precision and rounded.  The vector code, of
    4.6 with AVX2 at least, truncates instead, so that the last pixels of a row come out differently."""
    f = np.float32
    h, s, v = [image[:, :, i].astype(f) * f(c) for i, c in enumerate([6 / 180, 1 / 255, 1 / 255])]
    sector = np.floor(h).astype(int)
    h -= sector.astype(f)
    values = np.stack([v, v * (1 - s), v * (1 - s * h), v * (1 - s * (1 - h))], -1)
    which = np.array([[1, 3, 0], [1, 0, 2], [3, 0, 1], [0, 2, 1], [0, 1, 3], [2, 1, 0]])[sector % 6]
    bgr = np.rint(np.take_along_axis(values, which, -1) * f(255)).astype(np.uint8)
    assert np.abs(bgr.astype(int) - cv2.cvtColor(image, cv2.COLOR_HSV2BGR)).max() <= 1
    return bgr


def by_hsv(image, channel, function):
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hsv[:, :, channel] = function(hsv[:, :, channel])
    return from_hsv(hsv)


photometric = {"photometric brightness": (lambda im, v: convert(im, beta=v), [-32, -7.3, 0, 12.6, 32]),
               "photometric contrast": (lambda im, v: convert(im, alpha=v), [0.5, 0.83, 1, 1.5]),
               "photometric saturation": (lambda im, v: by_hsv(im, 1, lambda s: convert(s, alpha=v)), [0.5, 0.83, 1, 1.5]),
               "photometric hue": (lambda im, v: by_hsv(im, 0, lambda h: (h.astype(int) + v) % 180), [-18, -1, 0, 5, 17])}
for name, (function, amounts) in photometric.items():
    for amount in amounts:
        for size in (7, 9), (211, 240):
            bgr = np.ascontiguousarray(draw(*size)[:, :, ::-1])
            case(size, function(bgr, amount)[:, :, ::-1], colour=name, amount=amount)

os.makedirs(out, exist_ok=True)
np.save(f"{out}/pixels.npy", np.concatenate(pixels))
with open(f"{out}/cases.json", "w") as f:
    f.write("[" + ",\n ".join(json.dumps(c) for c in cases) + "]\n")
