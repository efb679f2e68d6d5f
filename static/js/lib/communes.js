/** Proposes the communes of a postal code in the list of the city's field; fills in the only one. */

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.postal
 * @param {HTMLInputElement} parts.city has a `list`
 * @param {string} parts.address with 00000 in the place of the code
 * @param {() => void} parts.filled called when the city was written in
 */
export function proposeCommunes({ postal, city, address, filled }) {
  const codeNow = () => postal.value.replace(/\s/g, "");

  async function propose() {
    const code = codeNow();
    city.list.replaceChildren();
    if (!/^[0-9]{5}$/.test(code)) return;
    const response = await fetch(address.replace("00000", code)).catch(() => null);
    if (!response?.ok) return;
    const { communes } = await response.json();
    // Typed on meanwhile: that answer comes, too.
    if (code !== codeNow()) return;
    city.list.replaceChildren(...communes.map((name) => Object.assign(document.createElement("option"), { value: name })));
    // Not under the fingers of somebody who is about to type it.
    if (communes.length !== 1 || city.value || document.activeElement === city) return;
    [city.value] = communes;
    filled();
  }

  postal.addEventListener("input", propose);
  if (postal.value) propose();
}
