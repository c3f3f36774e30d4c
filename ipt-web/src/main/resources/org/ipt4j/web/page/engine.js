/*
 * The engine: what restores. The page knows these two functions and nothing else of it, so that
 * another engine.js, for instance one that runs a model in the browser, serves the same page.
 *
 *   open() → { tasks: [{ name, title, use, scale }], formats, accept, maxBytes, maxPixels, maxRestoredPixels }
 *     tasks: what can be done: the name that restore() takes, what it does in a few words, which
 *       photographs it is for (may be empty), and how many times larger the sides become.
 *     formats: which files it reads, for people
 *     accept: the same for a file chooser, as HTML's attribute of that name
 *     max…: of a file, of the pixels of a photograph, and of those of a restored one; a limit that
 *       is left out is none.
 *
 *   restore(file, task, { crop, progress, signal }) → Blob, a PNG
 *     file: the File or Blob as the person gave it; task: a task's name
 *     crop: { x, y, width, height } in whole pixels of the upright photograph; null for all of it.
 *       A crop should overtake whole photographs: a person is looking at it.
 *     progress(done, total): called with tiles done, of how many; perhaps never for a crop
 *     signal: an AbortSignal; restoring then ends soon, with its reason
 *     Rejects with an Error whose message is one line for people.
 *   Any number of calls may be under way at once.
 *
 * This one asks the server that the page came from. Addresses are relative to this file.
 */

const address = path => new URL(path, import.meta.url);

export async function open() {
  return { ...await (await answered(await asked("tasks"))).json(), formats: "PNG, JPEG, TIFF, WebP, GIF and BMP",
    accept: "image/*,.tif,.tiff" };
}

export async function restore(file, task, { crop = null, progress = () => {}, signal } = {}) {
  const query = new URLSearchParams({ task });
  if (crop) query.set("crop", [crop.x, crop.y, crop.width, crop.height].join());
  const response = await admitted("restore?" + query, file, signal);
  const events = response.body.getReader(); // the server stops when this stream is cancelled
  try {
    for await (const { name, data } of parsed(events)) {
      if (name === "progress") progress(data.done, data.total);
      else if (name === "restored") return await (await answered(await asked(data.image, { signal }))).blob();
      else if (name === "failed") throw new Error(data.message);
      else if (name === "cancelled") throw new Error("cancelled by the server");
    }
    throw new Error("the server ended before the photograph was restored");
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof TypeError ? new Error("the connection to the server was lost") : error;
  } finally {
    events.cancel().catch(() => {});
  }
}

/** While the queue is full it asks again, when the server says. */
async function admitted(path, body, signal) {
  for (;;) {
    const response = await asked(path, { method: "POST", body, signal, headers: {
      "Accept": "text/event-stream", "Content-Type": "application/octet-stream" } });
    if (response.status !== 503) return answered(response);
    await response.text();
    await new Promise((resolve, reject) => {
      const seconds = Number(response.headers.get("Retry-After")) || 5;
      const timer = setTimeout(resolve, 1000 * seconds);
      signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
    });
  }
}

async function asked(path, options = {}) {
  try {
    return await fetch(address(path), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new Error("the server does not answer; is it still running?");
  }
}

async function answered(response) {
  if (response.ok) return response;
  throw new Error((await response.text()).trim() || "the server answered " + response.status);
}

async function* parsed(reader) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const name = /^event: (.*)$/m.exec(part)?.[1];
      if (name) yield { name, data: JSON.parse(/^data: (.*)$/m.exec(part)[1]) };
    }
  }
}
