// A bar for each day, stacked by model: own few lines of SVG, as the other chart. A library would be larger than
// the whole page, and would want its styles inline, which the page's policy forbids.

import { axisFor } from "./axis.js";
import { draw, make } from "./dom.js";
import { dollars, percent, plural, tokens } from "./words.js";

const DAYS = 30;
const HEIGHT = 170;
const TOP = 10;
const BELOW = 22;
const LETTER = 7.5; // pixels of a figure at 12 px, at most
const COLOURS = 5; // models with a colour of their own; the others share one

const sent = (one) => one.input + one.cache_read + one.cache_write_5m + one.cache_write_1h;
const sum = (values) => values.reduce((all, one) => all + one, 0);

/** What the bars can show: {title, of: a group of exchanges, words, isShare}. */
export const MEASURES = {
  cost: { title: "Cost at API prices", of: (one) => one.cost, words: dollars },
  tokens: { title: "Tokens", of: (one) => sent(one) + one.output, words: tokens },
  cache: { title: "Input from cache", of: (one) => one.cache_read, words: percent, isShare: true },
};

/** The chart with a sentence that says the same. */
export function dayChart({ days, models, last }, measure, width) {
  const shown = MEASURES[measure];
  const ranked = rank(models, shown);
  const bars = calendar(last).map((day) => bar(day, days.find((one) => one.day === day)?.models ?? [], shown, ranked));
  const said = sentence(bars, shown);
  return make(
    "figure",
    {},
    drawing(bars, shown, width, said),
    shown.isShare ? null : make("ul", { class: "legend" }, ranked.map((name, index) => make("li", { class: `m${index}` }, name))),
    make("figcaption", {}, said),
  );
}

/** The names of the models that have a colour, the largest first. */
function rank(models, { of, isShare }) {
  if (isShare) return ["all models"];
  const sorted = models.filter((one) => of(one) > 0).sort((one, other) => of(other) - of(one));
  const named = sorted.slice(0, COLOURS).map((one) => one.key);
  return sorted.length > COLOURS ? [...named, "others"] : named;
}

/** The last days as 2026-11-28, the newest last. */
function calendar(last) {
  const end = Date.parse(`${last}T12:00:00Z`);
  return Array.from({ length: DAYS }, (_, index) => new Date(end - (DAYS - 1 - index) * 864e5).toISOString().slice(0, 10));
}

function bar(day, models, { of, words, isShare }, ranked) {
  if (isShare) {
    const share = sum(models.map(of)) / (sum(models.map(sent)) || 1);
    return { day, parts: [share], all: share, said: models.length ? words(share) : "nothing" };
  }
  const parts = ranked.map((name) =>
    sum(models.filter((one) => (ranked.includes(one.key) ? one.key : "others") === name).map(of)),
  );
  const named = ranked.map((name, index) => parts[index] && `${name} ${words(parts[index])}`).filter(Boolean);
  const all = sum(parts);
  return { day, parts, all, said: all ? `${words(all)} (${named.join(", ")})` : "nothing" };
}

function sentence(bars, { title, words, isShare }) {
  const used = bars.filter((one) => one.all > 0);
  if (!used.length) return "Nothing to show for these days.";
  const most = used.reduce((one, other) => (other.all > one.all ? other : one));
  const today = bars.at(-1);
  const whole = isShare ? "" : `${words(sum(used.map((one) => one.all)))} on ${plural(used.length, "day")}; `;
  return `${title}: ${whole}most on ${most.day} with ${words(most.all)}, today ${today.all ? words(today.all) : "nothing"}.`;
}

function drawing(bars, { words, isShare }, width, said) {
  const axis = axisFor(isShare ? 1 : Math.max(...bars.map((one) => one.all)) || 1, words);
  const left = 8 + LETTER * Math.max(...axis.lines.map(({ label }) => label.length));
  const high = (value) => ((HEIGHT - TOP) * value) / axis.top;
  const wide = (width - left) / bars.length;
  const lines = axis.lines.flatMap(({ value, label }) => [
    draw("line", { x1: left, x2: width, y1: HEIGHT - high(value), y2: HEIGHT - high(value) }),
    draw("text", { x: left - 8, y: HEIGHT - high(value) + 4, "text-anchor": "end" }, label),
  ]);
  const size = { width, height: HEIGHT + BELOW, viewBox: `0 0 ${width} ${HEIGHT + BELOW}` };
  return draw(
    "svg",
    { role: "img", "aria-label": said, ...size },
    ...lines,
    ...bars.map((one, index) => column(one, left + index * wide, wide, high)),
    ...ends(bars, left, width),
  );
}

function column({ day, parts, said }, x, wide, high) {
  const space = Math.min(4, wide / 4);
  let below = 0;
  const rects = parts.map((value, index) => {
    below += value;
    return draw("rect", {
      class: `m${index}`, x: (x + space / 2).toFixed(1), y: (HEIGHT - high(below)).toFixed(1),
      width: (wide - space).toFixed(1), height: high(value).toFixed(1),
    });
  });
  return draw("g", {}, draw("title", {}, `${day}: ${said}`), ...rects);
}

function ends(bars, left, width) {
  const y = HEIGHT + BELOW - 5;
  return [
    draw("text", { x: left, y }, bars[0].day),
    draw("text", { x: width, y, "text-anchor": "end" }, bars.at(-1).day),
  ];
}
