import t from 'tap';
import { parsePasswd } from '../../../src/container/user-names.ts';

t.test('the first entry of a uid counts, broken lines do not', async (t) => {
  const names = parsePasswd(
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n\nbad\n+nis\nuser:x:1000:1000::/:\nx:x:abc:1::/:\n',
  );
  t.strictSame(
    [...names],
    [
      [0, 'root'],
      [1000, 'user'],
    ],
  );
});
