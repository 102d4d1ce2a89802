#!/usr/bin/python3
"""PyTorch's side of the benchmark, on the same pixels: optional, and no part of the programs.

    peer-torch.py train   --data patches.npy [--precision bf16]   u1 [N,9,P,P,3]
    peer-torch.py extract --data images.npy  [--precision bf16]   u1 [N,H,W,3]

train is the literal step of the published recipe: 16 patches an image (its eight neighbours, then
its centre eight times), each half through the backbone by itself with batch statistics of its own;
pooled, concatenated, neck, head, cross-entropy, SGD.  extract is the backbone in evaluation mode up
to the global average pool, traced, frozen and with batch norm folded.  Both keep maps channels
last.  Pixels are normalised before the clock starts.  Prints one JSON object; seconds are of one
step or batch, the mean over --passes after one that is not timed.
"""
import argparse, json, resource, time, warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    def __init__(self, inside, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = None
        if stride != 1 or inside != 4 * width:
            self.downsample = nn.Sequential(nn.Conv2d(inside, 4 * width, 1, stride, bias=False),
                                            nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        if self.downsample is not None:
            x = self.downsample(x)
        return F.relu(y + x, inplace=True)


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inside, stages = 64, []
        for stage, blocks in enumerate((3, 4, 6, 3)):
            width = 64 << stage
            for i in range(blocks):
                stages.append(Bottleneck(inside, width, 2 if stage and i == 0 else 1))
                inside = 4 * width
        self.stages = nn.Sequential(*stages)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.stages(F.max_pool2d(x, 3, 2, 1)).mean((2, 3))


class RelativeLocation(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = ResNet50()
        self.neck = nn.Sequential(nn.Linear(4096, 4096), nn.BatchNorm1d(4096, momentum=0.003),
                                  nn.ReLU(inplace=True), nn.Dropout(0.5))
        self.head = nn.Linear(4096, 8)

    def forward(self, neighbours, centres):
        pair = torch.cat((self.backbone(neighbours), self.backbone(centres)), 1)
        return self.head(self.neck(pair))


def initialise(model):
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, 0, 0.01)
            nn.init.zeros_(m.bias)
    return model.to(memory_format=torch.channels_last)


def normalised(pixels):
    x = torch.from_numpy(np.ascontiguousarray(pixels)).float().div_(255)
    x = (x - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    return x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def autocast(precision, cache=True):
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16", cache_enabled=cache)


def training_step(data, precision):
    model = initialise(RelativeLocation()).train()
    cells = [c for c in range(9) if c != 4]
    patch = data.shape[2:]
    neighbours = normalised(data[:, cells].reshape(-1, *patch))
    centres = normalised(np.repeat(data[:, 4], 8, axis=0))
    labels = torch.arange(8).repeat(len(data))
    backbone = model.backbone.parameters()
    top = [*model.neck.parameters(), *model.head.parameters()]
    sgd = torch.optim.SGD([{"params": backbone, "weight_decay": 1e-4},
                           {"params": top, "weight_decay": 5e-4}], lr=0.01, momentum=0.9)

    def step():
        sgd.zero_grad(set_to_none=True)
        with autocast(precision):
            loss = F.cross_entropy(model(neighbours, centres), labels)
        loss.backward()
        sgd.step()
        return loss.item()

    return step


def extraction(data, precision):
    x = normalised(data)
    model = initialise(ResNet50()).eval()
    with torch.no_grad(), autocast(precision, cache=False):
        model = torch.jit.freeze(torch.jit.trace(model, x[:1]))

    def step():
        with torch.no_grad():
            return model(x)

    return step


def main():
    p = argparse.ArgumentParser()
    p.add_argument("job", choices=("train", "extract"))
    p.add_argument("--data", required=True)
    p.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    p.add_argument("--passes", type=int, default=1)
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    warnings.filterwarnings("ignore")
    data = np.load(a.data)
    step = (training_step if a.job == "train" else extraction)(data, a.precision)
    step()
    start = time.perf_counter()
    for _ in range(a.passes):
        step()
    seconds = (time.perf_counter() - start) / a.passes
    print(json.dumps({"seconds": seconds, "images": len(data), "version": torch.__version__,
                      "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


main()
