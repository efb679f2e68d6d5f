/**
 * The words of the patients' pages: French in the source, English where the page has loaded lib/english.js (base.html).
 */

/** For hours and numbers. */
export const LOCALE = globalThis.ENGLISH ? "en-GB" : "fr-FR";

/**
 * @param {string} french the source string, with `{places}` in curly brackets
 * @param {Record<string, string|number>} places
 * @returns {string} the words in the page's language
 */
export function t(french, places = {}) {
  const words = globalThis.ENGLISH?.[french] ?? french;
  return words.replace(/\{(\w+)\}/g, (place, name) => String(places[name] ?? place));
}
