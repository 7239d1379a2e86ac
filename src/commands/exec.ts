import type { Command } from '../cli/command.ts';
import { execProcess } from '../container/exec.ts';

/** `exec`: one more process in a container. Ends with its exit status, or at once when it is detached. */
export const command: Command<'exec'> = (native, { options, positionals, global, log }) => {
  const [id = '', ...args] = positionals;
  return execProcess(
    native,
    {
      id,
      root: global.root,
      processFile: options.process,
      changes: {
        args,
        cwd: options.cwd,
        env: options.env,
        terminal: options.tty,
        user: options.user,
        additionalGids: options['additional-gids'],
        capabilities: options.cap,
        noNewPrivileges: options['no-new-privs'],
        selinuxLabel: options['process-label'],
        apparmorProfile: options.apparmor,
      },
      subCgroups: options.cgroup,
      ignorePaused: options['ignore-paused'],
      preserveFds: options['preserve-fds'],
      pidFile: options['pid-file'],
      consoleSocket: options['console-socket'],
      pidfdSocket: options['pidfd-socket'],
      detach: options.detach,
    },
    log,
  );
};
