import type { Command, Invocation } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { explainBundle } from '../container/preview.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';
import type { Explanation } from '../plan/explanation.ts';
import { diffText, explanationDiff } from '../plan/explanation-diff.ts';
import { explanationText } from '../plan/explanation-text.ts';

/** Who does not say what the container is called wants to know about any. */
const anyId = 'container';

/** `explain`: prints what create would do for a bundle, or what it would do differently for another. Nothing is made. */
export const command: Command<'explain'> = (native, invocation) => {
  const { diff, json, bundle } = invocation.options;
  refuseBundle(invocation.positionals[0]);
  // a bundle becomes the working directory when it is read
  const start = native.getcwd();
  const first = explain(native, invocation, bundle);
  if (diff === '') {
    native.write(1, json ? `${writeJson(first, '  ')}\n` : visible(explanationText(first)));
    return 0;
  }
  native.chdir(start);
  const second = explain(native, invocation, diff);
  const changes = explanationDiff(first, second);
  const document = { from: first.bundle, to: second.bundle, changes };
  native.write(1, json ? `${writeJson(document, '  ')}\n` : visible(diffText(first, second, changes)));
  return 0;
};

/** Who names a bundle where the id stands. */
function refuseBundle(id: string | undefined): void {
  if (id?.includes('/')) throw new Failure(`invalid container ID format: ${id}; a bundle is named by --bundle`);
}

function explain(native: Native, { positionals, global, log }: Invocation<'explain'>, bundle: string): Explanation {
  const { root, rootSticky, systemdCgroup, rootless } = global;
  const id = positionals[0] ?? anyId;
  return explainBundle(native, { id, root, rootSticky, bundle, systemdCgroup, rootless }, log);
}
