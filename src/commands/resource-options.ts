import type { Invocation } from '../cli/command.ts';
import { Failure } from '../native/failure.ts';
import { parseSize } from './size.ts';

type Options = Invocation<'update'>['options'];

/** How the text of an option becomes a value. */
type Read = (text: string) => unknown;

const int64 = { name: 'ParseInt', form: /^[+-]?\d+$/, least: -(2n ** 63n), greatest: 2n ** 63n - 1n };
const uint64 = { name: 'ParseUint', form: /^\d+$/, least: 0n, greatest: 2n ** 64n - 1n };

/** As Go's strconv reads it in base 10, with its texts; exact. */
function integer({ name, form, least, greatest }: typeof int64): Read {
  const wrong = (text: string, why: string) => new Failure(`strconv.${name}: parsing ${JSON.stringify(text)}: ${why}`);
  return (text) => {
    if (!form.test(text)) throw wrong(text, 'invalid syntax');
    const value = BigInt(text.replace('+', ''));
    if (value < least || value > greatest) throw wrong(text, 'value out of range');
    return plain(value);
  };
}

/** As the JSON parser gives it: a number where that is exact. */
function plain(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

const asIs: Read = (text) => text;

/** Option → where its value is in linux.resources. An option that is not given is '' or undefined. */
const targets: readonly (readonly [option: keyof Options, group: string, property: string, read: Read])[] = [
  ['blkio-weight', 'blockIO', 'weight', integer(int64)],
  ['cpu-period', 'cpu', 'period', integer(uint64)],
  ['cpu-quota', 'cpu', 'quota', integer(int64)],
  ['cpu-burst', 'cpu', 'burst', integer(uint64)],
  ['cpu-share', 'cpu', 'shares', integer(uint64)],
  ['cpu-rt-period', 'cpu', 'realtimePeriod', integer(uint64)],
  ['cpu-rt-runtime', 'cpu', 'realtimeRuntime', integer(int64)],
  ['cpu-idle', 'cpu', 'idle', integer(int64)],
  ['cpuset-cpus', 'cpu', 'cpus', asIs],
  ['cpuset-mems', 'cpu', 'mems', asIs],
  ['memory', 'memory', 'limit', (text) => plain(parseSize(text))],
  ['memory-reservation', 'memory', 'reservation', (text) => plain(parseSize(text))],
  ['memory-swap', 'memory', 'swap', (text) => plain(parseSize(text))],
  ['pids-limit', 'pids', 'limit', integer(int64)],
];

/** linux.resources as the options of update say it. Throws a Failure that names the option whose value is none. */
export function resourcesOfOptions(options: Options): unknown {
  const resources: Record<string, Record<string, unknown>> = {};
  for (const [option, group, property, read] of targets) {
    const text = options[option];
    if (text === undefined || text === '') continue;
    resources[group] = { ...resources[group], [property]: readOption(option, String(text), read) };
  }
  return resources;
}

function readOption(option: string, text: string, read: Read): unknown {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof Failure ? new Failure(`invalid value for ${option}: ${error.message}`) : error;
  }
}

/** "--memory" for "/memory/limit". */
export function optionOf(pointer: string): string {
  const target = targets.find(([, group, property]) => `/${group}/${property}` === pointer);
  return target === undefined ? pointer : `--${target[0]}`;
}
