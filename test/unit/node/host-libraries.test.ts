import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Patient } from '../../../src/doctor/check.ts';
import { libraryChecks } from '../../../src/doctor/libraries.ts';
import { hostLibraries } from '../../../src/node/host-libraries.ts';

const folder = mkdtempSync(join(tmpdir(), 'noci-libraries-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const project = new URL('../../../', import.meta.url).pathname;

function found(directory: string) {
  const patient = { native: { hostLibraries: () => hostLibraries(directory) } } as unknown as Patient;
  return libraryChecks(patient).map(({ name, cure, ask }) => ({ name, cure, ...ask(patient) }));
}

t.test('with koffi each library is asked', async (t) => {
  const names = ['libseccomp.so.2', 'libapparmor.so.1', 'libselinux.so.1', 'libsystemd.so.0'];
  const libraries = found(project);
  t.strictSame(
    libraries.map(({ name }) => name),
    names,
  );
  for (const { found, detail } of libraries) t.ok(found === 'there' || detail === 'not installed', detail);
});

t.test('without koffi none is said to lack, and what is missing is named', async (t) => {
  t.strictSame(found(folder), [
    {
      name: 'libraries',
      found: 'unknown',
      detail: "asking them needs the npm package koffi, which cannot be loaded: Cannot find module 'koffi'",
      cure: 'npm install koffi, where noci is installed',
    },
  ]);
});
