// Tables are sorted by the heads of their columns; what is folded is unfolded for print. The page reads as well without.
"use strict";
(function () {
  var number = function (cell) {
    return cell && cell.dataset.v !== undefined ? Number(cell.dataset.v) : null;
  };

  // Numbers before texts, the empty last whichever way.
  var compare = function (column, down) {
    return function (one, other) {
      var a = one.cells[column], b = other.cells[column], x = number(a), y = number(b);
      if (x !== null && y !== null) return down ? y - x : x - y;
      if (x !== null || y !== null) return x !== null ? -1 : 1;
      var none = function (cell) { return !cell || cell.classList.contains("none"); };
      if (none(a) || none(b)) return none(a) - none(b);
      var order = a.textContent.localeCompare(b.textContent, "en", { numeric: true });
      return down ? -order : order;
    };
  };

  var sort = function (table, head) {
    // Numbers begin with the largest, texts with A.
    var now = head.getAttribute("aria-sort");
    var down = head.classList.contains("n") ? now !== "descending" : now === "ascending";
    var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) {
      other.removeAttribute("aria-sort");
    });
    table.classList.add("sorted");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort(compare(head.cellIndex, down)).forEach(function (row) { body.appendChild(row); });
  };

  document.querySelectorAll("table.sortable").forEach(function (table) {
    if (table.tBodies[0].rows.length < 2) return;
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head) {
      if (head.classList.contains("track")) return;
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) button.appendChild(head.firstChild);
      head.appendChild(button);
      button.addEventListener("click", function () { sort(table, head); });
    });
  });

  // A region that does not scroll is no stop for the keyboard.
  document.querySelectorAll(".scroll").forEach(function (region) {
    if (region.scrollWidth <= region.clientWidth) region.removeAttribute("tabindex");
  });

  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not(.settings)").forEach(function (details) { details.open = true; });
  });
})();
