/** Nanoseconds of the units of Go's time.ParseDuration. */
const units: { readonly [unit: string]: bigint } = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const largest = 2n ** 63n - 1n;

/** Nanoseconds of a duration as Go writes it: "300ms", "1.5h", "2m30s", "-5s", "0"; undefined when it is none. */
export function parseDuration(text: string): bigint | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0n;
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of rest.matchAll(/(\d*)(?:\.(\d*))?([a-zµμ]+)/g)) {
    const scale = units[unit] ?? 0n;
    total += BigInt(whole === '' ? 0 : whole) * scale;
    total += (BigInt(fraction === '' ? 0 : fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (total > largest) return undefined;
  return sign === '-' ? -total : total;
}
