#ifndef NOCI_PARENT_SIGNAL_PIPE_H
#define NOCI_PARENT_SIGNAL_PIPE_H

namespace noci {

/**
 * Catches SIGCHLD and every signal that can be passed on to a container; returns the fd of a pipe that delivers their
 * numbers, a byte each. A second call returns the same fd.
 */
int signal_pipe();

}  // namespace noci

#endif
