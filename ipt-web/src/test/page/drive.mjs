/*
 * Drives the page in a headless Chromium, as a person would, and says what went wrong. By hand, from this folder:
 *
 *   ./ipt web --no-browser                                    (elsewhere)
 *   npm install --prefix /tmp/drive puppeteer-core
 *   NODE_PATH=/tmp/drive/node_modules node drive.mjs ADDRESS [CHROMIUM]
 *
 * Screenshots of both themes and of a phone's width go to the system's temporary folder.
 */
import { createRequire } from "node:module";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const puppeteer = createRequire(import.meta.url)("puppeteer-core");
const [address, chromium = "/usr/bin/chromium"] = process.argv.slice(2);
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const photograph = name => join(root, "ipt-cli/src/main/resources/org/ipt4j/cli/photographs", name + ".jpg");
const tiff = join(root, "ipt-data/src/test/resources/org/ipt4j/data/image/files/base.tif");
const work = mkdtempSync(join(tmpdir(), "drive-"));
const wrong = join(work, "wrong.jpg"), large = join(work, "large.jpg");
writeFileSync(wrong, "no image");
let failures = 0;

function check(what, ok, more = "") {
  if (!ok) failures++;
  console.log(ok ? "ok  " : "FAIL", what, more);
}

const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

async function until(condition, seconds = 60) {
  const start = Date.now();
  while (!await condition() && Date.now() - start < 1000 * seconds) await sleep(20);
  return Date.now() - start;
}

const browser = await puppeteer.launch({ executablePath: chromium, headless: true, userDataDir: join(work, "profile"),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });

async function open({ width = 1280, height = 900, phone = false, dark = false } = {}) {
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000);
  page.elsewhere = [];
  page.on("request", request => {
    const url = new URL(request.url());
    if (url.protocol !== "blob:" && url.origin !== new URL(address).origin) page.elsewhere.push(url.href);
  });
  page.on("console", message => check("no message in the console", false, message.text()));
  page.on("pageerror", error => check("no error in the page", false, error.message));
  await page.setViewport({ width, height, deviceScaleFactor: phone ? 2 : 1, isMobile: phone, hasTouch: phone });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  await page.goto(address);
  await page.waitForSelector(".task");
  return page;
}

/** Hands files to the page: "drop" or "paste". */
const give = (page, how, ...files) => page.evaluate((how, files) => {
  const data = new DataTransfer();
  for (const { name, type, bytes } of files) {
    data.items.add(new File([Uint8Array.from(atob(bytes), c => c.charCodeAt(0))], name, { type }));
  }
  const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
  if (how === "paste") document.dispatchEvent(new ClipboardEvent("paste", options));
  else for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, options));
}, how, files.map(file => ({ name: basename(file), type: /png$/.test(file) ? "image/png" : "image/jpeg", bytes: readFileSync(file, "base64") })));

const choose = (page, task) => page.click(`.task[data-task="${task}"]`);
const show = (page, n) => page.click(`#photos li:nth-child(${n}) button`);
const press = (page, state, text) => page.evaluate((state, text) =>
  [...document.querySelectorAll(`.panel[data-state=${state}] button`)].find(button => button.textContent === text).click(), state, text);
const panels = (page, state, count) => page.waitForFunction((state, count) =>
  document.querySelectorAll(`.panel[data-state=${state}]`).length === count, {}, state, count);
const text = (page, selector) => page.$eval(selector, element => element.textContent);
const kept = () => readdirSync(tmpdir()).filter(name => name.startsWith("ipt-web-"))
  .flatMap(name => readdirSync(join(tmpdir(), name))).filter(name => name !== "open.html").length;

