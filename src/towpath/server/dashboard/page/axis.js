// The axis of a chart.

const MOST_STEPS = 4;

/**
 * {top, lines: [{value, label}]} for values up to ``largest``: in steps of 1, 2 or 5 and zeros, the fewest above it.
 * ``words`` makes labels of values.
 */
export function axisFor(largest, words) {
  const power = 10 ** Math.floor(Math.log10(largest / MOST_STEPS));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => largest / one <= MOST_STEPS);
  const steps = Math.ceil(largest / step - 1e-9);
  const value = (index) => Number((index * step).toPrecision(12));
  const lines = Array.from({ length: steps + 1 }, (_, index) => ({
    value: value(index),
    label: index ? words(value(index), step, steps * step) : "0",
  }));
  return { top: steps * step, lines };
}
