/** RFC 3339 in UTC with up to nine digits of a second, trailing zeros cut as Go's RFC3339Nano does; `nanoseconds` since 1970. */
export function timestampNano(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19);
  const fraction = String(nanoseconds % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}
