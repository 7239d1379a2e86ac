import type { Bundle } from '../bundle/bundle.ts';
import type { LinuxSeccomp } from '../oci/types.ts';
import { flagNames, NAMESPACE_FLAGS, SECCOMP_FLAGS } from './flag-names.ts';
import { HOOKS } from './hooks.ts';
import type { ContainerPlan, FdRecipe, PropertyValue, SeccompFilter } from './plan.ts';
import type { Call } from './step-calls/call.ts';
import { bornWith, startCalls, stepCalls } from './step-calls.ts';
import { stepWords } from './step-words.ts';

/** Something that is done, and by which system calls. */
export interface Item {
  /** the name of the step in the plan, 'runtime' for what the runtime does itself, 'start' for what init begins with */
  readonly step: string;
  readonly words: string;
  /** the property that asks for it, '' when the runtime itself does */
  readonly pointer: string;
  readonly calls: readonly Call[];
}

/** A file of the container's cgroups that is written. */
export interface CgroupFile {
  readonly file: string;
  readonly value: string;
  readonly pointer: string;
}

/** A hook, and who runs it where. */
export interface ExplainedHook {
  readonly kind: string;
  readonly index: number;
  readonly path: string;
  readonly args: readonly string[];
  /** seconds, 0 for any time */
  readonly timeout: number;
  readonly namespaces: 'runtime' | 'container';
  readonly pointer: string;
}

/** The filter of system calls. */
export interface ExplainedSeccomp {
  readonly defaultAction: string;
  /** without any the machine's own */
  readonly architectures: readonly string[];
  readonly flags: string;
  /** entries of the profile, and names in them */
  readonly rules: number;
  readonly syscalls: number;
  /** of classic BPF, as the kernel gets it */
  readonly instructions: number;
  readonly listener: string;
}

/** What create does, as data: schemas/noci/explain.json */
export interface Explanation {
  readonly bundle: string;
  readonly id: string;
  readonly cgroupDriver: 'cgroupfs' | 'systemd';
  readonly cgroupMode: ContainerPlan['cgroup']['mode'];
  readonly warnings: readonly string[];
  readonly runtime: readonly Item[];
  readonly cgroup: {
    readonly unit: string;
    readonly properties: readonly CgroupFile[];
    readonly directories: readonly string[];
    readonly files: readonly CgroupFile[];
  };
  readonly seccomp: ExplainedSeccomp | null;
  readonly hooks: readonly ExplainedHook[];
  readonly init: readonly Item[];
}

/** What was planned, and for whom. */
export interface Planned {
  readonly bundle: Bundle;
  readonly plan: ContainerPlan;
  readonly seccomp: SeccompFilter | undefined;
  /** lines of the file schemata of resctrl, when there is a group of it */
  readonly schemata: readonly string[] | undefined;
}

function runtimeItem(words: string, pointer: string, ...calls: readonly Call[]): Item {
  return { step: 'runtime', words, pointer, calls };
}

/** What `container/open.ts` does for a recipe; a fd that is there already needs nothing. */
function opening(recipe: FdRecipe): { readonly words: string; readonly call: Call } | undefined {
  switch (recipe.open) {
    case 'tree':
    case 'rootfs': {
      const flags = recipe.open === 'rootfs' || recipe.recursive ? 'OPEN_TREE_CLONE|AT_RECURSIVE' : 'OPEN_TREE_CLONE';
      const idmap = recipe.open === 'tree' && recipe.idmap !== undefined ? ', its ids mapped' : '';
      return {
        words: `take a detached copy of ${recipe.path}${idmap}`,
        call: {
          name: 'open_tree',
          args: [
            ['path', JSON.stringify(recipe.path)],
            ['flags', flags],
          ],
        },
      };
    }
    case 'device':
    case 'directory':
    case 'namespace':
    case 'control':
      return {
        words: `open ${recipe.path}`,
        call: { name: 'openat2', args: [['path', JSON.stringify(recipe.path)]] },
      };
    case 'fifo':
      return {
        words: 'make the fifo by which start will let init go on',
        call: { name: 'mkfifoat', args: [['path', '"exec.fifo"']] },
      };
    case 'notify':
      return {
        words: 'make the directory of the socket for sd_notify',
        call: { name: 'mkdirat', args: [['path', '"notify"']] },
      };
    case 'held':
      return undefined;
  }
}

/** In the order of the steps that need them; several for one step are told together. */
function openings({ steps }: ContainerPlan): Item[] {
  return steps.flatMap(({ run, pointer }, index) => {
    const recipes = Object.values(run)
      .flat()
      .filter((value): value is FdRecipe => typeof value === 'object' && value !== null && 'open' in value);
    const made = recipes.map(opening).filter((one) => one !== undefined);
    const [first] = made;
    if (first === undefined) return [];
    const words = made.length === 1 ? first.words : `open ${made.length} files for step ${index}`;
    return [runtimeItem(words, pointer, ...made.map(({ call }) => call))];
  });
}

function birth({ cloneFlags, cgroup, pidNamespace, joined }: ContainerPlan): Item[] {
  const into = cgroup.systemd === undefined && cgroup.directories.some(({ version }) => version === 2);
  const flags = [
    ...(bornWith(cloneFlags) === 0 ? [] : [flagNames(NAMESPACE_FLAGS, bornWith(cloneFlags))]),
    ...(into ? ['CLONE_INTO_CGROUP'] : []),
  ];
  return [
    ...joined.map(({ type, path, pointer }) =>
      runtimeItem(`let init be born in the ${type} namespace ${path}`, pointer),
    ),
    ...(pidNamespace === undefined
      ? []
      : [runtimeItem(`let init be born in the pid namespace ${pidNamespace}`, '/linux/namespaces')]),
    runtimeItem(
      cloneFlags === 0 ? 'start init' : 'start init in new namespaces',
      cloneFlags === 0 ? '' : '/linux/namespaces',
      { name: 'clone3', args: [['flags', flags.join('|') || '0']] },
      { name: 'execveat', args: [['fd', '<init, a sealed memfd>']] },
    ),
  ];
}

