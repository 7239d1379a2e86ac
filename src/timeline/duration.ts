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

/** Round times from 0 to `end`, about `count` of them. */
export function ticks(end: number, count: number): number[] {
  if (end <= 0) return [0];
  const rough = end / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
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
