#!/usr/bin/env python3
"""Times opening a COCO annotation file with pycocotools and with DenseKit, on the same generated file.

    python docs/benchmarks/coco_loading.py .build/release/densekit [--images 42000] [--runs 3] [--folder FOLDER]

42,000 images make about 150 MB, 118,287 as much as COCO's own train2017. Needs numpy and pycocotools in the Python that runs it. Each
side runs in its own process, one after the other. The first start of DenseKit finds no cache, the second start finds that of the first. Memory
is the peak of the process while it opened the file, and its increase.
"""
import argparse, json, os, pathlib, random, statistics, subprocess, sys, tempfile, time

NAMES = """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, parking meter,
bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis,
snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife,
spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed,
dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase,
scissors, teddy bear, hair drier, toothbrush"""
IDS = [i for i in range(1, 91) if i not in {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}]


def generate(path, images):
    """COCO's proportions: 7.3 objects an image, outlines of 23 corners on average, one crowd in a hundred."""
    rng = random.Random(0)
    names = " ".join(NAMES.split()).split(", ")
    number = 0
    with open(path, "w") as file:
        file.write('{"info": {"year": 2017}, "licenses": [{"id": 1}], "images": [')
        for i in range(images):
            file.write((", " if i else "") + json.dumps({
                "license": 3, "file_name": f"{i:012d}.jpg", "coco_url": f"http://images.cocodataset.org/train2017/{i:012d}.jpg",
                "height": 480, "width": 640, "date_captured": "2013-11-14 11:18:45", "id": i}))
        file.write('], "annotations": [')
        for i in range(images):
            for _ in range(int(rng.expovariate(1 / 7.8))):
                x, y, w, h = rng.uniform(0, 500), rng.uniform(0, 380), rng.uniform(5, 140), rng.uniform(5, 100)
                crowd = rng.random() < 0.01
                outline = [round((x + w * rng.random()) if k % 2 == 0 else (y + h * rng.random()), 2) for k in range(2 * rng.randint(4, 42))]
                shape = {"counts": [1000] * 307 + [200], "size": [480, 640]} if crowd else [outline]
                file.write((", " if number else "") + json.dumps({
                    "segmentation": shape, "area": round(w * h / 2, 4), "iscrowd": int(crowd), "image_id": i,
                    "bbox": [round(v, 2) for v in (x, y, w, h)], "category_id": rng.choice(IDS), "id": number}))
                number += 1
        categories = [{"supercategory": "any", "id": i, "name": name} for i, name in zip(IDS, names)]
        file.write('], "categories": ' + json.dumps(categories) + "}")
    return number


def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024


def theirs(path):
    from pycocotools.coco import COCO
    idle, started = peak(), time.perf_counter()
    coco = COCO(path)
    print(json.dumps({"open_s": time.perf_counter() - started, "images": len(coco.imgs), "idle_rss_mib": idle, "peak_rss_mib": peak()}))


def run(command, cache):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")} | {"XDG_CACHE_HOME": cache}
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("densekit")
    parser.add_argument("--images", type=int, default=42000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", help="where the file is, or is to be; a temporary folder if left out")
    parser.add_argument("--theirs", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.theirs:
        return theirs(options.densekit)
    temporary = tempfile.TemporaryDirectory()
    folder = pathlib.Path(options.folder or temporary.name)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    path = folder / "instances.json"
    if not path.exists():
        generate(path, options.images)
    config = folder / "coco.yaml"
    config.write_text(f"data: {{ train: {{ type: COCODetection, root: {folder}, annotations: instances.json, images: images, masks: true }} }}\n")
    rows = {"pycocotools": [], "DenseKit, first start": [], "DenseKit, next start": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as cache:
            rows["pycocotools"].append(run([sys.executable, __file__, str(path), "--theirs"], cache))
            for name in ("DenseKit, first start", "DenseKit, next start"):
                rows[name].append(run([options.densekit, "bench", "data", str(config)], cache))
            index = sum(f.stat().st_size for f in pathlib.Path(cache).rglob("*.index"))
    print(f"{path.stat().st_size / 1e6:.0f} MB of annotations, index {index / 1e6:.0f} MB\n")
    print("| | seconds (median) | min–max | peak MiB | more than before |\n| --- | --- | --- | --- | --- |")
    for name, results in rows.items():
        seconds = [r["open_s"] for r in results]
        most = max(r["peak_rss_mib"] for r in results)
        more = max(r["peak_rss_mib"] - r["idle_rss_mib"] for r in results)
        print(f"| {name} | {statistics.median(seconds):.3f} | {min(seconds):.3f}–{max(seconds):.3f} | {most} | {more} |")


if __name__ == "__main__":
    main()
