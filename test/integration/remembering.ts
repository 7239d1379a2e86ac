// For tests that call noci's `main` in their own process.
import type { Native } from '../../src/native/contract.ts';

/** The same host, which remembers in `opened` what is open: the end of a process would close it, the container's lock too. */
export function remembering(native: Native, opened: Set<number>): Native {
  const remember = (value: unknown): void => {
    if (Array.isArray(value)) for (const fd of value) opened.add(fd);
    else if (typeof value === 'number') opened.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, fd] of Object.entries(value)) if (key === 'pidfd' || key === 'socket') opened.add(fd);
    }
  };
  const opening = new Set([
    'open',
    'openat2',
    'openTree',
    'pipe',
    'pidfdOpen',
    'connect',
    'spawn',
    'spawnInit',
    'netlinkRoute',
    'netlinkAudit',
    'inotify',
  ]);
  return new Proxy(native, {
    get(target, key: keyof Native) {
      const function_ = target[key] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (key === 'close') opened.delete(args[0] as number);
        const value = function_.apply(target, args);
        if (opening.has(key)) remember(value);
        return value;
      };
    },
  });
}
