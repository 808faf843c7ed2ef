#!/usr/bin/env python3
"""Training steps in PyTorch on one thread: torch_step.py MODEL.toml BATCH WARM_UP_S SECONDS LAYOUT

The same mini-batch again and again, as bench/step_bench.cpp does it; samples/s as JSON. LAYOUT is
plain (channels first, as PyTorch has it unless told otherwise) or channels_last.
"""

import sys

import models


def main():
    file, batch, warm_up, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    models.use_one_thread()
    network, shape = models.build(file)
    x, labels = models.random_batch(shape, batch)
    network, x = (models.laid_out(tensors, sys.argv[5]) for tensors in (network, x))
    training = models.Training(network)
    models.report(batch * models.steps_per_second(lambda: training.step(x, labels), warm_up, seconds))


if __name__ == "__main__":
    main()
