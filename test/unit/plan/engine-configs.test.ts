// Real configurations: what dockerd, containerd, podman and buildah wrote must become plans that the addon accepts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { validateConfig } from '../../../src/bundle/validate.ts';
import { planLimits } from '../../../src/cgroup/settings.ts';
import type { Config } from '../../../src/oci/types.ts';
import { planContainer } from '../../../src/plan/container-plan.ts';
import { explain } from '../../../src/plan/explain.ts';
import type { CgroupPlan, SeccompFilter } from '../../../src/plan/plan.ts';
import { compile } from '../../../src/seccomp/compile.ts';
import { directory, facts, options } from '../../fakes/plan.ts';

const folder = new URL('../../../../shared/engine-configs/', import.meta.url).pathname;
const skip = existsSync(folder) ? false : `no folder ${folder}`;
const files = skip ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));
const configs = files.map((name) => ({ name, config: JSON.parse(readFileSync(folder + name, 'utf8')) as Config }));

/** What the profile of a config comes to. */
function filterOf({ linux }: Config): SeccompFilter | undefined {
  if (linux?.seccomp === undefined) return undefined;
  const compiled = compile(linux.seccomp, 'SCMP_ARCH_X86_64');
  if ('problem' in compiled) throw new Error(compiled.problem.message);
  return { program: compiled.program, flags: 0 };
}

/** addon/init/steps/table.def: step → its fields and their types. */
function stepTable(): Map<string, [name: string, type: string][]> {
  const text = readFileSync(new URL('../../../addon/init/steps/table.def', import.meta.url), 'utf8');
  const entries = [...text.matchAll(/STEP\((\w+),((?:\s*"[^"]*")+)\)/g)].map(([, step = '', strings = '']) => {
    const fields = strings.replace(/"\s*"|"/g, '').trim();
    return [step, fields === '' ? [] : fields.split(' ').map((field) => field.split(':') as [string, string])] as const;
  });
  return new Map(entries.map(([step, fields]) => [step, [...fields]]));
}

const isInteger = (value: unknown): boolean => typeof value === 'bigint' || Number.isSafeInteger(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isRecipe = (value: unknown): boolean => typeof (value as { open?: unknown }).open === 'string';
const ofType: Record<string, (value: unknown) => boolean> = {
  int: isInteger,
  text: isText,
  data: (value) => value instanceof Uint8Array,
  fd: isRecipe,
  ints: (value) => Array.isArray(value) && value.every(isInteger),
  texts: (value) => Array.isArray(value) && value.every(isText),
  fds: (value) => Array.isArray(value) && value.every(isRecipe),
};

t.test('every one becomes a plan whose steps have the fields that init reads', { skip }, async (t) => {
  const table = stepTable();
  t.ok(configs.length > 0, 'there are configurations');
  const cgroup = { mode: 'hybrid', directories: [directory('memory', 'memory')], limits: [] } as const;
  for (const { name, config } of configs) {
    const bundle = { path: '/bundle', rootfs: '/bundle/rootfs', config };
    const plan = planContainer(bundle, facts, options, cgroup, filterOf(config));
    const wrong = plan.steps.filter(({ run: { step, ...fields } }) => {
      const declared = table.get(step) ?? [['unknown step', 'int']];
      const values = fields as Record<string, unknown>;
      const typed = declared.every(([field, type]) => ofType[type]?.(values[field]));
      return !typed || Object.keys(fields).length !== declared.length;
    });
    t.strictSame(wrong, [], name);
    t.equal(plan.steps.at(-1)?.run.step, 'execve', name);
    t.equal(explain(plan).trimEnd().split('\n').slice(-plan.steps.length)[0]?.startsWith('  0 '), true, name);
  }
});

t.test('every pointer names something in the config', { skip }, async (t) => {
  for (const { name, config } of configs) {
    const bundle = { path: '/bundle', rootfs: '/bundle/rootfs', config };
    const { steps } = planContainer(
      bundle,
      facts,
      options,
      { mode: 'none', directories: [], limits: [] },
      filterOf(config),
    );
    const lost = steps
      .map(({ pointer }) => pointer)
      .filter((pointer) => {
        const keys = pointer
          .split('/')
          .slice(1)
          .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
        return (
          keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config) ===
          undefined
        );
      });
    t.strictSame(lost, [], name);
  }
});

t.test('every one is valid', { skip }, async (t) => {
  for (const { name, config } of configs) t.strictSame(validateConfig(config), [], name);
});

/** Where the controllers of the engines' hosts are: in hierarchies of their own, or in one. */
const hosts: Readonly<Record<string, CgroupPlan['directories']>> = {
  v1: ['cpu', 'cpuset', 'memory', 'blkio', 'pids', 'devices', 'freezer'].map((name) => directory(name, name)),
  v2: [{ ...directory('unified', 'cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb', 'rdma'), version: 2 }],
};

/** Properties of linux.resources that ask for something, without what no kernel has any more and what starts at zero. */
function asked({ linux }: Config): string[] {
  return Object.entries(linux?.resources ?? {}).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.map((_, index) => `${name}/${index}`);
    return Object.entries(value as object)
      .filter(([, one]) => one !== 0 && one !== '' && one !== false && !(Array.isArray(one) && one.length === 0))
      .map(([property]) => `${name}/${property}`);
  });
}

/** What v2 does not have, and rules of devices, which a program keeps there. */
const ofVersion1 = ['memory/swappiness', 'memory/disableOOMKiller', 'devices'];

t.test('every limit that an engine asked for is planned', { skip }, async (t) => {
  let planned = 0;
  for (const { name, config } of configs) {
    for (const [version, directories] of Object.entries(hosts)) {
      const pointers = planLimits(directories, config.linux?.resources ?? {}).map(({ pointer }) => pointer);
      const expected = asked(config).filter(
        (property) => version === 'v1' || !ofVersion1.some((start) => property.startsWith(start)),
      );
      planned += expected.length;
      // quota and period are one file of v2
      const lost = expected.filter(
        (property) =>
          !pointers.some((pointer) => pointer.startsWith(`/linux/resources/${property}`)) &&
          !(version === 'v2' && property === 'cpu/period'),
      );
      t.strictSame(lost, [], `${name} on ${version}`);
    }
  }
  t.ok(planned > 500, `${planned} limits`);
});
