/** Which browser this is, on what, and whether it is a window inside another application. From the user agent; pure. */

// Windows inside other applications: they refuse the camera, or lose the page when one goes back to the messages.
const IN_APP = [
  [/FBAN\/Messenger|FB_IAB\/Orca/, "Messenger"],
  [/Instagram/, "Instagram"],
  [/Barcelona/, "Threads"],
  [/FBAN|FBAV|FB_IAB|FBIOS/, "Facebook"],
  [/\bGSA\//, "Google ou Gmail"],
  [/Gmail/i, "Gmail"],
  [/LinkedInApp/, "LinkedIn"],
  [/Snapchat/, "Snapchat"],
  [/musical_ly|BytedanceWebview|TikTok|\btrill_/i, "TikTok"],
  [/Twitter for|TwitterAndroid/, "X"],
  [/MicroMessenger/, "WeChat"],
  [/WhatsApp\//, "WhatsApp"],
  [/Telegram-Android/, "Telegram"],
  [/\[Pinterest|Pinterest for/, "Pinterest"],
  [/\bLine\//, "Line"],
  // An iPhone's web view lacks « Safari/ », Android's says « wv ».
  [/\((?:iPhone|iPad|iPod|Macintosh).*AppleWebKit(?!.*(?:Safari|Chrom\w+|Firefox)\/)/, ""],
  [/; wv\)/, ""],
];

// Family, its name, version in the user agent, oldest version in which the call was tried or is known to work whole.
const FAMILIES = [
  ["edge", "Edge", /\bEdg(?:A|iOS)?\/(\d+)/, 100],
  ["firefox", "Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/, 102],
  ["samsung", "Samsung Internet", /\bSamsungBrowser\/(\d+)/, 16],
  ["chrome", "Chrome", /\b(?:(?:Headless)?Chrom(?:e|ium)|CriOS)\/(\d+)/, 100],
  ["safari", "Safari", /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?(?:[\w.]+\/[\d.]+ )?Safari\//, 15],
];
const OLDEST_IOS = 15;

const PLATFORMS = [
  ["ios", /iPhone|iPad|iPod/],
  ["android", /Android/],
  ["mac", /Macintosh/],
  ["windows", /Windows/],
  ["linux", /Linux|CrOS|X11/],
];

/**
 * @param {{userAgent: string, maxTouchPoints?: number}} navigator an iPad says that it is a Mac; Macs have no touch screen
 * @returns {{family: string, name: string, platform: string, inApp: ?string, isOld: boolean}} `inApp`: the name of the
 *   application around the page, "" if it has none, null in a browser; "" for an unknown family or platform
 */
export function browserOf({ userAgent, maxTouchPoints = 0 }) {
  let [platform] = PLATFORMS.find(([, pattern]) => pattern.test(userAgent)) ?? [""];
  if (platform === "mac" && maxTouchPoints > 1) platform = "ios";
  const inApp = IN_APP.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
  for (const [family, name, pattern, oldest] of FAMILIES) {
    const found = userAgent.match(pattern);
    if (!found) continue;
    // Every browser of an iPhone is the system's own.
    const system = userAgent.match(/(?:iPhone|CPU) OS (\d+)_/)?.[1];
    const isOld = platform === "ios" && system ? Number(system) < OLDEST_IOS : Number(found[1]) < oldest;
    return { family, name, platform, inApp, isOld };
  }
  return { family: "", name: "", platform, inApp, isOld: false };
}

/** The browser to open the page in, on this device. */
export function advisedBrowser({ platform }) {
  return platform === "ios" ? "Safari" : "Chrome";
}
