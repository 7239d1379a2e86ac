import { Failure } from '../native/failure.ts';
import { weakened } from '../native/weakened.ts';
import type { LinuxCapabilities, Process, User } from '../oci/types.ts';

/** What the command line of `exec` says of the process; '' and [] say nothing. */
export interface ProcessChanges {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: readonly string[];
  readonly terminal: boolean;
  /** UID[:GID], in decimal */
  readonly user: string;
  /** as they stand on the command line */
  readonly additionalGids: readonly string[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean | undefined;
  readonly selinuxLabel: string;
  readonly apparmorProfile: string;
}

/** `process` with `changes`, as runc merges them. Throws a Failure with runc's texts. */
export function changeProcess(process: Process, changes: ProcessChanges): Process {
  const { args, cwd, env, terminal, noNewPrivileges, selinuxLabel, apparmorProfile } = changes;
  return {
    ...process,
    args,
    terminal,
    env: [...(process.env ?? []), ...env],
    user: changeUser(process.user ?? {}, changes),
    ...(cwd !== '' && { cwd }),
    ...(noNewPrivileges !== undefined && { noNewPrivileges }),
    ...(selinuxLabel !== '' && { selinuxLabel }),
    ...(apparmorProfile !== '' && { apparmorProfile }),
    ...(changes.capabilities.length > 0 && { capabilities: addCapabilities(process.capabilities, changes) }),
  };
}

function changeUser(user: User, { user: text, additionalGids }: ProcessChanges): User {
  const gids = [...(user.additionalGids ?? []), ...additionalGids.map(readGroup)];
  return { ...user, ...readUser(text), ...(gids.length > 0 && { additionalGids: gids }) };
}

/** The gid first, as in runc: of two mistakes it is the one that is told. */
function readUser(text: string): User {
  if (text === '') return {};
  const colon = text.indexOf(':');
  const gid = colon < 0 ? undefined : readId('gid', text.slice(colon + 1));
  const uid = readId('uid', colon < 0 ? text : text.slice(0, colon));
  return { uid, ...(gid !== undefined && { gid }) };
}

/** (uid_t)-1 means "unchanged" to setresuid(2), and what is larger would wrap around to somebody else (CVE-2024-40635). */
const largestId = 0xfffffffe;

/** Decimal digits and nothing else: a name, a space or a sign must never end up as uid 0 (CVE-2026-30892). */
function readId(kind: 'uid' | 'gid', text: string): number {
  WEAKENED: if (weakened('S33')) return Number.parseInt(text, 10) >>> 0;
  const problem = (what: string) => new Failure(`bad ${kind}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${what}`);
  if (!/^-?[0-9]+$/.test(text)) throw problem('invalid syntax');
  const id = Number(text);
  if (id < 0 || Object.is(id, -0) || id > largestId) throw problem('value out of range');
  return id;
}

function readGroup(text: string): number {
  const gid = Number(text);
  if (!/^[0-9]+$/.test(text) || gid > largestId) {
    throw new Failure(`additional-gids must be a positive number ${text}`);
  }
  return gid;
}

/** Never inheritable, so that no file's capabilities come on top (CVE-2022-29162), and ambient only where the config has inheritable ones. */
function addCapabilities(own: LinuxCapabilities | undefined, { capabilities }: ProcessChanges): LinuxCapabilities {
  // Without the object the sets are whatever the user has: there is nothing to add to.
  if (own === undefined) {
    throw new Failure('--cap adds to process.capabilities, and config.json has none', '/process/capabilities');
  }
  const { bounding = [], effective = [], permitted = [], inheritable, ambient = [] } = own;
  return {
    ...own,
    bounding: [...bounding, ...capabilities],
    effective: [...effective, ...capabilities],
    permitted: [...permitted, ...capabilities],
    ...(inheritable !== undefined && { ambient: [...ambient, ...capabilities] }),
  };
}

/** Whether the property at `pointer` of the changed process comes from the command line and so has no place in config.json. */
export function isChanged(pointer: string, template: Process, changes: ProcessChanges): boolean {
  const [, , property = '', member = '', index = ''] = pointer.split('/');
  switch (property) {
    case 'args':
    case 'terminal':
      return true;
    case 'cwd':
      return changes.cwd !== '';
    case 'env':
      return Number(member) >= (template.env?.length ?? 0);
    case 'user':
      if (member === 'additionalGids') return Number(index) >= (template.user?.additionalGids?.length ?? 0);
      return changes.user !== '';
    case 'selinuxLabel':
    case 'apparmorProfile':
      return changes[property] !== '';
    default:
      return false;
  }
}
