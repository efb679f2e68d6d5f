import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { knock, loopback } from "../../static/js/call/loopback.js";
import { browserOf } from "../../static/js/call/browser.js";
import { SilenceDetector } from "../../static/js/call/level.js";
import { browserReason, browserWords, deviceReason, RESULT_OF, resultOf, verdictWords, WORDS } from "../../static/js/call/rehearsal.js";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const browser = (userAgent) => browserOf({ userAgent });

test("a good browser is named", () => {
  assert.equal(browserReason(browser(CHROME), null), null);
  assert.match(browserWords(null, browser(CHROME)).title, /Chrome/);
});

test("a page inside another application is sent to this device's browser", () => {
  const facebook = browser(`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.0]`);
  assert.equal(browserReason(facebook, null), "browser-in-app");
  const { title, detail, steps, outside } = browserWords("browser-in-app", facebook);
  assert.match(title, /Facebook/);
  assert.match(detail, /Safari/);
  assert.equal(steps.length, 2);
  assert.equal(outside, true);
});

test("old, unknown and unable browsers", () => {
  assert.equal(browserReason(browser(CHROME.replace("Chrome/140", "Chrome/80")), null), "browser-old");
  assert.equal(browserReason(browser(`${IPHONE.replace("17_4", "13_2")} Version/13.0 Mobile/15E148 Safari/604.1`), null), "browser-old");
  assert.equal(browserReason(browser("Lynx/2.9"), null), "browser-unknown");
  assert.equal(browserReason(browser("Lynx/2.9"), "unsupported"), "browser-unsupported");
  // Of an insecure page the line below speaks.
  assert.equal(browserReason(browser(CHROME, "insecure")), null);
});

test("the worst reason colours the whole", () => {
  assert.equal(resultOf([]), "green");
  assert.equal(resultOf(["microphone-silent", "camera-missing"]), "orange");
  assert.equal(resultOf(["microphone-silent", "camera-refused"]), "red");
  const titles = ["green", "orange", "red"].map((result) => verdictWords(result).title);
  assert.equal(new Set(titles).size, 3);
  assert.match(verdictWords("red", { told: true }).detail, /Votre praticien voit ce résultat/);
});

test("page and server know the same reasons, with the same colours", () => {
  const source = readFileSync(new URL("../../patients/rehearsal.py", import.meta.url), "utf8");
  const server = [...source.matchAll(/"([a-z-]+)": Reason\(Result\.(\w+)/g)].map(([, code, result]) => [code, result.toLowerCase()]);
  assert.deepEqual(Object.fromEntries(server), RESULT_OF);
});

test("every reason of one line has its words", () => {
  for (const code of Object.keys(RESULT_OF)) {
    if (code.startsWith("browser-")) assert.ok(browserWords(code, browser(CHROME)).detail, code);
    else if (!/^(camera|microphone)-(?!silent)/.test(code)) assert.ok(WORDS[code].detail, code);
  }
});

test("who refused a device is not the practitioner's business; one that went away is out of order", () => {
  const codes = ["refused", "dismissed", "system", "missing", "busy", "lost", "unknown"].map((reason) => deviceReason({ reason }, "camera"));
  assert.deepEqual(codes, ["camera-refused", "camera-refused", "camera-refused", "camera-missing", "camera-busy", "camera-unknown", "camera-unknown"]);
  assert.ok(codes.every((code) => code in RESULT_OF));
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
