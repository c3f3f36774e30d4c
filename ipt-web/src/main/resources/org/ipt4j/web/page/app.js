/* The page: photographs, what is to be done with them, and what has become of it. */

import * as engine from "./engine.js";
import { Compare, View, element } from "./compare.js";
import { zip } from "./zip.js";

const FIRST_LOOK = 100_000; // pixels of a photograph that are restored in about a second
const THUMB = 192;
const READ = /^image\/(png|jpeg|bmp|tiff|webp|gif)$/; // other files are shown to the engine at once
const find = id => document.getElementById(id);
const photos = []; // { name, file, url, width, height, view, results: Map(task name → result), card }
let setup, shown; // what the engine can do; the photograph that is looked at

const aborted = signal => new Promise((_, reject) => {
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
});

/** One after the other; who is cancelled does not wait for their turn. */
class Lane {
  #last = Promise.resolve();

  run(work, signal) {
    const turn = this.#last.then(() => { signal.throwIfAborted(); return work(); });
    this.#last = turn.catch(() => {});
    return Promise.race([turn, aborted(signal)]);
  }
}
const looks = new Lane(), wholes = new Lane();

const plural = (n, one, many = one + "s") => n.toLocaleString("en") + " " + (n === 1 ? one : many);
const sides = (width, height) => `${width.toLocaleString("en")}\u00a0×\u00a0${height.toLocaleString("en")}`;
const size = (width, height) => sides(width, height) + " pixels";
const megabytes = bytes => Math.max(0.1, bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0) + "\u00a0MB";
const titleOf = name => setup.tasks.find(task => task.name === name).title;

function duration(seconds) {
  if (seconds < 60) return Math.max(1, Math.round(seconds)) + " s";
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? minutes + " min" : Math.floor(minutes / 60) + " h " + minutes % 60 + " min";
}

function say(text) {
  find("said").textContent = text;
}

function alertOf(text) {
  const line = element("p", { className: "alert" }, element("span", { textContent: text }));
  const close = element("button", { className: "quiet", textContent: "×", title: "Close this message" });
  close.setAttribute("aria-label", "Close this message");
  close.addEventListener("click", () => line.remove());
  line.append(close);
  find("alerts").append(line);
}

/* photographs */

async function add(files) {
  for (const file of files) {
    const name = file.name || "pasted.png";
    try {
      await addOne(file, name);
    } catch (error) {
      alertOf(name + ": " + error.message);
    }
  }
}

async function addOne(file, name) {
  if (file.size > (setup.maxBytes ?? Infinity)) {
    throw new Error(`expected at most ${megabytes(setup.maxBytes)}, got ${megabytes(file.size)}`);
  }
  const url = URL.createObjectURL(file);
  const photo = { name, file, url, results: new Map() };
  const image = new Image();
  image.src = url;
  const drawable = await image.decode().then(() => true, () => false);
  if (!drawable || !READ.test(file.type)) {
    try {
      await engine.restore(file, setup.tasks[0].name, { crop: { x: 0, y: 0, width: 1, height: 1 } });
    } catch (refused) {
      URL.revokeObjectURL(url);
      throw refused;
    }
  }
  if (drawable) {
    photo.width = image.naturalWidth;
    photo.height = image.naturalHeight;
    if (photo.width * photo.height > (setup.maxPixels ?? Infinity)) {
      URL.revokeObjectURL(url);
      throw new Error(`has ${size(photo.width, photo.height)}, the limit is ${(setup.maxPixels / 1e6).toFixed(0)} million`);
    }
  } else {
    photo.url = null; // a TIFF, which browsers do not show
    URL.revokeObjectURL(url);
  }
  photo.view = new View(photo.width ?? 1, photo.height ?? 1);
  photo.thumb = thumb(drawable ? image : null, photo);
  photo.card = card(photo);
  photos.push(photo);
  find("photos").append(photo.card);
  show(photo);
  say(name + " added");
  if (find("all-photos").checked) {
    for (const task of new Set(photos.flatMap(other => [...other.results.keys()]))) begin(photo, task);
  }
}

