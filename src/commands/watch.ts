import type { Command } from '../cli/command.ts';
import { visible } from '../cli/record.ts';
import { endingText } from '../container/ending.ts';
import { type LifecycleEvent, watchRoot } from '../container/watch.ts';
import { isErrno } from '../native/failure.ts';
import { writeJson } from '../oci/json.ts';

/** `watch`: what happens to the containers of the root, a line each, until it is interrupted or nobody reads. */
export const command: Command<'watch'> = (native, { options, global }) => {
  watchRoot(native, global.root, global.rootSticky, (event) => {
    try {
      native.write(1, options.json ? `${writeJson(event)}\n` : line(event));
      return true;
    } catch (error) {
      if (isErrno(error, 'EPIPE')) return false;
      throw error;
    }
  });
  return 0;
};

/** "2026-11-21T17:38:01.123Z  web    stopped  exited with status 0" */
function line(event: LifecycleEvent): string {
  const { time, id, type } = event;
  const moment = `${time.slice(0, 19)}.${time.slice(20, 23).replace(/\D/g, '').padEnd(3, '0')}Z`;
  const words = [moment, id.padEnd(16), type.padEnd(8), detail(event)];
  return `${visible(words.join('  ').trimEnd())}\n`;
}

function detail(event: LifecycleEvent): string {
  switch (event.type) {
    case 'found':
      return `${event.status}${event.pid === 0 ? '' : `, pid ${event.pid}`}, ${event.bundle}`;
    case 'created':
      return event.pid === undefined ? '' : `pid ${event.pid}, ${event.bundle}`;
    case 'failed':
      return event.reason.message + (event.reason.pointer === '' ? '' : ` (${event.reason.pointer})`);
    case 'stopped':
      return endingText(event.reason);
    case 'missed':
      return 'its directory came and went before it could be looked at';
    case 'oom':
      return 'the kernel has killed a process for want of memory';
    default:
      return '';
  }
}
