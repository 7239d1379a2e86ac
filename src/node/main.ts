// The executable dist/noci.
import { stderrLog } from '../cli/log.ts';
import { main } from '../main.ts';
import type { Native } from '../native/contract.ts';
import { createHost } from './host.ts';

/** Anything thrown past `main` is a defect; the caller still gets a record and the status of a failure. */
function guardedMain(native: Native): number {
  try {
    return main(native);
  } catch (error) {
    stderrLog(native).fatal(error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error));
    return 1;
  }
}

const native = createHost();
native.exit(guardedMain(native));
