#!/usr/bin/env python3
"""Times DenseKit and the same model in PyTorch, alternately, and prints ratios of medians.

    python docs/benchmarks/compare.py .build/release/densekit [--model denseclip|maskrcnn] [--pairs 5]

Needs PyTorch in the Python that runs it, and torchvision for a detector. Each side runs in its own process, one after the other, with as many
threads as there are processors, and without OPENBLAS_* variables, which may choose a slow kernel.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys

HERE = pathlib.Path(__file__).parent


# For each model: the PyTorch script, our configuration and options, and the cases (mode, images at a time).
MODELS = {
    "denseclip": ("torch_denseclip.py", "r50.yaml", [], [(mode, batch) for mode in ("infer", "train") for batch in ("1", "2")]),
    "maskrcnn": (
        "torchvision_detection.py", "mask_rcnn.yaml", ["--size", "800x1333", "--classes", "80"], [("infer", "1"), ("train", "2")]),
}


def run(command):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("densekit")
    parser.add_argument("--model", choices=MODELS, default="denseclip")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3, help="timed runs in each process; their median counts")
    parser.add_argument("--only", help="such as infer-1-fp32")
    options = parser.parse_args()
    threads = str(len(os.sched_getaffinity(0)))
    print("| case | PyTorch eager fp32, s | DenseKit, s | ratio of medians | pairs, min–max | peak MiB, PyTorch | peak MiB, DenseKit |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    script, config, shape, cases = MODELS[options.model]
    for mode, batch in cases:
        for precision in ("fp32", "bf16"):
            name = f"{mode}-{batch}-{precision}"
            if options.only and options.only != name:
                continue
            common = ["--batch", batch, "--runs", str(options.runs), "--threads", threads]
            # Always against eager PyTorch in float32.
            theirs = [sys.executable, str(HERE / script), mode] + common
            ours = [options.densekit, "bench", mode, str(HERE / config)] + shape + common + (["--bf16"] if precision == "bf16" else [])
            pairs = [(run(theirs), run(ours)) for _ in range(options.pairs)]
            a, b = ([side["median_s"] for side in sides] for sides in zip(*pairs))
            ratios = [x / y for x, y in zip(a, b)]
            ratio = statistics.median(a) / statistics.median(b)
            memory = [max(side["peak_rss_mib"] for side in sides) for sides in zip(*pairs)]
            print(f"| {mode}, batch {batch}, {precision} | {statistics.median(a):.3f} | {statistics.median(b):.3f} | {ratio:.2f} "
                  f"| {min(ratios):.2f}–{max(ratios):.2f} | {memory[0]} | {memory[1]} |", flush=True)


if __name__ == "__main__":
    main()
