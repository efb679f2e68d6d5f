/** Small views of pictures that come from elsewhere: only kinds that carry no script, and only sizes that a phone can hold. */

const PIXELS = 25_000_000;
const SIDE = 320;
const HEAD_BYTES = 256 * 1024;
// A small file may decode to 100 MB: one at a time, and of a flood the rest goes without.
const WAITING = 20;
let waiting = 0;
let last = Promise.resolve();

/**
 * What the first bytes say: its kind and how many pixels it will take.
 * @param {Uint8Array} bytes the beginning of a file
 * @returns {?{type: string, width: number, height: number}} null unless it is JPEG, PNG or WebP
 */
export function pictureOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reads = (at, text) => [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
  if (bytes.length < 30) return null;
  if (view.getUint32(0) === 0x89504e47 && reads(12, "IHDR")) {
    return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (reads(0, "RIFF") && reads(8, "WEBP")) return webp(view, reads);
  if (view.getUint16(0) === 0xffd8) return jpeg(view);
  return null;
}

function webp(view, reads) {
  const type = "image/webp";
  if (reads(12, "VP8X")) {
    return { type, width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  }
  if (reads(12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { type, width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (reads(12, "VP8 ")) return { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  return null;
}

/** Walks from marker to marker to the frame header (ITU-T T.81, B.2.2). */
function jpeg(view) {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    const marker = view.getUint16(at);
    // Markers that stand alone (0xff01, 0xffd0 to 0xffd9) have no length: a decoder would find another header than we do.
    if (marker <= 0xff01 || (marker >= 0xffd0 && marker <= 0xffd9)) return null;
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/**
 * Draws a file small, if it is a picture.
 * @param {Blob} blob @returns {Promise<?HTMLCanvasElement>} null for anything else
 */
export function drawSmall(blob) {
  if (waiting >= WAITING) return Promise.resolve(null);
  waiting += 1;
  return (last = last.then(() => draw(blob)).finally(() => (waiting -= 1)));
}

async function draw(blob) {
  try {
    const picture = pictureOf(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
    if (!picture || picture.width * picture.height > PIXELS) return null;
    const bitmap = await createImageBitmap(new Blob([blob], { type: picture.type }));
    const scale = Math.min(1, SIDE / bitmap.width, SIDE / bitmap.height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas;
  } catch {
    // Damaged, or a kind that this browser doesn't know: its name and size do.
    return null;
  }
}
