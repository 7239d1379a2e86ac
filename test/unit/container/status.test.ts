import t from 'tap';
import { guard, isAllowed } from '../../../src/container/status.ts';

const refused = [
  ['start', 'running', 'cannot start an already running container'],
  ['start', 'paused', 'cannot start a container in the paused state'],
  ['start', 'stopped', 'cannot start a container that has stopped'],
  ['kill', 'stopped', 'container not running'],
  ['delete', 'running', 'cannot delete container x that is not stopped: running'],
  ['delete', 'paused', 'cannot delete container x that is not stopped: paused'],
  ['pause', 'paused', 'container not running'],
  ['pause', 'stopped', 'container not running'],
  ['resume', 'created', 'container not paused'],
  ['resume', 'running', 'container not paused'],
  ['resume', 'stopped', 'container not paused'],
  ['events', 'stopped', 'container with id x is not running'],
  ['update', 'stopped', 'container not running'],
] as const;

const statuses = ['created', 'running', 'paused', 'stopped'] as const;

t.test('each verb is allowed exactly where the table has no refusal', async (t) => {
  for (const verb of ['start', 'kill', 'delete', 'pause', 'resume', 'events', 'update'] as const) {
    for (const status of statuses) {
      const entry = refused.find(([v, s]) => v === verb && s === status);
      t.equal(isAllowed(verb, status), entry === undefined, `${verb} ${status}`);
      if (entry === undefined) t.doesNotThrow(() => guard(verb, status, 'x'));
      else t.throws(() => guard(verb, status, 'x'), { message: entry[2] });
    }
  }
});
