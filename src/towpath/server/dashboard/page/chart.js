// The time to the first event of the last exchanges: one bar each, Towpath's part below the model's.

import { axisFor } from "./axis.js";
import { draw, make } from "./dom.js";
import { median, milliseconds, percent, plural } from "./words.js";

const MOST_BARS = 40;
const FEWEST_PLACES = 16; // few bars are not drawn wider than this many would be
const HEIGHT = 150;
const TOP = 10;
const LETTER = 7.5; // pixels of a figure at 12 px, at most

/** The chart with a sentence that says the same, for a place that is this many pixels wide. */
export function timeChart(exchanges, width) {
  const answered = exchanges.filter((one) => one.first_event_ms !== null).slice(0, MOST_BARS);
  if (!answered.length) return make("p", { class: "hint" }, "Nothing has been answered yet.");
  const said = sentence(answered);
  return make(
    "figure",
    {},
    drawing(answered.reverse(), width, said),
    make("ul", { class: "legend" }, legend("model", "the model"), legend("ours", "queue and start of a process")),
    make("figcaption", {}, said),
  );
}

const ours = (one) => (one.phases_ms.queue ?? 0) + (one.phases_ms.start ?? 0);

const sum = (values) => values.reduce((all, one) => all + one, 0);

/** The shares are those of all the time that the bars show: one slow start counts as much as it can be seen. */
function sentence(answered) {
  const all = answered.map((one) => one.first_event_ms);
  const share = sum(answered.map(ours)) / (sum(all) || 1);
  return (
    `The last ${plural(answered.length, "answer")}, the newest on the right: median ${milliseconds(median(all))}, ` +
    `slowest ${milliseconds(Math.max(...all))}, newest ${milliseconds(all[0])}. ` +
    `Queue and start took ${percent(share)} of the whole time, the model ${percent(1 - share)}.`
  );
}

const legend = (kind, text) => make("li", { class: kind }, text);

function drawing(answered, width, said) {
  const axis = axisFor(Math.max(1, ...answered.map((one) => one.first_event_ms)), label);
  const left = 8 + LETTER * Math.max(...axis.lines.map(({ label }) => label.length));
  const places = Math.max(FEWEST_PLACES, answered.length);
  const high = (value) => ((HEIGHT - TOP) * value) / axis.top;
  const wide = (width - left) / places;
  const bars = answered.map((one, index) => {
    const x = left + (places - answered.length + index) * wide;
    return draw(
      "g",
      {},
      draw("title", {}, `Conversation ${one.conversation}, ${one.way}: ${milliseconds(one.first_event_ms)}`),
      bar("ours", x, wide, HEIGHT - high(ours(one)), high(ours(one))),
      bar("model", x, wide, HEIGHT - high(one.first_event_ms), high(one.first_event_ms - ours(one))),
    );
  });
  const lines = axis.lines.flatMap(({ value, label }) => line(label, HEIGHT - high(value), left, width));
  return draw(
    "svg",
    { role: "img", "aria-label": said, width, height: HEIGHT + 6, viewBox: `0 0 ${width} ${HEIGHT + 6}` },
    ...lines,
    ...bars,
  );
}

/** The label of a value on the axis, all in one unit. */
function label(value, step, top) {
  if (top < 1000) return `${Number(value.toPrecision(3))} ms`;
  return `${(value / 1000).toFixed(step < 1000 ? 1 : 0)} s`;
}

function bar(kind, x, wide, y, height) {
  const space = Math.min(2, wide / 4);
  return draw("rect", {
    class: kind,
    x: (x + space / 2).toFixed(1),
    y: y.toFixed(1),
    width: (wide - space).toFixed(1),
    height: Math.max(0, height).toFixed(1),
  });
}

function line(label, y, left, width) {
  return [
    draw("line", { x1: left, x2: width, y1: y, y2: y }),
    draw("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, label),
  ];
}
