/*
 * A photograph and its restored form in one frame, degraded left of a slider and restored right of
 * it, with the same part of both shown at the same size, pixel by pixel.
 */

export function element(tag, properties = {}, ...children) {
  const { dataset = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/**
 * What part is shown, for any number of frames: the photograph's pixel in their middle, and the
 * zoom: 0 to fit in, otherwise pixels of the screen for a pixel of the largest restored form.
 */
export class View {
  constructor(width, height) {
    Object.assign(this, { width, height, x: width / 2, y: height / 2, zoom: 0, largest: 1 });
  }

  /** CSS pixels for a pixel of the photograph, in a frame of that size. */
  factor(frameWidth, frameHeight) {
    return this.zoom > 0
      ? this.zoom * this.largest / devicePixelRatio
      : Math.min(frameWidth / this.width, frameHeight / this.height);
  }

  /** Moves the middle, but not further than there is photograph to show. */
  moveTo(x, y, frameWidth, frameHeight) {
    const factor = this.factor(frameWidth, frameHeight);
    const within = (at, size, frame) => {
      const half = Math.min(frame / factor, size) / 2;
      return Math.max(half, Math.min(size - half, at));
    };
    this.x = within(x, this.width, frameWidth);
    this.y = within(y, this.height, frameHeight);
  }

  /** The part of the photograph that a frame of that size shows: { x, y, width, height }. */
  part(frameWidth, frameHeight) {
    const factor = this.factor(frameWidth, frameHeight);
    const width = Math.min(this.width, frameWidth / factor);
    const height = Math.min(this.height, frameHeight / factor);
    return { x: this.x - width / 2, y: this.y - height / 2, width, height };
  }
}

export class Compare {
  /** changed(): the shared view has changed, and all frames are to be drawn again. */
  constructor(view, label, scale, changed) {
    Object.assign(this, { view, scale, changed, patches: [] });
    this.degraded = element("div", { className: "layer degraded" });
    this.restored = element("div", { className: "layer restored" });
    this.slider = element("input", { type: "range", min: 0, max: 100, step: 0.5, value: 50 });
    this.slider.setAttribute("aria-label", "Degraded left, restored right: " + label);
    this.slider.setAttribute("aria-valuetext", "half of each");
    this.handle = element("div", { className: "handle" }, element("span", { ariaHidden: "true" }), this.slider);
    this.frame = element("div", { className: "frame", tabIndex: 0 }, this.degraded, this.restored,
      element("span", { className: "tag left", textContent: "Degraded" }),
      element("span", { className: "tag right", textContent: "Restored" }), this.handle);
    this.frame.setAttribute("role", "group");
    this.frame.setAttribute("aria-label", label + ": arrow keys move, plus and minus zoom, 0 fits in");
    this.slider.addEventListener("input", () => this.cutAt(this.slider.value));
    this.frame.addEventListener("pointerdown", event => this.#press(event));
    this.frame.addEventListener("dblclick", event => this.#toggle(event));
    this.frame.addEventListener("keydown", event => this.#key(event));
    this.cutAt(50);
    this.showsRestored = false;
    this.frame.classList.add("single");
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  /** The photograph; null if the browser cannot show it. */
  setDegraded(url) {
    this.degraded.replaceChildren();
    if (url) this.degraded.append(this.#image(url, "The photograph as it was"));
  }

  /** A part of the photograph, restored; resolves when it is there to be seen. */
  async addPatch(url, crop) {
    const image = this.#image(url, "A part, restored");
    image.className = "patch";
    await image.decode().catch(() => {});
    if (this.whole) return;
    this.patches.push({ image, crop });
    this.restored.append(image);
    this.#showRestored();
  }

  /** All of it. */
  async setRestored(url) {
    const image = this.#image(url, "The photograph, restored");
    await image.decode().catch(() => {});
    this.patches = [];
    this.whole = image;
    this.restored.replaceChildren(image);
    this.#showRestored();
  }

  #showRestored() {
    this.frame.classList.remove("single");
    this.frame.classList.toggle("alone", !this.degraded.firstChild);
    this.draw();
  }

  #image(src, alt) {
    return element("img", { src, alt, draggable: false, decoding: "async" });
  }

  /** Whether most of what is shown lies in a restored part. */
  covers(part) {
    return this.whole || this.patches.some(({ crop }) => {
      const width = Math.min(crop.x + crop.width, part.x + part.width) - Math.max(crop.x, part.x);
      const height = Math.min(crop.y + crop.height, part.y + part.height) - Math.max(crop.y, part.y);
      return width > 0 && height > 0
        && width * height > 0.6 * Math.min(crop.width * crop.height, part.width * part.height);
    });
  }

  get size() {
    return [this.frame.clientWidth, this.frame.clientHeight];
  }

  cutAt(percent) {
    this.slider.value = percent;
    this.slider.setAttribute("aria-valuetext", Math.round(percent) + " % degraded");
    this.frame.style.setProperty("--cut", percent + "%");
  }

  draw() {
    const [width, height] = this.size;
    if (!width) return;
    const { view } = this;
    const factor = view.factor(width, height);
    view.moveTo(view.x, view.y, width, height);
    const snap = value => Math.round(value * devicePixelRatio) / devicePixelRatio;
    const left = snap(width / 2 - view.x * factor), top = snap(height / 2 - view.y * factor);
    const place = (image, crop, scale) => {
      if (!image) return;
      image.style.width = crop.width * factor + "px";
      image.style.height = crop.height * factor + "px";
      image.style.transform = `translate(${left + crop.x * factor}px, ${top + crop.y * factor}px)`;
      // enlarged: every pixel as it is; shrunk: as smooth as the browser can
      image.style.imageRendering = factor * devicePixelRatio / scale > 0.999 ? "pixelated" : "auto";
    };
    const all = { x: 0, y: 0, width: view.width, height: view.height };
    place(this.degraded.firstChild, all, 1);
    place(this.whole, all, this.scale);
    for (const { image, crop } of this.patches) place(image, crop, this.scale);
    this.movable = view.width * factor > width + 1 || view.height * factor > height + 1;
    this.frame.classList.toggle("zoomed", this.movable);
  }

  #press(event) {
    if (event.button !== 0 || event.target === this.slider && event.pointerType === "") return;
    const { view, frame } = this;
    const compares = !frame.classList.contains("single") && !frame.classList.contains("alone");
    const slides = compares && (this.handle.contains(event.target) || !this.movable);
    const start = { x: event.clientX, y: event.clientY, viewX: view.x, viewY: view.y };
    const move = to => {
      const box = frame.getBoundingClientRect();
      if (slides) {
        this.cutAt(Math.max(0, Math.min(100, 100 * (to.clientX - box.left) / box.width)));
      } else {
        const [width, height] = this.size;
        const factor = view.factor(width, height);
        view.moveTo(start.viewX + (start.x - to.clientX) / factor,
          start.viewY + (start.y - to.clientY) / factor, width, height);
        this.changed();
      }
    };
    if (slides) move(event);
    frame.setPointerCapture(event.pointerId);
    frame.classList.toggle("panning", !slides && this.movable);
    const end = () => {
      frame.removeEventListener("pointermove", move);
      frame.classList.remove("panning");
    };
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", end, { once: true });
    frame.addEventListener("pointercancel", end, { once: true });
    if (slides) { event.preventDefault(); this.slider.focus(); }
  }

  #toggle(event) {
    const { view } = this;
    const [width, height] = this.size;
    const box = this.frame.getBoundingClientRect();
    const factor = view.factor(width, height);
    const x = view.x + (event.clientX - box.left - width / 2) / factor;
    const y = view.y + (event.clientY - box.top - height / 2) / factor;
    view.zoom = view.zoom > 0 ? 0 : 1;
    view.moveTo(x, y, width, height);
    this.changed();
  }

  #key(event) {
    if (event.target === this.slider && event.key.startsWith("Arrow") || event.ctrlKey || event.metaKey || event.altKey) return;
    const { view } = this;
    const [width, height] = this.size;
    const step = 60 / view.factor(width, height);
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (right || down) view.moveTo(view.x + right * step, view.y + down * step, width, height);
    else if (event.key === "+" || event.key === "=") view.zoom = Math.min(8, view.zoom * 2 || 1);
    else if (event.key === "-") view.zoom = view.zoom > 1 ? view.zoom / 2 : 0;
    else if (event.key === "0") view.zoom = 0;
    else return;
    event.preventDefault();
    this.changed();
  }
}
