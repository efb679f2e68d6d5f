import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Channel } from "../../static/js/call/channel.js";
import { FILE_BYTES, FileReceiver, FileSender, HEADER_BYTES, sha256 } from "../../static/js/call/files.js";
import { Pace } from "../../static/js/call/files_pace.js";
import { cleanName } from "../../static/js/call/files_name.js";
import { drawSmall, pictureOf } from "../../static/js/call/files_picture.js";
import { connect, meet } from "./fake_channels.mjs";
import { FakeClock, settle } from "./fakes.mjs";

const HASH = "0".repeat(64);
let clock;
let number;

beforeEach(() => {
  clock = new FakeClock();
  number = 4_000_000_000;
});

function page(name) {
  const channel = new Channel({ clock, page: name });
  const shown = [];
  const on = { added: (transfer) => shown.push(transfer), changed: () => {} };
  return {
    channel,
    shown,
    sender: new FileSender({ channel, clock, makeId: () => ++number, on }),
    receiver: new FileReceiver({ channel, on }),
    states: () => shown.map(({ state, reason }) => reason ?? state),
  };
}

function pair() {
  return [page("doctor-page"), page("patient-page")];
}

function file(bytes, name = "radio.jpg") {
  return new File([Uint8Array.from({ length: bytes }, (_, index) => (index * 7) % 251)], name);
}

/** The chunks of files that left here; their acknowledgements are 8 bytes. */
function chunks(end) {
  return end.sent.filter((data) => typeof data !== "string" && data.byteLength > HEADER_BYTES);
}

function chunk(id, offset, length) {
  const bytes = new Uint8Array(HEADER_BYTES + length);
  new DataView(bytes.buffer).setUint32(0, id);
  new DataView(bytes.buffer).setUint32(4, offset);
  return bytes;
}

async function until(condition) {
  const patience = Date.now() + 30_000;
  while (!condition() && Date.now() < patience) await settle(1);
  assert.ok(condition());
}

test("a file arrives whole, in messages of at most 64 KiB", async () => {
  const [doctor, patient] = pair();
  const { left } = await connect(doctor.channel, patient.channel);
  const sent = file(1_500_000);
  doctor.sender.send(sent);
  await until(() => doctor.states()[0] === "received");
  const got = patient.shown[0];
  assert.deepEqual([got.name, got.size, got.mine, got.state, got.blob.type], ["radio.jpg", 1_500_000, false, "received", "application/octet-stream"]);
  assert.equal(await sha256(got.blob), await sha256(sent));
  assert.equal(Math.max(...chunks(left).map((data) => data.byteLength)), 65_536);
});

test("several files go one after the other, both ways at once", async () => {
  const [doctor, patient] = pair();
  for (let count = 0; count < 3; count++) doctor.sender.send(file(70_000 + count));
  patient.sender.send(file(200_000, "carte.png"));
  await connect(doctor.channel, patient.channel);
  await until(() => [...doctor.states(), ...patient.states()].every((state) => state === "received"));
  assert.deepEqual(patient.shown.filter(({ mine }) => !mine).map(({ size }) => size), [70_000, 70_001, 70_002]);
});

test("without acknowledgements no more than the window leaves", async () => {
  const [doctor, patient] = pair();
  const { left, right } = await connect(doctor.channel, patient.channel);
  doctor.sender.send(file(1_000_000));
  await until(() => right.said("file-accept").length === 1);
  right.held = true;
  await settle();
  const before = chunks(left).length;
  await settle();
  assert.equal(chunks(left).length, before);
  right.held = false;
  right.flow();
  await until(() => doctor.states()[0] === "received");
});

test("after a cut it goes on from the byte that arrived last", async () => {
  const [doctor, patient] = pair();
  const { left } = await connect(doctor.channel, patient.channel, { held: true });
  const sent = file(2_000_000);
  doctor.sender.send(sent);
  await until(() => left.said("file-offer").length === 1);
  while (!(patient.shown[0]?.done > 600_000)) {
    left.flow(1);
    await settle(3);
  }
  const { done } = patient.shown[0];
  left.lose();
  const { left: again } = await connect(doctor.channel, patient.channel);
  await until(() => doctor.states()[0] === "received");
  const [offset] = again.other.said("file-accept").map((message) => message.offset);
  assert.equal(offset, done);
  assert.equal(await sha256(patient.shown[0].blob), await sha256(sent));
  assert.equal(patient.shown.length, 1);
});

