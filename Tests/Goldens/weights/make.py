"""Names and shapes of other projects' weights, and a tiny CLIP with its answers.

    python Tests/Goldens/weights/make.py

Made with Python 3.11, torch 2.13.0, torchvision 0.28.0, timm 1.0.31, open_clip_torch 3.3.0, mmsegmentation 1.2.2, mmengine 0.10.7,
mmcv-lite 2.1.0 and safetensors 0.8.0; the models have random weights, nothing is downloaded. The names of mmsegmentation 0.19 and of
DenseCLIP are those of the golden cases beside this folder, brought to 150 classes and images of 512. MoCo v2 and DenseCL are their
training checkpoints written down from their code (moco/builder.py, openselfsup/models/densecl.py): a ResNet in their wrappers.

A list has a line for each tensor: its key, a space, its shape with commas (nothing for a number).
"""

import json
import os
import sys
import zipfile
from unittest.mock import MagicMock

import torch

register_fake = torch.library.register_fake
torch.library.register_fake = lambda *_, **__: lambda function: function  # detection's operations are not needed
import torchvision  # noqa: E402

torch.library.register_fake = register_fake
import open_clip  # noqa: E402
import timm  # noqa: E402
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
OPENAI_SIZES = ["input_resolution", "context_length", "vocab_size"]


def write(name, shapes):
    with open(f"{HERE}/{name}.txt", "w") as file:
        for key, shape in shapes.items():
            file.write(f"{key} {','.join(map(str, shape))}\n")


def shapes(module, prefix=""):
    return {prefix + key: tuple(value.shape) for key, value in module.state_dict().items()}


def resnets():
    for depth in (18, 50):
        write(f"torchvision_resnet{depth}", shapes(getattr(torchvision.models, f"resnet{depth}")(weights=None)))
    # timm's resnet50 has torchvision's names.
    assert shapes(timm.create_model("resnet50")) == shapes(torchvision.models.resnet50(weights=None))
    write("timm_resnet50c", shapes(timm.create_model("resnet50c")))


def self_supervised():
    resnet = torchvision.models.resnet50(weights=None)
    body = {key: shape for key, shape in shapes(resnet).items() if not key.startswith("fc.")}
    mlp = {"0.weight": (2048, 2048), "0.bias": (2048,), "2.weight": (128, 2048), "2.bias": (128,)}
    moco = {"module.queue": (128, 65536), "module.queue_ptr": (1,)}
    densecl = {"queue": (128, 65536), "queue_ptr": (1,), "queue2": (128, 65536), "queue2_ptr": (1,)}
    for encoder in ("encoder_q", "encoder_k"):
        moco |= {f"module.{encoder}.{key}": shape for key, shape in body.items()}
        moco |= {f"module.{encoder}.fc.{key}": shape for key, shape in mlp.items()}
        densecl |= {f"{encoder}.0.{key}": shape for key, shape in body.items()}
        densecl |= {f"{encoder}.1.mlp.{key}": shape for key, shape in mlp.items()}
        # The dense projection is of 1×1 convolutions.
        dense = {key: shape + (1, 1) if key.endswith("weight") else shape for key, shape in mlp.items()}
        densecl |= {f"{encoder}.1.mlp2.{key}": shape for key, shape in dense.items()}
    densecl |= {f"backbone.{key}": shape for key, shape in body.items()}  # the same tensors as encoder_q.0
    write("moco_v2_r50", moco)
    write("densecl_r50", densecl)


def openai(name):
    """What the state dict of OpenAI's TorchScript archive holds."""
    sizes = {key: () for key in OPENAI_SIZES}
    return sizes | shapes(open_clip.create_model(name))


def segmentors():
    sys.modules["mmcv.ops"] = MagicMock()  # compiled operations, which these models do not use
    from mmengine.registry import init_default_scope
    from mmseg.registry import MODELS

    init_default_scope("mmseg")
    norm = dict(type="BN", requires_grad=True)
    model = dict(  # configs/_base_/models/fpn_r50.py of mmsegmentation 1.2.2, SyncBN as BN
        type="EncoderDecoder",
        data_preprocessor=dict(
            type="SegDataPreProcessor", mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True, size=(512, 512)
        ),
        backbone=dict(type="ResNetV1c", depth=50, out_indices=(0, 1, 2, 3), norm_cfg=norm, style="pytorch", contract_dilation=True),
        neck=dict(type="FPN", in_channels=[256, 512, 1024, 2048], out_channels=256, num_outs=4),
        decode_head=dict(
            type="FPNHead", in_channels=[256] * 4, in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32], channels=128,
            dropout_ratio=0.1, num_classes=150, norm_cfg=norm, align_corners=False, loss_decode=dict(type="CrossEntropyLoss"),
        ),
        auxiliary_head=dict(  # that of the pspnet and fcn configurations, which fpn_r50 does without
            type="FCNHead", in_channels=1024, in_index=2, channels=256, num_convs=1, concat_input=False, num_classes=150, norm_cfg=norm,
            loss_decode=dict(type="CrossEntropyLoss", loss_weight=0.4),
        ),
        test_cfg=dict(mode="whole"),
    )
    write("mmseg_1x_fpn_r50", shapes(MODELS.build(model)))
    for case, name in [("resnet50_imagenet_fpn_eval", "mmseg_0x_fpn_r50"), ("denseclip_r50_fpn_eval", "denseclip_r50_fpn")]:
        with open(f"{HERE}/../{case}.json") as file:
            parameters = json.load(file)["parameters"]
        # The case has 6 classes and a grid of 4×4 positions.
        full = {6: 150, 2048 + 6: 2048 + 150, 1 + 4 * 4: 1 + 16 * 16}
        write(name, {entry["name"]: [full.get(size, size) for size in entry["shape"]] for entry in parameters})


