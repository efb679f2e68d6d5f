// « Renvoyer un code »: possible in so many seconds, or at once when the last one never left.

export function countDown(form, { now = Date.now, later = setTimeout } = {}) {
  const button = form.querySelector("button");
  const countdown = form.querySelector("[data-countdown]");
  let until = now() + Number(form.dataset.wait) * 1000;

  function show() {
    const seconds = Math.ceil((until - now()) / 1000);
    button.disabled = seconds > 0;
    countdown.hidden = seconds <= 0;
    if (seconds <= 0) return;
    countdown.textContent = `possible dans ${seconds}\u00a0s`;
    later(show, 250);
  }

  show();
  return () => {
    until = now();
    show();
  };
}
