#!/usr/bin/env python3
"""The demo's model trained in PyTorch, from the same weights and on the same batches as in densekit, with several seeds.

    densekit demo --iterations 1                                              # makes the data and the configuration
    python docs/comparisons/train_demo.py .build/release/densekit densekit-demo/denseclip_demo.yaml [--iterations 300] [--seeds 0 1 2]

For each seed PyTorch generates the initial weights. densekit writes the batches (`browse --tensors`) and trains from those weights. densekit's
`test` validates both. Dropout is off, because two random generators would give different masks. Needs torch and safetensors.

The script prints the largest relative difference of the loss to PyTorch's over the first 50 iterations. Next to it is the difference that rounding
alone causes, which training from scratch magnifies: PyTorch compared with itself, with the same weights and batches in the other memory format.
"""
import argparse, json, pathlib, subprocess, sys, tempfile
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file


class Named(nn.Module):
    """A module whose parts are set by keyword, so that keys are those of the published checkpoints."""
    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def conv(cin, cout, kernel, stride=1):
    return nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)


class Bottleneck(nn.Module):
    def __init__(self, cin, planes, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(cin, planes, 1), nn.BatchNorm2d(planes)
        self.conv2, self.bn2 = conv(planes, planes, 3), nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = conv(planes, planes * 4, 1), nn.BatchNorm2d(planes * 4)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        if stride > 1 or cin != planes * 4:
            self.downsample = nn.Sequential()
            self.downsample.add_module('-1', nn.AvgPool2d(stride))
            self.downsample.add_module('0', conv(cin, planes * 4, 1))
            self.downsample.add_module('1', nn.BatchNorm2d(planes * 4))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(self.pool(y)))
        return F.relu(y + (self.downsample(x) if hasattr(self, 'downsample') else x))


class AttentionPool(nn.Module):
    def __init__(self, width, grid, heads, out):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(grid * grid + 1, width) / width ** 0.5)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, out)
        self.grid, self.heads = grid, heads

    def forward(self, x):
        b, c, h, w = x.shape
        t = x.flatten(2).permute(0, 2, 1)
        t = torch.cat([t.mean(1, keepdim=True), t], 1)
        p = self.positional_embedding
        grid = F.interpolate(p[1:].reshape(1, self.grid, self.grid, c).permute(0, 3, 1, 2), size=(h, w), mode='bilinear')
        t = t + torch.cat([p[:1], grid.flatten(2)[0].t()])
        split = lambda y: y.reshape(b, -1, self.heads, c // self.heads).transpose(1, 2)
        q, k, v = split(self.q_proj(t)), split(self.k_proj(t)), split(self.v_proj(t))
        a = (q @ k.transpose(2, 3) * (c // self.heads) ** -0.5).softmax(-1) @ v
        t = self.c_proj(a.transpose(1, 2).reshape(b, -1, c)).transpose(1, 2)
        return t[:, :, 0], t[:, :, 1:].reshape(b, -1, h, w)


class Backbone(nn.Module):
    def __init__(self, width=32, grid=4, out=128):
        super().__init__()
        half = width // 2
        self.conv1, self.bn1 = conv(3, half, 3, 2), nn.BatchNorm2d(half)
        self.conv2, self.bn2 = conv(half, half, 3), nn.BatchNorm2d(half)
        self.conv3, self.bn3 = conv(half, width, 3), nn.BatchNorm2d(width)
        cin = width
        for i in range(4):
            setattr(self, f'layer{i + 1}', nn.Sequential(Bottleneck(cin, width << i, 2 if i else 1)))
            cin = (width << i) * 4
        self.attnpool = AttentionPool(cin, grid, cin // 64, out)

    def forward(self, x):
        for i in (1, 2, 3):
            x = F.relu(getattr(self, f'bn{i}')(getattr(self, f'conv{i}')(x)))
        x, maps = F.avg_pool2d(x, 2), []
        for i in range(4):
            x = getattr(self, f'layer{i + 1}')(x)
            maps.append(x)
        return maps, self.attnpool(x)


class TextBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.attn = nn.MultiheadAttention(d, heads, batch_first=True)
        self.ln_1, self.ln_2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = Named(c_fc=nn.Linear(d, d * 4), c_proj=nn.Linear(d * 4, d))

    def forward(self, x, mask):
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        y = self.mlp.c_fc(self.ln_2(x))
        return x + self.mlp.c_proj(y * torch.sigmoid(1.702 * y))


class TextEncoder(nn.Module):
    def __init__(self, length, d=128, heads=4, layers=3, out=128, vocabulary=258):
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.randn(length, d) * 0.01)
        self.text_projection = nn.Parameter(torch.randn(d, out) * d ** -0.5)
        self.transformer = Named(resblocks=nn.ModuleList([TextBlock(d, heads) for _ in range(layers)]))
        self.token_embedding, self.ln_final = nn.Embedding(vocabulary, d), nn.LayerNorm(d)
        nn.init.normal_(self.token_embedding.weight, std=0.02)

    def forward(self, tokens, contexts):
        e, k = self.token_embedding(tokens), tokens.shape[0]
        x = torch.cat([e[:, :1], contexts.expand(k, -1, -1), e[:, 1:]], 1) + self.positional_embedding
        mask = torch.full((x.shape[1], x.shape[1]), float('-inf')).triu_(1)
        for block in self.transformer.resblocks:
            x = block(x, mask)
        return self.ln_final(x)[torch.arange(k), tokens.argmax(1) + contexts.shape[1]] @ self.text_projection


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, d, bias=False) for _ in range(3))
        self.proj, self.heads = nn.Linear(d, d), heads

    def forward(self, q, kv):
        b, n, c = q.shape
        split = lambda t: t.reshape(b, -1, self.heads, c // self.heads).transpose(1, 2)
        a = split(self.q_proj(q)) @ split(self.k_proj(kv)).transpose(2, 3) * (c // self.heads) ** -0.5
        return self.proj((a.softmax(-1) @ split(self.v_proj(kv))).transpose(1, 2).reshape(b, n, c))


class DecoderLayer(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.self_attn, self.cross_attn = Attention(d, heads), Attention(d, heads)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, d * 4), nn.GELU(), nn.Identity(), nn.Linear(d * 4, d))

    def forward(self, x, memory):
        q = self.norm1(x)
        x = x + self.self_attn(q, q)
        x = x + self.cross_attn(self.norm2(x), memory)
        return x + self.mlp(self.norm3(x))


class ContextDecoder(nn.Module):
    def __init__(self, out=128, d=64, heads=4, layers=1):
        super().__init__()
        self.memory_proj = nn.Sequential(nn.LayerNorm(out), nn.Linear(out, d), nn.LayerNorm(d))
        self.text_proj = nn.Sequential(nn.LayerNorm(out), nn.Linear(out, d))
        self.decoder = nn.ModuleList([DecoderLayer(d, heads) for _ in range(layers)])
        self.out_proj = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, out))

    def forward(self, text, visual):
        memory, x = self.memory_proj(visual), self.text_proj(text)
        for layer in self.decoder:
            x = layer(x, memory)
        return self.out_proj(x)


