/** Whether a field holds something else than the page came with: typed, chosen or filled in before the script came. */
export function isTouched(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((each) => each.defaultSelected));
  // A button has no value to begin with.
  return "defaultValue" in field && field.value !== field.defaultValue;
}
