#!/usr/bin/env python3
"""Times training steps of DenseCLIP in eager PyTorch with DistributedDataParallel over Gloo, for comparison with

    densekit bench train docs/benchmarks/r50.yaml --processes N --threads 1 -o train.sync_batch_norm=false

PyTorch has no SyncBatchNorm on the CPU, so both sides use the statistics of each process.

    python docs/benchmarks/torch_ddp.py --processes 2 [--size 128] [--batch 1] [--runs 5]

Prints one JSON line. The bytes are those that the loopback interface has carried in a step, for all processes together.
"""
import argparse
import json
import os
import statistics
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

import torch_denseclip


def loopback_bytes():
    with open("/proc/net/dev") as file:
        for line in file:
            if line.strip().startswith("lo:"):
                return int(line.split(":")[1].split()[8])
    return 0


def run(rank, options):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(options.port))
    dist.init_process_group("gloo", rank=rank, world_size=options.processes)
    torch.manual_seed(0)
    model = torch_denseclip.DenseCLIP(150).train()
    for parameter in model.text.parameters():  # as DenseKit's recipe, by the paper
        parameter.requires_grad_(False)
    if options.processes > 1:
        model = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    images = torch.randn(options.batch, 3, options.size, options.size)
    labels = torch.randint(0, 150, (options.batch, options.size, options.size))
    seconds, sent = [], []
    for step in range(options.runs + 1):
        dist.barrier()
        before, started = loopback_bytes(), time.monotonic()
        logits, scores = model(images)
        loss = sum(
            weight * F.cross_entropy(F.interpolate(maps, size=labels.shape[1:], mode="bilinear"), labels)
            for weight, maps in ((1.0, logits), (0.4, scores / 0.07)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.monotonic() - started)
        dist.barrier()
        sent.append(loopback_bytes() - before)
    if rank == 0:
        print(json.dumps({
            "what": "torch ddp train", "processes": options.processes, "size": options.size,
            "batch": options.batch, "median_s": round(statistics.median(seconds[1:]), 4),
            "loopback_mib": round(statistics.median(sent[1:]) / 2**20, 1), "torch": torch.__version__,
        }))
    dist.destroy_process_group()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--port", type=int, default=29533)
    options = parser.parse_args()
    mp.spawn(run, args=(options,), nprocs=options.processes)
