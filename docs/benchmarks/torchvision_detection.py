#!/usr/bin/env python3
"""torchvision's Mask R-CNN, ResNet-50, FPN, in plain eager PyTorch in float32, random weights: the model that DenseKit is compared with.

    python docs/benchmarks/torchvision_detection.py infer|train [--batch 1] [--runs 5] [--threads 2]

Needs torch and torchvision. Prints one JSON line: seconds of a run (minimum, median), seconds in each part of the forward pass, the number of
boxes, the peak memory of the process.

Scores of random weights are low. At the usual threshold nothing would be detected, and the steps after the network would cost nothing. So the
threshold is set once, before the timed runs, such that --candidates pairs of box and class remain before NMS, or more if 100 detections need
them. Masks are pasted into the whole image, as the model does itself.

In training, images have --instances ellipses. The ground-truth boxes are among the proposals, so each has a mask to train. Batch norms, the stem
and the first stage are frozen, as in the usual recipe.
"""
import argparse, json, resource, statistics, time
import torch
import torchvision
from torchvision.models import resnet50
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.ops import FrozenBatchNorm2d


def build(options):
    net = resnet50(weights=None, norm_layer=FrozenBatchNorm2d)
    for block in net.modules():
        if hasattr(block, "bn3"):
            block.bn3.weight.fill_(0.2)  # frozen norms do not tame random weights
    # The model's own resizing has no effect.
    sides = {"min_size": min(options.height, options.width), "max_size": max(options.height, options.width)}
    return MaskRCNN(_resnet_fpn_extractor(net, 3), options.classes + 1, **sides)


class Parts:
    """Seconds within some children of a model, for each run."""

    def __init__(self, model, names):
        self.seconds, self.start = dict.fromkeys(names, 0.0), {}
        for name in names:
            part = model.get_submodule(name)
            part.register_forward_pre_hook(lambda *_, name=name: self.start.update({name: time.perf_counter()}))
            part.register_forward_hook(lambda *_, name=name: self.add(name))

    def add(self, name):
        self.seconds[name] += time.perf_counter() - self.start[name]

    def take(self):
        taken, self.seconds = self.seconds, dict.fromkeys(self.seconds, 0.0)
        return taken


def ellipses(options, generator):
    """The instances in the images of a batch: small ones are more frequent than large ones."""
    ys, xs = torch.arange(options.height)[:, None], torch.arange(options.width)[None]
    sides = torch.tensor([options.width, options.height])
    found = []
    for _ in range(options.batch):
        extents = torch.rand(options.instances, 2, generator=generator) ** 2 * sides / 2 + 24
        corners = torch.rand(options.instances, 2, generator=generator) * (sides - extents)
        x, y = (corners + extents / 2).unbind(1)
        a, b = (extents / 2).unbind(1)
        masks = torch.stack([((xs - x[i]) / a[i]) ** 2 + ((ys - y[i]) / b[i]) ** 2 <= 1 for i in range(options.instances)])
        labels = torch.randint(1, options.classes + 1, (options.instances,), generator=generator)
        found.append({"boxes": torch.cat([corners, corners + extents], 1), "labels": labels, "masks": masks.to(torch.uint8)})
    return found


def set_threshold(options, model, images):
    """Sets the threshold; returns how many pairs pass it, and what is detected."""
    outputs = {}
    hook = model.roi_heads.box_predictor.register_forward_hook(lambda _module, _inputs, output: outputs.update(logits=output[0]))
    model(images)
    hook.remove()
    scores = outputs["logits"].softmax(-1)[:, 1:].flatten().sort(descending=True).values
    pairs = options.candidates * options.batch
    while True:
        model.roi_heads.score_thresh = scores[min(pairs, len(scores) - 1)].item()
        found = [len(image["boxes"]) for image in model(images)]
        if min(found) >= 100 or 2 * pairs >= len(scores) or pairs > 64 * options.candidates * options.batch:
            return pairs // options.batch, found
        pairs *= 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["infer", "train"])
    for name, value in {"height": 800, "width": 1333, "batch": 1, "runs": 5, "threads": 2, "classes": 80, "candidates": 400, "instances": 32}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    generator = torch.Generator().manual_seed(0)
    model = build(options).train(options.mode == "train")
    images = [torch.rand(3, options.height, options.width, generator=generator) for _ in range(options.batch)]
    counts = {}
    if options.mode == "infer":
        with torch.no_grad():
            counts["candidates"], counts["detections"] = set_threshold(options, model, images)

        def work():
            with torch.no_grad():
                model(images)
    else:
        ground_truth = ellipses(options, generator)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-4, momentum=0.9, weight_decay=1e-4)
        model.roi_heads.mask_head.register_forward_pre_hook(lambda _module, inputs: counts.update(masks=inputs[0].shape[0]))

        def work():
            loss = sum(model(images, ground_truth).values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            counts["loss"] = round(loss.item(), 3)
    names = ["transform", "backbone", "rpn", "roi_heads"]
    parts = Parts(model, names)
    work()
    parts.take()
    times, within = [], []
    for _ in range(options.runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        within.append(parts.take())
    print(json.dumps({
        "what": f"torchvision {options.mode}", "size": f"{options.height}x{options.width}", "batch": options.batch,
        "threads": options.threads, "min_s": round(min(times), 4), "median_s": round(statistics.median(times), 4),
        "forward_s": {name: round(statistics.median(run[name] for run in within), 4) for name in names}, **counts,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "params_m": round(sum(p.numel() for p in model.parameters()) / 1e6, 2),
        "torch": torch.__version__, "torchvision": torchvision.__version__}))


if __name__ == "__main__":
    main()
