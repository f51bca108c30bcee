// Makes elements. All that comes from data becomes text or an attribute's value, never markup.

/** An element with attributes and children: nodes, or values that become text; null and false are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  setAll(element, attributes);
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
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

/** Text on one line, which ends in an ellipsis where there is no room; all of it is in its title. */
export const cut = (text, kind = "span") => make(kind, { class: "cut", title: text }, text);

/**
 * Shows items inside a list, after what else is in it. What has not changed stays the same element, so that
 * focus, selection and what was opened stay; what has changed is made again, and opened and focused as it was.
 */
export function keep(list, items, keyOf, build) {
  const present = [...list.children].filter((child) => child.dataset.key !== undefined);
  const old = new Map(present.map((child) => [child.dataset.key, child]));
  let refocused = null;
  const wanted = items.map((item) => {
    const key = String(keyOf(item));
    const said = JSON.stringify(item);
    const known = old.get(key);
    if (known?.said === said) return known;
    const element = build(item);
    element.dataset.key = key;
    element.said = said;
    if (known) refocused = takeOver(known, element) ?? refocused;
    return element;
  });
  let place = present[0] ?? null;
  for (const element of wanted) {
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  }
  for (const child of present) if (!wanted.includes(child)) child.remove();
  refocused?.focus({ preventScroll: true });
}

/** Opens in the new element what was open in the old one; returns what has to be focused in it, if anything. */
function takeOver(known, element) {
  const opened = known.querySelectorAll("details");
  element.querySelectorAll("details").forEach((details, index) => (details.open = opened[index]?.open ?? false));
  const focused = document.activeElement;
  if (focused === known) return element;
  if (!known.contains(focused)) return null;
  const index = [...known.querySelectorAll(focused.localName)].indexOf(focused);
  return element.querySelectorAll(focused.localName)[index];
}

/** Shows one thing, made again only if what it shows has changed. */
export function show(place, value, build) {
  keep(place, [value], () => "only", build);
}

/** A table of columns {title, cell, kind}, without rows. ``kind`` is a class of the column. */
export function tableOf(caption, columns) {
  const head = columns.map(({ title, kind }) => make("th", { scope: "col", role: "columnheader", class: kind }, title));
  return make(
    "table",
    { role: "table" },
    make("caption", {}, caption),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, head)),
  );
}

/**
 * A row of it; its first cell names it. Roles are said again, since narrow screens lay tables out as blocks,
 * which takes them away.
 */
export function rowOf(columns, value, attributes = {}) {
  const cells = columns.map(({ title, cell, kind }, index) =>
    make(
      index ? "td" : "th",
      { scope: index ? null : "row", role: index ? "cell" : "rowheader", class: kind, "data-title": title },
      cell(value),
    ),
  );
  return make("tr", { role: "row", ...attributes }, cells);
}

/** A group of rows. */
export const rowGroup = (attributes, ...rows) => make("tbody", { role: "rowgroup", ...attributes }, ...rows);
