import type { Invocation } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';
import type { Arch, LinuxSeccomp, LinuxSeccompAction } from '../oci/types.ts';
import { ACTIONS } from '../seccomp/actions.ts';
import { ARCHITECTURES, nativeArchitecture } from '../seccomp/architectures.ts';
import { errnoName } from '../seccomp/errno-names.ts';
import type { Judgement } from '../seccomp/judge-call.ts';
import { ARGUMENTS } from '../seccomp/operators.ts';
import { type FoundProfile, findProfile, placeIn } from './seccomp-profile.ts';

type Calls = typeof import('../seccomp/module.ts');

/** What was asked, and what happens. */
interface Explanation {
  readonly document: string;
  readonly call: {
    readonly syscall: string;
    readonly number: number;
    readonly architecture: Arch;
    readonly args: readonly (number | bigint)[];
  };
  readonly action: string;
  /** of ERRNO and TRACE */
  readonly errno?: number;
  readonly errnoName?: string;
  readonly consequence: string;
  readonly reason: Judgement['reason'] | 'no filter';
  /** in the document, absent where no place of it decides */
  readonly pointer?: string;
  readonly because: string;
  readonly asked: Judgement['asked'];
}

/** `seccomp explain`: which rule of a profile decides about a call, and what happens. */
export function explainCall(native: Native, invocation: Invocation<'seccomp'>, words: readonly string[]): number {
  const [target, name, ...args] = words;
  if (target === undefined || name === undefined)
    throw new Failure('seccomp explain needs a profile or a container, and a system call');
  const { machine } = native.uname();
  const own = nativeArchitecture(machine);
  if (own === undefined) throw new Failure(`seccomp is not supported on a machine of the kind ${machine}`);
  const { options, global } = invocation;
  const architecture = options.arch === '' ? own : architectureOf(options.arch);
  const found = findProfile(native, global.root, target, own);
  const call = callOf(native, architecture, name, args);
  const explanation = explain(native, found, own, call);
  native.write(1, options.json ? `${writeJson(explanation)}\n` : text(explanation));
  return 0;
}

/** SCMP_ARCH_X86, or x86 for short. */
function architectureOf(word: string): Arch {
  const name = `SCMP_ARCH_${word.toUpperCase().replace(/^SCMP_ARCH_/, '')}`;
  if (Object.hasOwn(ARCHITECTURES, name)) return name as Arch;
  throw new Failure(`no architecture ${JSON.stringify(word)}: there are ${Object.keys(ARCHITECTURES).join(', ')}`);
}

function callOf(native: Native, architecture: Arch, word: string, args: readonly string[]): Explanation['call'] {
  if (args.length > ARGUMENTS) throw new Failure(`system calls have at most ${ARGUMENTS} arguments`);
  const calls = native.cold('seccomp') as Calls;
  const { audit } = ARCHITECTURES[architecture];
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : calls.findCall(architecture, word);
  if (number === undefined) throw new Failure(`${architecture} has no system call ${JSON.stringify(word)}`);
  if (number > 0xffffffff) throw new Failure(`number ${word} is greater than that of any system call`);
  const named = calls.callName(audit, number);
  return { syscall: named?.name ?? '', number, architecture: named?.arch ?? architecture, args: args.map(argument) };
}

function argument(word: string): number | bigint {
  if (!/^(-?\d+|0x[0-9a-f]+)$/i.test(word)) throw new Failure(`argument ${JSON.stringify(word)} is no number`);
  const value = BigInt(word);
  if (value >= 2n ** 64n || value < -(2n ** 63n)) throw new Failure(`argument ${word} has more than 64 bits`);
  const unsigned = BigInt.asUintN(64, value);
  return unsigned <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(unsigned) : unsigned;
}