class Head(nn.Module):
    def __init__(self, classes, channels=64):
        super().__init__()
        unit = lambda: Named(conv=conv(channels, channels, 3), bn=nn.BatchNorm2d(channels))
        self.scale_heads = nn.ModuleList()
        for level in range(4):
            units = [unit() if i % 2 == 0 else nn.Identity() for i in range(max(1, 2 * level))]
            self.scale_heads.append(nn.Sequential(*units))
        self.conv_seg = nn.Conv2d(channels, classes, 1)
        nn.init.normal_(self.conv_seg.weight, std=0.01)
        nn.init.zeros_(self.conv_seg.bias)

    def forward(self, maps):
        total = 0
        for level, (head, x) in enumerate(zip(self.scale_heads, maps)):
            for unit in head:
                if isinstance(unit, Named):
                    x = F.relu(unit.bn(unit.conv(x)))
                    if level:
                        x = F.interpolate(x, scale_factor=2, mode='bilinear')
            total = total + x
        return self.conv_seg(total)


class Demo(nn.Module):
    def __init__(self, names, contexts=8, out=128, channels=64):
        super().__init__()
        rows = [[256, *name.encode(), 257] for name in names]
        length = max(map(len, rows))
        self.tokens = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        self.backbone, self.text_encoder = Backbone(out=out), TextEncoder(length + contexts, out=out)
        self.context_decoder = ContextDecoder(out)
        self.contexts = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, contexts, 128)))
        self.gamma = nn.Parameter(torch.full((out,), 1e-4))
        widths = [128, 256, 512, 1024 + len(names)]
        one = lambda cin, kernel: Named(conv=nn.Conv2d(cin, channels, kernel, padding=kernel // 2))
        self.neck = Named(lateral_convs=nn.ModuleList([one(c, 1) for c in widths]),
                          fpn_convs=nn.ModuleList([one(channels, 3) for _ in widths]))
        self.decode_head = Head(len(names), channels)

    def forward(self, images):
        maps, (g, z) = self.backbone(images)
        b, d, h, w = z.shape
        visual = torch.cat([g[:, None], z.flatten(2).transpose(1, 2)], 1)
        text = self.text_encoder(self.tokens, self.contexts)[None].expand(b, -1, -1)
        text = text + self.gamma * self.context_decoder(text, visual)
        score = torch.einsum('bdhw,bkd->bkhw', F.normalize(z, dim=1), F.normalize(text, dim=2))
        maps[3] = torch.cat([maps[3], score], 1)
        maps = [unit.conv(x) for unit, x in zip(self.neck.lateral_convs, maps)]
        for i in (3, 2, 1):
            maps[i - 1] = maps[i - 1] + F.interpolate(maps[i], size=maps[i - 1].shape[2:], mode='nearest')
        return self.decode_head([unit.conv(x) for unit, x in zip(self.neck.fpn_convs, maps)]), score

    def loss(self, images, labels):
        logits, score = self(images)
        entropy = lambda x: F.cross_entropy(F.interpolate(x, size=labels.shape[1:], mode='bilinear'), labels, ignore_index=65535,
                                            reduction='none').mean()
        return entropy(logits) + 0.4 * entropy(score / 0.07)


def unsmoothed(means, window=10):
    """The losses of single iterations: scalars.json has means over the last ten."""
    values = []
    for t, mean in enumerate(means):
        count = min(t + 1, window)
        values.append(mean * count - sum(values[max(0, t - window + 1):]))
    return values


def rate(t, total, base=2e-3, floor=1e-6, warmup=20, ratio=1e-6):
    poly = (base - floor) * (1 - t / total) ** 0.9 + floor
    return poly if t >= warmup else poly * (1 - (1 - t / warmup) * (1 - ratio))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('densekit')
    parser.add_argument('config')
    parser.add_argument('--iterations', type=int, default=300)
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    parser.add_argument('--verbose', action='store_true', help='every loss: densekit, PyTorch, PyTorch channels-last')
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    names = [line[2:].strip() for line in (pathlib.Path(options.config).parent / 'data' / 'classes.yaml').read_text().splitlines()
             if line.startswith('- ')]
    settings = [f'train.iterations={options.iterations}', 'train.log_interval=1', f'train.eval_interval={options.iterations}',
                f'train.checkpoint_interval={options.iterations}', 'model.head.dropout=0', 'model.prompter.context_decoder.dropout=0']
    common = [part for setting in settings for part in ('--set', setting)]

    def densekit(*arguments):
        done = subprocess.run([options.densekit, *map(str, arguments), *common], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        densekit('browse', options.config, '--batches', options.iterations, '--tensors', folder / 'batches.safetensors')
        batches = load_file(folder / 'batches.safetensors')

        def pytorch(seed, base, iterations, layout=torch.contiguous_format):
            """The losses, and the files of the first and the last weights."""
            torch.manual_seed(seed)
            model = Demo(names)
            save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / 'first.safetensors')
            model = model.to(memory_format=layout)
            optimizer, losses = torch.optim.AdamW(model.parameters(), lr=1, weight_decay=1e-2), []
            for t in range(iterations):
                for group in optimizer.param_groups:
                    group['lr'] = rate(t, options.iterations, base)
                loss = model.loss(batches[f'images.{t}'].contiguous(memory_format=layout), batches[f'labels.{t}'])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / 'last.safetensors')
            return losses

        def ours(name, base):
            densekit('train', options.config, '--work-dir', folder / name, '--init-from', folder / 'first.safetensors',
                     '--set', f'optimizer.lr={base}')
            scalars = next((folder / name).rglob('scalars.json')).read_text().splitlines()
            return unsmoothed([line['loss'] for line in map(json.loads, scalars) if 'loss' in line])

        def score(weights):
            densekit('test', options.config, weights, '--out', folder / 'scores.json')
            return json.loads((folder / 'scores.json').read_text())['mIoU']

        def difference(a, b, count=50):
            return max(abs(x - y) / abs(y) for x, y in zip(a[:count], b[:count]))

        print('| seed | rate 5e-5, 50 iterations: densekit | PyTorch, channels-last | rate 2e-3, 50: densekit | PyTorch, channels-last '
              '| mIoU PyTorch | mIoU PyTorch, channels-last | mIoU densekit |')
        print('| --- | --- | --- | --- | --- | --- | --- | --- |')
        for seed in options.seeds:
            calm, calm_again = pytorch(seed, 5e-5, 50), pytorch(seed, 5e-5, 50, torch.channels_last)
            calm_ours = ours(f'calm{seed}', 5e-5)
            again = pytorch(seed, 2e-3, options.iterations, torch.channels_last)
            score_again = score(folder / 'last.safetensors')
            theirs = pytorch(seed, 2e-3, options.iterations)
            score_theirs = score(folder / 'last.safetensors')
            mine = ours(f'work{seed}', 2e-3)
            if options.verbose:
                for t, values in enumerate(zip(mine, theirs, again)):
                    print(t + 1, *values, file=sys.stderr)
            print(f'| {seed} | {difference(calm_ours, calm):.1e} | {difference(calm_again, calm):.1e} | {difference(mine, theirs):.1e} '
                  f'| {difference(again, theirs):.1e} | {score_theirs:.2f} | {score_again:.2f} '
                  f'| {score(folder / f"work{seed}" / f"iter_{options.iterations}"):.2f} |', flush=True)


if __name__ == '__main__':
    main()
