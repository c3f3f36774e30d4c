/* A zip archive of files as they are: PNG does not shrink any more. */

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

async function checksum(blob) {
  let sum = 0xffffffff;
  const reader = blob.stream().getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    for (const byte of value) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** Little-endian: [value, bytes] each. */
function packed(...fields) {
  const bytes = new Uint8Array(fields.reduce((length, [, size]) => length + size, 0));
  let at = 0;
  for (const [value, size] of fields) {
    for (let i = 0; i < size; i++) bytes[at++] = Math.floor(value / 2 ** (8 * i)) & 0xff;
  }
  return bytes;
}

/** files: [{ name, blob }], names all different → Blob; up to 4 GB in all. */
export async function zip(files) {
  const now = new Date();
  const time = now.getHours() << 11 | now.getMinutes() << 5 | now.getSeconds() >> 1;
  const date = now.getFullYear() - 1980 << 9 | now.getMonth() + 1 << 5 | now.getDate();
  const parts = [], directory = [];
  let offset = 0, directorySize = 0;
  for (const { name, blob } of files) {
    const encoded = new TextEncoder().encode(name);
    const common = [[20, 2], [0x0800, 2], [0, 2], [time, 2], [date, 2], [await checksum(blob), 4],
      [blob.size, 4], [blob.size, 4], [encoded.length, 2], [0, 2]];
    const head = packed([0x04034b50, 4], ...common);
    const entry = packed([0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]);
    parts.push(head, encoded, blob);
    directory.push(entry, encoded);
    offset += head.length + encoded.length + blob.size;
    directorySize += entry.length + encoded.length;
  }
  if (offset + directorySize > 0xffffffff) throw new Error("more than 4 GB: download them one by one");
  const end = packed([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2],
    [directorySize, 4], [offset, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