function explain(native: Native, found: FoundProfile, own: Arch, call: Explanation['call']): Explanation {
  const { document, seccomp } = found;
  if (seccomp === undefined)
    return {
      document,
      call,
      action: 'SCMP_ACT_ALLOW',
      consequence: consequences.SCMP_ACT_ALLOW(''),
      reason: 'no filter',
      because: 'there is no seccomp profile',
      asked: [],
    };
  refuseContradiction(native, found, seccomp, own);
  const { audit } = ARCHITECTURES[call.architecture];
  const judged = (native.cold('seccomp') as Calls).judgeCall(seccomp, own, {
    audit,
    number: call.number,
    args: Array.from({ length: ARGUMENTS }, (_, index) => BigInt(call.args[index] ?? 0)),
  });
  const { reason } = judged;
  const data = judged.verdict & 0xffff;
  const action = actionName(judged.verdict);
  const withData = action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE';
  const pointer = reason === 'rule' ? judged.pointer : reason === 'default' ? '/linux/seccomp/defaultAction' : '';
  return {
    document,
    call,
    action,
    ...(withData ? { errno: data } : {}),
    ...(action === 'SCMP_ACT_ERRNO' ? { errnoName: errnoName(data) } : {}),
    consequence: consequences[action](data === 0 ? '' : errnoName(data)),
    reason,
    ...(pointer === '' ? {} : { pointer: placeIn(found, pointer) }),
    because: because(judged),
    asked: judged.asked.map((rule) => ({ ...rule, pointer: placeIn(found, rule.pointer) })),
  };
}

function refuseContradiction(native: Native, found: FoundProfile, seccomp: LinuxSeccomp, own: Arch): void {
  const made = (native.cold('seccomp') as Calls).compile(seccomp, own);
  if ('problem' in made)
    throw new Failure(made.problem.message, placeIn(found, made.problem.pointer), { document: found.document });
}

type Action = Exclude<LinuxSeccompAction, 'SCMP_ACT_KILL'>;

/** What a program meets with, by what the filter returns. seccomp(2) */
const consequences: { readonly [action in Action]: (errno: string) => string } = {
  SCMP_ACT_ALLOW: () => 'the call is made',
  SCMP_ACT_ERRNO: (errno: string) =>
    errno === ''
      ? 'the call is not made, and seems to have succeeded'
      : `the call is not made, and fails with ${errno}`,
  SCMP_ACT_KILL_PROCESS: () => 'the process is killed by SIGSYS',
  SCMP_ACT_KILL_THREAD: () => 'the thread is killed by SIGSYS, and with its last one the process',
  SCMP_ACT_LOG: () => 'the call is made, and the kernel logs it',
  SCMP_ACT_NOTIFY: () => 'the agent at listenerPath decides',
  SCMP_ACT_TRACE: () => 'a tracer decides; without one the call fails with ENOSYS',
  SCMP_ACT_TRAP: () => 'the call is not made, and the thread gets SIGSYS',
};

function actionName(verdict: number): Action {
  const names = Object.keys(consequences) as Action[];
  return names.find((name) => ACTIONS[name] === (verdict & 0xffff0000) >>> 0) as Action;
}

function because({ reason, asked }: Judgement): string {
  switch (reason) {
    case 'rule':
      return asked.at(-1)?.conditions.length === 0 ? 'the rule names it' : 'the conditions of the rule hold';
    case 'default':
      return asked.length === 0 ? 'no rule is about it' : 'of the rules for it the conditions do not hold';
    case 'newer':
      return 'it is behind the last call that the profile names: to programs it does not exist, so that they try an older one';
    case 'architecture':
      return 'the profile has no such architecture';
  }
}

function text(explanation: Explanation): string {
  const { call, action, errno, consequence, pointer, document, asked } = explanation;
  const args = call.args.map((value) => `0x${value.toString(16)}`).join(', ');
  const name = call.syscall === '' ? 'a call without a name' : `${call.syscall}(${args})`;
  const lines = [
    ['call', `${name}, number ${call.number} of ${call.architecture}`],
    ['action', `${action}${errno === undefined ? '' : ` ${errno}`}: ${consequence}`],
    ['because', explanation.because],
    ...(pointer === undefined ? [] : [['decided by', `${document}: ${pointer}`]]),
    ...asked.map(({ pointer: rule, conditions, holds }, index) => [
      index === 0 ? 'asked' : '',
      `${rule}: ${conditions.length === 0 ? 'no conditions' : conditions.join(' and ')}${holds ? '' : ', which does not hold'}`,
    ]),
  ];
  return visible(lines.map(([label = '', what]) => `${label.padEnd(12)}${what}\n`).join(''));
}
