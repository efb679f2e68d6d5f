/** One POST whose progress is told, which fetch() does not. */

import { t } from "./language.js";

/** The server said no, and why. */
export class Refused extends Error {}

/**
 * The answer's text. Throws Refused with the server's words, or anything else without a network; AbortError if given up.
 * @param {string} address
 * @param {FormData | null} body
 * @param {{token: string, progress?: (percent: number) => void, signal?: AbortSignal}} options
 */
export function post(address, body, { token, progress = () => {}, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", token);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress((100 * loaded) / (total || 1)));
    signal?.addEventListener("abort", () => request.abort());
    request.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
    request.addEventListener("error", () => reject(new Error("network")));
    request.addEventListener("load", () => {
      const isElsewhere = new URL(request.responseURL).pathname !== new URL(address, location.href).pathname;
      if (isElsewhere || request.status === 403) reject(new Refused(t("votre session est fermée, rechargez la page.")));
      else if (request.status === 200) resolve(request.responseText);
      else if (request.status === 400) reject(new Refused(wordsOf(request.responseText)));
      else reject(new Error(String(request.status)));
    });
    request.send(body);
  });
}

function wordsOf(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return t("Ce fichier n’a pas été accepté.");
  }
}
