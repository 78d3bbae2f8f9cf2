// Makes pages quicker; no page needs it. Without it every button below is a plain form or link.
"use strict";

// Choosing a record to link to: suggestions while typing, instead of the button "find".
for (const chooser of document.querySelectorAll("[data-chooser]")) {
  const select = chooser.querySelector("select");
  const input = chooser.querySelector("input[type=search]");
  const button = chooser.querySelector("button");
  let waiting = 0;
  let asked = 0;
  const look = async () => {
    const text = input.value.trim();
    if (text.length < 2) return;
    const mine = ++asked;
    const answer = await fetch(`/suggest?modules=${encodeURIComponent(chooser.dataset.chooser)}&q=${encodeURIComponent(text)}`);
    if (!answer.ok || mine !== asked) return;
    const found = await answer.json();
    const kept = [...select.options].filter((option) => option.selected || option.value === "");
    select.replaceChildren(...kept);
    for (const item of found.items) {
      if (kept.some((option) => option.value === item.id)) continue;
      select.add(new Option(item.title, item.id));
    }
    if (found.items.length > 0 && select.value === "") select.value = found.items[0].id;
  };
  button.hidden = true;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 180);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      look();
    }
  });
}

// A filter takes effect when it is chosen.
for (const filter of document.querySelectorAll(".filters > .filter select")) {
  filter.addEventListener("change", () => filter.form.requestSubmit());
}

// "/" goes to the search, as in many programs.
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-test=list-search]") ?? document.getElementById("top-q");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// Leaving a form that has been typed into asks first.
for (const form of document.querySelectorAll("form.form")) {
  let touched = false;
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
}

// A form is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

document.getElementById("errors")?.focus();
