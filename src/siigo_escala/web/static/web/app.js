// What a page cannot say by itself. Everything works without it; this only saves a step.
"use strict";

// A box in the head of a table ticks those below it.
document.addEventListener("change", (event) => {
  const box = event.target;
  if (box instanceof HTMLInputElement && box.dataset.marks) {
    for (const one of document.querySelectorAll(`input[name="${box.dataset.marks}"]`)) one.checked = box.checked;
  }
});

// A running synchronisation is asked about less often while nobody looks.
document.addEventListener("htmx:beforeRequest", (event) => {
  const polled = event.target.closest("[data-polled]");
  if (!polled || !document.hidden) return;
  const last = Number(polled.dataset.last || 0);
  if (Date.now() - last < 10000) event.preventDefault();
  else polled.dataset.last = String(Date.now());
});

// Its progress stands in the title of the window, too.
document.addEventListener("htmx:afterSwap", (event) => {
  const told = event.target.querySelector && event.target.querySelector("[data-title]");
  if (told) document.title = told.dataset.title;
});

// A word for a text is put where the writer is.
for (const button of document.querySelectorAll("[data-insert]")) button.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  const field = button && document.getElementById(button.dataset.into);
  if (!field) return;
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// A long table inside of a form is narrowed to the rows that hold the words; what was chosen in the others stays.
const folded = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
for (const box of document.querySelectorAll("[data-narrows]")) {
  const rows = [...document.querySelectorAll(`#${box.dataset.narrows} tbody tr`)];
  box.hidden = false;
  box.addEventListener("input", (event) => {
    const words = folded(event.target.value).split(/\s+/);
    for (const row of rows) {
      const head = folded(row.querySelector("th").textContent);
      row.hidden = !words.every((word) => head.includes(word));
    }
    const left = rows.filter((row) => !row.hidden).length;
    box.querySelector("[role=status]").textContent = left < rows.length ? `${left} de ${rows.length}` : "";
  });
  // The search is no field of the form: its key narrows, and sends nothing.
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// A menu closes once something in it was chosen on this page.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.switch[open]")) {
    if (!open.contains(event.target)) open.removeAttribute("open");
  }
});
