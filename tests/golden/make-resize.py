#!/usr/bin/python3
"""Make tests/golden/resize/*.npy: what Pillow makes of images that a formula draws.

Needs Debian's python3-pil and python3-numpy; the tests themselves need neither.  Made with Pillow 9.4.0.
"""
import io
import os

import numpy as np
from PIL import Image, ImageOps

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "resize")


def draw(h, w, channels=3):
    """The same picture as draw() in tests/unit/test-image.c: noise, because it shows every weight."""
    i = np.arange(h * w * channels, dtype=np.uint64)
    return ((i * 2654435761 + 12345) % 2**32 // 2**24).astype(np.uint8).reshape(h, w, channels)


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def resized(h, w, h2, w2):
    im = Image.fromarray(draw(h, w)).resize((w2, h2), Image.BILINEAR)
    return np.asarray(im)


# Whole results: up, down, one axis, none, extreme aspects, one pixel.
cases = [(1, 1, 3, 5), (37, 53, 19, 29), (53, 37, 61, 71), (64, 64, 64, 20), (64, 64, 20, 64), (20, 30, 20, 30),
         (200, 3, 2, 2), (1, 40, 7, 13), (120, 90, 32, 24), (33, 47, 1, 1), (7, 5, 8, 4), (2, 2, 3, 3), (9, 400, 10, 7)]
np.save(f"{out}/cases.npy", np.array(cases, "<i4"))
np.save(f"{out}/pixels.npy", np.concatenate([resized(*c).ravel() for c in cases]))

# Photo sizes: torchvision's size for a shorter side, and a hash of the pixels in two halves that doubles hold.
large = []
for h, w, n in [(375, 500, 292), (500, 333, 292), (375, 500, 256), (281, 500, 292), (292, 613, 292), (1200, 1600, 256),
                (224, 224, 292), (101, 100, 292)]:
    short, long = min(h, w), max(h, w)
    size = (n, int(n * long / short))
    h2, w2 = size if h < w else size[::-1]
    hash = fnv(resized(h, w, h2, w2).tobytes())
    large.append((h, w, n, h2, w2, hash >> 32, hash & 0xFFFFFFFF))
np.save(f"{out}/short-side.npy", np.array(large, "<i8"))

# Mode L of 1024 colours, CMYK to RGB of 1024 inks (as JPEG files hold them: inverted).
np.save(f"{out}/luma.npy", np.asarray(Image.fromarray(draw(1, 1024)).convert("L")))
np.save(f"{out}/cmyk.npy", np.asarray(Image.fromarray(255 - draw(1, 1024, 4), "CMYK").convert("RGB")))

# The eight orientations of a 3 x 5 image, upright.
upright = []
for value in range(1, 9):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = value
    Image.fromarray(draw(3, 5)).save(file, "png", exif=exif.tobytes())
    upright.append(np.asarray(ImageOps.exif_transpose(Image.open(file))).ravel())
np.save(f"{out}/orient.npy", np.concatenate(upright))
