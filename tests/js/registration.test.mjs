import assert from "node:assert/strict";
import { test } from "node:test";

import { KeptFields } from "../../static/js/lib/kept_fields.js";
import { strength } from "../../static/js/lib/password_strength.js";

class FakeStorage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, value); }
  removeItem(key) { this.delete(key); }
}

const field = (name, value = "", type = "text") => ({ name, value, defaultValue: value, type });

test("what was typed comes back in the same step only, until the server has it", () => {
  const storage = new FakeStorage();
  const you = new KeptFields({ storage, key: "registration", step: "vous" });
  you.keep(field("last_name", "Bernard"));
  you.keep(field("title", "Dr", "select-one"));
  const place = new KeptFields({ storage, key: "registration", step: "cabinet" });
  place.keep(field("practice_city", "Nîmes"));

  const again = [field("last_name"), field("title", "", "select-one"), field("first_name", "du serveur")];
  new KeptFields({ storage, key: "registration", step: "vous" }).restore(again);
  assert.deepEqual(again.map(({ value }) => value), ["Bernard", "Dr", "du serveur"]);

  you.forgetStep();
  const later = [field("last_name", "du serveur"), field("practice_city")];
  you.restore(later);
  place.restore(later);
  assert.deepEqual(later.map(({ value }) => value), ["du serveur", "Nîmes"]);
  place.forget();
  assert.equal(storage.size, 0);
});

test("a field emptied on purpose stays empty", () => {
  const kept = new KeptFields({ storage: new FakeStorage(), key: "k", step: "s" });
  kept.keep(field("specialty", ""));
  const fields = [field("specialty", "Cardiologie")];
  kept.restore(fields);
  assert.equal(fields[0].value, "");
});

test("what was typed before the script came is newer than what was kept", () => {
  const kept = new KeptFields({ storage: new FakeStorage(), key: "k", step: "s" });
  kept.keep(field("last_name", "Bernard"));
  const typed = { ...field("last_name"), value: "Bern" };
  kept.restore([typed]);
  assert.equal(typed.value, "Bern");
});

test("passwords, files, ticks and hidden fields are never kept", () => {
  const storage = new FakeStorage();
  const kept = new KeptFields({ storage, key: "k", step: "s" });
  for (const type of ["password", "file", "checkbox", "hidden", "submit"]) kept.keep(field("x", "secret", type));
  kept.keep(field("", "secret"));
  assert.equal(storage.size, 0);
});

test("a password that is shown is not kept either", () => {
  const storage = new FakeStorage();
  new KeptFields({ storage, key: "k", step: "s" }).keep({ ...field("password1", "secret"), autocomplete: "new-password" });
  assert.equal(storage.size, 0);
});

test("storage that is full, forbidden or spoilt stops nothing", () => {
  const broken = { getItem: () => "{", setItem() { throw new Error("full"); }, removeItem() {} };
  const kept = new KeptFields({ storage: broken, key: "k", step: "s" });
  kept.keep(field("a", "b"));
  const fields = [field("a", "c")];
  kept.restore(fields);
  assert.equal(fields[0].value, "c");
});

test("length is said first, in French", () => {
  assert.deepEqual(strength(""), { level: 0, words: "" });
  assert.equal(strength("abc").words, "Encore 9\u00a0caractères");
  assert.equal(strength("abcdefghijk").words, "Encore 1\u00a0caractère");
});

test("no rule of composition: a few words are strong, signs around a weak one are not", () => {
  const levels = (...passwords) => passwords.map((password) => strength(password, ["bernard", "33612345678"]).level);
  assert.deepEqual(levels("quatre cyprès bleus", "correct-horse-battery-staple"), [3, 4]);
  assert.deepEqual(levels("Motdepasse2026!", "azertyuiopqsdf", "123456789012345", "aaaaaaaaaaaaaaaa", "bernard bernard 1"), [1, 1, 1, 1, 1]);
  assert.ok(strength("xK4!pq9ZtLw2").level >= 2);
});
