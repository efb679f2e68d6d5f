/**
 * A classic script, run while the call's modules are still being read: it opens the socket, which takes the server as
 * long as they take the browser. What the socket says meanwhile is kept for call/room.js.
 */
(() => {
  const script = document.currentScript;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}${script.dataset.socket}`);
  const heard = [];
  socket.onopen = socket.onmessage = socket.onclose = (event) => heard.push(event);
  script.started = { socket, heard };
})();
