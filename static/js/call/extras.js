/**
 * What a call has beyond sound and picture. Each feature is a module of its own with `start(room)`, and listens on
 * `room.root`: `rofim:view` (the session's view), `rofim:media` (own devices), `rofim:channel` (an open RTCDataChannel).
 */

import * as exchange from "./channel_features.js";
import * as connection from "./connection.js";
import * as devices from "./devices.js";
import * as menu from "./menu.js";
import * as pictureInPicture from "./picture_in_picture.js";
import * as shortcuts from "./shortcuts.js";
import * as speaking from "./speaking.js";
import { Toast } from "./toast.js";
import * as wakeLock from "./wake_lock.js";

const FEATURES = [
  menu,
  connection,
  devices,
  exchange,
  pictureInPicture,
  wakeLock,
  speaking,
  shortcuts,
];

/**
 * @param {{root: HTMLElement, session: object, media: object, stage: object, channel: ?RTCDataChannel}} room; features
 *   also find `find` (a part of the page by its name) and `toast` in it
 */
export function start(room) {
  room.find = (part) => room.root.querySelector(`[data-part="${part}"]`);
  const clock = { setTimeout: (action, wait) => setTimeout(action, wait), clearTimeout: (timer) => clearTimeout(timer) };
  room.toast = new Toast({ words: room.find("toast-words"), button: room.find("toast-action") }, clock);
  for (const feature of FEATURES) feature.start(room);
}
