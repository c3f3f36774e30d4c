// Restores photographs by tiles that overlap, as the library does: weights that rise and fall over
// each tile and sum to 1 at every pixel.
import * as ort from "./ort/ort.wasm.min.mjs";

ort.env.wasm.wasmPaths = new URL("ort/", import.meta.url).href;
ort.env.wasm.numThreads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;

const BATCH = 4; // tiles a run; between runs others get their turn
const COLOURS = 3;
const sessions = new Map(); // promises, by task
const jobs = [];

self.onmessage = ({ data }) => {
  if (data.cancelled) {
    const at = jobs.findIndex(({ call }) => call === data.call);
    if (at >= 0) jobs.splice(at, 1);
  } else {
    jobs.push({ ...data, steps: steps(data) });
    if (jobs.length === 1) work();
  }
};

/** One run of tiles after the other, those of urgent jobs first. */
async function work() {
  while (jobs.length > 0) {
    const job = jobs.find(({ urgent }) => urgent) ?? jobs[0];
    let answer;
    let transferred = [];
    try {
      const { value, done } = await job.steps.next();
      answer = done ? { restored: value } : value;
      transferred = done ? [value.data.buffer] : [];
    } catch (error) {
      answer = { failure: error.message ?? String(error) };
    }
    if (jobs.includes(job)) {
      self.postMessage({ call: job.call, ...answer }, transferred);
      if (answer.done === undefined) jobs.splice(jobs.indexOf(job), 1);
    }
    await new Promise(resolve => setTimeout(resolve)); // lets messages in
  }
}

function session(model) {
  if (!sessions.has(model.name)) {
    const opened = ort.InferenceSession.create(new URL("models/" + model.file, import.meta.url).href);
    opened.catch(() => sessions.delete(model.name)); // another try may succeed
    sessions.set(model.name, opened);
  }
  return sessions.get(model.name);
}

/** Yields the tiles done after each run, and returns the restored RGBA. */
async function* steps({ model, pixels }) {
  const { side, scale } = model;
  const network = await session(model);
  const width = Math.max(pixels.width, side); // smaller images are mirrored at their edges
  const height = Math.max(pixels.height, side);
  const across = tiling(width, side, model.overlap);
  const down = tiling(height, side, model.overlap);
  const large = side * scale;
  const out = { width: pixels.width * scale, height: pixels.height * scale };
  const data = new Uint8ClampedArray(4 * out.width * out.height);
  const plane = large * width * scale;
  const band = new Float32Array(COLOURS * plane); // the rows that a row of tiles adds to
  const total = across.length * down.length;
  let done = 0;
  for (let j = 0; j < down.length; j++) {
    for (let i = 0; i < across.length; i += BATCH) {
      const some = across.slice(i, i + BATCH);
      const { restored } = await network.run({ degraded: cut(pixels, some, down[j].start, side) });
      some.forEach((tile, k) => blend(restored.data, k, tile, down[j], band, width * scale, large, scale));
      done += some.length;
      yield { done, total };
    }
    const top = down[j].start * scale;
    const end = j + 1 < down.length ? down[j + 1].start * scale : height * scale;
    write(band, width * scale, plane, data, out, top, end);
    const finished = (end - top) * width * scale;
    for (let from = 0; from < band.length; from += plane) { // the next row of tiles goes on below
      band.copyWithin(from, from + finished, from + plane);
      band.fill(0, from + plane - finished, from + plane);
    }
  }
  opacity(pixels, data, out, scale);
  return { ...out, data };
}

/** Where the tiles of an axis begin, and the weight of each of their pixels. */
function tiling(length, side, overlap) {
  const stride = side - overlap;
  const count = 1 + Math.ceil((length - side) / stride);
  const hann = i => Math.sin((Math.PI * (i + 0.5)) / side) ** 2;
  const sums = new Float64Array(length);
  const tiles = [];
  for (let t = 0; t < count; t++) {
    const start = Math.min(t * stride, length - side);
    for (let i = 0; i < side; i++) {
      sums[start + i] += hann(i);
    }
    tiles.push({ start });
  }
  for (const tile of tiles) {
    tile.weights = Float32Array.from({ length: side }, (_, i) => hann(i) / sums[tile.start + i]);
  }
  return tiles;
}

const mirrored = (i, n) => (i % (2 * n) < n ? i % (2 * n) : 2 * n - 1 - (i % (2 * n)));

function cut(pixels, tiles, top, side) {
  const values = new Float32Array(tiles.length * COLOURS * side * side);
  let at = 0;
  for (const tile of tiles) {
    for (let c = 0; c < COLOURS; c++) {
      for (let y = 0; y < side; y++) {
        const row = mirrored(top + y, pixels.height) * pixels.width;
        for (let x = 0; x < side; x++) {
          values[at++] = pixels.data[4 * (row + mirrored(tile.start + x, pixels.width)) + c];
        }
      }
    }
  }
  return new ort.Tensor("float32", values, [tiles.length, COLOURS, side, side]);
}

function blend(values, k, tile, row, band, width, large, scale) {
  for (let c = 0; c < COLOURS; c++) {
    for (let y = 0; y < large; y++) {
      const weight = row.weights[Math.floor(y / scale)];
      const to = (c * large + y) * width + tile.start * scale;
      const from = ((k * COLOURS + c) * large + y) * large;
      for (let x = 0; x < large; x++) {
        band[to + x] += weight * tile.weights[Math.floor(x / scale)] * values[from + x];
      }
    }
  }
}

function write(band, width, plane, data, out, top, end) {
  for (let y = top; y < Math.min(end, out.height); y++) {
    for (let c = 0; c < COLOURS; c++) {
      const from = c * plane + (y - top) * width;
      for (let x = 0; x < out.width; x++) {
        data[4 * (y * out.width + x) + c] = band[from + x]; // clipped and rounded by the array
      }
    }
  }
}

/** Opacity is enlarged by itself, between the four nearest pixels. */
function opacity(pixels, data, out, scale) {
  const at = (y, x) =>
    pixels.data[
      4 * (Math.min(Math.max(y, 0), pixels.height - 1) * pixels.width + Math.min(Math.max(x, 0), pixels.width - 1)) + 3
    ];
  for (let y = 0; y < out.height; y++) {
    const v = (y + 0.5) / scale - 0.5;
    const top = Math.floor(v);
    for (let x = 0; x < out.width; x++) {
      const u = (x + 0.5) / scale - 0.5;
      const left = Math.floor(u);
      const upper = at(top, left) * (1 - u + left) + at(top, left + 1) * (u - left);
      const lower = at(top + 1, left) * (1 - u + left) + at(top + 1, left + 1) * (u - left);
      data[4 * (y * out.width + x) + 3] = upper * (1 - v + top) + lower * (v - top);
    }
  }
}
