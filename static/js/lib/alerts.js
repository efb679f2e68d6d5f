/** What draws the practitioner's attention: two soft notes, and a notification of the operating system. */

// Switched on or off on this device; a browser that stores nothing keeps the usual choice.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice lasts as long as nothing.
  }
}

function show(button, on) {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(on));
  button.querySelector("[data-on]").hidden = !on;
  button.querySelector("[data-off]").hidden = on;
}

/**
 * The sound and its button. Gives `ring`, which is silent while switched off. After a reload a browser allows no sound
 * before the first click or key on the page, and the button says so: pressed then, it only rings.
 */
export function prepareSound(button) {
  const KEY = "rofim.sound";
  let audio = null;
  const isOn = () => remembered(KEY) !== "off";
  let isBlocked = isOn() && !navigator.userActivation?.hasBeenActive;

  function showSound() {
    show(button, isOn());
    button.querySelector("[data-blocked]").hidden = !isBlocked;
    if (isBlocked) button.querySelector("[data-on]").hidden = true;
  }

  function unblock({ target }) {
    if (button.contains(target) || !navigator.userActivation?.hasBeenActive) return;
    isBlocked = false;
    showSound();
  }

  async function ring() {
    // The browser would complain of the try.
    if (!isOn() || !navigator.userActivation?.hasBeenActive) return;
    try {
      audio ??= new AudioContext();
      if (audio.state === "suspended") audio.resume();
      [[660, 0], [880, 0.18]].forEach(([frequency, delay]) => {
        const start = audio.currentTime + delay;
        const note = audio.createOscillator();
        const volume = audio.createGain();
        note.frequency.value = frequency;
        volume.gain.setValueAtTime(0.0001, start);
        volume.gain.exponentialRampToValueAtTime(0.08, start + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.5);
        note.connect(volume).connect(audio.destination);
        note.start(start);
        note.stop(start + 0.55);
      });
    } catch {
      audio = null;
    }
  }

  showSound();
  for (const kind of ["pointerup", "keydown"]) document.addEventListener(kind, unblock, { passive: true });
  button.addEventListener("click", () => {
    if (!isBlocked) remember(KEY, isOn() ? "off" : "on");
    isBlocked = false;
    showSound();
    ring();
  });
  return ring;
}

/**
 * Notifications and their button, which asks the browser for leave once. Gives `notify(count)` and `dismiss()`.
 * No name: they show on a locked screen, too. `refusal`: what is shown once the browser has refused.
 */
export function prepareNotifications(button, refusal) {
  const KEY = "rofim.notifications";
  let shown = null;
  const nothing = { notify() {}, dismiss() {} };
  // Chrome on Android has the constructor and lets nobody use it.
  if (!("Notification" in window) || /Android/.test(navigator.userAgent)) return nothing;
  const isOn = () => Notification.permission === "granted" && remembered(KEY) === "on";

  function dismiss() {
    shown?.close();
    shown = null;
  }

  show(button, isOn());
  button.addEventListener("click", async () => {
    const wanted = !isOn();
    if (wanted && Notification.permission === "default") await Notification.requestPermission();
    refusal.hidden = Notification.permission !== "denied";
    remember(KEY, wanted && Notification.permission === "granted" ? "on" : "off");
    if (!isOn()) dismiss();
    show(button, isOn());
  });

  return {
    notify(count) {
      // Whoever looks at the page sees the row.
      if (!isOn() || (document.visibilityState === "visible" && document.hasFocus())) return;
      const words = count > 1 ? `${count} patients vous attendent` : "Un patient vous attend";
      shown = new Notification(words, { body: "En salle d’attente, sur Rofim.", tag: "rofim-waiting", renotify: true });
      shown.onclick = () => {
        window.focus();
        dismiss();
      };
    },
    dismiss,
  };
}
