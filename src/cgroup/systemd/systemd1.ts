import type { PropertyValue, UnitProperty } from '../../plan/plan.ts';
import { awaitAnswer, awaitMessage, type Connection, call, send, understand } from './connection.ts';
import { expect, type Message, type MethodCall, SIGNAL, single } from './message.ts';
import type { BusValue, Variant } from './signature.ts';

/** What is asked of systemd: org.freedesktop.systemd1(5). Every function throws a BusError when systemd refuses. */

const destination = 'org.freedesktop.systemd1';
const managerPath = '/org/freedesktop/systemd1';
const managerInterface = 'org.freedesktop.systemd1.Manager';

function manager(member: string, signature: string, body: readonly BusValue[]): MethodCall {
  return { destination, path: managerPath, interface: managerInterface, member, signature, body };
}

/** § Standard Interfaces of the D-Bus specification */
function propertyOf(path: string, owner: string, name: string): MethodCall {
  const body = [owner, name];
  return { destination, path, interface: 'org.freedesktop.DBus.Properties', member: 'Get', signature: 'ss', body };
}

function valueIn(connection: Connection, answer: Message, name: string, type: string): BusValue {
  return understand(connection, () => {
    const { signature, value } = single(answer, 'v') as Variant;
    if (signature !== type) throw new Error(`property ${name} has type "${signature}"`);
    return value;
  });
}

function getText(connection: Connection, path: string, owner: string, name: string): string {
  return valueIn(connection, call(connection, propertyOf(path, owner, name)), name, 's') as string;
}

/** A property of systemd itself, a text. */
export function managerProperty(connection: Connection, name: 'Version' | 'ControlGroup'): string {
  return getText(connection, managerPath, managerInterface, name);
}

const scopeInterface = 'org.freedesktop.systemd1.Scope';

/** The object that a unit is. */
function unitPath(connection: Connection, unit: string): string {
  const answer = call(connection, manager('GetUnit', 's', [unit]));
  return understand(connection, () => single(answer, 'o') as string);
}

/** Where the cgroup of a scope is, from the root of the hierarchy; '' while it has none. undefined: systemd does not know the unit. */
export function scopeControlGroup(connection: Connection, unit: string): string | undefined {
  try {
    return getText(connection, unitPath(connection, unit), scopeInterface, 'ControlGroup');
  } catch (error) {
    if (isBusError(error, ...unitGone)) return undefined;
    throw error;
  }
}

/** The properties of a scope with the values that they have now. */
export function scopeProperties(
  connection: Connection,
  unit: string,
  properties: readonly UnitProperty[],
): UnitProperty[] {
  const path = unitPath(connection, unit);
  const asked = properties.map((property) => ({
    property,
    serial: send(connection, propertyOf(path, scopeInterface, property.name)),
  }));
  return asked.map(({ property, serial }) => {
    const answer = awaitAnswer(connection, serial, 'Get');
    const value = valueIn(connection, answer, property.name, property.signature) as PropertyValue;
    return { ...property, value };
  });
}

/** systemd's names for "there is no such unit (any more)"; the second is of a unit's path that has just gone. */
export const unitGone = [
  'org.freedesktop.systemd1.NoSuchUnit',
  'org.freedesktop.DBus.Error.UnknownObject',
  'org.freedesktop.systemd1.UnitNotLoaded',
] as const;

export const unitExists = 'org.freedesktop.systemd1.UnitExists';

/** Whether an error is systemd's refusal by one of these names. */
export function isBusError(error: unknown, ...names: readonly string[]): boolean {
  return names.includes((error as { readonly errorName?: string } | undefined)?.errorName ?? '');
}

function propertyValues(properties: readonly UnitProperty[]): BusValue {
  return properties.map(({ name, signature, value }) => [name, { signature, value }]);
}

/** 'done', or why the job ended otherwise. */
function jobResult(connection: Connection, job: string): string {
  // JobRemoved(id, job, unit, result)
  const isEnd = (message: Message) =>
    message.type === SIGNAL &&
    message.member === 'JobRemoved' &&
    message.interface === managerInterface &&
    message.path === managerPath &&
    expect(message, 'uoss')[1] === job;
  const end = awaitMessage(connection, isEnd);
  return understand(connection, () => String(expect(end, 'uoss')[3]));
}

/** Calls what makes a job, and waits for its end. On a bus systemd tells nobody of jobs before somebody subscribes. */
function runJob(connection: Connection, request: MethodCall): string {
  const subscribed = connection.endpoint.kind === 'bus' ? send(connection, manager('Subscribe', '', [])) : undefined;
  const serial = send(connection, request);
  if (subscribed !== undefined) awaitAnswer(connection, subscribed, 'Subscribe');
  const answer = awaitAnswer(connection, serial, request.member);
  return jobResult(
    connection,
    understand(connection, () => single(answer, 'o') as string),
  );
}

/** Makes and starts a unit; the job's result. */
export function startTransientUnit(connection: Connection, unit: string, properties: readonly UnitProperty[]): string {
  const body = [unit, 'replace', propertyValues(properties), []];
  return runJob(connection, manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', body));
}

/** Stops a unit; the job's result. */
export function stopUnit(connection: Connection, unit: string): string {
  return runJob(connection, manager('StopUnit', 'ss', [unit, 'replace']));
}

/** Lets systemd forget a unit that has failed. */
export function resetFailedUnit(connection: Connection, unit: string): void {
  call(connection, manager('ResetFailedUnit', 's', [unit]));
}

/** Changes properties of a unit until it is gone, not for ever. */
export function setUnitProperties(connection: Connection, unit: string, properties: readonly UnitProperty[]): void {
  const runtime = true;
  call(connection, manager('SetUnitProperties', 'sba(sv)', [unit, runtime, propertyValues(properties)]));
}
