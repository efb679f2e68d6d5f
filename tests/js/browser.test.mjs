import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { advisedBrowser, browserOf } from "../../static/js/call/browser.js";
import { inAppHelp, obstacleHelp, problemHelp } from "../../static/js/call/help.js";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)";
const WEB_VIEW = `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A.240705.005; wv) ${BLINK} Version/4.0 Chrome/126.0.6478.134 Mobile Safari/537.36`;

/** As their makers, or logs of web sites, have them: [user agent, family, platform, inApp]. */
const AGENTS = [
  [`${WINDOWS} ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "chrome", "windows", null],
  [`${MAC} ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "chrome", "mac", null],
  [`Mozilla/5.0 (X11; Linux x86_64) ${BLINK} HeadlessChrome/141.0.0.0 Safari/537.36`, "chrome", "linux", null],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "chrome", "linux", null],
  [`${WINDOWS} ${BLINK} Chrome/141.0.0.0 Safari/537.36 OPR/125.0.0.0`, "chrome", "windows", null],
  [`${WINDOWS} ${BLINK} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`, "edge", "windows", null],
  [`${WINDOWS.replace("x64)", "x64; rv:140.0)")} Gecko/20100101 Firefox/140.0`, "firefox", "windows", null],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox", "linux", null],
  [`${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15`, "safari", "mac", null],
  [`${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`, "safari", "ios", null],
  [`${IPHONE} Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15`, "safari", "ios", null],
  ["Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", "safari", "ios", null],
  [`${IPHONE} CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1`, "chrome", "ios", null],
  [`${IPHONE} FxiOS/140.0 Mobile/15E148 Safari/605.1.15`, "firefox", "ios", null],
  [`${IPHONE} Version/17.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/604.1`, "edge", "ios", null],
  [`Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36`, "chrome", "android", null],
  [`Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36 EdgA/141.0.0.0`, "edge", "android", null],
  [`Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) ${BLINK} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, "samsung", "android", null],
  ["Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0", "firefox", "android", null],
  ["Lynx/2.9.0", "", "", null],
  [`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0.0.40.99;FBBV/620000000;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBID/phone;FBLC/fr_FR;FBOP/5]`, "", "ios", "Facebook"],
  [`Mozilla/5.0 (Linux; Android 14; SM-A146U Build/UP1A.231005.007; wv) ${BLINK} Version/4.0 Chrome/122.0.6261.88 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/453.0.0.40.107;]`, "chrome", "android", "Facebook"],
  [`${IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/468.0.0.32.108]`, "", "ios", "Messenger"],
  [`${WEB_VIEW} [FB_IAB/Orca-Android;FBAV/400.0.0.12.66;]`, "chrome", "android", "Messenger"],
  [`${IPHONE} Mobile/15E148 Instagram 338.0.0.32.108 (iPhone15,2; iOS 17_5; fr_FR; fr; scale=3.00; 1179x2556; 614840153)`, "", "ios", "Instagram"],
  [`${WEB_VIEW} Instagram 338.0.0.47.90 Android (34/14; 420dpi; 1080x2400; Google/google; Pixel 8; shiba; shiba; fr_FR; 618537213)`, "chrome", "android", "Instagram"],
  [`${IPHONE} Mobile/15E148 Barcelona 350.0.0.24.107 (iPhone15,2; iOS 17_5; fr_FR)`, "", "ios", "Threads"],
  [`${IPHONE} GSA/318.0.632659177 Mobile/15E148 Safari/604.1`, "", "ios", "Google ou Gmail"],
  [`${IPHONE} Mobile/15E148 [LinkedInApp]/9.29.8126`, "", "ios", "LinkedIn"],
  [`${IPHONE} Mobile/15E148 Safari/604.1 [LinkedInApp]/9.78.4909`, "", "ios", "LinkedIn"],
  [`${IPHONE} Mobile/15E148 Snapchat/13.3.0.44 (like Safari/8618.2.12.10.9, panda)`, "", "ios", "Snapchat"],
  [`${IPHONE} Mobile/15E148 musical_ly_35.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/fr Region/FR`, "", "ios", "TikTok"],
  [`${WEB_VIEW} trill_340204 BytedanceWebview/d8a21c6`, "chrome", "android", "TikTok"],
  [`${IPHONE} Mobile/15E148 Twitter for iPhone/10.50`, "", "ios", "X"],
  [`${WEB_VIEW} TwitterAndroid`, "chrome", "android", "X"],
  [`${IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/fr`, "", "ios", "WeChat"],
  [`${IPHONE} Mobile/15E148 Safari Line/13.16.0`, "", "ios", "Line"],
  [`${IPHONE} Mobile/15E148 [Pinterest/iOS]`, "", "ios", "Pinterest"],
  [WEB_VIEW, "chrome", "android", ""],
  [`${IPHONE} Mobile/15E148`, "", "ios", ""],
];

test("browsers and windows inside applications are told apart", () => {
  for (const [userAgent, family, platform, inApp] of AGENTS) {
    const found = browserOf({ userAgent });
    assert.deepEqual({ family: found.family, platform: found.platform, inApp: found.inApp }, { family, platform, inApp }, userAgent);
    assert.equal(found.isOld, false, userAgent);
  }
});

test("an iPad that calls itself a Mac has a touch screen", () => {
  const userAgent = `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15`;
  assert.equal(browserOf({ userAgent, maxTouchPoints: 5 }).platform, "ios");
  assert.equal(browserOf({ userAgent, maxTouchPoints: 0 }).platform, "mac");
  const inApp = browserOf({ userAgent: `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko)`, maxTouchPoints: 5 });
  assert.deepEqual([inApp.platform, inApp.inApp], ["ios", ""]);
});

test("old ones are recognised", () => {
  const old = (userAgent) => browserOf({ userAgent }).isOld;
  assert.ok(old(`${WINDOWS} ${BLINK} Chrome/80.0.0.0 Safari/537.36`));
  assert.ok(old("Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0"));
  assert.ok(old(`${IPHONE.replace("17_5", "13_2")} Version/13.0 Mobile/15E148 Safari/604.1`));
  assert.ok(old(`${IPHONE.replace("17_5", "13_2")} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`));
});

test("one opens the page elsewhere in a browser that the device has", () => {
  assert.deepEqual(["ios", "android", "windows"].map((platform) => advisedBrowser({ platform })), ["Safari", "Chrome", "Chrome"]);
});

const pictures = new Set([...readFileSync(new URL("../../static/img/help.svg", import.meta.url), "utf8").matchAll(/<g id="([\w-]+)"/g)].map(([, id]) => id));
const REASONS = ["refused", "dismissed", "system", "missing", "busy", "lost", "unknown"];

test("every problem is explained in every browser, with a picture that exists", () => {
  const used = new Set();
  const check = (help) => {
    assert.ok(help.title);
    assert.doesNotMatch(JSON.stringify(help), /undefined|null[^,}]|NaN| [:;!?»]|« /);
    if (help.picture) used.add(help.picture.name);
    for (const step of help.steps) assert.match(step, /\.$/);
  };
  for (const [userAgent] of AGENTS) {
    const browser = browserOf({ userAgent });
    for (const reason of REASONS) for (const lacks of ["camera", "microphone", "both"]) check(problemHelp({ reason, lacks }, browser));
    for (const obstacle of ["insecure", "unsupported"]) check(obstacleHelp(obstacle, browser));
    if (browser.inApp !== null) check(inAppHelp(browser));
  }
  assert.deepEqual(used, pictures);
});

test("a refused camera is shown where this browser keeps it", () => {
  const picture = (userAgent) => problemHelp({ reason: "refused", lacks: "camera" }, browserOf({ userAgent })).picture.name;
  const expected = ["chrome", "chrome", "chrome", "chrome", "chrome", "chrome", "firefox", "firefox", "safari", "safari-ios", "safari-ios", "safari-ios", "settings", "settings", "settings", "chrome-android", "chrome-android", "chrome-android", "firefox-android"];
  assert.deepEqual(AGENTS.slice(0, expected.length).map(([userAgent]) => picture(userAgent)), expected);
  assert.equal(picture(WEB_VIEW), "in-app-android");
});

test("an application's window that can't call is left for a browser; an insecure page is not", () => {
  const facebook = browserOf({ userAgent: AGENTS.find(([, , , inApp]) => inApp === "Facebook")[0] });
  assert.equal(obstacleHelp("unsupported", facebook).picture.name, "in-app-ios");
  assert.match(obstacleHelp("insecure", facebook).title, /sécurisée/);
  assert.equal(obstacleHelp("unsupported", browserOf({ userAgent: "Lynx/2.9" })).outside, true);
});
