// A resctrl filesystem in a folder, as far as a runtime sees one: hardware that can be divided up is rare. Documentation/filesystems/resctrl.rst
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Native } from '../../src/native/contract.ts';
import { nativeError } from './native.ts';

export interface Resctrl {
  readonly native: Native;
  /** every write, "tasks 1", "c1/schemata L3:0=f\n", in order */
  readonly writes: string[];
  /** makes a class of service, as somebody else would */
  make(name: string): void;
  read(path: string): string;
  has(path: string): boolean;
}

const resources: Readonly<Record<string, { readonly radix: number; readonly greatest: number }>> = {
  L3: { radix: 16, greatest: 0xfffff },
  MB: { radix: 10, greatest: 100 },
};

const info: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'info/L3': { cbm_mask: 'fffff', min_cbm_bits: '2', num_closids: '16' },
  'info/MB': { bandwidth_gran: '10', delay_linear: '1', min_bandwidth: '10', num_closids: '8' },
};

/** Two caches; the root's schemata are those of every new class. `monitors`: how many monitoring groups there may be. */
export function fakeResctrl(native: Native, root: string, monitors = 2): Resctrl {
  const writes: string[] = [];
  const make = (folder: string, isMonitor: boolean): void => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'tasks'), '');
    for (const [index, counts] of ['12', '34'].entries()) {
      const cache = join(folder, 'mon_data', `mon_L3_0${index}`);
      mkdirSync(cache, { recursive: true });
      for (const name of ['llc_occupancy', 'mbm_total_bytes']) writeFileSync(join(cache, name), `${counts}\n`);
      writeFileSync(join(cache, 'mbm_local_bytes'), 'Unavailable\n');
    }
    if (isMonitor) return;
    writeFileSync(join(folder, 'schemata'), '    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n');
    mkdirSync(join(folder, 'mon_groups'));
  };
  make(root, false);
  for (const [folder, files] of Object.entries(info)) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), `${text}\n`);
  }
  const status = (text: string): void => writeFileSync(join(root, 'info/last_cmd_status'), `${text}\n`);
  status('ok');
  let made = 0;
  const isOurs = (path: string): boolean => path.startsWith(`${root}/`);

  function writeSchemata(path: string, text: string): void {
    const held = new Map(
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.trim().split(':') as [string, string]),
    );
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const [name = '', domains = ''] = line.split(':');
      const resource = resources[name];
      if (resource === undefined) {
        status(`Unknown or unsupported resource name '${name}'`);
        throw nativeError('write', path, 'EINVAL');
      }
      const values = new Map((held.get(name) ?? '').split(';').map((pair) => pair.split('=') as [string, string]));
      for (const domain of domains.split(';')) {
        const [id = '', value = ''] = domain.split('=');
        const number = Number.parseInt(value, resource.radix);
        if (!values.has(id) || !(number > 0) || number > resource.greatest) {
          status(`Invalid value ${domain}`);
          throw nativeError('write', path, 'EINVAL');
        }
        values.set(id, number.toString(resource.radix).padStart(name === 'L3' ? 5 : 1, '0'));
      }
      held.set(name, [...values].map((pair) => pair.join('=')).join(';'));
    }
    writeFileSync(path, [...held].map(([name, values]) => `    ${name}:${values}\n`).join(''));
  }

  const functions: Partial<Native> = {
    readText: (dirfd, path, maximum) => {
      const text = native.readText(dirfd, path, maximum);
      return path === '/proc/self/mountinfo' ? `${text}999 1 0:99 / ${root} rw - resctrl resctrl rw\n` : text;
    },
    mkdir: (dirfd, path, mode) => {
      if (!isOurs(path)) return native.mkdir(dirfd, path, mode);
      if (existsSync(path)) throw nativeError('mkdirat', path, 'EEXIST');
      const isMonitor = dirname(path).endsWith('mon_groups');
      if (isMonitor && ++made > monitors) {
        status('Out of RMIDs');
        throw nativeError('mkdirat', path, 'ENOSPC');
      }
      make(path, isMonitor);
    },
    writeControl: (dirfd, path, text) => {
      if (!isOurs(path)) return native.writeControl(dirfd, path, text);
      writes.push(`${path.slice(root.length + 1)} ${text}`);
      status('ok');
      if (path.endsWith('/schemata')) writeSchemata(path, text);
      else if (existsSync(path)) writeFileSync(path, `${text}\n`, { flag: 'a' });
      else throw nativeError('open', path, 'ENOENT');
    },
    unlink: (dirfd, path, flags) => {
      if (!isOurs(path)) return native.unlink(dirfd, path, flags);
      if (!existsSync(path)) throw nativeError('unlinkat', path, 'ENOENT');
      if (dirname(path).endsWith('mon_groups')) made--;
      rmSync(path, { recursive: true });
    },
  };
  return {
    native: { ...native, ...functions },
    writes,
    make: (name) => make(join(root, name), false),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    has: (path) => existsSync(join(root, path)),
  };
}
