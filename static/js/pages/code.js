// The pages that ask for a code.

import { readFromSms, sendWhenComplete } from "../lib/code_field.js";
import { countDown } from "../lib/resend.js";
import { watchSms } from "../lib/sms_state.js";

const form = document.querySelector("form[data-code]");
const resend = document.querySelector("[data-resend]");
const sms = document.querySelector("[data-sms]");

const mayResend = resend ? countDown(resend) : () => {};

if (form) {
  const field = form.querySelector("[name=code]");
  // A wrong code is replaced by whatever is typed next; what was typed before this script came stays.
  if (field.value === field.defaultValue) field.select();
  if (form.dataset.code) sendWhenComplete(form, field, Number(form.dataset.code));
  if (resend && "OTPCredential" in window) {
    const typed = new AbortController();
    form.addEventListener("submit", () => typed.abort());
    readFromSms(field, { credentials: navigator.credentials, signal: typed.signal });
  }
}

function shown() {
  const state = sms.querySelector("[data-sms-state]");
  if (state?.dataset.smsState === "failed") mayResend();
  return Number(state?.dataset.again ?? 0);
}

if (sms) {
  watchSms({
    again: shown(),
    async ask() {
      const answer = await fetch(sms.dataset.url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(`state: ${answer.status}`);
      return answer.status === 204 ? null : answer.text();
    },
    show(fragment) {
      const next = document.createElement("template");
      next.innerHTML = fragment;
      // Unchanged words are not read out again.
      if (next.content.textContent.trim() !== sms.textContent.trim()) sms.replaceChildren(next.content);
      else sms.firstElementChild.replaceWith(next.content.firstElementChild);
      return shown();
    },
  });
}
