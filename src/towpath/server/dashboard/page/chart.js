// The time to the first event of the last exchanges: one bar each, Towpath's part below the model's.

import { draw, make } from "./dom.js";
import { median, milliseconds, plural } from "./words.js";

const SHOWN = 40;
const HEIGHT = 150;
const LEFT = 48;
const TOP = 10;
const STEPS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000];

/** The chart with a sentence that says the same, for a place so many pixels wide. */
export function timeChart(exchanges, width) {
  const answered = exchanges.filter((one) => one.first_event_ms !== null).slice(0, SHOWN);
  if (!answered.length) return make("p", { class: "hint" }, "Nothing has been answered yet.");
  const all = answered.map((one) => one.first_event_ms);
  const said =
    `The last ${plural(answered.length, "answer")}: median ${milliseconds(median(all))}, ` +
    `slowest ${milliseconds(Math.max(...all))}, newest ${milliseconds(all[0])}. ` +
    `Of that Towpath needed ${milliseconds(median(answered.map(ours)))} (median), the model the rest.`;
  return make(
    "figure",
    {},
    drawing(answered.reverse(), Math.max(...all), width, said),
    make("ul", { class: "legend" }, legend("model", "the model"), legend("ours", "queue and start of a process")),
    make("figcaption", {}, said),
  );
}

const ours = (one) => (one.phases_ms.queue ?? 0) + (one.phases_ms.start ?? 0);

const legend = (kind, text) => make("li", { class: kind }, text);

function drawing(answered, slowest, width, said) {
  const top = STEPS.find((step) => step >= slowest) ?? slowest;
  const high = (value) => ((HEIGHT - TOP) * value) / top;
  const wide = (width - LEFT) / SHOWN;
  const bars = answered.map((one, index) => {
    const x = LEFT + (SHOWN - answered.length + index) * wide;
    return draw(
      "g",
      {},
      draw("title", {}, `Conversation ${one.conversation}, ${one.way}: ${milliseconds(one.first_event_ms)}`),
      bar("ours", x, wide, HEIGHT - high(ours(one)), high(ours(one))),
      bar("model", x, wide, HEIGHT - high(one.first_event_ms), high(one.first_event_ms - ours(one))),
    );
  });
  const lines = [0, 0.5, 1].flatMap((share) => line(top * share, HEIGHT - high(top * share), width));
  return draw(
    "svg",
    { role: "img", "aria-label": said, width, height: HEIGHT + 6, viewBox: `0 0 ${width} ${HEIGHT + 6}` },
    ...lines,
    ...bars,
  );
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

function line(value, y, width) {
  return [
    draw("line", { x1: LEFT, x2: width, y1: y, y2: y }),
    draw("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, value ? milliseconds(value) : "0"),
  ];
}
