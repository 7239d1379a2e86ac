import type { Hook } from '../oci/types.ts';
import type { ociVersion } from '../oci/version.ts';
import type { PlannedStep } from './plan.ts';
import type { PlanInput, Planner } from './planner.ts';
import { planned } from './planner.ts';

/** The kinds of hook in the order of their moments (config.md § POSIX-platform Hooks); `features` lists them. */
export const HOOKS = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const;

/** The runtime's version of the specification. Its type is the value, so the compiler keeps it equal to oci/version.ts. */
const version: typeof ociVersion = '1.3.0';

/** How a hook that init runs differs by its kind. */
interface Moment {
  readonly kind: 'createContainer' | 'startContainer';
  readonly status: 'creating' | 'created';
  /** where the hook runs; '' where init is */
  readonly cwd: string;
  /** 1: without `env` of its own it gets the container process's */
  readonly inheritEnv: number;
}

/**
 * The state document that the hook reads from stdin (runtime.md § State). The first %PID% is the pid, which only init knows
 * as the container sees it; nothing before it can hold that text, because an id has no %.
 */
function stateTemplate({ bundle, config, options }: PlanInput, status: string): string {
  const { annotations } = config;
  const head = JSON.stringify({ ociVersion: version, id: options.id, status }).slice(0, -1);
  const some = Object.keys(annotations ?? {}).length > 0;
  const tail = JSON.stringify({ bundle: bundle.path, ...(some && { annotations }) }).slice(1);
  return `${head},"pid":%PID%,${tail}`;
}

function hookStep(hook: Hook, index: number, moment: Moment, state: string): PlannedStep {
  const { path, args = [path], env, timeout = 0 } = hook;
  const { kind, cwd } = moment;
  const inheritEnv = env === undefined ? moment.inheritEnv : 0;
  return planned(
    { step: 'hook', kind, index, path, args, env: env ?? [], inheritEnv, timeout: Number(timeout) * 1000, state, cwd },
    `/hooks/${kind}/${index}`,
  );
}

function hookSteps(input: PlanInput, moment: Moment): readonly PlannedStep[] {
  const hooks = input.config.hooks?.[moment.kind] ?? [];
  if (hooks.length === 0) return [];
  const state = stateTemplate(input, moment.status);
  return hooks.map((hook, index) => hookStep(hook, index, moment, state));
}

/** Init waits while the runtime runs prestart and createRuntime hooks in its own namespaces; without any it does not. */
export const runtimeHooks: Planner = ({ config: { hooks } }) => {
  const kind = (['prestart', 'createRuntime'] as const).find((name) => hooks?.[name]?.length);
  return kind ? [planned({ step: 'request', what: 'hooks' }, `/hooks/${kind}`)] : [];
};

/** In the container's namespaces with the host's paths: the root is at its place on the host, "/" is still the host's. */
export const createContainerHooks: Planner = (input) =>
  hookSteps(input, { kind: 'createContainer', status: 'creating', cwd: input.bundle.rootfs, inheritEnv: 0 });

/** As the container's process would see things, right before it runs. */
export const startContainerHooks: Planner = (input) =>
  hookSteps(input, { kind: 'startContainer', status: 'created', cwd: '', inheritEnv: 1 });