test("a received file whose acknowledgement was lost isn't sent again", async () => {
  const [doctor, patient] = pair();
  const { left, right } = await connect(doctor.channel, patient.channel);
  doctor.sender.send(file(1000));
  await until(() => right.said("file-accept").length === 1);
  right.held = true;
  await until(() => patient.states()[0] === "received");
  left.lose();
  const { left: again } = await connect(doctor.channel, patient.channel);
  await until(() => doctor.states()[0] === "received");
  assert.equal(chunks(again).length, 0);
  assert.equal(patient.shown.length, 1);
});

test("either side can stop it; the next one follows", async () => {
  const [doctor, patient] = pair();
  const { left } = await connect(doctor.channel, patient.channel, { held: true });
  for (const name of ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]) doctor.sender.send(file(300_000, name));
  doctor.sender.cancel(doctor.shown[3]);
  await until(() => left.said("file-offer").length === 1);
  left.flow();
  await settle();
  doctor.sender.cancel(doctor.shown[0]);
  await until(() => left.said("file-offer").length === 2);
  left.flow();
  await settle();
  patient.receiver.cancel(patient.shown[1]);
  left.held = false;
  left.flow();
  await until(() => doctor.states()[2] === "received");
  assert.deepEqual(doctor.states(), ["withdrawn", "refused", "received", "withdrawn"]);
  assert.deepEqual(patient.states(), ["withdrawn", "refused", "received"]);
});

test("what is stopped during a cut stays stopped", async () => {
  for (const stop of [(doctor) => doctor.sender.cancel(doctor.shown[0]), (_, patient) => patient.receiver.cancel(patient.shown[0])]) {
    const [doctor, patient] = pair();
    const { left } = await connect(doctor.channel, patient.channel, { held: true });
    doctor.sender.send(file(900_000));
    await until(() => left.said("file-offer").length === 1);
    left.flow(3);
    await settle();
    left.lose();
    stop(doctor, patient);
    await connect(doctor.channel, patient.channel);
    await until(() => doctor.states()[0] !== "moving" && patient.states()[0] !== "moving");
    assert.equal(patient.states().join(), doctor.states().join());
    assert.equal(patient.shown.length, 1);
  }
});

test("the reload of either page", async () => {
  const [doctor, patient] = pair();
  const { left } = await connect(doctor.channel, patient.channel, { held: true });
  doctor.sender.send(file(900_000));
  await until(() => left.said("file-offer").length === 1);
  left.flow(3);
  await settle();
  left.lose();
  // Theirs: from the beginning again. Ours: what came is of no use any more.
  await connect(page("doctor-page-again").channel, patient.channel);
  assert.deepEqual(patient.states(), ["interrupted"]);
  const reloaded = page("patient-page-again");
  await connect(doctor.channel, reloaded.channel);
  await until(() => doctor.states()[0] === "received");
  assert.equal(reloaded.states()[0], "received");
});

test("too big, empty and unreadable files", async () => {
  const [doctor, patient] = pair();
  assert.equal(doctor.sender.send({ name: "film.mp4", size: FILE_BYTES + 1 }), "too-big");
  assert.equal(doctor.sender.send(file(0)), "empty");
  await connect(doctor.channel, patient.channel);
  const gone = () => Promise.reject(new DOMException("gone", "NotReadableError"));
  assert.equal(doctor.sender.send({ name: "effacé.pdf", size: 5, arrayBuffer: gone }), null);
  await settle();
  assert.deepEqual(doctor.states(), ["unreadable"]);
});

test("hostile offers", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  const offer = { type: "file-offer", id: 1, name: "a.pdf", size: 5, hash: HASH };
  const bad = [
    { size: -1 }, { size: 0 }, { size: FILE_BYTES + 1 }, { size: 1.5 }, { size: "5" }, { size: 1e400 }, { id: -1 }, { id: 2 ** 32 }, { id: "1" },
    { id: null }, { name: 5 }, { name: "x".repeat(2000) }, { name: undefined }, { hash: "x" }, { hash: 5 }, { hash: `${HASH}\n` },
  ];
  for (const part of bad) theirs.say({ ...offer, ...part });
  await settle();
  assert.deepEqual(patient.shown, []);
});

