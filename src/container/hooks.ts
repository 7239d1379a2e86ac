import type { Native } from '../native/contract.ts';
import { Failure } from '../native/failure.ts';
import { AT_FDCWD } from '../native/open-flags.ts';
import { type StateDocument, writeStateDocument } from '../oci/state.ts';
import type { Hook } from '../oci/types.ts';
import type { Remains } from '../state/record.ts';
import { attempt } from './attempt.ts';
import { runHook } from './hook-process.ts';
import type { Report } from './report.ts';

/** The hooks that run in the runtime namespace. config.md § POSIX-platform Hooks */
export type RuntimeHook = 'prestart' | 'createRuntime' | 'poststart' | 'poststop';

/**
 * Runs hooks one after the other, each with the state document on its stdin; the first that fails throws a Failure with runc's
 * text. Their environment is exactly the hook's own, or the runtime's when it has none (config.md), and never the container's:
 * that one comes from an image (CVE-2025-23266).
 */
export function runHooks(
  native: Native,
  kind: RuntimeHook,
  hooks: readonly Hook[] | undefined,
  state: StateDocument,
): void {
  for (const run of prepareHooks(native, kind, hooks, state)) run();
}

/** Runs the poststop hooks, all of them: one that fails is told and nothing more, for the container is gone (runtime.md). */
export function runPoststopHooks(native: Native, remains: Remains, report: Report): void {
  const state: StateDocument = { ...remains, status: 'stopped' };
  for (const run of prepareHooks(native, 'poststop', remains.poststop, state)) attempt(report, run);
}

function prepareHooks(
  native: Native,
  kind: RuntimeHook,
  hooks: readonly Hook[] | undefined,
  state: StateDocument,
): (() => void)[] {
  if (hooks === undefined || hooks.length === 0) return [];
  const document = writeStateDocument(state);
  const directory = workingDirectory(native, state.bundle);
  return hooks.map((hook, index) => () => {
    const problem = runHook(native, hook, document, directory);
    if (problem !== '') throw new Failure(`error running ${kind} hook #${index}: ${problem}`);
  });
}

/** The bundle, as long as it is there: poststop hooks run when the caller may have removed it. */
function workingDirectory(native: Native, bundle: string): string {
  return native.stat(AT_FDCWD, bundle, 0) === undefined ? '' : bundle;
}
