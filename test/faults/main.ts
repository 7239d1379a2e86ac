// The executable for crash tests: the same program, killed before the n-th call into the kernel (NOCI_KILL_AT=n).
import { main } from '../../src/main.ts';
import { createExecutableHost } from '../../src/node/host.ts';
import { inject } from './inject.ts';

const host = createExecutableHost();
host.exit(main(inject(host, { kind: 'kill', at: Number(process.env.NOCI_KILL_AT) }, { calls: 0, steps: 0 })));
