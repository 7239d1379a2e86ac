import { version } from '../native/release.ts';
import type { Answer, Area, Check, Patient } from './check.ts';
import { checksFor } from './checks.ts';

/** The answer to one question. */
export interface Finding {
  readonly area: Area;
  readonly name: string;
  readonly question: string;
  readonly found: Answer['found'];
  readonly detail: string;
  /** by the bundle, or without one by every container or what engines ask for by themselves */
  readonly needed: boolean;
  /** the place in config.json that asks for it; '' when noci itself does. With a bundle only */
  readonly pointer?: string;
  /** these two when it is not there */
  readonly consequence?: string;
  readonly cure?: string;
}

/** All that a host has said. */
export interface Examination {
  readonly version: string;
  readonly kernel: string;
  readonly machine: string;
  readonly uid: number;
  readonly userNamespace: boolean;
  readonly cgroups: 'v1' | 'hybrid' | 'v2' | 'none';
  /** the bundle's directory, when it is about one */
  readonly bundle?: string;
  readonly findings: readonly Finding[];
  /** how many of them are needed and absent */
  readonly lacking: number;
}

function isNeeded({ need }: Check, pointer: string | undefined, patient: Patient): boolean {
  if (patient.bundle !== undefined) return pointer !== undefined;
  return need.by !== 'some' && (need.applies?.(patient) ?? true);
}

function examineOne(check: Check, patient: Patient): Finding[] {
  const { bundle } = patient;
  const pointer = bundle === undefined ? undefined : check.need.pointer(bundle, patient);
  // with a bundle only what that needs is asked
  if (bundle !== undefined && pointer === undefined) return [];
  const { found, detail, consequence = check.consequence, cure = check.cure } = check.ask(patient);
  const { area, name, question } = check;
  const needed = isNeeded(check, pointer, patient);
  return [
    {
      area,
      name,
      question,
      found,
      detail,
      needed,
      ...(pointer === undefined ? {} : { pointer }),
      ...(found === 'there' ? {} : { consequence, cure }),
    },
  ];
}

/** Asks the host everything, or for a bundle what that needs. Nothing is changed on it for longer than an answer takes. */
export function examine(patient: Patient): Examination {
  const { native, facts, bundle } = patient;
  const findings = checksFor(patient).flatMap((check) => examineOne(check, patient));
  const { release, machine } = native.uname();
  return {
    version,
    kernel: release,
    machine,
    uid: facts.euid,
    userNamespace: facts.inUserNamespace,
    cgroups: facts.cgroup.mode,
    ...(bundle === undefined ? {} : { bundle: bundle.path }),
    findings,
    lacking: findings.filter(({ needed, found }) => needed && found === 'absent').length,
  };
}
