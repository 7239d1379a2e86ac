import type { ControlWrite } from '../plan/plan.ts';

/** The text of another file of the same cgroup; undefined when it is not there. */
type ReadFile = (name: string) => string | undefined;

/** What a device without a limit of its own has, by the file's name; weights have "default" in v2 and 0 in v1. */
function unset(name: string): string {
  if (name === 'io.max') return 'rbps=max wbps=max riops=max wiops=max';
  return name.startsWith('io.') ? 'default' : '0';
}

/** A line "8:0 …" is about one device; a device without such a line has no value of its own. */
function valueOfDevice(name: string, text: string, device: string): string {
  return text.split('\n').find((line) => line.startsWith(`${device} `)) ?? `${device} ${unset(name)}`;
}

/** What a write would have to say to make what `text` of a file says, of the device that `written` is about. */
export function valuesOf(name: string, text: string, written: string): string[] {
  const device = /^(\d+:\d+) /.exec(written)?.[1];
  if (device !== undefined) return [valueOfDevice(name, text, device)];
  // io.weight and io.bfq.weight: the value for all devices without one of their own; bfq takes it as a bare number only
  const [, common] = /^default (\d+)$/m.exec(text) ?? [];
  if (common !== undefined) return [common];
  const lines = text.split('\n').filter((line) => line !== '');
  // an empty list of a cpuset; a write of no bytes would be none
  return lines.length === 0 ? ['\n'] : lines;
}

/** cpu.idle changes the weight too, and back to the default instead of what it was. cgroup-v2.rst § CPU Interface Files */
const companions: { readonly [name: string]: readonly string[] } = { 'cpu.idle': ['cpu.weight', 'cpu.shares'] };

/** An idle cgroup's weight reads 0, which cannot be written: it comes back with the idleness. */
function isRestorable(name: string, value: string): boolean {
  return name !== 'cpu.weight' || value !== '0';
}

/**
 * The writes that take `write` back, made from what the files hold before it. None when they are not there. The order is that in which
 * they are to be made.
 */
export function previousWrites(write: ControlWrite, read: ReadFile): ControlWrite[] {
  const end = write.file.lastIndexOf('/') + 1;
  const name = write.file.slice(end);
  return [name, ...(companions[name] ?? [])].flatMap((file) => {
    const text = read(file);
    if (text === undefined) return [];
    const values = valuesOf(file, text, file === name ? write.value : '').filter((value) => isRestorable(file, value));
    return values.map((value) => ({ file: write.file.slice(0, end) + file, value, pointer: write.pointer }));
  });
}
