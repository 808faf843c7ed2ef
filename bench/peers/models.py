"""The networks of models/*.toml in PyTorch, and what all peers share: threads, timing, output."""

import json
import statistics
import time
import tomllib

import torch
from torch import nn

WINDOW_SECONDS = 0.05
LEARNING_RATE = 0.01


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def made(layer, example):
    """One layer. Those that the models here do not use are refused."""
    kind, channels = layer["type"], example.shape[1]
    if kind == "conv2d":
        kernel, stride = layer["kernel"], layer.get("stride", 1)
        padding = layer.get("padding", 0)
        if padding == "same" and (stride != 1 or kernel % 2 == 0):
            raise SystemExit(f"expected odd kernels and stride 1 where padding is 'same', found {layer}")
        return nn.Conv2d(channels, layer["filters"], kernel, stride, {"same": kernel // 2, "valid": 0}.get(padding, padding))
    if kind == "residual":
        return Residual(*(chain(layer.get(part, []), example)[0] for part in ("body", "shortcut")))
    makers = {
        "dense": lambda: nn.Linear(channels, layer["units"]),
        "max_pool2d": lambda: nn.MaxPool2d(layer["size"]),
        "batch_norm": lambda: nn.BatchNorm2d(channels),
        "global_avg_pool": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "relu": nn.ReLU,
        "flatten": nn.Flatten,
    }
    if kind not in makers:
        raise SystemExit(f"expected a layer that the models here use, found '{kind}'")
    return makers[kind]()


def chain(layers, example):
    modules = []
    for layer in layers:
        modules.append(made(layer, example))
        example = modules[-1](example)
    return nn.Sequential(*modules), example


def build(file):
    """A model file as a network."""
    with open(file, "rb") as opened:
        model = tomllib.load(opened)
    return chain(model["layer"], torch.zeros(2, *model["input"]))[0], model["input"]


class Training:
    """Plain SGD on cross entropy: `step` is one mini-batch."""

    def __init__(self, network):
        self.network = network
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)

    def step(self, x, labels):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.network(x), labels).backward()
        self.optimizer.step()


def use_one_thread():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)


def laid_out(tensors, layout):
    """A network or a batch of images in a memory layout: "plain" or "channels_last"."""
    return tensors.to(memory_format=torch.channels_last) if layout == "channels_last" else tensors


def random_batch(shape, batch):
    return torch.randn(batch, *shape), torch.randint(0, 10, (batch,))


def steps_per_second(step, warm_up, seconds):
    """The rule of bench/step_bench.cpp: a warm-up, then the median rate of short windows."""
    end = time.perf_counter() + warm_up
    while time.perf_counter() < end:
        step()
    rates = []
    end = time.perf_counter() + seconds
    begin = time.perf_counter()
    while not rates or begin < end:
        count, now = 0, begin
        while now - begin < WINDOW_SECONDS:
            step()
            count += 1
            now = time.perf_counter()
        rates.append(count / (now - begin))
        begin = time.perf_counter()
    return statistics.median(rates)


def report(samples_per_second):
    print(json.dumps({"samples_per_second": samples_per_second}), flush=True)
