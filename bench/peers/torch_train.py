#!/usr/bin/env python3
"""A plain PyTorch training loop on one thread: torch_train.py MODEL.toml DATA.h5 BATCH STEPS EVALUATION_ROWS LAYOUT

All images are in memory as normalised floats before the clock starts, and each epoch draws them in
a new order. Timed is the whole loop with one evaluation at its end, over that many rows that are
not trained on; samples/s of training as JSON. LAYOUT: see torch_step.py.
"""

import sys
import time

import h5py
import models
import numpy as np
import torch


def load(file, rows_kept_back):
    with h5py.File(file, "r") as opened:
        x = opened["train/x"][:].astype(np.float32)
        labels = torch.from_numpy(opened["train/y"][:].astype(np.int64))
    x = torch.from_numpy((x - x.mean()) / x.std())
    return x[rows_kept_back:], labels[rows_kept_back:], x[:rows_kept_back], labels[:rows_kept_back]


def train(training, x, labels, batch, steps):
    """So many steps over the shuffled rows; the samples that they took."""
    samples = 0
    while steps > 0:
        order = torch.randperm(len(x))
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            training.step(x[chosen], labels[chosen])
            samples += len(chosen)
            steps -= 1
            if steps == 0:
                break
    return samples


def accuracy(network, x, labels):
    with torch.no_grad():
        return (network(x).argmax(1) == labels).float().mean().item()


def main():
    model, data, layout = sys.argv[1], sys.argv[2], sys.argv[6]
    batch, steps, evaluation_rows = (int(word) for word in sys.argv[3:6])
    models.use_one_thread()
    network, _ = models.build(model)
    network = models.laid_out(network, layout)
    training = models.Training(network)
    x, labels, test_x, test_labels = load(data, evaluation_rows)
    x, test_x = models.laid_out(x, layout), models.laid_out(test_x, layout)
    train(training, x, labels, batch, 3)  # warm-up: first calls choose and compile kernels
    begin = time.perf_counter()
    samples = train(training, x, labels, batch, steps)
    accuracy(network, test_x, test_labels)
    models.report(samples / (time.perf_counter() - begin))


if __name__ == "__main__":
    main()
