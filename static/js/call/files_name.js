/** Names of files that come from elsewhere: shown and offered for download, so they must be what they seem. */

const NAME_LENGTH = 120;
const EXTENSION_LENGTH = 12;
const NAMELESS = "fichier";
// Controls, invisible and direction-changing characters, halves of pairs: « ordonnance[RLO]fdp.exe » is no PDF.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const FORBIDDEN = /[<>:"|?*]/g;
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** @param {string} name @returns {string} a last path segment of at most 120 characters that every system takes */
export function cleanName(name) {
  const last = name.slice(-4000).split(/[/\\]/).at(-1);
  const plain = last.replace(INVISIBLE, "").replace(FORBIDDEN, "_").replace(/\s+/g, " ").replace(/^[. ]+|[. ]+$/g, "");
  if (!plain) return NAMELESS;
  return shorten(WINDOWS_DEVICE.test(plain) ? `_${plain}` : plain);
}

function shorten(name) {
  const letters = [...name];
  if (letters.length <= NAME_LENGTH) return name;
  const dot = letters.lastIndexOf(".");
  const extension = dot > 0 && letters.length - dot <= EXTENSION_LENGTH ? letters.slice(dot) : [];
  return [...letters.slice(0, NAME_LENGTH - extension.length), ...extension].join("");
}
