import type { Finding, Validator } from '../../.build/oci/validators.js';
import * as validators from '../../.build/oci/validators.js';

/** What is wrong with a value of a document: where it is (RFC 6901 pointer, '' for the document), and a sentence about it. */
export interface Problem {
  readonly pointer: string;
  readonly message: string;
}

/**
 * Checks the shape of a config.json against schemas/ (runtime-spec 1.3.0, config.md). What a schema cannot say is in bundle/checks.
 *
 * An integer may be a number or a bigint, and bounds of 64 bits are exact. As JSON Schema has it, 1.0 and 1e3 are integers:
 * a parser that makes the numbers 1 and 1000 of them leaves nothing to see here.
 *
 * @returns all problems, in the order of the schema, one for a place; none for a valid value
 */
export function checkConfig(value: unknown): Problem[] {
  return check(validators.config, value);
}

/** Checks the process object alone, as exec takes it (config.md § Process). */
export function checkProcess(value: unknown): Problem[] {
  return check(validators.process, value);
}

/** Checks the linux.resources object alone, as update takes it (config-linux.md § Control groups). */
export function checkResources(value: unknown): Problem[] {
  return check(validators.resources, value);
}

/** Checks a state document (runtime.md § State). */
export function checkState(value: unknown): Problem[] {
  return check(validators.state, value);
}

/** Checks a features document (features.md). */
export function checkFeatures(value: unknown): Problem[] {
  return check(validators.features, value);
}

function check(validator: Validator, document: unknown): Problem[] {
  const findings: Finding[] = [];
  validator(document, '', findings);
  return findings.map((finding) => ({
    pointer: finding.pointer,
    message: sentence(finding, valueAt(document, finding.pointer)),
  }));
}

function sentence(finding: Finding, value: unknown): string {
  switch (finding.rule) {
    case 'required':
      return 'is required';
    case 'type':
      return `must be ${withArticle(finding.expected)}, is ${shown(value)}`;
    case 'integer':
      return `must be an integer${range(...finding.expected)}, is ${shown(value)}`;
    case 'enum':
      return `must be ${alternatives(finding.expected)}, is ${shown(value)}`;
    case 'pattern':
      return `must match ${finding.expected}, is ${shown(value)}`;
    case 'minItems':
      return `must have at least ${finding.expected} ${finding.expected === 1 ? 'entry' : 'entries'}, is ${shown(value)}`;
  }
}

function withArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}

/** Bounds in words. Both are whole, and end is the first integer that is too great: 2^64 for a uint64. */
function range(least: number, end: number): string {
  if (least === -Infinity) return '';
  if (end === Infinity) return ` of at least ${BigInt(least)}`;
  return ` between ${BigInt(least)} and ${BigInt(end) - 1n}`;
}

function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => JSON.stringify(value));
  return quoted.length === 1
    ? `${quoted[0]}`
    : `one of ${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`;
}

/** A value as it is shown to a reader: short, since a configuration may hold anything. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 80 ? text : `${text.slice(0, 79).replace(/[\ud800-\udbff]$/, '')}…`;
}

function valueAt(document: unknown, pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
  return keys.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], document);
}
