import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { openBundle } from '../doctor/bundle.ts';
import { examine } from '../doctor/examine.ts';
import { examinationText } from '../doctor/text.ts';
import { probeHost } from '../host/facts.ts';
import { plainJson } from '../oci/json.ts';

/** `doctor`: what the host offers and lacks, each lack with its consequence and cure. 1 when something needed is lacking. */
export const command: Command<'doctor'> = (native, { options, global }) => {
  const { root, systemdCgroup, rootless } = global;
  const bundle = options.bundle === '' ? undefined : openBundle(native, options.bundle);
  const found = examine({ native, facts: probeHost(native), root, systemdCgroup, rootless, bundle });
  native.write(1, options.json ? `${plainJson(found, '  ')}\n` : visible(examinationText(found)));
  return found.lacking === 0 ? 0 : 1;
};