function thumb(image, photo) {
  const canvas = element("canvas", { width: THUMB, height: THUMB * 3 / 4 });
  if (image) {
    const factor = Math.min(THUMB / photo.width, THUMB / photo.height, 1);
    canvas.width = Math.max(1, photo.width * factor);
    canvas.height = Math.max(1, photo.height * factor);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

function card(photo) {
  const button = element("button", { className: "photo" }, photo.thumb,
    element("span", { className: "caption", textContent: photo.name, title: photo.name }),
    element("span", { className: "state" }));
  button.addEventListener("click", () => show(photo));
  return element("li", {}, button);
}

function show(photo) {
  shown = photo;
  find("studio").hidden = !photo;
  find("drop").hidden = Boolean(photo);
  find("add").hidden = !photo;
  find("strip").hidden = photos.length < 2;
  if (!photo) return;
  for (const other of photos) {
    const button = other.card.firstChild;
    button.setAttribute("aria-current", other === photo);
  }
  photo.card.scrollIntoView({ block: "nearest", inline: "nearest" });
  find("name").textContent = photo.name;
  find("about").textContent = (photo.width ? size(photo.width, photo.height) + ", " : "") + megabytes(photo.file.size)
    + (photo.url ? "" : ". This browser cannot show it, but it can be restored.");
  const canvas = find("map").querySelector("canvas");
  canvas.width = photo.thumb.width;
  canvas.height = photo.thumb.height;
  canvas.getContext("2d").drawImage(photo.thumb, 0, 0);
  find("everywhere").hidden = photos.length < 2;
  find("forget").setAttribute("aria-label", "Remove " + photo.name);
  panels();
  update();
}

function forget(photo) {
  for (const result of photo.results.values()) drop(result);
  if (photo.url) URL.revokeObjectURL(photo.url);
  photo.card.remove();
  const at = photos.indexOf(photo);
  photos.splice(at, 1);
  show(photos[Math.min(at, photos.length - 1)]);
  update();
  say(photo.name + " removed");
  (photos.length ? find("tasks").firstChild : find("choose")).focus();
}

/* tasks */

function taskButtons() {
  find("tasks").replaceChildren(...setup.tasks.map(task => {
    const use = task.use.replace(/^[^:]*: /, ""); // "enlarges twice: for …"; the title has said that
    const button = element("button", { className: "task", dataset: { task: task.name } },
      element("b", { textContent: task.title }), element("span", { className: "soft", textContent: use }));
    button.addEventListener("click", () => {
      const chosen = !shown.results.has(task.name);
      for (const photo of find("all-photos").checked ? photos : [shown]) {
        if (chosen && !photo.results.has(task.name)) begin(photo, task.name);
        else if (!chosen && photo.results.has(task.name)) end(photo, task.name);
      }
    });
    return button;
  }));
}

function begin(photo, name) {
  const task = setup.tasks.find(other => other.name === name);
  const result = { photo, task, state: "waiting", done: 0, total: 0, looks: [] };
  photo.results.set(name, result);
  photo.view.largest = Math.max(1, ...[...photo.results.values()].map(other => other.task.scale));
  if (photo.results.size === 1 && photo.view.zoom === 0) photo.view.zoom = 1; // what is restored shows at full size only
  result.panel = panel(result);
  if (photo === shown) panels();
  restore(result);
}

/** Takes a result away, finished or not. */
function end(photo, name) {
  drop(photo.results.get(name));
  photo.results.delete(name);
  photo.view.largest = Math.max(1, ...[...photo.results.values()].map(other => other.task.scale));
  if (photo.results.size === 0) photo.view.zoom = 0;
  if (photo === shown) panels();
  update();
}

function drop(result) {
  result.controller?.abort();
  clearLooks(result);
  if (result.url) URL.revokeObjectURL(result.url);
}

function clearLooks(result) {
  result.looks.splice(0).forEach(url => URL.revokeObjectURL(url));
}

async function restore(result) {
  const { photo, task } = result;
  const controller = result.controller = new AbortController();
  const { signal } = controller;
  const to = (state, message) => { Object.assign(result, { state, message }); update(); };
  Object.assign(result, { done: 0, total: 0, first: undefined });
  to("waiting");
  say(`${task.title}, ${photo.name}: started`);
  try {
    if (photo.width && photo.width * photo.height > FIRST_LOOK) await look(result);
    const blob = await wholes.run(() => {
      to("restoring");
      return engine.restore(photo.file, task.name, { crop: null, signal, progress: (done, total) => {
        result.first ??= { done, at: performance.now() };
        Object.assign(result, { done, total });
        update();
      } });
    }, signal);
    signal.throwIfAborted();
    result.blob = blob;
    result.url = URL.createObjectURL(blob);
    if (!photo.width) await measure(result);
    await result.compare.setRestored(result.url);
    signal.throwIfAborted();
    clearLooks(result);
    to("done");
    say(`${task.title}, ${photo.name}: done`);
  } catch (error) {
    if (photo.results.get(task.name) !== result) return; // taken away
    to(signal.aborted ? "cancelled" : "failed", error.message);
    say(`${task.title}, ${photo.name}: ${signal.aborted ? "cancelled" : error.message}`);
  }
}

/** Of a photograph that the browser cannot show, the size is seen from what was made of it. */
async function measure({ photo, task, url }) {
  const image = new Image();
  image.src = url;
  await image.decode();
  photo.width = image.naturalWidth / task.scale;
  photo.height = image.naturalHeight / task.scale;
  Object.assign(photo.view, new View(photo.width, photo.height), { largest: photo.view.largest, zoom: photo.view.zoom });
}

/** Restores the part that is looked at. */
async function look(result) {
  const { photo, task, compare, controller: { signal } } = result;
  await looks.run(async () => {
    const crop = firstLook(photo, compare);
    if (compare.covers(crop)) return;
    const blob = await engine.restore(photo.file, task.name, { crop, signal });
    if (result.blob || signal.aborted) return;
    const url = URL.createObjectURL(blob);
    result.looks.push(url);
    await compare.addPatch(url, crop);
    update();
  }, signal);
}

function firstLook(photo, compare) {
  const [width, height] = compare.size[0] ? compare.size : [640, 480];
  const part = photo.view.part(width, height);
  const factor = Math.min(1, Math.sqrt(FIRST_LOOK / (part.width * part.height)));
  const crop = { width: Math.floor(Math.max(1, part.width * factor)), height: Math.floor(Math.max(1, part.height * factor)) };
  crop.x = Math.floor(part.x + (part.width - crop.width) / 2);
  crop.y = Math.floor(part.y + (part.height - crop.height) / 2);
  return crop;
}

/** When another part is looked at, that comes first. */
let moved;
function lookAgain() {
  clearTimeout(moved);
  moved = setTimeout(() => {
    for (const result of shown?.results.values() ?? []) {
      if (result.photo.width && ["waiting", "restoring"].includes(result.state)
          && result.looks.length && !result.compare.covers(firstLook(result.photo, result.compare))) {
        look(result).catch(() => {}); // the whole photograph's will tell
      }
    }
  }, 400);
}

/* results */

function panel(result) {
  const { photo, task } = result;
  const label = `${photo.name}, ${task.title}`;
  result.compare = new Compare(photo.view, label, task.scale, drawAll);
  result.compare.setDegraded(photo.url);
  const button = (className, textContent, work) => {
    const made = element("button", { className, textContent });
    made.setAttribute("aria-label", textContent + ": " + label);
    made.addEventListener("click", work);
    return made;
  };
  const bar = element("progress", { max: 1 });
  bar.setAttribute("aria-label", "Progress: " + label);
  const parts = {
    text: element("span", { className: "text" }),
    cancel: button("", "Cancel", () => result.controller.abort(new Error("cancelled"))),
    again: button("", "Try again", () => restore(result)),
    save: button("main", "Download", () => save(result.blob, resultName(result))),
    away: button("quiet", "×", () => end(photo, task.name)),
  };
  parts.away.title = "Close";
  parts.away.setAttribute("aria-label", "Close: " + label);
  result.parts = { bar, ...parts };
  return element("article", { className: "panel" },
    element("header", {},
      element("div", { className: "heading" }, element("h3", { textContent: task.title }), parts.text),
      element("div", { className: "buttons" }, parts.cancel, parts.again, parts.save, parts.away)),
    bar, result.compare.frame);
}

function panels() {
  const results = [...shown.results.values()];
  if (results.length === 0) {
    const compare = new Compare(shown.view, shown.name, 1, drawAll);
    compare.setDegraded(shown.url);
    shown.plain = compare;
    find("panels").replaceChildren(...shown.url ? [element("article", { className: "panel" }, compare.frame)] : []);
  } else {
    const wanted = results.map(result => result.panel);
    for (const panel of [...find("panels").children]) if (!wanted.includes(panel)) panel.remove();
    find("panels").append(...wanted.filter(panel => !panel.parentNode));
  }
  find("panels").classList.toggle("several", results.length > 1);
  find("panels").dataset.count = results.length;
  drawAll();
}

function drawAll() {
  if (!shown) return;
  const frames = shown.results.size ? [...shown.results.values()].map(result => result.compare) : [shown.plain];
  frames.forEach(frame => frame.draw());
  for (const radio of document.querySelectorAll("#zoom input")) radio.checked = Number(radio.value) === shown.view.zoom;
  const { view } = shown;
  const map = find("map");
  map.hidden = view.zoom === 0 || !shown.url;
  const part = view.part(...frames[0].size);
  const box = map.querySelector("span").style;
  box.left = 100 * part.x / view.width + "%";
  box.top = 100 * part.y / view.height + "%";
  box.width = 100 * part.width / view.width + "%";
  box.height = 100 * part.height / view.height + "%";
  lookAgain();
}

function progressText({ state, done, total, first, message, looks: seen, photo, task, blob }) {
  if (state === "waiting") return seen.length ? "First look; the rest waits its turn" : "Waiting";
  if (state === "restoring" && !total) return "Starting";
  if (state === "restoring") {
    const left = done > first.done ? (performance.now() - first.at) / (done - first.done) * (total - done) / 1000 : 0;
    return `${done.toLocaleString("en")} of ${plural(total, "tile")}` + (left ? `, about ${duration(left)} left` : "");
  }
  if (state === "done") return `${sides(photo.width * task.scale, photo.height * task.scale)}, ${megabytes(blob.size)}`;
  return state === "cancelled" ? "Cancelled" : message;
}

let drawing;
function update() {
  drawing ??= setTimeout(() => { drawing = undefined; draw(); }, 30); // also while the page is hidden
}

function draw() {
  const results = photos.flatMap(photo => [...photo.results.values()]);
  for (const result of results) {
    const { state, parts, done, total } = result;
    const active = state === "waiting" || state === "restoring";
    result.panel.dataset.state = state;
    parts.text.textContent = progressText(result);
    parts.bar.hidden = !active;
    if (total) parts.bar.value = done / total;
    else parts.bar.removeAttribute("value");
    const focused = document.activeElement;
    parts.cancel.hidden = !active;
    parts.again.hidden = state !== "cancelled" && state !== "failed";
    parts.save.hidden = state !== "done";
    if (focused === parts.cancel && !active) (parts.save.hidden ? parts.again : parts.save).focus();
  }
  for (const photo of photos) {
    const own = [...photo.results.values()];
    const ready = own.filter(result => result.state === "done").length;
    const working = own.some(result => ["waiting", "restoring"].includes(result.state));
    photo.card.querySelector(".state").textContent = own.length ? `${ready} of ${own.length} restored` : "";
    photo.card.dataset.state = working ? "working" : "";
  }
  for (const button of find("tasks").children) {
    const result = shown?.results.get(button.dataset.task);
    button.setAttribute("aria-pressed", Boolean(result));
    button.dataset.state = result?.state ?? "";
  }
  const finished = results.filter(result => result.state === "done");
  find("download-all").hidden = finished.length < 2;
  find("download-all").textContent = `Download all ${finished.length}`;
  const busy = results.filter(result => result.state === "restoring" && result.total);
  document.title = (busy.length ? Math.floor(100 * busy[0].done / busy[0].total) + " % · " : "") + "Restore photographs";
}

/* files */

function resultName({ photo, task }) {
  return photo.name.replace(/\.[^.]*$/, "") + "-" + task.name + ".png";
}

function save(blob, download) {
  const href = URL.createObjectURL(blob);
  const link = element("a", { href, download });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

async function saveAll() {
  const button = find("download-all");
  const names = new Set();
  const files = photos.flatMap(photo => [...photo.results.values()]).filter(result => result.blob).map(result => {
    const plain = resultName(result);
    let name = plain;
    for (let n = 2; names.has(name); n++) name = plain.replace(/\.png$/, `-${n}.png`);
    names.add(name);
    return { name, blob: result.blob };
  });
  button.disabled = true;
  try {
    save(await zip(files), "restored.zip");
  } catch (error) {
    alertOf(error.message);
  }
  button.disabled = false;
}

/* the page */

function listen() {
  const input = find("files");
  for (const id of ["choose", "add"]) find(id).addEventListener("click", () => input.click());
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
  addEventListener("paste", event => {
    if (event.clipboardData.files.length) { event.preventDefault(); add([...event.clipboardData.files]); }
  });
  let depth = 0; // of what is entered, elements within elements
  const over = on => document.body.classList.toggle("over", on);
  addEventListener("dragenter", event => { event.preventDefault(); depth++; over(true); });
  addEventListener("dragleave", () => { if (--depth <= 0) { depth = 0; over(false); } });
  addEventListener("dragover", event => event.preventDefault());
  addEventListener("drop", event => {
    event.preventDefault();
    depth = 0;
    over(false);
    if (event.dataTransfer.files.length) add([...event.dataTransfer.files]);
  });
  find("forget").addEventListener("click", () => forget(shown));
  find("download-all").addEventListener("click", saveAll);
  find("zoom").addEventListener("change", event => { shown.view.zoom = Number(event.target.value); drawAll(); });
  const map = find("map");
  const moveMap = event => {
    if (event.buttons !== 1) return;
    const box = map.getBoundingClientRect();
    const frame = [...shown.results.values()][0]?.compare ?? shown.plain;
    shown.view.moveTo(shown.view.width * (event.clientX - box.left) / box.width,
      shown.view.height * (event.clientY - box.top) / box.height, ...frame.size);
    drawAll();
  };
  map.addEventListener("pointerdown", event => { map.setPointerCapture(event.pointerId); moveMap(event); });
  map.addEventListener("pointermove", moveMap);
  addEventListener("resize", drawAll);
  addEventListener("beforeunload", event => {
    if (photos.some(photo => [...photo.results.values()].some(result => result.state === "restoring"))) event.preventDefault();
  });
}

find("unstarted").remove();
try {
  setup = await engine.open();
  const limits = [setup.maxBytes && megabytes(setup.maxBytes), setup.maxPixels && setup.maxPixels / 1e6 + " megapixels"].filter(Boolean);
  find("files").accept = setup.accept;
  find("limits").textContent = setup.formats + (limits.length ? ", up to " + limits.join(" and ") : "");
  taskButtons();
  listen();
} catch (error) {
  find("drop").hidden = true;
  alertOf(error.message);
}
