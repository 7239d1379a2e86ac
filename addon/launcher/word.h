#ifndef NOCI_LAUNCHER_WORD_H
#define NOCI_LAUNCHER_WORD_H

/**
 * What the launcher says to the addon, by way of Node.js's environment:
 *
 *   NOCI_LAUNCHED=PID SOFT FIRST-LAST,FIRST-LAST,…
 *   =NAME=VALUE          every variable of the caller's
 *
 * PID is the process that this is about: an execve(2) keeps it, and a child that inherits the variable is another one. SOFT is
 * the caller's soft RLIMIT_NOFILE, the rest the fds that it passed on, ascending. A variable with an empty name is looked up by
 * nobody: not by the dynamic linker, the C library, OpenSSL, ICU, libuv or Node.js.
 */
constexpr char kLaunched[] = "NOCI_LAUNCHED=";
constexpr char kHidden = '=';

#endif
