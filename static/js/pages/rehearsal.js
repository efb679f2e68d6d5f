/** /test/ and /visio/…/test/: browser, page, camera, microphone, loudspeaker, connection; then what it all means. */

import { browserOf } from "../call/browser.js";
import { problemHelp } from "../call/help.js";
import { show as showHelp } from "../call/help_view.js";
import { LevelMeter, SilenceDetector } from "../call/level.js";
import { knock, loopback } from "../call/loopback.js";
import { LoudspeakerTest } from "../call/loudspeaker.js";
import { LocalMedia, obstacle } from "../call/media.js";
import { watchPermissions } from "../call/permission.js";
import { DevicePicker } from "../call/picker.js";
import { browserReason, browserWords, deviceReason, resultOf, verdictWords, WORDS } from "../call/rehearsal.js";
import { t } from "../lib/language.js";

const TICK_MS = 100;
// A browser that doesn't let the page measure sound doesn't hold up the verdict.
const UNMEASURED_MS = 10_000;

const clock = { setTimeout: (action, wait) => setTimeout(action, wait), clearTimeout: (timer) => clearTimeout(timer) };
const browser = browserOf(navigator);
const find = (id) => document.getElementById(id);
const root = find("rehearsal");
const checks = Object.fromEntries([...root.querySelectorAll("[data-check]")].map((line) => [line.dataset.check, line]));
const titles = Object.fromEntries(Object.keys(checks).map((name) => [name, checks[name].querySelector(".title").textContent]));
const meter = find("level");
const level = new LevelMeter(meter);
const token = root.querySelector("[name=csrfmiddlewaretoken]")?.value;

/** What each finished check found: {browser: [], camera: ["camera-refused"], …}. */
let found = {};
let media = null;
let heard = null;
let listening = null;
let round = 0;
let told = "";

root.dataset.phase = "ready";
if (checkBrowser()) find("start").hidden = false;
find("start").addEventListener("click", run);
find("again").addEventListener("click", run);
const loudspeaker = new LoudspeakerTest(checks.loudspeaker, {
  id: () => media.ids.speaker,
  answered: (isHeard) => decide("loudspeaker", isHeard ? null : "loudspeaker-unheard"),
});
// The devices of now, whichever round opened them.
const present = {
  get ids() {
    return media.ids;
  },
  get problem() {
    return media?.problem;
  },
  list: () => media.list(),
  choose: (kind, id) => media.choose(kind, id),
  chooseSpeaker: (id) => media.chooseSpeaker(id),
  retry: () => media.retry(),
};
const picker = new DevicePicker(root, present);
watchPermissions(navigator.permissions, present);
navigator.mediaDevices?.addEventListener("devicechange", () => {
  if (!media?.opened) return;
  if (["missing", "lost", "busy"].includes(media.problem?.reason)) media.retry();
  else picker.fill();
});
addEventListener("pagehide", release);
// Out of the back-forward cache: everything was let go.
addEventListener("pageshow", (event) => event.persisted && location.reload());

/** The two checks that need nobody's leave; false where the others can't be made. */
function checkBrowser() {
  const trouble = obstacle();
  const reason = browserReason(browser, trouble);
  decide("browser", reason, browserWords(reason, browser));
  decide("page", trouble === "insecure" ? "page-insecure" : null, WORDS[trouble === "insecure" ? "page-insecure" : "page-secure"]);
  if (!trouble) return true;
  find("again").hidden = true;
  for (const name of ["camera", "microphone", "loudspeaker", "connection"]) {
    checks[name].dataset.state = "skipped";
    found[name] = [];
  }
  conclude();
  return false;
}

async function run() {
  release();
  const mine = round;
  find("start").hidden = find("verdict").hidden = true;
  found = { browser: found.browser, page: found.page };
  for (const name of ["camera", "microphone", "loudspeaker", "connection"]) {
    show(name, "running", { title: titles[name], detail: "" });
  }
  show("camera", "running", { title: t("Autorisez la caméra et le micro…"), detail: t("Le navigateur vous pose la question\u00a0: répondez «\u00a0Autoriser\u00a0».") });
  // What was muted in a call doesn't count here; a device chosen here is the one of the call.
  media = new LocalMedia({ devices: navigator.mediaDevices, storage: null, kept: keptStorage(), on: { track: () => {}, change: () => mine === round && showMedia() } });
  await media.open();
  if (mine !== round) return;
  loudspeaker.reset();
  find("loudspeaker-more").hidden = false;
  show("loudspeaker", "running", { title: t("Écoutez le haut-parleur."), detail: t("Mettez votre casque si vous en utiliserez un.") });
  checkConnection(mine);
}

