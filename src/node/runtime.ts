import './async-dispose.ts';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Problem } from '../bundle/problem.ts';
import type { Examination } from '../doctor/examine.ts';
import type { Features } from '../oci/types.ts';
import type { Explanation } from '../plan/explanation.ts';
import type { ContainerPlan } from '../plan/plan.ts';
import { Container } from './container.ts';
import { type CreateOptions, createContainer } from './creation.ts';
import type { ContainerDescription } from './documents.ts';
import { directory, libraryNative } from './library-addon.ts';
import { ownOptions } from './own-options.ts';
import { ask } from './planner.ts';
import type { ExamineRequest } from './planning.ts';
import { type Caller, type Cancellable, callVerb } from './verb.ts';

/** How the runtime is called. */
export interface RuntimeOptions {
  /** the folder of the containers' state, of the runtime's choice when absent: /run/noci for root */
  readonly root?: string | undefined;
  /** cgroups are systemd's: scopes of its own, and `cgroupsPath` is slice:prefix:name */
  readonly systemdCgroup?: boolean | undefined;
  /** whether cgroups that may not be made are done without; 'auto' when absent */
  readonly rootless?: boolean | 'auto' | undefined;
  /** the executable, that of this package when absent */
  readonly executable?: string | undefined;
  /** the environment that hooks get which have none of their own; the program's when absent, without what is for services */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** is told what the runtime warns of */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** A bundle, and the id that the container would have. */
export interface PlanOptions extends Cancellable {
  readonly bundle: string;
  /** 'container' when absent */
  readonly id?: string | undefined;
}

/** About which bundle the host is asked. */
export interface DoctorOptions extends Cancellable {
  readonly bundle?: string | undefined;
}

/** They are for the program as a service: a container that inherits them would speak in its name. sd_notify(3), sd_listen_fds(3) */
const service = new Set(['NOTIFY_SOCKET', 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']);

/**
 * The runtime: makes containers, finds those that are there, and says what it would do.
 *
 * ```js
 * const runtime = new Runtime();
 * await using container = await runtime.run({ id: 'example', bundle: 'bundles/busy' });
 * const { stdout } = await container.output(['hostname']);
 * ```
 *
 * Nothing holds up the event loop: every operation is a process of the executable, started in another thread; configs are checked and
 * planned in a thread of their own. It may be used in worker threads, and by as many at once as one likes.
 */
export class Runtime {
  readonly #caller: Caller;
  readonly #root: string | undefined;
  readonly #globals: Omit<ExamineRequest, 'bundle'>;

  constructor(options: RuntimeOptions = {}) {
    const {
      root,
      systemdCgroup = false,
      rootless = 'auto',
      executable,
      env,
      onWarning = () => {},
    } = ownOptions(options);
    this.#root = root === undefined ? undefined : resolve(root);
    this.#globals = { root: this.#root, systemdCgroup, rootless };
    this.#caller = {
      executable: {
        path: executable === undefined ? join(directory, 'noci') : resolve(executable),
        globals: [
          ...(this.#root === undefined ? [] : [`--root=${this.#root}`]),
          ...(systemdCgroup ? ['--systemd-cgroup'] : []),
          `--rootless=${rootless}`,
        ],
        env: environment(env),
      },
      onWarning,
    };
  }

  /**
   * Makes a container that waits for {@link Container.start}.
   * @throws RuntimeError `EXISTS`, `INVALID` with the pointer of what is wrong with config.json, or what the kernel did not allow, with the step
   */
  async create(options: CreateOptions): Promise<Container> {
    const own = ownOptions(options);
    const creation = await createContainer(this.#caller, ownOptions({ ...own, bundle: resolve(own.bundle) }));
    return new Container(this.#caller, own.id, creation);
  }

  /** Makes a container and starts it; one that cannot be started is removed again. */
  async run(options: CreateOptions): Promise<Container> {
    const own = ownOptions(options);
    const container = await this.create(own);
    try {
      await container.start({ signal: own.signal });
      return container;
    } catch (error) {
      await container.delete({ force: true });
      throw error;
    }
  }

  /** The container of that id, which is not looked for. */
  container(id: string): Container {
    return new Container(this.#caller, id);
  }

  /** All containers of the root. */
  async list(options: Cancellable = {}): Promise<ContainerDescription[]> {
    const { signal } = options;
    if (this.#root !== undefined && !(await isThere(this.#root))) return [];
    const text = await callVerb(this.#caller, 'list', ['--format=json'], { signal });
    return (libraryNative().parseJson(text) as ContainerDescription[] | null) ?? [];
  }

  /** The state of one. */
  state(id: string, options?: Cancellable): Promise<ContainerDescription> {
    return this.container(id).state(options);
  }

  /** What this runtime can do. features.md of the runtime specification */
  async features(options?: Cancellable): Promise<Features> {
    return libraryNative().parseJson(await callVerb(this.#caller, 'features', [], options)) as Features;
  }

  /** What is wrong with a bundle, on this host; or with a config, by itself. An empty list: nothing. */
  validate(
    what: { readonly bundle: string } | { readonly config: unknown },
    options: Cancellable = {},
  ): Promise<Problem[]> {
    const own = ownOptions(what);
    if ('config' in own) return ask('validateConfig', own.config, options.signal);
    return ask('validateBundle', resolve(own.bundle), options.signal);
  }

  /** What would be done to create a container: every step as data, in its order, without doing any. */
  plan(options: PlanOptions): Promise<ContainerPlan> {
    return ask('plan', this.#request(options), options.signal);
  }

  /** The same for a person to read: what would be done, by which system calls, and the property that asks for each. */
  explain(options: PlanOptions): Promise<string> {
    return ask('explain', this.#request(options), options.signal);
  }

  /** The same as data. */
  explanation(options: PlanOptions): Promise<Explanation> {
    return ask('explanation', this.#request(options), options.signal);
  }

  /** What this host offers and lacks for containers; with a bundle only what that needs. */
  doctor(options: DoctorOptions = {}): Promise<Examination> {
    const { bundle, signal } = options;
    const path = bundle === undefined ? undefined : resolve(bundle);
    return ask('doctor', { bundle: path, ...this.#globals }, signal);
  }

  #request({ bundle, id = 'container' }: PlanOptions) {
    return { bundle: resolve(bundle), id, ...this.#globals };
  }
}

function environment(given: RuntimeOptions['env']): string[] {
  const variables = Object.entries(given ?? process.env).filter(([name]) => given !== undefined || !service.has(name));
  return variables.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
