// A field for a code: complete, it is sent by itself; a phone that reads the SMS fills it in (WebOTP).

// Milliseconds after which an answer is not coming any more, and the form may be sent again.
const LOST = 8000;

// Sends the form once, as soon as the code has `length` digits. Not after a wrong code: the same one must not go again
// and again, and whoever corrects one digit must see what they do.
export function sendWhenComplete(form, field, length, later = setTimeout) {
  let sent = false;
  const wasRefused = field.getAttribute("aria-invalid") === "true";
  form.addEventListener("submit", (event) => {
    // A second click would meet a code that is already used.
    if (sent) event.preventDefault();
    sent = true;
    later(() => (sent = false), LOST);
  });
  const send = () => {
    const complete = field.value.replace(/[\s.-]/g, "").length === length && /^[\d\s.-]+$/.test(field.value);
    if (complete && !wasRefused && !sent) form.requestSubmit();
  };
  field.addEventListener("input", send);
  // Whoever was faster than this script has typed it all.
  send();
}

// Chromium on Android offers to read the SMS (https://wicg.github.io/web-otp/); elsewhere autocomplete does.
export async function readFromSms(field, { credentials, signal }) {
  try {
    const otp = await credentials.get({ otp: { transport: ["sms"] }, signal });
    if (!otp?.code) return;
    field.value = otp.code;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } catch {
    // Declined, or typed by hand meanwhile.
  }
}
