// The executable dist/noci-node.
import { main } from '../main.ts';
import { createHost } from './host.ts';

const native = createHost();
native.exit(main(native));