test("chunks that nobody offered, too many of them, too small ones, in the wrong place", async () => {
  for (const [wrong, states] of [
    [[chunk(9, 0, 2000)], ["moving"]],
    [[new Uint8Array(3)], ["moving"]],
    [[chunk(7, 0, 0)], ["moving"]],
    [[chunk(7, 5, 2000)], ["damaged"]],
    [[chunk(7, 0, 1)], ["damaged"]],
    [[chunk(7, 0, 60_000), chunk(7, 60_000, 60_000)], ["damaged"]],
    [Array.from({ length: 10_000 }, (_, index) => chunk(7, index * 2000, 2000)), ["damaged"]],
  ]) {
    const patient = page("patient-page");
    const theirs = await meet(patient.channel);
    theirs.say({ type: "file-offer", id: 7, name: "a.pdf", size: 100_000, hash: HASH });
    for (const data of wrong) theirs.say(data);
    await settle();
    await until(() => patient.states()[0] !== "checking");
    assert.deepEqual(patient.states(), states);
  }
});

test("a file that isn't what was announced is thrown away", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  theirs.say({ type: "file-offer", id: 7, name: "a.pdf", size: 2000, hash: HASH });
  theirs.say(chunk(7, 0, 2000));
  await until(() => patient.states()[0] === "damaged");
  assert.equal(patient.shown[0].blob, null);
  assert.deepEqual(theirs.other.said("file-refuse"), [{ type: "file-refuse", id: 7, reason: "damaged" }]);
});

test("an end that lies about what it got brings no trouble", async () => {
  const doctor = page("doctor-page");
  const theirs = await meet(doctor.channel);
  doctor.sender.send(file(200_000));
  await until(() => theirs.other.said("file-offer").length === 1);
  const { id } = theirs.other.said("file-offer")[0];
  for (const offset of [-1, 200_001, 1.5, null, "0"]) theirs.say({ type: "file-accept", id, offset });
  theirs.say({ type: "file-accept", id: id + 1, offset: 0 });
  await settle();
  assert.deepEqual(doctor.states(), ["waiting"]);
  for (let count = 0; count < 50; count++) theirs.say({ type: "file-accept", id, offset: 0 });
  await settle();
  // Until something is acknowledged no more than the first window leaves, once.
  assert.equal(chunks(theirs.other).length, 4);
  for (const [which, offset] of [[id, 0], [id, 5], [id, 200_001], [id, 0xffffffff], [id + 1, 4096]]) theirs.say(chunk(which, offset, 0));
  theirs.say({ type: "file-refuse", id, reason: "constructor" });
  await settle();
  assert.deepEqual([doctor.states(), doctor.shown[0].done], [["refused"], 0]);
});

test("a page holds 200 MB of files at most, and takes more once some are forgotten", async () => {
  const patient = page("patient-page");
  const theirs = await meet(patient.channel);
  const bytes = FILE_BYTES;
  const hash = await sha256(new Blob([new Uint8Array(bytes)]));
  const piece = 65_536 - HEADER_BYTES;
  const give = async (id) => {
    theirs.say({ type: "file-offer", id, name: "a.bin", size: bytes, hash });
    await settle(2);
    for (let offset = 0; offset < bytes; offset += piece) theirs.other.onmessage({ data: chunk(id, offset, Math.min(piece, bytes - offset)).buffer });
    await until(() => patient.shown.at(-1).state !== "checking");
    await clock.pass(5000);
  };
  for (const id of [1, 2, 3, 4, 5]) await give(id);
  assert.deepEqual(patient.states(), ["received", "received", "received", "received", "full"]);
  patient.receiver.forget(patient.shown[0]);
  await give(6);
  assert.equal(patient.states()[5], "received");
});

