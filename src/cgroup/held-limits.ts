import type { ControlWrite } from '../plan/plan.ts';
import { nameOf } from './control-write.ts';
import { valuesOf } from './previous-limits.ts';
import { numberBits } from './systemd/number-bits.ts';

const suffixes = 'KMGTPE';

/** A number as the kernel's memparse takes it: "10M". undefined: it is none */
function numberIn(text: string): bigint | undefined {
  const [, digits, suffix = ''] = /^(-?\d{1,30})([KMGTPE]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const power = suffix === '' ? 0 : suffixes.indexOf(suffix.toUpperCase()) + 1;
  return BigInt(digits) << BigInt(10 * power);
}

/** What counts pages says less than the largest number: PAGE_COUNTER_MAX pages. include/linux/page_counter.h */
const nearlyUnlimited = 2n ** 63n - 2n ** 24n;

function isUnlimited(text: string): boolean {
  const number = numberIn(text);
  return text === 'max' || (number !== undefined && (number < 0n || number >= nearlyUnlimited));
}

/** Files of the memory controller that hold a number of bytes. */
const bytes = /^memory\.(?:.*_in_bytes|min|low|high|max|z?swap\.(?:high|max))$/;

/** Bytes become whole pages, or huge ones, rounded down; the largest page of a kernel is 64 KiB. */
function unitOf(name: string): bigint {
  const [, size, unit] = /^hugetlb\.(\d+)([KMG])B\./.exec(name) ?? [];
  if (size !== undefined) return numberIn(`${size}${unit}`) ?? 1n;
  return bytes.test(name) ? 65536n : 1n;
}

function isSameNumber(name: string, written: bigint, read: bigint): boolean {
  return written === read || (read < written && written - read < unitOf(name) && read % 4096n === 0n);
}

/** "0,1" reads "0-1". cpuset(7) */
function isSameList(written: string, read: string): boolean {
  if (written === '' || read === '') return written === read;
  const [first, second] = [numberBits(written, ''), numberBits(read, '')];
  const longer = Math.max(first.length, second.length);
  return Array.from({ length: longer }, (_, index) => index).every((at) => (first[at] ?? 0) === (second[at] ?? 0));
}

function isSameWord(name: string, written: string, read: string): boolean {
  if (written === read) return true;
  const [key, value] = written.split('=', 2);
  if (value !== undefined) {
    const [readKey, readValue = ''] = read.split('=', 2);
    return key === readKey && isSameWord(name, value, readValue);
  }
  if (isUnlimited(written) && isUnlimited(read)) return true;
  const [first, second] = [numberIn(written), numberIn(read)];
  return first !== undefined && second !== undefined && isSameNumber(name, first, second);
}

/** Words of one line: those written are all there, a bare value at its place, "key=value" wherever it is. */
function isSameLine(name: string, written: string, read: string): boolean {
  const words = read.split(/\s+/);
  return written.split(/\s+/).every((word, index) => {
    if (word.includes('=')) return words.some((one) => isSameWord(name, word, one));
    return words[index] !== undefined && isSameWord(name, word, words[index]);
  });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** What of a control file's text is about one write: the line of its device, the default of all devices, or everything. */
export function heldValue({ file, value }: ControlWrite, text: string): string {
  const name = nameOf(file);
  // v1 says more in it than it takes. memory.rst § 10
  if (name === 'memory.oom_control') return /^oom_kill_disable (\d+)$/m.exec(text)?.[1] ?? text;
  const [key = ''] = value.trim().split(/\s+/);
  // "eth0 5" of net_prio, "mlx5_0 hca_handle=2" of rdma
  const own =
    /^[a-zA-Z]/.test(key) && key !== 'max' ? linesOf(text).find((line) => line.startsWith(`${key} `)) : undefined;
  return own ?? valuesOf(name, text, value).join('\n').trim();
}

/**
 * Whether a control file that reads `text` holds what was written: the kernel writes lists as ranges, bytes in whole pages, no limit as
 * "max" or the largest number there is, and what belongs to devices a line each.
 */
export function holds(write: ControlWrite, text: string): boolean {
  const name = nameOf(write.file);
  const held = heldValue(write, text);
  const written = write.value.trim();
  if (name.startsWith('cpuset.')) return /^[\d,\s-]*$/.test(written) ? isSameList(written, held) : written === held;
  if (written === '') return held === '';
  return linesOf(held).some((line) => isSameLine(name, written, line));
}
