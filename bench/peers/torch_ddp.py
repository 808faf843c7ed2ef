#!/usr/bin/env python3
"""DistributedDataParallel over gloo: torch_ddp.py MODEL.toml BATCH PROCESSES WARM_UP_S SECONDS

Each process trains on its own mini-batch with one thread; the gradients are averaged in every
step. Samples/s of all processes together as JSON: the median of windows of about 0.2 s.
"""

import os
import statistics
import sys
import tempfile
import time

import models
import torch
import torch.distributed
import torch.multiprocessing
from torch.nn.parallel import DistributedDataParallel

WINDOW_SECONDS = 0.2


def agreed(value):
    """What process 0 says."""
    told = torch.tensor([value], dtype=torch.int64)
    torch.distributed.broadcast(told, 0)
    return int(told.item())


def timed(step, count):
    torch.distributed.barrier()
    begin = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - begin


def run(rank, model, batch, processes, warm_up, seconds, meeting_point):
    torch.distributed.init_process_group("gloo", init_method=meeting_point, rank=rank, world_size=processes)
    models.use_one_thread()
    network, shape = models.build(model)
    training = models.Training(DistributedDataParallel(network))
    torch.manual_seed(1 + rank)
    x, labels = models.random_batch(shape, batch)

    def step():
        training.step(x, labels)

    timed(step, 5)
    per_step = timed(step, 10) / 10
    timed(step, agreed(max(1, round(warm_up / per_step))))
    count = agreed(max(1, round(WINDOW_SECONDS / per_step)))
    windows = agreed(max(1, round(seconds / WINDOW_SECONDS)))
    rates = [count / timed(step, count) for _ in range(windows)]
    if rank == 0:
        models.report(processes * batch * statistics.median(rates))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def main():
    model, batch, processes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    warm_up, seconds = float(sys.argv[4]), float(sys.argv[5])
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    with tempfile.TemporaryDirectory() as directory:
        settings = (model, batch, processes, warm_up, seconds, f"file://{directory}/meeting")
        torch.multiprocessing.spawn(run, args=settings, nprocs=processes)


if __name__ == "__main__":
    main()
