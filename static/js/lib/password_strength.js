/** How strong a password is, in words. What counts is what is left of it once repetitions, runs, common words and one's
 * own data are taken out: no rule of composition. The server has the last word (accounts/passwords.py). */

const LEAST = 12;
const COMMON = [
  "motdepasse", "password", "azerty", "qwerty", "bonjour", "soleil", "doudou", "chouchou", "loulou", "jetaime", "medecin",
  "docteur", "cabinet", "teleconsultation", "rofim", "sante", "admin", "welcome", "letmein", "secret",
];
const ROWS = ["azertyuiop", "qsdfghjklm", "wxcvbn", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const WORDS = ["", "Facile à deviner\u00a0: ajoutez quelques mots", "Suffisant", "Solide", "Très solide"];

const plain = (text) => Array.from(text.toLowerCase().normalize("NFKD")).filter((each) => /[\p{L}\p{N}]/u.test(each)).join("");

function follows(before, next) {
  if (before === next) return true;
  if (Math.abs(before.codePointAt(0) - next.codePointAt(0)) === 1) return true;
  return ROWS.some((row) => row.includes(before + next) || row.includes(next + before));
}

/** How many characters say something. */
function telling(password, own) {
  const words = [...own.map(plain).filter((word) => word.length > 2), ...COMMON].sort((a, b) => b.length - a.length);
  let left = plain(password);
  for (const word of words) left = left.replaceAll(word, "");
  // « xyzxyz » says « xyz ».
  left = left.replace(/(.{2,}?)\1+/gu, "$1");
  // Signs and spaces count, each kind once: they are rarely more than decoration.
  const signs = new Set(Array.from(password).filter((each) => !/[\p{L}\p{N}]/u.test(each)));
  const letters = Array.from(left);
  return letters.filter((each, index) => !index || !follows(letters[index - 1], each)).length + signs.size;
}

/**
 * @param {string} password
 * @param {string[]} own words of one's own data
 * @returns {{level: number, words: string}} level 0 (too short, or nothing typed) to 4
 */
export function strength(password, own = []) {
  const typed = Array.from(password).length;
  if (!typed) return { level: 0, words: "" };
  const missing = LEAST - typed;
  if (missing > 0) return { level: 0, words: `Encore ${missing}\u00a0caractère${missing > 1 ? "s" : ""}` };
  const count = telling(password, own);
  let level = 4;
  if (count < 8) level = 1;
  else if (count < 11) level = 2;
  else if (count < 16) level = 3;
  return { level, words: WORDS[level] };
}
