#!/usr/bin/env python3
"""Makes opencv.json: what OpenCV answers for pixels that tests generate by name, and for small files of every kind.

    pip install opencv-python-headless==4.10.0.84 'numpy<2.3' pillow && python make_opencv.py

Inputs follow the rule of the golden cases (FNV-1a of a name, then splitmix64); answers are kept as FNV-1a of their bytes.
"""
import base64, io, json, os, struct, zlib
import cv2, numpy as np
from PIL import Image


def fnv(data):
    h = 0xcbf29ce484222325
    for b in bytes(data):
        h = (h ^ b) * 0x100000001b3 & (1 << 64) - 1
    return h


def seeded(name, shape, high=256):
    with np.errstate(over='ignore'):
        z = np.uint64(fnv(name.encode())) + (np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(33)).astype(np.int64).reshape(shape) % high


def answer(a):
    return '%016x' % fnv(np.ascontiguousarray(a).tobytes())


def random_sizes(rng, source, target, smallest):
    """120 resizes (h, w, H, W): sides below `source` to others below `target`, or by one factor of `smallest` to 3."""
    sizes = []
    for k in range(120):
        h, w = rng.integers(1, source, 2)
        f = rng.uniform(smallest, 3)
        H, W = rng.integers(1, target, 2) if k % 2 else [max(1, int(x * f + 0.5)) for x in (h, w)]
        sizes.append(tuple(map(int, (h, w, H, W))))
    return sizes


def resizes():
    rng, rows = np.random.default_rng(0), []
    sizes = [(1, 1, 1, 1), (1, 1, 5, 7), (5, 7, 1, 1), (1, 9, 1, 4), (9, 1, 4, 1), (8, 12, 4, 6), (8, 12, 4, 7), (8, 12, 5, 6), (7, 12, 4, 6),
             (6, 9, 12, 18), (4, 4, 8, 4), (8, 4, 4, 4), (2, 2, 1, 1), (3, 2, 3, 1), (16, 16, 8, 8), (40, 30, 40, 30), (30, 41, 60, 81)]
    for h, w, H, W in sizes + random_sizes(rng, source=48, target=64, smallest=0.3):
        name = f'resize/{h}x{w}'
        image, labels = seeded(name, (h, w, 3)).astype(np.uint8), seeded(name + '/labels', (h, w), 65536).astype(np.uint16)
        rows.append([h, w, H, W, answer(cv2.resize(image, (W, H), interpolation=cv2.INTER_LINEAR)),
                     answer(cv2.resize(labels, (W, H), interpolation=cv2.INTER_NEAREST))])
    return rows


def hsv():
    """Rows of 64: a multiple of every vector length, so that no row ends in scalar code, which rounds where vectors truncate."""
    rgb = seeded('hsv/rgb', (256, 64, 3)).astype(np.uint8)
    planes = seeded('hsv/hsv', (256, 64, 3)).astype(np.uint8)
    planes[..., 0] %= 180
    return {'rows': 256, 'columns': 64, 'rgb_to_hsv': answer(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)),
            'hsv_to_rgb': answer(cv2.cvtColor(planes, cv2.COLOR_HSV2RGB))}


def smooth(h, w, c=3):
    y, x = np.mgrid[:h, :w]
    planes = [127 + 60 * np.sin(x / (3 + i)) + 60 * np.cos(y / (4 + 2 * i)) for i in range(c)]
    return np.stack(planes, -1).clip(0, 255).astype(np.uint8)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(w, h, depth, color, rows, extra=b''):
    """A PNG of any depth: rows are the packed bytes of each line."""
    head = struct.pack('>IIBBBBB', w, h, depth, color, 0, 0, 0)
    body = b''.join(b'\0' + r for r in rows)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + extra + chunk(b'IDAT', zlib.compress(body)) + chunk(b'IEND', b'')


def packed(values, depth):
    rows = []
    for row in values:
        if depth == 16:
            rows.append(b''.join(struct.pack('>H', v) for v in row))
        else:
            bits = ''.join(format(v, f'0{depth}b') for v in row)
            bits += '0' * (-len(bits) % 8)
            rows.append(bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def pictures():
    files, rgb = {}, smooth(27, 38)
    picture = Image.fromarray(rgb)
    for name, sub in (('444', 0), ('422', 1), ('420', 2)):
        files[f'jpeg_{name}'] = saved(picture, 'JPEG', quality=85, subsampling=sub)
    files['jpeg_progressive'] = saved(picture, 'JPEG', quality=85, progressive=True)
    files['jpeg_restart'] = saved(picture, 'JPEG', quality=85, restart_marker_blocks=2)
    files['jpeg_grey'] = saved(picture.convert('L'), 'JPEG', quality=85)
    files['jpeg_cmyk'] = saved(picture.convert('CMYK'), 'JPEG', quality=85)
    for o in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = o
        files[f'jpeg_exif_{o}'] = saved(picture, 'JPEG', quality=85, exif=exif)
    little = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0'
    plain = files['jpeg_420']
    files['jpeg_exif_big_endian'] = plain[:2] + b'\xff\xe1' + struct.pack('>H', len(little) + 2) + little + plain[2:]
    files['png_rgb'] = saved(picture, 'PNG')
    alpha = np.dstack([rgb, smooth(27, 38, 1)])
    files['png_rgba'] = saved(Image.fromarray(alpha, 'RGBA'), 'PNG')
    files['png_grey'] = saved(picture.convert('L'), 'PNG')
    files['png_grey_alpha'] = saved(picture.convert('LA'), 'PNG')
    files['png_palette'] = saved(picture.quantize(17), 'PNG')
    deep = seeded('png/16', (9, 13, 3), 65536)
    files['png_rgb_16'] = png(13, 9, 16, 2, packed(deep.reshape(9, -1), 16))
    files['png_palette_clear'] = png(5, 2, 8, 3, packed([[0, 1, 2, 1, 0], [2, 2, 1, 0, 0]], 8),
                                     chunk(b'PLTE', bytes(range(30, 39))) + chunk(b'tRNS', b'\0\x80'))
    for depth in (1, 2, 4, 8, 16):
        files[f'png_grey_{depth}'] = png(13, 9, depth, 0, packed(seeded(f'png/grey{depth}', (9, 13), 1 << depth), depth))
    rows = []
    for name, data in files.items():
        read = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        rows.append({'name': name, 'file': base64.b64encode(data).decode(), 'height': read.shape[0], 'width': read.shape[1],
                     'rgb': answer(read[..., ::-1])})
    return rows


def masks():
    rows = []
    for depth in (1, 2, 4, 8, 16):
        values = seeded(f'mask/{depth}', (7, 11), 1 << depth)
        kinds = [('grey', 0, b'')]
        if depth <= 8:
            kinds.append(('palette', 3, chunk(b'PLTE', bytes(i % 251 for i in range(3 << depth)))))
        for kind, color, extra in kinds:
            rows.append({'name': f'{kind}_{depth}', 'file': base64.b64encode(png(11, 7, depth, color, packed(values, depth), extra)).decode(),
                         'labels': values.reshape(-1).tolist()})
    return rows


if __name__ == '__main__':
    case = {'reference': f'OpenCV {cv2.__version__}, files by Pillow and by hand', 'resize': resizes(), 'hsv': hsv(),
            'pictures': pictures(), 'masks': masks()}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'opencv.json'), 'w') as f:
        f.write('{\n' + ',\n'.join(f'"{k}": ' + (json.dumps(v) if not isinstance(v, list) else '[\n' + ',\n'.join(map(json.dumps, v)) + ']')
                                   for k, v in case.items()) + '\n}\n')
