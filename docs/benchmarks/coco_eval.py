#!/usr/bin/env python3
"""Times COCO evaluation by DenseKit and by pycocotools on the same files, alternately, and checks that the twelve metrics agree.

    python -m venv venv && venv/bin/pip install numpy pycocotools
    venv/bin/python docs/benchmarks/coco_eval.py .build/release/densekit FOLDER [--images 5000] [--pairs 3]

gt.json, bbox.json and segm.json are written to FOLDER, unless they exist. Each side runs in its own process. "evaluation" is evaluate,
accumulate and summarize, including the conversion of polygons to masks. "whole" is the process from start to end, including reading. No run
finds the annotations in a cache. The images are 640 × 480, with seven instances on average, of 80 classes and of all sizes. Most are polygons,
one in eighty is a crowd. Each image has 50 detections: shifted instances, duplicates, confusions and false positives.
"""
import argparse, contextlib, io, json, os, pathlib, re, statistics, subprocess, sys, tempfile, time

WIDTH, HEIGHT = 640, 480
NAMES = ["AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR@1", "AR@10", "AR@100", "AR_small", "AR_medium", "AR_large"]


def outline(random, box, numpy):
    """A bumpy ellipse in the box."""
    x, y, w, h = box
    angles = numpy.linspace(0, 2 * numpy.pi, int(random.integers(12, 36)), endpoint=False)
    radii = 0.5 * random.uniform(0.8, 1.0, angles.size)
    points = numpy.stack([x + w * (0.5 + radii * numpy.cos(angles)), y + h * (0.5 + radii * numpy.sin(angles))], 1)
    return [round(float(v), 2) for v in points.clip(0, [WIDTH, HEIGHT]).reshape(-1)]


def make(folder, images, seed):
    import numpy
    from pycocotools import mask as masks
    random = numpy.random.default_rng(seed)
    common = 1 / numpy.arange(1, 81)
    common /= common.sum()
    ground_truth = {"images": [], "annotations": [], "categories": [{"id": c, "name": f"class {c}"} for c in range(1, 81)]}
    boxes, segments = [], []

    def place():
        w, h = numpy.exp(random.normal(4.2, 0.9, 2)).clip(5, [WIDTH - 2, HEIGHT - 2])
        return [random.uniform(0, WIDTH - w), random.uniform(0, HEIGHT - h), w, h]

    def moved(box, much):
        x, y, w, h = box
        x, y = x + random.normal(0, much) * w, y + random.normal(0, much) * h
        w, h = w * numpy.exp(random.normal(0, much)), h * numpy.exp(random.normal(0, much))
        x, y = min(max(x, 0), WIDTH - 4), min(max(y, 0), HEIGHT - 4)
        return [x, y, min(max(w, 3), WIDTH - x), min(max(h, 3), HEIGHT - y)]

    for image in range(1, images + 1):
        ground_truth["images"].append({"id": image, "width": WIDTH, "height": HEIGHT, "file_name": f"{image}.jpg"})
        instances = [(int(random.choice(80, p=common)) + 1, place()) for _ in range(random.poisson(7))]
        for category, box in instances:
            polygon = outline(random, box, numpy)
            code = masks.merge(masks.frPyObjects([polygon], HEIGHT, WIDTH))
            crowd = int(random.random() < 0.0125)
            shape = {"size": code["size"], "counts": code["counts"].decode()} if crowd else [polygon]
            ground_truth["annotations"].append({
                "id": len(ground_truth["annotations"]) + 1, "image_id": image, "category_id": category, "iscrowd": crowd, "area": int(masks.area(code)),
                "bbox": masks.toBbox(code).tolist(), "segmentation": shape})
        for _ in range(min(100, random.poisson(50))):
            known = instances and random.random() < 0.4
            category, box = instances[random.integers(len(instances))] if known else (int(random.integers(80)) + 1, place())
            much = random.choice([0.02, 0.06, 0.15])
            category = category if random.random() < 0.9 else int(random.integers(80)) + 1
            score = round(float(random.beta(5, 2) * (1 - 2 * much) if known else random.beta(1, 6)), 4)
            box = moved(box, much)
            code = masks.merge(masks.frPyObjects([outline(random, box, numpy)], HEIGHT, WIDTH))
            head = {"image_id": image, "category_id": category, "score": score}
            boxes.append({**head, "bbox": [round(float(v), 2) for v in box]})
            segments.append({**head, "segmentation": {"size": [HEIGHT, WIDTH], "counts": code["counts"].decode()}})
    for name, content in (("gt", ground_truth), ("bbox", boxes), ("segm", segments)):
        (folder / f"{name}.json").write_text(json.dumps(content))


def reference(folder, kind):
    """One run of pycocotools, printed as JSON: what the other process of a pair does."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO(folder / "gt.json")
        evaluation = COCOeval(ground_truth, ground_truth.loadRes(str(folder / f"{kind}.json")), kind)
        start = time.perf_counter()
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        seconds = time.perf_counter() - start
    print(json.dumps({"evaluation": seconds, "numbers": evaluation.stats[:12].tolist()}))


def timed(command, cache=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    if cache:
        environment["XDG_CACHE_HOME"] = cache
    start = time.perf_counter()
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return output, time.perf_counter() - start


def theirs(folder, kind):
    output, whole = timed([sys.executable, __file__, "--reference", kind, "", str(folder)])
    return {**json.loads(output.strip().splitlines()[-1]), "whole": whole}


def ours(densekit, folder, kind):
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report.json")
        output, whole = timed([densekit, "coco-eval", str(folder / "gt.json"), str(folder / f"{kind}.json"), "--type", kind, "--out", report], scratch)
        numbers = json.loads(pathlib.Path(report).read_text())[kind]
    seconds = float(re.search(r"evaluation ([0-9.]+)", output).group(1))
    return {"evaluation": seconds, "whole": whole, "numbers": [-1 if numbers[n] is None else numbers[n] for n in NAMES]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("densekit")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", choices=["bbox", "segm"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.reference:
        return reference(options.folder, options.reference)
    options.folder.mkdir(parents=True, exist_ok=True)
    if not (options.folder / "segm.json").exists():
        make(options.folder, options.images, options.seed)
    print("| kind | pycocotools, evaluation / whole s | DenseKit, evaluation / whole s | ratio of medians, evaluation / whole | largest difference |")
    print("| --- | --- | --- | --- | --- |")
    for kind in ("bbox", "segm"):
        pairs = [(theirs(options.folder, kind), ours(options.densekit, options.folder, kind)) for _ in range(options.pairs)]
        middle = [{k: statistics.median(pair[side][k] for pair in pairs) for k in ("evaluation", "whole")} for side in (0, 1)]
        difference = max(abs(a - b) for pair in pairs for a, b in zip(pair[0]["numbers"], pair[1]["numbers"]))
        cells = [f"{side['evaluation']:.2f} / {side['whole']:.2f}" for side in middle]
        ratios = " / ".join(f"{middle[0][k] / middle[1][k]:.1f}" for k in ("evaluation", "whole"))
        print(f"| {kind} | {cells[0]} | {cells[1]} | {ratios} | {difference:.1e} |", flush=True)
        if difference > 1e-6:
            sys.exit("the twelve numbers differ")


if __name__ == "__main__":
    main()
