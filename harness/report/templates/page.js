"use strict";
// Sorting: a click on a heading sorts by it, a second click turns the order; blanks always come last.
const key = (row, column) => {
  const cell = row.cells[column];
  if (cell === undefined || cell.colSpan > 1) return null;
  const text = (cell.dataset.value ?? cell.textContent).trim();
  if (text === "" || text.startsWith("—")) return null;
  const number = Number.parseFloat(text.replace("−", "-"));
  return Number.isNaN(number) ? text.toLowerCase() : number;
};
const compare = (a, b) =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of headings) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => [key(row, column), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        return down ? compare(b, a) : compare(a, b);
      });
      table.dataset.sorted = "";
      body.append(...rows.map(([, row]) => row));
    });
  });
}

// Legends: an arm is switched off in every figure of its experiment at once.
for (const button of document.querySelectorAll("[data-toggle]")) {
  button.addEventListener("click", () => {
    const off = button.getAttribute("aria-pressed") === "true";
    const figures = button.closest(".figures");
    const arm = CSS.escape(button.dataset.toggle);
    for (const twin of figures.querySelectorAll(`[data-toggle="${arm}"]`)) twin.setAttribute("aria-pressed", String(!off));
    for (const mark of figures.querySelectorAll(`[data-arm="${arm}"]`)) mark.classList.toggle("off", off);
  });
}

// A number leads to its records, which are folded away.
const unfold = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", unfold);

// A telephone shows the long tables when asked; paper shows all that is folded away.
if (matchMedia("screen and (max-width: 48rem)").matches)
  for (const table of document.querySelectorAll("details.main-table")) table.open = false;
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const part of folded) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of folded) part.open = false;
});
unfold();
