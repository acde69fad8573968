"""Names and shapes of other projects' weights, and a tiny CLIP with its answers.

    python Tests/Goldens/weights/make.py

Made with Python 3.11, torch 2.13.0 and torchvision 0.28.0 (Swin: 2.15.0 and 0.29.2), timm 1.0.31, open_clip_torch 3.3.0,
mmsegmentation 1.2.2, mmengine 0.10.7, mmcv-lite 2.1.0 and safetensors 0.8.0; the models have random weights, nothing is downloaded.
The names of mmsegmentation 0.19 and of DenseCLIP are those of the golden cases beside this folder, brought to 150 classes and images of
512. MoCo v2 and DenseCL are their training checkpoints written down from their code (moco/builder.py, openselfsup/models/densecl.py): a
ResNet in their wrappers. Swin's official repository is written down too.

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
    # Variants that are refused.
    for name in ("resnet50d", "seresnet50"):
        write(f"timm_{name}", shapes(timm.create_model(name)))


def vision_transformers():
    write("timm_vit_b16", shapes(timm.create_model("vit_base_patch16_224")))
    # DeiT's own checkpoints have timm's names.
    assert shapes(timm.create_model("deit_base_patch16_224")) == shapes(timm.create_model("vit_base_patch16_224"))
    # Relatives that are refused.
    write("timm_beit_b16", shapes(timm.create_model("beit_base_patch16_224")))
    write("timm_deit3_b16", shapes(timm.create_model("deit3_base_patch16_224")))
    write("torchvision_vit_b16", shapes(torchvision.models.vit_b_16(weights=None)))


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


def swins():
    write("timm_swin_tiny", shapes(timm.create_model("swin_tiny_patch4_window7_224")))
    write("timm_swinv2_tiny", shapes(timm.create_model("swinv2_tiny_window8_256")))  # refused
    write("torchvision_swin_t", shapes(torchvision.models.swin_t(weights=None)))
    write("microsoft_swin_tiny", microsoft_swin(96, (2, 2, 6, 2), (3, 6, 12, 24), 7, 224))
    write("microsoft_swin_base_384", microsoft_swin(128, (2, 2, 18, 2), (4, 8, 16, 32), 12, 384))


def microsoft_swin(width, depths, heads, window, image):
    """What the official repository's models/swin_transformer.py stores, written down from its code."""
    tokens = window * window
    names = {"patch_embed.proj.weight": (width, 3, 4, 4), "patch_embed.proj.bias": (width,)}
    names |= {f"patch_embed.norm.{kind}": (width,) for kind in ("weight", "bias")}
    for stage, (depth, count) in enumerate(zip(depths, heads)):
        channels, side = width << stage, image // 4 >> stage
        for index in range(depth):
            block = f"layers.{stage}.blocks.{index}."
            if index % 2 == 1 and side > window:  # shifted
                names[block + "attn_mask"] = ((side // window) ** 2, tokens, tokens)
            names[block + "attn.relative_position_bias_table"] = ((2 * window - 1) ** 2, count)
            names[block + "attn.relative_position_index"] = (tokens, tokens)
            linears = {"attn.qkv": (3, 1), "attn.proj": (1, 1), "mlp.fc1": (4, 1), "mlp.fc2": (1, 4)}
            for name, (out, inputs) in linears.items():
                names |= {block + name + ".weight": (out * channels, inputs * channels), block + name + ".bias": (out * channels,)}
            names |= {f"{block}norm{number}.{kind}": (channels,) for number in (1, 2) for kind in ("weight", "bias")}
        if stage < 3:
            merging = f"layers.{stage}.downsample."
            names[merging + "reduction.weight"] = (2 * channels, 4 * channels)
            names |= {f"{merging}norm.{kind}": (4 * channels,) for kind in ("weight", "bias")}
    names |= {f"norm.{kind}": (8 * width,) for kind in ("weight", "bias")}
    return names | {"head.weight": (1000, 8 * width), "head.bias": (1000,)}


def tiny_swins():
    """Swins of 4 channels and what their stages answer, normed as a pyramid's outputs are. No window is as large as a map that shifts:
    the classifiers would not shift it."""
    torch.manual_seed(0)
    sizes = dict(embed_dim=4, depths=[2, 2, 2, 1], num_heads=[1, 2, 2, 4])
    timms = timm.models.swin_transformer.SwinTransformer(img_size=96, window_size=3, **sizes)
    visions = torchvision.models.swin_transformer.SwinTransformer(patch_size=[4, 4], window_size=[3, 3], **sizes)
    image = torch.randn(1, 3, 96, 96)
    answers = {"image": image}
    for name, model in (("timm", timms.eval()), ("torchvision", visions.eval())):
        with torch.no_grad():
            for key, value in model.state_dict().items():
                if value.is_floating_point():
                    value.add_(torch.randn_like(value) * 0.2)
            stages = model.layers if name == "timm" else model.features[1::2]
            for index, stage in enumerate(stages):
                stage.register_forward_hook(
                    lambda _, __, out, key=f"{name}_{index}": answers.update({key: torch.nn.functional.layer_norm(out, out.shape[-1:])})
                )
            model(image)
        weights = {key: value.contiguous() for key, value in model.state_dict().items() if not key.startswith("head")}
        save_file(weights, f"{HERE}/tiny_swin_{name}.safetensors")
    save_file({key: value.contiguous() for key, value in answers.items()}, f"{HERE}/tiny_swin_answers.safetensors")


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
    auxiliary = dict(model["auxiliary_head"], in_channels=384)
    swin = dict(  # configs/swin/swin-tiny-patch4-window7-in1k-pre_upernet_8xb2-160k_ade20k-512x512.py
        model,
        backbone=dict(type="SwinTransformer", embed_dims=96, depths=(2, 2, 6, 2), num_heads=(3, 6, 12, 24), window_size=7),
        decode_head=dict(
            type="UPerHead", in_channels=[96, 192, 384, 768], in_index=[0, 1, 2, 3], pool_scales=(1, 2, 3, 6), channels=512,
            dropout_ratio=0.1, num_classes=150, norm_cfg=norm, align_corners=False, loss_decode=dict(type="CrossEntropyLoss"),
        ),
        auxiliary_head=auxiliary,
    )
    del swin["neck"]
    write("mmseg_1x_upernet_swin_t", shapes(MODELS.build(swin)))
    norm = dict(type="LN", eps=1e-6)
    vit = dict(  # configs/_base_/models/upernet_vit-b16_ln_mln.py with the head of fpn_r50, without auxiliary head
        model,
        backbone=dict(
            type="VisionTransformer", img_size=(512, 512), patch_size=16, embed_dims=768, num_layers=12, num_heads=12,
            out_indices=(2, 5, 8, 11), norm_cfg=norm, final_norm=True, with_cls_token=True, interpolate_mode="bicubic",
            patch_bias=True,  # 1.x drops the bias that the published models have
        ),
        neck=dict(type="MultiLevelNeck", in_channels=[768] * 4, out_channels=768, scales=[4, 2, 1, 0.5]),
        auxiliary_head=None,
    )
    vit["decode_head"] = dict(model["decode_head"], in_channels=[768] * 4)
    write("mmseg_1x_fpn_vit_b16", shapes(MODELS.build(vit)))
    for case, name in [("resnet50_imagenet_fpn_eval", "mmseg_0x_fpn_r50"), ("denseclip_r50_fpn_eval", "denseclip_r50_fpn")]:
        with open(f"{HERE}/../{case}.json") as file:
            parameters = json.load(file)["parameters"]
        # The case has 6 classes and a grid of 4×4 positions.
        full = {6: 150, 2048 + 6: 2048 + 150, 1 + 4 * 4: 1 + 16 * 16}
        write(name, {entry["name"]: [full.get(size, size) for size in entry["shape"]] for entry in parameters})
    write("denseclip_vitb_fpn", denseclip_vit())


def denseclip_vit():
    """DenseCLIP on ViT-B/16: its golden backbone with 40×40 positions, the other parts as on ResNet-50 with embeddings of 512."""

    def parameters(case):
        with open(f"{HERE}/../{case}.json") as file:
            return {entry["name"]: entry["shape"] for entry in json.load(file)["parameters"]}

    narrow = {6: 150, 1024: 512}
    lateral = {256: 768, 512: 768, 1024: 768 + 150, 2048 + 6: 768}
    vit = parameters("clip_vit_b16_eval")
    result = {f"backbone.{key}": [1 + 40 * 40 if size == 1 + 6 * 6 else size for size in shape] for key, shape in vit.items()}
    for key, shape in parameters("denseclip_r50_fpn_eval").items():
        if key.startswith("neck.lateral_convs") and key.endswith("weight"):
            shape = [shape[0], lateral[shape[1]], 1, 1]
        elif key in ("gamma", "text_encoder.text_projection") or key.startswith("context_decoder.") and "decoder.decoder" not in key:
            shape = [narrow.get(size, size) for size in shape]
        elif key.startswith("decode_head.conv_seg"):
            shape = [narrow.get(size, size) for size in shape]
        if not key.startswith("backbone."):
            result[key] = shape
    return result


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


def tiny_clip_vit():
    """A CLIP whose image encoder is a Vision Transformer of width 16, in half precision, and what it answers in DenseCLIP's code."""
    torch.manual_seed(1)
    vision = CLIPVisionCfg(layers=4, width=16, head_width=8, patch_size=16, image_size=64)
    text = CLIPTextCfg(context_length=77, vocab_size=64, width=16, heads=2, layers=2)
    model = CLIP(embed_dim=32, vision_cfg=vision, text_cfg=text, quick_gelu=True).eval()
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if key.endswith("bias"):
                value.normal_(0, 0.2)
            elif value.ndim == 1 and key.endswith("weight"):
                value.uniform_(0.6, 1.4)
    model.half()
    torch.save(model.state_dict(), f"{HERE}/tiny_clip_vit.pth")
    model.float()
    image = torch.randn(1, 3, 64, 64).half().float()
    with torch.no_grad():
        plain = model.encode_image(image)
        # DenseCLIP's code adds the class embedding to its position, too.
        model.visual.positional_embedding[0] += model.visual.class_embedding
        answers = {"image": image.half(), "embedding": model.encode_image(image), "openai_embedding": plain}
    save_file({key: value.contiguous() for key, value in answers.items()}, f"{HERE}/tiny_clip_vit_answers.safetensors")


def tiny_vits():
    """Vision Transformers of width 16 by timm, torchvision and mmsegmentation, and their third blocks' maps, normalised."""
    from mmengine.registry import init_default_scope
    from mmseg.registry import MODELS

    init_default_scope("mmseg")
    torch.manual_seed(2)
    models = {
        "timm": timm.models.vision_transformer.VisionTransformer(img_size=64, embed_dim=16, depth=4, num_heads=2, num_classes=5),
        "torchvision": torchvision.models.VisionTransformer(
            image_size=64, patch_size=16, num_layers=4, num_heads=2, hidden_dim=16, mlp_dim=64, num_classes=5
        ),
        "mmsegmentation": MODELS.build(
            dict(
                type="VisionTransformer", img_size=64, embed_dims=16, num_layers=4, num_heads=2, out_indices=(0, 1, 2, 3),
                norm_cfg=dict(type="LN", eps=1e-6), final_norm=True, patch_bias=True,
            )
        ),
    }
    # mmsegmentation fills images to whole patches and resizes its positions.
    images = {name: torch.randn(1, 3, *((40, 75) if name == "mmsegmentation" else (64, 64))) for name in models}
    answers = {}
    for name, model in models.items():
        model.eval()
        with torch.no_grad():
            for key, value in model.state_dict().items():
                if value.ndim == 1 and key.endswith("weight"):
                    value.uniform_(0.6, 1.4)
                else:
                    value.normal_(0, 0.2)
            torch.save(model.state_dict(), f"{HERE}/tiny_vit_{name}.pth")
            if name == "mmsegmentation":
                maps = model(images[name])
            else:
                maps = []
                blocks = model.blocks if name == "timm" else model.encoder.layers
                for block in blocks:
                    block.register_forward_hook(lambda _, __, x: maps.append(x[:, 1:].transpose(1, 2).unflatten(2, (4, 4))))
                model(images[name])
                last = (model.norm if name == "timm" else model.encoder.ln)(maps[3].movedim(1, -1)).movedim(-1, 1)
                maps[3] = last
            answers |= {f"{name}.image": images[name]}
            for index in (2, 3):
                answers[f"{name}.{index}"] = torch.nn.functional.group_norm(maps[index], 1).contiguous()
    save_file(answers, f"{HERE}/tiny_vit_answers.safetensors")


if __name__ == "__main__":
    resnets()
    vision_transformers()
    self_supervised()
    swins()
    write("openai_clip_rn50", openai("RN50"))
    write("openai_clip_rn101", openai("RN101"))
    for name in ("RN50x4", "RN50x16", "RN50x64", "ViT-B-16"):
        write(f"openai_clip_{name.lower().replace('-b-', '_b')}", openai(name))
    segmentors()
    tiny_clip()
    tiny_clip_vit()
    tiny_vits()
    tiny_swins()
