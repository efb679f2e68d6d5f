/** The tabs of the side panel: arrows, Home and End move between them (WAI-ARIA APG, tabs with automatic activation). */

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export function watchTabs(list) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];

  function select(chosen) {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  }

  list.addEventListener("click", ({ target }) => tabs.includes(target) && select(target));
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const next = { Home: 0, End: tabs.length - 1 }[event.key] ?? (at + STEPS[event.key] + tabs.length) % tabs.length;
    if (at < 0 || Number.isNaN(next)) return;
    event.preventDefault();
    tabs[next].focus();
    select(tabs[next]);
  });
}