try {
  const page = await open();
  await (await page.createCDPSession()).send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: work });

  await give(page, "drop", wrong);
  await page.waitForSelector("#alerts .alert");
  check("a wrong file gets one line", await text(page, "#alerts span") === "wrong.jpg: not an image of a known format");
  await page.click("#alerts button");

  await give(page, "drop", photograph("kitten"));
  await page.waitForSelector("#studio:not([hidden])");
  check("drop", await text(page, "#name") === "kitten.jpg");
  writeFileSync(large, await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2400, 1600];
    canvas.getContext("2d").drawImage(document.querySelector(".degraded img"), 0, 0, 2400, 1600);
    return canvas.toDataURL("image/jpeg").split(",")[1];
  }), "base64");
  await (await page.$("#files")).uploadFile(large, tiff);
  await page.waitForFunction(() => document.querySelectorAll(".photo").length === 3);
  check("choose two files", true);
  await choose(page, "jpeg");
  await panels(page, "done", 1);
  check("a TIFF is restored and shown", await page.$eval(".alone .restored img", image => image.naturalWidth === 24));

  await show(page, 2);
  const start = Date.now();
  await choose(page, "photo-x2");
  await page.waitForSelector(".patch");
  check("the part looked at comes first", true, Date.now() - start + " ms");
  await page.waitForFunction(() => /^\d+ of [\d,]+ tiles, about .* left$/.test(document.querySelector(".panel .text").textContent));
  check("progress by tiles with time left", await page.$eval("progress", bar => bar.value > 0), await text(page, ".panel .text"));
  await choose(page, "denoise");
  await panels(page, "waiting", 1);
  await press(page, "waiting", "Cancel");
  check("what waits is cancelled at once", await until(async () => await page.$(".panel[data-state=cancelled]")) < 1000);
  await press(page, "restoring", "Cancel");
  await panels(page, "cancelled", 2);
  const stopped = await until(() => !kept());
  check("cancel: nothing is kept", !kept(), stopped + " ms");

  await show(page, 1);
  await choose(page, "photo-x2");
  await choose(page, "x4");
  await panels(page, "done", 2);
  check("two at once", true);
  const frame = await (await page.$(".panel .frame")).boundingBox();
  await page.mouse.move(frame.x + frame.width / 2, frame.y + 40);
  await page.mouse.down();
  await page.mouse.move(frame.x + frame.width / 4, frame.y + 60, { steps: 5 });
  await page.mouse.up();
  const cut = () => page.$eval(".handle input", slider => Math.round(slider.value));
  check("slider by mouse", await cut() === 25);
  for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowRight");
  check("slider by keyboard", await cut() === 30);
  const pixels = layer => page.$eval(`.panel:last-child .${layer} img`, image =>
    image.style.imageRendering === "pixelated" && image.getBoundingClientRect().width / image.naturalWidth);
  check("100 %: pixel by pixel", await pixels("restored") === 1 && await pixels("degraded") === 4);
  await page.focus(".frame");
  for (const [key, zoom] of [["0", "0"], ["+", "1"], ["+", "2"], ["-", "1"]]) {
    await page.keyboard.press(key);
    check("zoom by " + key, await page.$eval("#zoom input:checked", radio => radio.value) === zoom);
  }
  await press(page, "done", "Download");
  await until(() => existsSync(join(work, "kitten-photo-x2.png")));
  await sleep(500);
  check("download", readFileSync(join(work, "kitten-photo-x2.png")).readUInt32BE(16) === 576);
  await page.click("#download-all");
  await until(() => existsSync(join(work, "restored.zip")));
  await sleep(500);
  check("download all", /No errors|None/.test(execFileSync("python3", ["-c",
    "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())", join(work, "restored.zip")]).toString()));

  await give(page, "paste", join(work, "kitten-photo-x2.png"));
  await page.waitForFunction(() => document.querySelectorAll(".photo").length === 4);
  check("paste", true);
  await page.click("#all-photos");
  await choose(page, "denoise");
  await until(() => kept());
  check("no request to another host", page.elsewhere.length === 0, page.elsewhere.join());
  await page.close();
  const ended = await until(() => !kept());
  check("a page that is closed: nothing is kept", !kept(), ended + " ms");

  for (const options of [{}, { dark: true }, { phone: true, width: 390, height: 844 }]) {
    const shot = await open(options);
    await give(shot, "drop", ...["bakery", "colosseum", "kitten", "parakeet"].map(photograph));
    await shot.waitForFunction(() => document.querySelectorAll(".photo").length === 4);
    await show(shot, 4);
    await choose(shot, "photo-x2");
    await panels(shot, "done", 1);
    await sleep(300);
    const file = join(work, Object.keys(options)[0] ?? "light") + ".png";
    await shot.screenshot({ path: file, fullPage: Boolean(options.phone) });
    console.log("     look at", file);
    await shot.close();
  }
} finally {
  await browser.close();
}
process.exitCode = failures ? 1 : 0;
