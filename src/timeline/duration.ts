/** "812 ns", "14.2 µs", "3.05 ms", "1.20 s": three digits, and the unit that a person would take. */
export function durationText(microseconds: number): string {
  const [value, unit] =
    microseconds < 1
      ? [microseconds * 1000, 'ns']
      : microseconds < 1000
        ? [microseconds, 'µs']
        : microseconds < 1e6
          ? [microseconds / 1000, 'ms']
          : [microseconds / 1e6, 's'];
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${unit === 'ns' ? Math.round(value) : value.toFixed(digits)} ${unit}`;
}

/** Round times between two, about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  if (to <= from) return [from];
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** As a tick of the axis is written: no more digits than it needs. */
export function tickText(microseconds: number): string {
  if (microseconds === 0) return '0';
  const [value, unit] =
    microseconds < 1000
      ? [microseconds, 'µs']
      : microseconds < 1e6
        ? [microseconds / 1000, 'ms']
        : [microseconds / 1e6, 's'];
  return `${Number(value.toPrecision(6))} ${unit}`;
}
