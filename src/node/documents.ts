import type { ContainerStats as Counted } from '../container/events.ts';

/** As it comes out of JSON: what may exceed 2^53 is a bigint when it does, and a number else; what is not there is left out. */
type Parsed<T> = [T] extends [bigint]
  ? number | bigint
  : T extends bigint
    ? number | bigint
    : T extends object
      ? { readonly [K in keyof T]: Parsed<T[K]> }
      : T;

/** What a container uses: times in nanoseconds, sizes in bytes. Keys and units are those of runc's `events`. */
export type ContainerStats = Parsed<Counted>;

/** What happens to a container: its statistics, or that processes of it were killed for want of memory. */
export type ContainerEvent =
  | { readonly type: 'stats'; readonly id: string; readonly data: ContainerStats }
  | { readonly type: 'oom'; readonly id: string };

/** What is known of a container. runtime.md § State */
export interface ContainerDescription {
  readonly ociVersion: string;
  readonly id: string;
  /** of its init, 0 when it has stopped */
  readonly pid: number;
  readonly status: 'created' | 'running' | 'paused' | 'stopped';
  /** absolute path */
  readonly bundle: string;
  /** absolute path */
  readonly rootfs: string;
  /** RFC 3339 */
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** name of the user who made it, by `list`; '' by `state` */
  readonly owner: string;
}
