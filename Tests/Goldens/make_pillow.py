#!/usr/bin/env python3
"""Makes pillow.json: what Pillow answers for pixels that tests generate by name (make_opencv.py has the rule, and must lie beside).

    pip install opencv-python-headless==4.10.0.84 'numpy<2.3' 'pillow<13' && python make_pillow.py

Pillow 13 resizes rows before columns where that is less work, which changes single levels by one; versions before, and so the
references of the papers, take columns first.
"""
import json, os
import numpy as np, PIL
from PIL import Image
from make_opencv import answer, random_sizes, seeded


def resizes():
    rng, rows = np.random.default_rng(1), []
    sizes = [(1, 1, 1, 1), (1, 1, 5, 7), (5, 7, 1, 1), (1, 9, 1, 4), (9, 1, 4, 1), (8, 12, 4, 6), (7, 12, 7, 6), (7, 12, 4, 12), (6, 9, 12, 18),
             (300, 200, 3, 2), (40, 30, 40, 30), (30, 41, 60, 81), (97, 131, 64, 86), (3, 5, 200, 333)]
    for h, w, H, W in sizes + random_sizes(rng, source=96, target=96, smallest=0.1):
        name = f'resize/{h}x{w}'
        image, labels = seeded(name, (h, w, 3)).astype(np.uint8), seeded(name + '/labels', (h, w)).astype(np.uint8)
        rows.append([h, w, H, W, answer(Image.fromarray(image).resize((W, H), Image.BILINEAR)),
                     answer(Image.fromarray(labels).resize((W, H), Image.NEAREST))])
    return rows


if __name__ == '__main__':
    case = {'reference': f'Pillow {PIL.__version__}', 'resize': resizes()}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pillow.json'), 'w') as f:
        f.write('{\n"reference": %s,\n"resize": [\n%s\n]\n}\n' % (json.dumps(case['reference']), ',\n'.join(map(json.dumps, case['resize']))))
