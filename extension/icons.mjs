/** Draws the extension's icons: a high-voltage bolt on a rounded tile. Vector shapes in code, so no binary lives in the repository. */
import { deflateSync } from "node:zlib";

const BOLT = [
  [0.56, 0.14],
  [0.27, 0.56],
  [0.47, 0.56],
  [0.42, 0.87],
  [0.73, 0.43],
  [0.53, 0.43],
];
const TILES = {
  ok: [
    [190, 24, 48],
    [225, 56, 44],
  ],
  amber: [
    [180, 95, 6],
    [217, 130, 10],
  ],
  off: [
    [107, 114, 128],
    [140, 146, 157],
  ],
};
/** Sub-samples a side per pixel; 16 px icons look ragged with fewer. */
const SAMPLES = 6;

function inBolt(x, y) {
  let inside = false;
  for (let i = 0, j = BOLT.length - 1; i < BOLT.length; j = i++) {
    const [xi, yi] = BOLT[i];
    const [xj, yj] = BOLT[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

function inTile(x, y) {
  const r = 0.22;
  const dx = Math.max(r - x, x - (1 - r), 0);
  const dy = Math.max(r - y, y - (1 - r), 0);
  return dx * dx + dy * dy <= r * r;
}

function pixels(size, [top, bottom]) {
  const raw = Buffer.alloc(size * (size * 4 + 1));
  for (let py = 0; py < size; py++) {
    for (let px = 0; px < size; px++) {
      let tile = 0;
      let bolt = 0;
      for (let s = 0; s < SAMPLES * SAMPLES; s++) {
        const x = (px + ((s % SAMPLES) + 0.5) / SAMPLES) / size;
        const y = (py + (Math.floor(s / SAMPLES) + 0.5) / SAMPLES) / size;
        if (!inTile(x, y)) continue;
        tile++;
        if (inBolt(x, y)) bolt++;
      }
      const light = tile ? bolt / tile : 0;
      const at = py * (size * 4 + 1) + 1 + px * 4;
      for (let c = 0; c < 3; c++) {
        const ground = top[c] + (bottom[c] - top[c]) * (py / size);
        raw[at + c] = Math.round(ground + (255 - ground) * light);
      }
      raw[at + 3] = Math.round((255 * tile) / (SAMPLES * SAMPLES));
    }
  }
  return raw;
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "ascii"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** @param {number} size pixels a side @param {"ok"|"amber"|"off"} tile @returns {Buffer} a PNG file */
export function icon(size, tile = "ok") {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels(size, TILES[tile]), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
