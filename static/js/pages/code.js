// The pages that ask for a code: counts down to the moment when another may be sent.

const form = document.querySelector("[data-resend]");
const button = form.querySelector("button");
const countdown = form.querySelector("[data-countdown]");
const until = Date.now() + Number(form.dataset.wait) * 1000;

function show() {
  const seconds = Math.ceil((until - Date.now()) / 1000);
  button.disabled = seconds > 0;
  countdown.hidden = seconds <= 0;
  if (seconds <= 0) return;
  countdown.textContent = `possible dans ${seconds} s`;
  setTimeout(show, 250);
}

show();
