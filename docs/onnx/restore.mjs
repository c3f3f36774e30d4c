// node restore.mjs x2.onnx photo.png large.png        (npm install onnxruntime-web pngjs)
import { readFileSync, writeFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import { PNG } from 'pngjs';

const [file, from, to] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(file));
const side = session.inputMetadata[0].shape[3]; // [N,3,48,48] in, [N,3,96,96] out
const scale = session.outputMetadata[0].shape[3] / side;
const overlap = Math.ceil(side / 8);

const photo = PNG.sync.read(readFileSync(from)); // RGBA
const { width, height } = photo;
const hann = (i) => Math.sin((Math.PI * (Math.floor(i / scale) + 0.5)) / side) ** 2;
const mirrored = (i, n) => (i % (2 * n) < n ? i % (2 * n) : 2 * n - 1 - (i % (2 * n)));
const starts = (length) => {
  const count = 1 + Math.ceil(Math.max(length - side, 0) / (side - overlap));
  return Array.from({ length: count }, (_, i) => Math.min(i * (side - overlap), Math.max(length - side, 0)));
};
const [w, h, large] = [width * scale, height * scale, side * scale];
const sum = new Float32Array(3 * w * h);
const weights = new Float32Array(w * h);
for (const top of starts(height)) {
  for (const left of starts(width)) {
    const tile = Float32Array.from({ length: 3 * side * side }, (_, i) => {
      const y = mirrored(top + (Math.floor(i / side) % side), height);
      const x = mirrored(left + (i % side), width);
      return photo.data[4 * (y * width + x) + Math.floor(i / side / side)];
    });
    const { restored } = await session.run({ degraded: new ort.Tensor('float32', tile, [1, 3, side, side]) });
    for (let y = 0; y < large && top * scale + y < h; y++) {
      for (let x = 0; x < large && left * scale + x < w; x++) {
        const at = (top * scale + y) * w + left * scale + x;
        weights[at] += hann(y) * hann(x);
        for (let c = 0; c < 3; c++) sum[c * w * h + at] += hann(y) * hann(x) * restored.data[(c * large + y) * large + x];
      }
    }
  }
}
const out = new PNG({ width: w, height: h });
for (let i = 0; i < w * h; i++) {
  for (let c = 0; c < 3; c++) out.data[4 * i + c] = Math.min(255, Math.max(0, Math.round(sum[c * w * h + i] / weights[i])));
  out.data[4 * i + 3] = 255;
}
writeFileSync(to, PNG.sync.write(out));
