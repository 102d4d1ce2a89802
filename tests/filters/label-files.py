# Files of labels, byte by byte: PNG of every kind that may hold them, and MATLAB's as SBD's are.
import struct, zlib
import numpy


def png(path, array, palette=False, bits=8):
    """[H,W] grey or palette of 1 to 16 bits, [H,W,3] colours."""
    array = numpy.asarray(array)
    kind = 2 if array.ndim == 3 else 3 if palette else 0
    if bits == 16:
        rows = array.astype(">u2").view("u1").reshape(len(array), -1)
    elif bits == 8:
        rows = array.astype("u1").reshape(len(array), -1)
    else:
        one = numpy.unpackbits(array.astype("u1")[..., None], axis=-1)[..., -bits:]
        rows = numpy.packbits(one.reshape(len(array), -1), axis=-1)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], bits, kind, 0, 0, 0)
    colours = bytes((i * 37 + c * 11) & 255 for i in range(1 << min(bits, 8)) for c in range(3))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + (chunk(b"PLTE", colours) if palette else b"")
                + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r.tobytes() for r in rows))) + chunk(b"IEND", b""))


def mat(path, array, packed=True, order="<", name=b"GTcls", field=b"Segmentation", cut=None):
    """MATLAB 5, compressed as SBD's or not, of either byte order."""

    def element(kind, data):
        return struct.pack(order + "II", kind, len(data)) + data + b"\0" * (-len(data) % 8)

    def ints(*n):
        return element(5, struct.pack(order + "%di" % len(n), *n))

    def matrix(cls, dims, rest, title=b"", nzmax=0):
        flags = element(6, struct.pack(order + "II", cls, nzmax))
        return element(14, flags + ints(*dims) + element(1, title) + rest)

    array = numpy.asarray(array)
    cls, kind = {"u1": (9, 2), "f8": (6, 9)}[array.dtype.str[1:]]
    values = matrix(cls, array.shape, element(kind, array.astype(array.dtype.newbyteorder(order)).tobytes("F")))
    sparse = matrix(5, (3, 2), ints(1) + ints(0, 1, 1) + element(9, struct.pack(order + "d", 1)), nzmax=1)
    fields = {b"Boundaries": matrix(1, (2, 1), sparse + sparse), field: values,
              b"CategoriesPresent": matrix(6, (1, 1), element(9, struct.pack(order + "d", 7)))}
    lengths = struct.pack(order + "HHi", *((5, 4) if order == "<" else (4, 5)), 32)
    whole = matrix(2, (1, 1), lengths + element(1, b"".join(k.ljust(32, b"\0") for k in fields))
                   + b"".join(fields.values()), name)
    if packed:
        data = zlib.compress(whole)
        whole = struct.pack(order + "II", 15, len(data)) + data
    head = b"MATLAB 5.0 MAT-file, made for a test".ljust(116) + b"\0" * 8
    head += struct.pack(order + "HH", 0x0100, 0x4D49)
    with open(path, "wb") as f:
        f.write((head + whole)[:cut])
