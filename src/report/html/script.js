"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ranks = ["low", "medium", "high", "critical"];
  const controls = all("details.control").map((element) => ({
    element,
    verdict: element.dataset.verdict,
    rank: ranks.indexOf(element.dataset.severity),
    text: element.textContent.toLowerCase(),
  }));
  const search = find("#search");
  const severity = find("#severity");
  const chips = all(".chip");
  const unfold = find("#unfold");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.verdict);
    const least = ranks.indexOf(severity.value);
    let shown = 0;
    for (const control of controls) {
      const wanted =
        (verdicts.length === 0 || verdicts.includes(control.verdict)) &&
        control.rank >= least &&
        words.every((word) => control.text.includes(word));
      control.element.hidden = !wanted;
      shown += wanted;
    }
    for (const group of all(".group")) {
      group.hidden = !group.querySelector("details.control:not([hidden])");
    }
    find("#nothing").hidden = shown > 0;
    find("#shown").value = `${shown} of ${controls.length} controls`;
  };

  const reset = () => {
    search.value = "";
    severity.value = "";
    chips.forEach((chip) => (chip.ariaPressed = "false"));
    filter();
  };

  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) reset();
    if (target.matches("details")) target.open = true;
    target.scrollIntoView();
  };

  chips.forEach((chip) =>
    chip.addEventListener("click", () => {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    }),
  );
  search.addEventListener("input", filter);
  severity.addEventListener("change", filter);
  find("#reset").addEventListener("click", reset);
  find(".toolbar").addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => {
    const open = unfold.textContent === "Unfold all";
    controls.forEach(({ element }) => (element.open = open && !element.hidden));
    unfold.textContent = open ? "Fold all" : "Unfold all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      search.focus();
    }
  });
  // On paper nothing can be unfolded: what needs somebody is, and the rest stays a line.
  addEventListener("beforeprint", () => {
    controls.forEach(({ element, verdict }) => {
      element.dataset.open = element.open;
      element.open ||= ["fail", "unknown", "manual"].includes(verdict);
    });
  });
  addEventListener("afterprint", () => {
    controls.forEach(({ element }) => (element.open = element.dataset.open === "true"));
  });

  const themes = ["auto", "light", "dark"];
  const theme = find("#theme");
  theme.addEventListener("click", () => {
    const now = themes.indexOf(document.documentElement.dataset.theme ?? "auto");
    const next = themes[(now + 1) % themes.length];
    document.documentElement.dataset.theme = next;
    theme.textContent = `Theme: ${next}`;
  });

  theme.hidden = false;
  find(".toolbar").hidden = false;
  addEventListener("hashchange", reveal);
  filter();
  reveal();
})();
