import { Failure } from '../../native/failure.ts';

/** More CPUs than any kernel is built for (CONFIG_NR_CPUS), so that a mask stays small. */
const most = 16384;

function rangeOf(text: string): readonly [first: number, last: number] | undefined {
  const [, from, to] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(text) ?? [];
  if (from === undefined) return undefined;
  const first = Number(from);
  const last = Number(to ?? from);
  return first <= last && last < most ? [first, last] : undefined;
}

/** A list of numbers, "0-3,7", as systemd takes it: bit n of the bytes is number n. @throws Failure when it is none */
export function numberBits(list: string, pointer: string): Uint8Array {
  const ranges = list.split(',').map((text) => {
    const range = rangeOf(text);
    if (range === undefined) throw new Failure(`invalid list of numbers "${list}"`, pointer);
    return range;
  });
  const bits = new Uint8Array((Math.max(...ranges.map(([, last]) => last)) >> 3) + 1);
  for (const [first, last] of ranges)
    for (let number = first; number <= last; number++)
      bits[number >> 3] = (bits[number >> 3] ?? 0) | (1 << (number & 7));
  return bits;
}
