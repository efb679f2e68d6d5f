import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { knock, loopback } from "../../static/js/call/loopback.js";
import { advisedBrowser, browserOf, browserReason, browserWords, RESULT_OF, resultOf, SilenceDetector, verdictWords, WORDS } from "../../static/js/call/rehearsal.js";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8";
const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const GOOD = {
  Chrome: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
  Edge: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  Firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  Safari: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
};
const IN_APP = {
  Facebook: `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.0]`,
  Instagram: `${PIXEL}; wv) ${WEBKIT} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 Instagram 320.0.0.0 Android`,
  "Google ou Gmail": `${IPHONE} GSA/300.0.6 Mobile/15E148 Safari/604.1`,
  "": `${IPHONE} Mobile/15E148`,
};

test("recent browsers are good, on desks and on telephones", () => {
  for (const [name, agent] of Object.entries(GOOD)) {
    assert.deepEqual(browserOf(agent), { app: null, name, isOld: false });
    assert.equal(browserReason(agent, null), null);
    assert.match(browserWords(null, agent).title, new RegExp(name));
  }
  for (const agent of [
    `${PIXEL}) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
    `${IPHONE} Version/17.4 Mobile/15E148 Safari/604.1`,
    `${IPHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`,
    GOOD.Chrome.replace("Chrome", "HeadlessChrome"),
  ]) {
    assert.equal(browserReason(agent, null), null, agent);
  }
});

test("a page inside another application is recognised, and sent to this device's browser", () => {
  for (const [app, agent] of Object.entries(IN_APP)) {
    assert.equal(browserOf(agent).app, app, agent);
    assert.equal(browserReason(agent, null), "browser-in-app");
    const { title, detail } = browserWords("browser-in-app", agent);
    assert.match(title, new RegExp(app || "une autre application"));
    assert.match(detail, new RegExp(`Ouvrir dans ${advisedBrowser(agent)}`));
  }
  assert.equal(browserOf(`${PIXEL}; wv) ${WEBKIT} Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36`).app, "");
  assert.equal(advisedBrowser(IPHONE), "Safari");
  assert.equal(advisedBrowser(PIXEL), "Chrome");
});

test("old, unknown and unable browsers", () => {
  assert.equal(browserReason(GOOD.Chrome.replace("Chrome/140", "Chrome/80"), null), "browser-old");
  assert.equal(browserReason(`${IPHONE.replace("17_4", "13_2")} Version/13.0 Mobile/15E148 Safari/604.1`, null), "browser-old");
  assert.equal(browserReason("Lynx/2.9", null), "browser-unknown");
  assert.equal(browserReason("Lynx/2.9", "unsupported"), "browser-unsupported");
  // Of an insecure page the line below speaks.
  assert.equal(browserReason(GOOD.Chrome, "insecure"), null);
});

test("the worst reason colours the whole", () => {
  assert.equal(resultOf([]), "green");
  assert.equal(resultOf(["microphone-silent", "camera-missing"]), "orange");
  assert.equal(resultOf(["microphone-silent", "camera-refused"]), "red");
  const titles = ["green", "orange", "red"].map((result) => verdictWords(result).title);
  assert.equal(new Set(titles).size, 3);
  assert.match(verdictWords("red", { told: true }).detail, /Votre médecin voit ce résultat/);
});

test("page and server know the same reasons, with the same colours", () => {
  const source = readFileSync(new URL("../../patients/rehearsal.py", import.meta.url), "utf8");
  const server = [...source.matchAll(/"([a-z-]+)": Reason\(Result\.(\w+)/g)].map(([, code, result]) => [code, result.toLowerCase()]);
  assert.deepEqual(Object.fromEntries(server), RESULT_OF);
});

test("every reason of one line has its words", () => {
  for (const code of Object.keys(RESULT_OF)) {
    if (code.startsWith("browser-")) assert.ok(browserWords(code, GOOD.Chrome).detail, code);
    else if (!/^(camera|microphone)-(?!silent)/.test(code)) assert.ok(WORDS[code].detail, code);
  }
});

test("a microphone is silent after six seconds, and heard after three loud moments, even late", () => {
  const detector = new SilenceDetector();
  assert.equal(detector.add(0, 1000), "listening");
  assert.equal(detector.add(0.005, 6900), "listening");
  assert.equal(detector.add(0.5, 6950), "listening");
  assert.equal(detector.add(0, 7000), "silent");
  assert.equal(detector.add(0.5, 7100), "silent");
  assert.equal(detector.add(0.5, 7200), "heard");
  assert.equal(detector.add(0, 9000), "heard");
});

/** A clock whose timers fire at once when `late`, never otherwise. */
const clock = (late) => ({ setTimeout: (action) => (late ? queueMicrotask(action) : 1), clearTimeout: () => {} });

/** Connections that find each other, or don't. */
function pair({ works = true, breaks = false } = {}) {
  const made = [];
  class Connection {
    constructor(configuration) {
      this.configuration = configuration;
      this.closed = false;
      made.push(this);
    }
    createDataChannel() {
      const far = made[1];
      return (this.channel = { send: (data) => far.incoming.onmessage({ data }) });
    }
    async createOffer() {
      if (breaks) throw new Error("no");
      return { type: "offer" };
    }
    async createAnswer() {
      return { type: "answer" };
    }
    async setRemoteDescription() {}
    async setLocalDescription({ type }) {
      if (type !== "answer" || !works) return;
      this.ondatachannel({ channel: (this.incoming = {}) });
      made[0].channel.onopen();
    }
    close() {
      this.closed = true;
    }
  }
  return { Connection, made };
}

test("the word goes through, by the relay alone if asked; both ends are closed", async () => {
  const { Connection, made } = pair();
  const iceServers = [{ urls: ["turn:turn.example.org"] }];
  assert.equal(await loopback({ PeerConnection: Connection, iceServers, relayed: true, clock: clock(false) }), true);
  assert.deepEqual(made.map(({ configuration }) => configuration), [{ iceServers, iceTransportPolicy: "relay" }, { iceServers }]);
  assert.deepEqual(made.map(({ closed }) => closed), [true, true]);
});

test("nothing arrives, or the browser refuses: false, and closed", async () => {
  for (const [kind, late] of [[{ works: false }, true], [{ breaks: true }, false]]) {
    const { Connection, made } = pair(kind);
    assert.equal(await loopback({ PeerConnection: Connection, clock: clock(late) }), false);
    assert.deepEqual(made.map(({ closed }) => closed), [true, true]);
  }
});

test("a socket opens, closes, hangs, or can't even be made", async () => {
  const socketThat = (act) =>
    class {
      constructor() {
        queueMicrotask(() => act(this));
      }
      close() {}
    };
  const ask = (Socket, late = false) => knock({ url: "ws://x/", WebSocket: Socket, clock: clock(late) });
  assert.equal(await ask(socketThat((socket) => socket.onopen())), true);
  assert.equal(await ask(socketThat((socket) => socket.onclose())), false);
  assert.equal(await ask(socketThat(() => {}), true), false);
  assert.equal(await ask(class { constructor() { throw new Error("no"); } }), false);
});
