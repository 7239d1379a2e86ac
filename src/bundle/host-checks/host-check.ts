import type { Native } from '../../native/contract.ts';
import type { Bundle } from '../bundle.ts';
import type { Problem } from '../problem.ts';

/** A check that has to look at the host. It changes nothing. What it finds can be different a moment later: it is for the message. */
export type HostCheck = (native: Native, bundle: Bundle) => Problem[];
