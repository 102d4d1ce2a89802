"""A ResNet-18 in PyTorch for torch.t, which compares our programs with it.

torch-twin.py make FILE            random weights under torchvision's names; FILE.half has them in half precision
torch-twin.py compare FILE IMAGES FEATURES   avgpool of both tar streams' samples, here and there: largest relative error
torch-twin.py read FILE...         safetensors' two loaders agree on each file: its tensors, by type
torch-twin.py save FILE            the random weights as torch.save() writes them, FILE.legacy as it did before 1.6
torch-twin.py lit FILE IMAGES FEATURES       the same where the images have the field lighting
torch-twin.py draw ARCH FILE       torchvision's network of that name with random weights, as torch.save() writes them
torch-twin.py as ARCH FILE IMAGES FEATURES   compare with that network
torch-twin.py same FILE OTHER      torch.load() finds the same bits in both
torch-twin.py bgr FILE OTHER       the stem of FILE, given blue first, and of OTHER agree inside the edge
"""

import io
import sys
import tarfile

import numpy
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


def load(path):
    if ".pth" in path:
        return torch.load(path)
    import safetensors.torch
    return safetensors.torch.load_file(path)


def make(path):
    import safetensors.torch
    w = weights()
    safetensors.torch.save_file(w, path, metadata={"format": "pt"})
    safetensors.torch.save_file({k: v.half() if v.is_floating_point() else v for k, v in w.items()}, path + ".half")


def draw(arch, path):
    import torchvision.models
    torch.manual_seed(3)
    model = getattr(torchvision.models, arch)()
    for m in model.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            for t, low, high in (m.weight, 0.2, 0.8), (m.bias, -0.3, 0.3), (m.running_mean, -0.3, 0.3), (m.running_var, 0.5, 1.5):
                torch.nn.init.uniform_(t, low, high)
    torch.save(model.state_dict(), path)


def torchvision_avgpool(arch):
    def run(w, x):
        import torchvision.models
        model = getattr(torchvision.models, arch)().eval()
        model.load_state_dict(w)
        model.fc = torch.nn.Identity()
        return model(x)
    return run


def compare(path, images, features, lit=False, network=avgpool):
    x = torch.from_numpy(field(images, "image")).permute(0, 3, 1, 2) / 255.0
    if lit:
        x = x + torch.from_numpy(field(images, "lighting"))[:, :, None, None]
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        wanted = network(load(path), (x - mean) / std).numpy()
    got = field(features, "avgpool")
    assert got.dtype == numpy.float32 and got.shape == wanted.shape, (got.dtype, got.shape, wanted.shape)
    error = abs(got - wanted).max() / abs(wanted).max()
    print(f"# {len(got)} images, largest error {error:.1e} of the largest feature")
    sys.exit(not error < 1e-5)


def read(*paths):
    import safetensors.numpy
    import safetensors.torch
    for path in paths:
        w, plain = safetensors.torch.load_file(path), safetensors.numpy.load_file(path)
        assert w.keys() == plain.keys()
        types = {}
        for name, tensor in w.items():
            assert (tensor.numpy() == plain[name]).all(), name
            types[str(tensor.dtype)] = types.get(str(tensor.dtype), 0) + 1
        print(*sorted(types.items()))


def save(path):
    torch.save(weights(), path)
    torch.save(weights(), path + ".legacy", _use_new_zipfile_serialization=False)


def same(path, other):
    a = torch.load(path)
    for b in torch.load(other), torch.load(other, weights_only=True):
        assert list(a) == list(b) and all(a[k].dtype == b[k].dtype and torch.equal(a[k], b[k]) for k in a)


def bgr(path, other):
    rgb = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    stems = []
    for w, x in (torch.load(path), rgb.flip(1)), (torch.load(other), rgb):
        y = F.conv2d((x - mean) / std, w["conv1.weight"], stride=2, padding=3)
        stems.append(F.batch_norm(y, *(w["bn1." + part] for part in ("running_mean", "running_var", "weight", "bias"))))
    error = (stems[0] - stems[1]).abs()
    inside = error[:, :, 2:-2, 2:-2].max() / stems[0].abs().max()
    print(f"# error of {inside:.1e} inside, {error.max() / stems[0].abs().max():.1e} at the edge")
    sys.exit(not inside < 1e-5)


def lit(*paths):
    compare(*paths, lit=True)


def as_torchvision(arch, *paths):
    compare(*paths, network=torchvision_avgpool(arch))


{"make": make, "compare": compare, "lit": lit, "as": as_torchvision, "draw": draw, "read": read, "save": save, "same": same,
 "bgr": bgr}[sys.argv[1]](*sys.argv[2:])
