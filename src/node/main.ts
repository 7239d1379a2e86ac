// The script of the executable dist/noci-node.
import { main } from '../main.ts';
import { createExecutableHost } from './host.ts';

const native = createExecutableHost();
native.exit(main(native));
