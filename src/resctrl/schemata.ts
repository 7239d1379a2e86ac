import type { LinuxIntelRdt } from '../oci/types.ts';

/** What is written to the file schemata, in the order of config-linux.md § IntelRdt. */
export function schemataLines({ l3CacheSchema = '', memBwSchema = '', schemata = [] }: LinuxIntelRdt): string[] {
  return [l3CacheSchema, memBwSchema, ...schemata].filter((line) => line !== '');
}

/** "L3:0=ff;1=0f" → L3 and what it has for each cache. The kernel writes masks of caches in hexadecimal, bandwidths in decimal. */
function parse(line: string): { readonly resource: string; readonly values: ReadonlyMap<string, string> } {
  const [resource = '', domains = ''] = line.trim().split(':');
  const hexadecimal = resource !== 'MB';
  const values = domains.split(';').map((domain): [string, string] => {
    const [id = '', value = ''] = domain.trim().split('=');
    const known = hexadecimal ? /^[0-9a-f]+$/i.test(value) : /^\d+$/.test(value);
    return [String(Number(id)), known ? String(BigInt(hexadecimal ? `0x${value}` : value)) : value];
  });
  return { resource, values: new Map(values) };
}

/** Whether a class of service that has `existing` in its file already is as all `lines` of a config want it. */
export function matches(lines: readonly string[], existing: string): boolean {
  const held = new Map(existing.split('\n').map((line) => [parse(line).resource, parse(line).values]));
  return lines
    .flatMap((line) => line.split('\n'))
    .map(parse)
    .every(({ resource, values }) => [...values].every(([id, value]) => held.get(resource)?.get(id) === value));
}
