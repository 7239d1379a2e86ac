#ifndef NOCI_INIT_SIGNALS_H
#define NOCI_INIT_SIGNALS_H

/**
 * Every signal at its default and none blocked: ignored signals and the mask survive execve(2), so what the caller of
 * the runtime ignored (SIGPIPE, SIGCHLD, SIGINT under nohup) would reach the container. signal(7)
 */
void reset_signals();

#endif