function processWrites({ processWrites: writes }: ContainerPlan): Item[] {
  return writes.map(({ file, value, pointer, program }) =>
    runtimeItem(`write init's ${file}${program === undefined ? '' : ` by ${program}(1)`}`, pointer, {
      name: 'write',
      args: [
        ['fd', `</proc/PID/${file}>`],
        ['buf', JSON.stringify(value)],
      ],
    }),
  );
}

/** The order is that of container/create.ts: a process is put in what it is to be limited by before it gets its plan. */
function runtime(planned: Planned): Item[] {
  const { plan, schemata } = planned;
  const [before, after] = cgroupItems(plan);
  return [
    runtimeItem("make the container's state directory, lock it, and record what is going to be made", ''),
    ...before,
    ...(schemata === undefined
      ? []
      : [
          runtimeItem(
            `make the group of resctrl${schemata.length === 0 ? '' : `: ${schemata.join(' ')}`}`,
            '/linux/intelRdt',
          ),
        ]),
    ...birth(plan),
    runtimeItem('record its pid and start time', ''),
    ...after,
    ...processWrites(plan),
    ...openings(plan),
    runtimeItem('send init the plan below, and answer it until it is ready', ''),
    runtimeItem('replace the record by the state of a container that is created', ''),
  ];
}

/** What comes before init is there, and after: it is born in a cgroup of version 2, and joins those of version 1 itself. */
function cgroupItems({ cgroup: { mode, systemd, directories } }: ContainerPlan): readonly [Item[], Item[]] {
  if (directories.length === 0) return [[], []];
  const item = (words: string) => [runtimeItem(words, '/linux/cgroupsPath')];
  if (systemd !== undefined) return [[], item('let systemd move init to its unit, and write the files below')];
  if (mode === 'v2') return [item('make the cgroup, and write the files below'), []];
  const unified = directories.some(({ version }) => version === 2);
  return [
    unified ? item('make the cgroup of version 2') : [],
    item(`make the cgroups${unified ? ' of version 1' : ''}, and write the files below`),
  ];
}

function propertyText(value: PropertyValue): string {
  if (value instanceof Uint8Array) return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return Array.isArray(value) ? value.map(propertyText).join(' ') : String(value);
}

function cgroupFiles({ cgroup }: ContainerPlan): Explanation['cgroup'] {
  const { devices, owner, systemd, unitProperties = [] } = cgroup;
  return {
    unit: systemd === undefined ? '' : systemd.unit,
    properties: unitProperties.map(({ name, value, pointer }) => ({ file: name, value: propertyText(value), pointer })),
    directories: cgroup.directories.map(({ path }) => path),
    files: [
      ...cgroup.limits.map(({ file, value, pointer }) => ({ file, value: value.trimEnd(), pointer })),
      ...(devices === undefined
        ? []
        : [
            {
              file: `${devices.path} (device filter)`,
              value: `${devices.program.length / 8} instructions of eBPF`,
              pointer: devices.pointer,
            },
          ]),
      ...(owner === undefined
        ? []
        : [{ file: `${owner.path} (owner)`, value: String(owner.uid), pointer: owner.pointer }]),
    ],
  };
}

function explainSeccomp(profile: LinuxSeccomp | undefined, filter: SeccompFilter | undefined): ExplainedSeccomp | null {
  if (profile === undefined || filter === undefined) return null;
  const { defaultAction, architectures = [], syscalls = [] } = profile;
  return {
    defaultAction,
    architectures,
    flags: flagNames(SECCOMP_FLAGS, filter.flags),
    rules: syscalls.length,
    syscalls: syscalls.reduce((sum, { names }) => sum + names.length, 0),
    instructions: filter.program.length / 8,
    listener: filter.agent?.path ?? '',
  };
}

function hooks({ config }: Bundle): ExplainedHook[] {
  return HOOKS.flatMap((kind) =>
    (config.hooks?.[kind] ?? []).map(({ path, args = [path], timeout = 0 }, index) => ({
      kind,
      index,
      path,
      args,
      timeout: Number(timeout),
      namespaces:
        kind === 'createContainer' || kind === 'startContainer' ? ('container' as const) : ('runtime' as const),
      pointer: `/hooks/${kind}/${index}`,
    })),
  );
}

/** The plan in words. `id` is the container's. */
export function explanation(planned: Planned, id: string): Explanation {
  const { bundle, plan, seccomp } = planned;
  const calls = stepCalls(plan.steps);
  return {
    bundle: bundle.path,
    id,
    cgroupDriver: plan.cgroup.systemd === undefined ? 'cgroupfs' : 'systemd',
    cgroupMode: plan.cgroup.mode,
    warnings: plan.warnings,
    runtime: runtime(planned),
    cgroup: cgroupFiles(plan),
    seccomp: explainSeccomp(bundle.config.linux?.seccomp, seccomp),
    hooks: hooks(bundle),
    init: [
      { step: 'start', words: 'begin', pointer: '', calls: startCalls(plan.cloneFlags) },
      ...plan.steps.map(({ run, pointer }, index) => ({
        step: run.step,
        words: stepWords(run),
        pointer,
        calls: calls[index] ?? [],
      })),
    ],
  };
}
