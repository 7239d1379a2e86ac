import type { Native } from '../native/contract.ts';
import { type Explanation, explanation } from '../plan/explanation.ts';
import { type CreateRequest, type Planned, planBundle } from './prepare.ts';
import type { Report } from './report.ts';

/** What somebody says who wants to know what `create` would do. */
export type PreviewRequest = Pick<
  CreateRequest,
  'id' | 'root' | 'rootSticky' | 'bundle' | 'systemdCgroup' | 'rootless'
>;

/** What create would warn of is a part of the answer. */
export type Preview = Planned & { readonly warnings: readonly string[] };

/** By the functions of create itself. A terminal would be asked for at its socket, of which nothing is said here. Nothing is made. */
export function previewBundle(native: Native, request: PreviewRequest, report: Report): Preview {
  const whole: CreateRequest = {
    ...request,
    pidFile: '',
    consoleSocket: '',
    pidfdSocket: '',
    noPivot: false,
    noNewKeyring: false,
    preserveFds: 0,
    detach: false,
    start: 'fifo',
  };
  const warnings: string[] = [];
  const listening = { ...report, warning: (text: string) => void warnings.push(text) };
  return { ...planBundle(native, whole, listening, (_name, work) => work()), warnings };
}

export function explainBundle(native: Native, request: PreviewRequest, report: Report): Explanation {
  const { warnings, ...planned } = previewBundle(native, request, report);
  return { ...explanation({ ...planned, schemata: planned.resctrl?.lines }, request.id), warnings };
}
