"""The networks of models/*.toml in PyTorch, and what all peers share: threads, timing, output."""

import json
import statistics
import time
import tomllib

import torch
from torch import nn

WINDOW_SECONDS = 0.05
LEARNING_RATE = 0.01


def build(file):
    """A model file as a network. Layers and paddings that the models here do not use are refused."""
    with open(file, "rb") as opened:
        model = tomllib.load(opened)
    example = torch.zeros(1, *model["input"])
    layers = []
    for layer in model["layer"]:
        kind = layer["type"]
        if kind == "conv2d":
            kernel = layer["kernel"]
            if layer.get("padding") != "same" or layer.get("stride", 1) != 1 or kernel % 2 == 0:
                raise SystemExit(f"{file}: expected odd kernels, stride 1 and padding 'same', found {layer}")
            made = nn.Conv2d(example.shape[1], layer["filters"], kernel, padding=kernel // 2)
        elif kind == "dense":
            made = nn.Linear(example.shape[1], layer["units"])
        elif kind == "max_pool2d":
            made = nn.MaxPool2d(layer["size"])
        elif kind in ("relu", "flatten"):
            made = nn.ReLU() if kind == "relu" else nn.Flatten()
        else:
            raise SystemExit(f"{file}: expected a layer that the models here use, found '{kind}'")
        layers.append(made)
        example = made(example)
    return nn.Sequential(*layers), model["input"]


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
