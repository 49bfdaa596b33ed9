"use strict";
// Sorting: a click on a heading sorts by it, a second click turns the order; blanks always come last.
const key = (row, column) => {
  const cell = row.cells[column];
  if (cell === undefined) return null;
  const text = (cell.dataset.value ?? cell.textContent).trim();
  if (text === "") return null;
  const number = Number.parseFloat(text.replace("−", "-").replaceAll(",", ""));
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

// A chip shows the claims with its verdict, a second click all of them.
for (const chip of document.querySelectorAll("[data-filter]")) {
  chip.addEventListener("click", () => {
    const word = chip.getAttribute("aria-pressed") === "true" ? "" : chip.dataset.filter;
    for (const other of document.querySelectorAll("[data-filter]"))
      other.setAttribute("aria-pressed", String(word !== "" && other === chip));
    const table = document.querySelector("#claims table.claims");
    for (const row of table.tBodies[0].rows)
      row.hidden = word !== "" && row.querySelector(".verdict").dataset.value.split(" (")[0] !== word;
    table.closest("details").open = true;
  });
}

// Any number of a row opens the records that it was counted in.
document.addEventListener("click", (event) => {
  const cell = event.target.closest("td.number, td.ours");
  const records = cell && !event.target.closest("details") && cell.parentElement.querySelector("details.records");
  if (records) records.open = !records.open;
});
