import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import type { LinuxResources } from '../oci/types.ts';
import type { ControlWrite } from '../plan/plan.ts';
import { nameOf, writeControls } from './control-write.ts';
import { type CgroupDirectory, type Cgroups, readControl, withCgroup } from './directory.ts';
import { effectiveResources, planUnitChange } from './driver.ts';
import { previousWrites } from './previous-limits.ts';
import { planLimits } from './settings.ts';

/** The writes for one cgroup, and what its files held before them, by name; undefined: there is no such file. */
interface Change {
  readonly path: string;
  readonly writes: readonly ControlWrite[];
  readonly before: ReadonlyMap<string, string | undefined>;
}

/** The rules of devices are not touched: some are set by others (a GPU's plugin), and engines send a rule that denies all. */
function isOfDevices({ file }: ControlWrite): boolean {
  return /\/devices\.(allow|deny)$/.test(file);
}

function read(native: Native, path: string, name: string): string | undefined {
  return withCgroup(native, path, (directory) => readControl(native, directory, name));
}

/** A write, and the one that is made when the kernel does not have its file. */
function alternatives(write: ControlWrite): ControlWrite[] {
  return write.otherwise === undefined ? [write] : [write, { ...write, ...write.otherwise }];
}

/** What takes a write back, once the files that it concerns were read. */
function previous(write: ControlWrite, before: (name: string) => string | undefined): ControlWrite[] {
  return alternatives(write).flatMap((one) => previousWrites(one, before));
}

function planChange(native: Native, { path }: CgroupDirectory, limits: readonly ControlWrite[]): Change {
  const writes = limits.filter(({ file }) => file.slice(0, file.lastIndexOf('/')) === path);
  const before = new Map<string, string | undefined>();
  const remember = (name: string) => {
    if (!before.has(name)) before.set(name, read(native, path, name));
    return before.get(name);
  };
  for (const write of writes) previous(write, remember);
  return { path, writes, before };
}

function make(native: Native, path: string, writes: readonly ControlWrite[]): void {
  if (writes.length === 0) return;
  const made = withCgroup(native, path, (directory) => {
    writeControls(native, { directory, path }, writes);
    return true;
  });
  if (made === undefined) throw new Failure(`cgroup ${path} is gone`);
}

/** Puts back what has changed, the latest first; values that must fit together find their order as they did before. */
function takeBack(native: Native, { path, writes, before }: Change): void {
  const changed = (file: string) => read(native, path, nameOf(file)) !== before.get(nameOf(file));
  const back = [...writes].reverse().flatMap((write) => previous(write, (name) => before.get(name)));
  make(
    native,
    path,
    back.filter(({ file }) => changed(file)).map((write) => ({ ...write, retried: true })),
  );
}

/** Does all of it, whatever goes wrong on the way; the first that did. */
function attemptAll(steps: readonly (() => void)[]): unknown {
  const failures = steps.flatMap((step) => {
    try {
      step();
      return [];
    } catch (error) {
      return [error];
    }
  });
  return failures[0];
}

/** The failure that is told: the reason, and what could not be put back. */
function explain(reason: unknown, failure: unknown): unknown {
  if (!(failure instanceof Failure) || !(reason instanceof Error)) return reason;
  const pointer = reason instanceof Failure ? reason.pointer : '';
  return new Failure(`${reason.message}; unable to restore the limits before: ${failure.message}`, pointer);
}

/**
 * Changes limits of cgroups, all or none: what the files and systemd's unit held before is read first, and put back when a write,
 * systemd or `commit`, which comes last, fails.
 *
 * @throws Failure with the pointer of the limit, below /linux/resources
 */
export function updateLimits(native: Native, cgroups: Cgroups, resources: LinuxResources, commit: () => void): void {
  const { directories } = cgroups;
  const planned = planLimits(directories, effectiveResources(native, cgroups, resources));
  const limits = planned.filter((write) => !isOfDevices(write));
  const changes = directories.map((directory) => planChange(native, directory, limits));
  const unit = planUnitChange(native, cgroups, resources);
  try {
    for (const { path, writes } of changes) make(native, path, writes);
    // after the files: what the kernel refuses systemd never hears of
    unit?.make();
    commit();
  } catch (error) {
    // the unit first: systemd writes files when it changes
    const steps = [() => unit?.takeBack(), ...changes.map((change) => () => takeBack(native, change))];
    throw explain(error, attemptAll(steps));
  }
}