def tiny_clip():
    """A CLIP of 2 channels, as a state dict and as a TorchScript archive, both in half precision, and what it answers."""
    torch.manual_seed(0)
    vision = CLIPVisionCfg(layers=[1, 1, 1, 1], width=2, image_size=64)
    text = CLIPTextCfg(context_length=77, vocab_size=64, width=16, heads=2, layers=2)
    model = CLIP(embed_dim=32, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if key.endswith(("running_mean", "bias")):
                value.normal_(0, 0.2)
            elif key.endswith("running_var") or value.ndim == 1 and key.endswith("weight"):
                value.uniform_(0.6, 1.4)
            elif key.endswith("embedding.weight") or key == "positional_embedding":
                value.normal_(0, 0.5)
    model.half().float()  # both files hold the same numbers
    image = torch.randn(1, 3, 64, 64).half().float()
    # Start token 62, end token 63, the rest padding, as CLIP's 49406 and 49407.
    names = [[5], [7, 8, 9], [5, 6], [1, 2, 3, 4, 5, 6, 7], [11]]
    tokens = torch.zeros(len(names), 77, dtype=torch.int64)
    for row, name in zip(tokens, names):
        row[: len(name) + 2] = torch.tensor([62, *name, 63])
    with torch.no_grad():
        images, texts = model.encode_image(image), model.encode_text(tokens)
        scores = model.encode_image(image, normalize=True) @ model.encode_text(tokens, normalize=True).T
        # As DenseCLIP's code resizes the positions for images of 128.
        positions = model.visual.attnpool.positional_embedding
        square = positions[1:].reshape(1, 2, 2, -1).permute(0, 3, 1, 2)
        square = torch.nn.functional.interpolate(square, size=(4, 4), mode="bilinear")
        resized = torch.cat([positions[:1], square.flatten(2)[0].T])
        answers = {
            "image": image.half(), "tokens": tokens, "image_embeddings": images, "text_embeddings": texts, "scores": scores,
            "resized_positions": resized,
        }
        save_file({key: value.contiguous() for key, value in answers.items()}, f"{HERE}/tiny_clip_answers.safetensors")
        model.half()
        torch.save(model.state_dict(), f"{HERE}/tiny_clip.pth")
        for key, value in zip(OPENAI_SIZES, (64, 77, 64)):
            model.__dict__.pop(key, None)
            model.register_buffer(key, torch.tensor(value))
        model.forward = lambda scale: scale * model.logit_scale  # the archive's program is not read: a short one keeps it small
        torch.jit.save(torch.jit.trace(model, torch.ones(1).half()), f"{HERE}/traced.pt")
    # Without what serves debugging: places in the source files of the machine that made it.
    with zipfile.ZipFile(f"{HERE}/traced.pt") as traced, zipfile.ZipFile(f"{HERE}/tiny_clip.pt", "w") as archive:
        for member in traced.namelist():
            if not member.endswith(".debug_pkl"):
                archive.writestr(zipfile.ZipInfo(member.replace("traced/", "tiny_clip/", 1)), traced.read(member))
    os.remove(f"{HERE}/traced.pt")
    # What the archive holds, with element types: what `densekit convert --keep-types` has to write.
    archive = torch.jit.load(f"{HERE}/tiny_clip.pt").state_dict()
    with open(f"{HERE}/tiny_clip.txt", "w") as file:
        for key, value in sorted(archive.items()):
            file.write(f"{key} {','.join(map(str, value.shape))} {str(value.dtype).removeprefix('torch.')}\n")


if __name__ == "__main__":
    resnets()
    self_supervised()
    write("openai_clip_rn50", openai("RN50"))
    write("openai_clip_rn101", openai("RN101"))
    segmentors()
    tiny_clip()
