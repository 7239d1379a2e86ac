import type { Invocation } from '../cli/command.ts';
import { runContainer } from '../container/run.ts';
import { createRecorder, type RecordedCall, type Recorder, recordingFilter } from '../container/seccomp-recorder.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';
import type { LinuxSeccomp } from '../oci/types.ts';
import { createRequest } from './create-request.ts';
import { openNew } from './new-file.ts';

type Calls = typeof import('../seccomp/module.ts');

/**
 * `seccomp record`: runs a bundle, in the foreground, with a filter that asks about every call, lets each be made, and writes the profile
 * that allows these and no others. Its exit status is that of the container.
 */
export function recordProfile(native: Native, invocation: Invocation<'seccomp'>, words: readonly string[]): number {
  if (words.length > 1) throw new Failure('seccomp record takes at most a container id');
  const [id = `record-${native.getpid()}`] = words;
  // before the run, which would be in vain
  const { output: path } = invocation.options;
  const output = path === '' || path === '-' ? 1 : openNew(native, path, 0o644, 'seccomp record');
  const calls = native.cold('seccomp') as Calls;
  const recorder = createRecorder(native, ({ arch, number }) =>
    ['execve', 'execveat'].includes(calls.callName(arch, number)?.name ?? ''),
  );
  const request = createRequest(native, { ...invocation, verb: 'run', positionals: [id] });
  const status = runContainer(
    recorder.native,
    { ...request, detach: false, start: 'reply', keep: false, subreaper: true, filter: recordingFilter },
    invocation.log,
  );
  const { profile, nameless } = profileOf(calls, recorder);
  for (const { arch, number } of nameless)
    invocation.log.warning(
      `system call ${number} of architecture 0x${arch.toString(16)} has no name, and is not in the profile`,
    );
  if (recorder.overflown())
    invocation.log.warning(
      'more different system calls were made than there are: the profile does not have all of them',
    );
  native.write(output, `${writeJson(profile, '  ')}\n`);
  return status;
}

function profileOf(
  { callName }: Calls,
  recorder: Recorder,
): { readonly profile: LinuxSeccomp; readonly nameless: readonly RecordedCall[] } {
  const named = recorder.calls().map((call) => ({ call, is: callName(call.arch, call.number) }));
  const known = named.flatMap(({ is }) => (is === undefined || is.name === '' ? [] : [is]));
  const names = [...new Set([...known.map(({ name }) => name), ...recorder.unrecorded()])].sort();
  return {
    profile: {
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: [...new Set(known.map(({ arch }) => arch))].sort(),
      syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
    },
    nameless: named.filter(({ is }) => is === undefined || is.name === '').map(({ call }) => call),
  };
}
