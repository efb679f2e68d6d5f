/** What goes from browser to browser beside sound and picture: discussion, files, and the question before a photo. */

import { Channel } from "./channel.js";
import { startDrawer } from "./chat_drawer.js";
import { startSnapshot } from "./snapshot_dialog.js";

/** @param {{root: HTMLElement, session: object, channel: ?RTCDataChannel}} room */
export async function start(room) {
  const { root, session } = room;
  await loadStyle(root.querySelector('[data-part="chat-drawer"]').dataset.style);
  const channel = new Channel({ clock: { now: () => Date.now() }, page: crypto.randomUUID() });
  startDrawer(room, channel);
  startSnapshot(room, channel);
  const attach = (rtc) => channel.attach(rtc, session.connection?.sctp?.maxMessageSize);
  root.addEventListener("rofim:channel", ({ detail }) => attach(detail));
  if (room.channel) attach(room.channel);
}

/** Only here: the page's first picture waits for no stylesheet that it doesn't show. */
function loadStyle(href) {
  return new Promise((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = link.onerror = resolve;
    document.head.append(link);
  });
}
