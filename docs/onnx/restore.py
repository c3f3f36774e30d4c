# python restore.py x2.onnx photo.jpg large.png        (pip install onnxruntime numpy pillow)
import sys

import numpy as np
import onnxruntime
from PIL import Image

file, source, target = sys.argv[1:]
session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
side = session.get_inputs()[0].shape[3]  # [N,3,48,48] in, [N,3,96,96] out
scale = session.get_outputs()[0].shape[3] // side
overlap = -(-side // 8)

photo = np.asarray(Image.open(source).convert("RGB"), np.float32).transpose(2, 0, 1)
_, height, width = photo.shape
padding = [(0, 0), (0, max(0, side - height)), (0, max(0, side - width))]
photo = np.pad(photo, padding, mode="symmetric")  # mirrored where it is smaller than a tile
_, h, w = photo.shape

hann = np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2
weight = np.outer(hann, hann).repeat(scale, 0).repeat(scale, 1).astype(np.float32)


def starts(length):
    stride = side - overlap
    return [min(i * stride, length - side) for i in range(1 + -(-(length - side) // stride))]


total = np.zeros((3, h * scale, w * scale), np.float32)
weights = np.zeros((h * scale, w * scale), np.float32)
for y in starts(h):
    row = np.stack([photo[:, y : y + side, x : x + side] for x in starts(w)])
    restored = session.run(None, {"degraded": row})[0]
    for tile, x in zip(restored, starts(w)):
        place = np.s_[y * scale : (y + side) * scale, x * scale : (x + side) * scale]
        total[(slice(None), *place)] += tile * weight
        weights[place] += weight
levels = np.clip(np.rint(total / weights), 0, 255).astype(np.uint8)
Image.fromarray(levels[:, : height * scale, : width * scale].transpose(1, 2, 0)).save(target)
