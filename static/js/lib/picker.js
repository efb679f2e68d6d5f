/** Date and hour are typed; the button beside opens the browser's own calendar or clock where it has one. */

/** « 2027-03-18 » → « 18/03/2027 »; an hour stays as it is. */
export const asTyped = (picked) => picked.replace(/^(\d{4})-(\d{2})-(\d{2})$/, "$3/$2/$1");
/** « 18/03/2027 » → « 2027-03-18 », « 14h30 » → « 14:30 »; anything else opens at the present. */
export function asPicked(typed) {
  const day = typed.trim().match(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/);
  if (day) return `${day[3]}-${day[2].padStart(2, "0")}-${day[1].padStart(2, "0")}`;
  const hour = typed.trim().match(/^(\d{1,2})[:h](\d{2})$/);
  return hour ? `${hour[1].padStart(2, "0")}:${hour[2]}` : "";
}

/** Shows the buttons of a form. */
export function offerPickers(form) {
  if (!("showPicker" in HTMLInputElement.prototype)) return;
  for (const button of form.querySelectorAll("[data-pick]")) {
    const typed = document.getElementById(button.dataset.pick);
    const picker = document.createElement("input");
    Object.assign(picker, { type: typed.dataset.typed, tabIndex: -1, className: "picker" });
    picker.setAttribute("aria-hidden", "true");
    if (typed.dataset.min) Object.assign(picker, { min: typed.dataset.min, max: typed.dataset.max });
    button.before(picker);
    button.hidden = false;
    button.addEventListener("click", () => {
      picker.value = asPicked(typed.value);
      picker.showPicker();
    });
    picker.addEventListener("change", () => {
      if (!picker.value) return;
      typed.value = asTyped(picker.value);
      typed.dispatchEvent(new Event("change", { bubbles: true }));
      typed.focus();
    });
  }
}
