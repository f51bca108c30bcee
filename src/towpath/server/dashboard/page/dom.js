// Makes elements. All that comes from data becomes text or an attribute's value, never markup.

/** An element with attributes and children: nodes, or values that become text; null and false are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  setAll(element, attributes);
  element.append(...children.flat().filter((child) => child !== null && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for a drawing. */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/**
 * Shows items inside a list. What has not changed stays the same element, so that focus, selection and what
 * was opened stay; what has changed is made anew, and opened again if it was.
 */
export function keep(list, items, keyOf, build) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    const said = JSON.stringify(item);
    const known = old.get(key);
    if (known?.said === said) return known;
    const element = build(item);
    element.dataset.key = key;
    element.said = said;
    if (known) takeOver(known, element);
    return element;
  });
  let place = list.firstElementChild;
  for (const element of wanted) {
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  list.querySelector("[data-refocus]")?.focus();
  list.querySelector("[data-refocus]")?.removeAttribute("data-refocus");
}

function takeOver(known, element) {
  const before = known.querySelectorAll("details");
  const now = element.querySelectorAll("details");
  now.forEach((details, index) => {
    if (!before[index]) return;
    details.open = before[index].open;
    const summary = before[index].querySelector("summary");
    if (summary === document.activeElement) details.querySelector("summary").dataset.refocus = "";
  });
}

/** Shows one thing, made anew only if what it shows has changed. */
export function show(place, value, build) {
  keep(place, [value], () => "only", build);
}

/**
 * A table: columns of {title, cell, numeric}; the first one names the row, and ``below`` may give a line of its
 * own below one. Roles are said again, since narrow screens lay it out as blocks, which takes them away.
 */
export function table(caption, columns, rows, below = () => null) {
  const head = columns.map((column) =>
    make("th", { scope: "col", role: "columnheader", class: column.numeric ? "number" : null }, column.title),
  );
  const body = rows.flatMap((row) => {
    const cells = columns.map((column, index) =>
      make(
        index ? "td" : "th",
        {
          scope: index ? null : "row",
          role: index ? "cell" : "rowheader",
          class: column.numeric ? "number" : null,
          "data-title": column.title,
        },
        column.cell(row),
      ),
    );
    const more = below(row);
    return [
      make("tr", { role: "row", class: more ? "has-more" : null }, cells),
      more && make("tr", { role: "row" }, make("td", { role: "cell", colspan: columns.length }, more)),
    ];
  });
  return make(
    "table",
    { role: "table" },
    make("caption", {}, caption),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, head)),
    make("tbody", { role: "rowgroup" }, body),
  );
}
