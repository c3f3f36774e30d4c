/*
 * The engine of the page without a server, as ../page/engine.js describes engines: a worker runs
 * the tasks' ONNX files in the browser, and photographs go nowhere.
 */

const maxRestoredPixels = 40_000_000; // they are held as numbers while they are made

let tasks = [];
let worker = null;
let last = 0;
const calls = new Map(); // what becomes of each, by number

export async function open() {
  const response = await fetch(new URL("models/tasks.json", import.meta.url));
  if (!response.ok) throw new Error("models/tasks.json cannot be read: " + response.status);
  tasks = await response.json();
  return { tasks, maxRestoredPixels, formats: "PNG, JPEG, WebP, GIF, AVIF and BMP", accept: "image/*" };
}

export async function restore(file, task, { crop = null, progress = () => {}, signal } = {}) {
  const model = tasks.find(({ name }) => name === task);
  const pixels = await decoded(file, crop);
  signal?.throwIfAborted();
  const most = Math.floor(maxRestoredPixels / model.scale ** 2);
  if (pixels.width * pixels.height > most) {
    throw new Error(`expected at most ${Math.floor(most / 1e6)} megapixels for this task, got ${pixels.width}×${pixels.height}`);
  }
  const call = ++last;
  const cancel = () => { started().postMessage({ call, cancelled: true }); calls.get(call)?.reject(signal.reason); };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const restored = await new Promise((resolve, reject) => {
      calls.set(call, { resolve, reject, progress });
      started().postMessage({ call, model, pixels, urgent: crop !== null }, [pixels.data.buffer]);
    });
    return await encoded(restored);
  } finally {
    signal?.removeEventListener("abort", cancel);
    calls.delete(call);
  }
}

function started() {
  if (worker === null) {
    worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      const call = calls.get(data.call);
      if (data.restored) call?.resolve(data.restored);
      else if (data.failure) call?.reject(new Error(data.failure));
      else call?.progress(data.done, data.total);
    };
    worker.onerror = event => {
      for (const { reject } of calls.values()) reject(new Error(event.message || "this browser cannot run the model"));
      worker = null;
    };
  }
  return worker;
}

/** The RGBA of an image, upright, or of a part of it. */
async function decoded(file, crop) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { premultiplyAlpha: "none" });
  } catch {
    throw new Error("no image that this browser reads");
  }
  const { x, y, width, height } = crop ?? { x: 0, y: 0, width: bitmap.width, height: bitmap.height };
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, -x, -y);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

function encoded({ data, width, height }) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
