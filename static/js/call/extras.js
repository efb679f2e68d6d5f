/**
 * What a call has beyond sound and picture. Each feature is a module of its own with `start(room)`, and listens on
 * `room.root`: `rofim:view` (the session's view), `rofim:media` (own devices), `rofim:channel` (an open RTCDataChannel).
 */

import * as exchange from "./channel_features.js";

const FEATURES = [exchange];

/** @param {{root: HTMLElement, session: object, media: object, stage: object, channel: ?RTCDataChannel}} room */
export function start(room) {
  for (const feature of FEATURES) feature.start(room);
}
