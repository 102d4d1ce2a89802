"""A ResNet-18 in PyTorch for torch.t, which compares our programs with it.

torch-twin.py make FILE            random weights under torchvision's names; FILE.half has them in half precision
torch-twin.py compare FILE IMAGES FEATURES   avgpool of both tar streams' samples, here and there: largest relative error
torch-twin.py read FILE...         safetensors' two loaders agree on each file: its tensors, by type
"""

import io
import sys
import tarfile

import numpy
import safetensors.numpy
import safetensors.torch
import torch
import torch.nn.functional as F

STAGES = [(1, 64, 1), (2, 128, 2), (3, 256, 2), (4, 512, 2)]


def weights():
    random = torch.Generator().manual_seed(0)
    w = {}

    def conv(name, out, channels, kernel):
        w[name + ".weight"] = torch.randn(out, channels, kernel, kernel, generator=random) / (channels * kernel**2 / 2) ** 0.5

    def norm(name, n):
        w[name + ".weight"] = torch.rand(n, generator=random) + 0.5
        w[name + ".bias"] = torch.randn(n, generator=random) / 4
        w[name + ".running_mean"] = torch.randn(n, generator=random) / 4
        w[name + ".running_var"] = torch.rand(n, generator=random) + 0.5
        w[name + ".num_batches_tracked"] = torch.tensor(7)

    conv("conv1", 64, 3, 7)
    norm("bn1", 64)
    channels = 64
    for stage, width, stride in STAGES:
        for block in range(2):
            name = f"layer{stage}.{block}"
            conv(name + ".conv1", width, channels, 3)
            norm(name + ".bn1", width)
            conv(name + ".conv2", width, width, 3)
            norm(name + ".bn2", width)
            if channels != width:
                conv(name + ".downsample.0", width, channels, 1)
                norm(name + ".downsample.1", width)
            channels = width
    return w


def avgpool(w, x):
    def conv(x, name, stride, pad):
        return F.conv2d(x, w[name + ".weight"], stride=stride, padding=pad)

    def norm(x, name):
        return F.batch_norm(x, *(w[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")))

    x = F.max_pool2d(F.relu(norm(conv(x, "conv1", 2, 3), "bn1")), 3, 2, 1)
    for stage, _, stride in STAGES:
        for block in range(2):
            name, step = f"layer{stage}.{block}", stride if block == 0 else 1
            y = F.relu(norm(conv(x, name + ".conv1", step, 1), name + ".bn1"))
            y = norm(conv(y, name + ".conv2", 1, 1), name + ".bn2")
            if name + ".downsample.0.weight" in w:
                x = norm(conv(x, name + ".downsample.0", step, 0), name + ".downsample.1")
            x = F.relu(x + y)
    return x.mean((2, 3))


def field(stream, name):
    """The arrays of one field of a tensor stream, which is a tar of .npy members."""
    with tarfile.open(stream) as tar:
        members = [m for m in tar if m.name.endswith(f".{name}.npy")]
        return numpy.stack([numpy.load(io.BytesIO(tar.extractfile(m).read())) for m in members])


def make(path):
    w = weights()
    safetensors.torch.save_file(w, path, metadata={"format": "pt"})
    safetensors.torch.save_file({k: v.half() if v.is_floating_point() else v for k, v in w.items()}, path + ".half")


def compare(path, images, features):
    x = torch.from_numpy(field(images, "image")).permute(0, 3, 1, 2) / 255.0
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        wanted = avgpool(safetensors.torch.load_file(path), (x - mean) / std).numpy()
    got = field(features, "avgpool")
    assert got.dtype == numpy.float32 and got.shape == wanted.shape, (got.dtype, got.shape, wanted.shape)
    error = abs(got - wanted).max() / abs(wanted).max()
    print(f"# {len(got)} images, largest error {error:.1e} of the largest feature")
    sys.exit(not error < 1e-5)


def read(*paths):
    for path in paths:
        w, plain = safetensors.torch.load_file(path), safetensors.numpy.load_file(path)
        assert w.keys() == plain.keys()
        types = {}
        for name, tensor in w.items():
            assert (tensor.numpy() == plain[name]).all(), name
            types[str(tensor.dtype)] = types.get(str(tensor.dtype), 0) + 1
        print(*sorted(types.items()))


{"make": make, "compare": compare, "read": read}[sys.argv[1]](*sys.argv[2:])