function showMedia() {
  if (!media.opened) return;
  const { picture, microphone, problem } = media;
  find("own-picture").srcObject = picture ? new MediaStream([picture]) : null;
  find("camera-more").hidden = !picture;
  find("own-picture").classList.toggle("mirror", picture?.getSettings().facingMode !== "environment");
  if (picture) decide("camera", null, WORDS.camera);
  else decideLacking("camera", problem);
  find("microphone-more").hidden = !microphone;
  if (heard !== microphone) listen((heard = microphone));
  if (!microphone) decideLacking("microphone", problem);
  picker.fill();
}

/** A device that could not be had, in the words of the waiting room; steps that are the same for both are shown once. */
function decideLacking(lacks, problem) {
  const { reason } = problem ?? { reason: "unknown" };
  const help = problemHelp({ reason, lacks }, browser);
  const repeats = lacks === "microphone" && problem?.lacks === "both" && help.steps.length > 0;
  const shown = repeats ? { title: help.title, detail: t("Les étapes sont les mêmes que pour la caméra.") } : help;
  decide(lacks, deviceReason({ reason }, lacks), shown);
}

/** Follows the microphone until it is heard; a silent one is said, and still listened to. */
function listen(track) {
  clearInterval(listening);
  level.follow(track);
  if (!track) return;
  show("microphone", "running", WORDS["microphone-listening"]);
  delete found.microphone;
  const detector = new SilenceDetector();
  const startedAt = performance.now();
  listening = setInterval(() => {
    const now = performance.now();
    if (meter.parentElement.hidden) {
      if (now - startedAt > UNMEASURED_MS) decide("microphone", null, WORDS.microphone);
      return;
    }
    const state = detector.add(meter.value, now);
    if (state === "listening") return;
    if (state === "heard") clearInterval(listening);
    decide("microphone", state === "heard" ? null : "microphone-silent");
  }, TICK_MS);
}

async function checkConnection(mine) {
  show("connection", "running", { title: t("Essai de la connexion…"), detail: "" });
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/test/`;
  const reasons = [];
  let detail = "";
  if (!(await knock({ url, WebSocket, clock }))) reasons.push("service-unreachable");
  if (!(await loopback({ PeerConnection: RTCPeerConnection, clock }))) reasons.push("connection-blocked");
  const relay = await askForRelay();
  if (relay === null) detail = t("Le relais n’a pas pu être essayé cette fois-ci.");
  else if (relay.length && !(await loopback({ PeerConnection: RTCPeerConnection, iceServers: relay, relayed: true, clock }))) {
    reasons.push("relay-unreachable");
  }
  if (mine !== round) return;
  if (reasons.length) decide("connection", reasons);
  else decide("connection", null, { ...WORDS.connection, detail });
}

/** The servers of a relayed connection; none without a link or without TURN; null if they weren't given. */
async function askForRelay() {
  if (!root.dataset.relay) return [];
  try {
    const response = await post(root.dataset.relay);
    return response.ok ? (await response.json()).iceServers : null;
  } catch {
    return null;
  }
}

function post(url, body = new URLSearchParams()) {
  return fetch(url, { method: "POST", mode: "same-origin", redirect: "error", headers: { "X-CSRFToken": token }, body });
}

/** A check is finished: `reasons` is one, several or null. */
function decide(name, reasons, words) {
  const codes = [reasons ?? []].flat();
  if (found[name]?.join() === codes.join()) return;
  found[name] = codes;
  show(name, resultOf(codes), words ?? WORDS[codes[0] ?? name]);
  conclude();
}

function show(name, state, words) {
  const line = checks[name];
  const [title, detail, more] = [".title", ".detail", ".help"].map((part) => line.querySelector(part));
  line.dataset.state = state;
  detail.hidden = !words.detail;
  showHelp({ steps: [], picture: null, outside: false, ...words }, { title, detail, more });
}

/** The summary, once every check has ended; again whenever one of them changes its mind. */
async function conclude() {
  if (Object.keys(checks).some((name) => !found[name])) return;
  const reasons = Object.values(found).flat();
  const result = resultOf(reasons);
  const isFirst = find("verdict").hidden;
  showVerdict(result);
  if (isFirst) find("verdict").focus();
  if (!root.dataset.report) return;
  const outcome = `${round}:${reasons.join()}`;
  if (told === outcome) return;
  told = outcome;
  const isTold = await report(reasons);
  if (told === outcome) showVerdict(result, isTold);
}

function showVerdict(result, isTold) {
  const { title, detail } = verdictWords(result, { told: isTold });
  find("verdict").dataset.result = result;
  find("verdict").hidden = false;
  find("verdict-title").textContent = title;
  find("verdict-detail").textContent = isTold === false ? `${detail} ${t("Le résultat n’a pas pu être transmis à votre praticien.")}`.trim() : detail;
}

async function report(reasons) {
  try {
    return (await post(root.dataset.report, new URLSearchParams(reasons.map((reason) => ["reason", reason])))).ok;
  } catch {
    return false;
  }
}

function keptStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** No light stays on. */
function release() {
  round += 1;
  clearInterval(listening);
  heard = null;
  level.stop();
  const old = media;
  media = null;
  old?.stop();
}