test("names are what they seem", () => {
  const names = {
    "../../etc/passwd": "passwd",
    "C:\\Windows\\a.exe": "a.exe",
    "ordonnance\u202efdp.exe": "ordonnancefdp.exe",
    "a\u0000b\nc\u200b.pdf": "abc.pdf",
    "  .htaccess ": "htaccess",
    "CON.txt": "_CON.txt",
    'a<b>:"|?*.pdf': "a_b______.pdf",
    "": "fichier",
    "...": "fichier",
    "/": "fichier",
    "photo\ud800.jpg": "photo.jpg",
    "été 👩‍⚕️.jpg": "été 👩⚕️.jpg",
  };
  for (const [given, expected] of Object.entries(names)) assert.equal(cleanName(given), expected);
  const long = cleanName(`${"é".repeat(500)}.jpeg`);
  assert.deepEqual([[...long].length, long.endsWith("é.jpeg")], [120, true]);
  assert.equal([...cleanName(`a.${"x".repeat(500)}`)].length, 120);
});

test("pictures are told by their bytes, with their size", () => {
  const bytes = (...parts) => Uint8Array.from([...parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part, "latin1")] : part)), ...Array(40).fill(0)]);
  const png = bytes([0x89], "PNG\r\n\x1a\n", [0, 0, 0, 13], "IHDR", [0, 0, 78, 32], [0, 0, 78, 32]);
  assert.deepEqual(pictureOf(png), { type: "image/png", width: 20_000, height: 20_000 });
  const jpeg = bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc0, 0, 17, 8, 2, 208, 5, 0]);
  assert.deepEqual(pictureOf(jpeg), { type: "image/jpeg", width: 1280, height: 720 });
  const webp = bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0], [0xff, 0x04, 0], [0xcf, 0x02, 0]);
  assert.deepEqual(pictureOf(webp), { type: "image/webp", width: 1280, height: 720 });
  for (const other of ["<svg onload=alert(1)>", "<!doctype html><script>", "GIF89a", "%PDF-1.7", "\xff\xd8", "\xff\xd8\xff\x00\x00", "\xff\xd8\xff\xd0\x00\x04\x00\x00\xff\xc0\x00\x11\x08\x00\x09\x00\x09"]) {
    assert.equal(pictureOf(bytes(other)), null, other);
  }
  assert.equal(pictureOf(new Uint8Array(5)), null);
});

test("pictures are decoded one at a time, and a flood of them is not", async (t) => {
  const head = Uint8Array.from([0x89, ...Buffer.from("PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x13\x88\0\0\x13\x88", "latin1"), ...Array(20).fill(0)]);
  let [open, most, decoded] = [0, 0, 0];
  globalThis.createImageBitmap = async () => {
    most = Math.max(most, (open += 1));
    decoded += 1;
    await settle(3);
    open -= 1;
    throw new Error("damaged");
  };
  t.after(() => delete globalThis.createImageBitmap);
  await Promise.all(Array.from({ length: 50 }, () => drawSmall(new Blob([head]))));
  assert.deepEqual([most, decoded], [1, 20]);
  await drawSmall(new Blob([head]));
  assert.equal(decoded, 21);
});

test("the pace follows the delay of the line", () => {
  let now = 0;
  let offset = 0;
  const pace = new Pace(0);
  const trip = (delay) => {
    const bytes = pace.chunk;
    assert.equal(pace.allows(bytes), true);
    pace.sent((offset += bytes), now);
    assert.equal(pace.acknowledged(offset, (now += delay)), true);
  };
  assert.equal(pace.chunk, 4096);
  for (let count = 0; count < 200; count++) trip(20);
  const full = pace.chunk;
  assert.ok(full > 65_536, `${full}`);
  for (let count = 0; count < 100; count++) trip(200);
  assert.equal(pace.chunk, 1024);
  assert.equal(pace.allows(1024), true);
  pace.sent((offset += 4096), now);
  assert.deepEqual([pace.allows(1024), pace.acknowledged(offset + 1, now)], [false, false]);
  now += 20;
  assert.deepEqual([pace.acknowledged(offset, now), pace.acknowledged(offset, now)], [true, false]);
  for (let count = 0; count < 200; count++) trip(25);
  assert.ok(pace.chunk > 65_536);
  // Another network, from which a long way is the shortest.
  for (let count = 0; count < 1000; count++) trip(150);
  assert.ok(pace.chunk > 65_536);
});
