import type { Failure } from './failures.mjs';

export function sayingOf(
  runtime: string,
  noci: string,
  failure: Failure,
): { readonly status: number; readonly text: string };
export function mended(
  noci: string,
  failure: Failure,
): { readonly before: number; readonly text: string; readonly after: number; readonly rest: string };
