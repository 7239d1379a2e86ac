import type { Grammar, OptionTable, OptionValues } from './option.ts';

/**
 * The option tables: one function a command, so that a call builds the table of its own command only.
 * Names, short names and defaults are runc's (callers rely on them).
 */

const flag = { kind: 'boolean', default: false } as const;
const text = { kind: 'string', default: '' } as const;
const list = { kind: 'strings' } as const;
const count = { kind: 'integer', default: 0 } as const;

const none = { minimum: 0, maximum: 0 } as const;
const one = { minimum: 1, maximum: 1 } as const;

/** Accepted before and after the command's name. */
export const globalOptions = {
  debug: flag,
  log: text,
  'log-format': { kind: 'string', default: 'text' },
  root: { kind: 'string' },
  'systemd-cgroup': flag,
  rootless: { kind: 'string', default: 'auto' },
  /** runc took it until 1.4 and older callers still pass it; it has no effect. */
  criu: { kind: 'string', default: '', hidden: true },
} as const satisfies OptionTable;

const bundle = { kind: 'string', default: '', short: 'b' } as const;
const detach = { kind: 'boolean', default: false, short: 'd' } as const;

/** What create and run have in common. */
const creation = {
  bundle,
  'console-socket': text,
  'pidfd-socket': text,
  'pid-file': text,
  'no-pivot': flag,
  'no-new-keyring': flag,
  'preserve-fds': count,
} as const;

const format = { kind: 'string', default: 'table', short: 'f' } as const;

/** CRIU's options that checkpoint and restore have in common. */
const images = {
  'image-path': text,
  'work-path': text,
  'tcp-established': flag,
  'ext-unix-sk': flag,
  'shell-job': flag,
  'lazy-pages': flag,
  'file-locks': flag,
  'manage-cgroups-mode': text,
  'empty-ns': list,
  'auto-dedup': flag,
} as const;

export const commands = {
  create: () => ({ options: { ...creation, trace: text }, positionals: one }) as const,
  run: () =>
    ({
      options: { ...creation, detach, keep: flag, 'no-subreaper': flag, trace: text },
      positionals: one,
    }) as const,
  start: () => ({ options: { trace: text }, positionals: one }) as const,
  state: () => ({ options: {}, positionals: one }) as const,
  list: () =>
    ({
      options: { format, quiet: { kind: 'boolean', default: false, short: 'q' } },
      positionals: none,
    }) as const,
  kill: () =>
    ({
      options: { all: { kind: 'boolean', default: false, short: 'a', hidden: true } },
      positionals: { minimum: 1, maximum: 2 },
      stopAtPositional: true,
    }) as const,
  delete: () =>
    ({
      options: { force: { kind: 'boolean', default: false, short: 'f' } },
      positionals: one,
    }) as const,
  spec: () => ({ options: { bundle, rootless: flag }, positionals: none }) as const,
  features: () => ({ options: {}, positionals: none }) as const,
  exec: () =>
    ({
      options: {
        'console-socket': text,
        'pidfd-socket': text,
        'pid-file': text,
        'preserve-fds': count,
        detach,
        cwd: text,
        env: { kind: 'strings', short: 'e' },
        tty: { kind: 'boolean', default: false, short: 't' },
        user: { kind: 'string', default: '', short: 'u' },
        'additional-gids': { kind: 'strings', short: 'g' },
        process: { kind: 'string', default: '', short: 'p' },
        'process-label': text,
        apparmor: text,
        /** absent, true and false are three different things: absent keeps what config.json says */
        'no-new-privs': { kind: 'boolean' },
        cap: { kind: 'strings', short: 'c' },
        cgroup: list,
        'ignore-paused': flag,
        trace: text,
      },
      positionals: { minimum: 1, maximum: Number.POSITIVE_INFINITY },
      stopAtPositional: true,
    }) as const,
  pause: () => ({ options: {}, positionals: one }) as const,
  resume: () => ({ options: {}, positionals: one }) as const,
  ps: () =>
    ({
      options: { format },
      positionals: { minimum: 1, maximum: Number.POSITIVE_INFINITY },
      stopAtPositional: true,
    }) as const,
  events: () =>
    ({
      options: { interval: { kind: 'string', default: '5s' }, stats: flag },
      positionals: one,
    }) as const,
  update: () =>
    ({
      options: {
        resources: { kind: 'string', default: '', short: 'r' },
        'blkio-weight': { kind: 'integer' },
        'cpu-period': text,
        'cpu-quota': text,
        'cpu-burst': text,
        'cpu-share': text,
        'cpu-rt-period': text,
        'cpu-rt-runtime': text,
        'cpu-idle': text,
        'cpuset-cpus': text,
        'cpuset-mems': text,
        memory: text,
        'memory-reservation': text,
        'memory-swap': text,
        'kernel-memory': { kind: 'string', default: '', hidden: true },
        'kernel-memory-tcp': { kind: 'string', default: '', hidden: true },
        'pids-limit': { kind: 'integer' },
        'l3-cache-schema': text,
        'mem-bw-schema': text,
      },
      positionals: one,
    }) as const,
  validate: () => ({ options: { bundle, json: flag }, positionals: { minimum: 0, maximum: 1 } }) as const,
  timeline: () => ({ options: { output: { kind: 'string', default: '', short: 'o' } }, positionals: one }) as const,
  explain: () => ({ options: { bundle, diff: text, json: flag }, positionals: { minimum: 0, maximum: 1 } }) as const,
  doctor: () => ({ options: { bundle, json: flag }, positionals: none }) as const,
  wait: () => ({ options: { json: flag }, positionals: one }) as const,
  watch: () => ({ options: { json: flag }, positionals: none }) as const,
  gc: () => ({ options: { 'dry-run': flag, 'older-than': text, json: flag }, positionals: none }) as const,
  seccomp: () =>
    ({
      options: { ...creation, arch: text, output: { kind: 'string', default: '', short: 'o' }, json: flag },
      positionals: { minimum: 1, maximum: Number.POSITIVE_INFINITY },
    }) as const,
  inspect: () => ({ options: { json: flag }, positionals: one }) as const,
  checkpoint: () =>
    ({
      options: {
        ...images,
        'parent-path': text,
        'leave-running': flag,
        'tcp-skip-in-flight': flag,
        'link-remap': flag,
        'status-fd': { kind: 'integer', default: -1 },
        'page-server': text,
        'pre-dump': flag,
      },
      positionals: one,
      available: false,
    }) as const,
  restore: () =>
    ({
      options: {
        ...images,
        'console-socket': text,
        bundle,
        detach,
        'pid-file': text,
        'no-subreaper': flag,
        'no-pivot': flag,
        'lsm-profile': text,
        'lsm-mount-context': text,
      },
      positionals: one,
      available: false,
    }) as const,
} satisfies { readonly [verb: string]: () => Grammar };

/** The name of a command. */
export type Verb = keyof typeof commands;

/** The name of a command that this version has. */
export type AvailableVerb = {
  [V in Verb]: ReturnType<(typeof commands)[V]> extends { readonly available: false } ? never : V;
}[Verb];

/** The table of one command's options. */
export type OptionsOf<V extends Verb> = ReturnType<(typeof commands)[V]>['options'];

/** The parsed options of one command. */
export type CommandOptions<V extends Verb> = OptionValues<OptionsOf<V>>;

/** Whether a word of the command line is the name of a command. */
export function isVerb(word: string): word is Verb {
  return Object.hasOwn(commands, word);
}

/** The grammar of a command, in its general form. */
export function grammarOf(verb: Verb): Grammar {
  return commands[verb]();
}
