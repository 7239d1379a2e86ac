import t from 'tap';
import { checkHugepageSizes } from '../../../src/bundle/host-checks/hugepages.ts';
import type { Entry, Fd, Native } from '../../../src/native/contract.ts';
import { config } from '../../fakes/config.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

function problems(folders: readonly string[] | undefined, ...sizes: string[]): string[] {
  const { native } = fakeHost({
    functions: {
      open: (_directory, path) => {
        if (folders === undefined) throw nativeError('open', path, 'ENOENT');
        return 5 as Fd;
      },
      readdir: () => (folders ?? []).map((name) => ({ name, type: 4 }) as Entry),
      close: () => {},
    },
  });
  const hugepageLimits = sizes.map((pageSize) => ({ pageSize, limit: 0 }));
  const bundle = { path: '/b', rootfs: '/b/rootfs', config: config({ linux: { resources: { hugepageLimits } } }) };
  return checkHugepageSizes(native as Native, bundle).map(({ pointer, message }) => `${pointer}: ${message}`);
}

const folders = ['.', '..', 'hugepages-64kB', 'hugepages-2048kB', 'hugepages-1048576kB', 'hugepages-16777216kB'];
const place = '/linux/resources/hugepageLimits';

t.test('sizes are named as the kernel names the files of a cgroup', async (t) => {
  t.strictSame(problems(folders, '64KB', '2MB', '1GB', '16GB'), []);
  t.strictSame(problems(folders, '2MB', '2048KB', '4MB'), [
    `${place}/1/pageSize: this host has no huge pages of 2048KB; it has those of 64KB, 2MB, 1GB, 16GB`,
    `${place}/2/pageSize: this host has no huge pages of 4MB; it has those of 64KB, 2MB, 1GB, 16GB`,
  ]);
});

t.test('a kernel without huge pages', async (t) => {
  const text = `${place}/0/pageSize: this host has no huge pages of 2MB; it has none of any size`;
  t.strictSame(problems(undefined, '2MB'), [text]);
  t.strictSame(problems([], '2MB'), [text]);
});

t.test('nothing is read when nothing is asked', async (t) => {
  const { native, calls } = fakeHost({});
  t.strictSame(checkHugepageSizes(native as Native, { path: '/b', rootfs: '/r', config: config() }), []);
  t.strictSame(calls, []);
});
