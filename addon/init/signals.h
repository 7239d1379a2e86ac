#ifndef NOCI_INIT_SIGNALS_H
#define NOCI_INIT_SIGNALS_H

/**
 * HUP, INT, QUIT and TERM end this process with status 128 + number. The init of a pid namespace ignores what it has no handler
 * for, whoever sends it, so that `kill` of a container that waits would do nothing. execve(2) resets them. pid_namespaces(7)
 */
void end_on_signals();

#endif
