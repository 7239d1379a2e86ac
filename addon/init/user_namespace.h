#ifndef NOCI_INIT_USER_NAMESPACE_H
#define NOCI_INIT_USER_NAMESPACE_H

#include "../kernel/result.h"

/**
 * Makes init root of the user namespace it is in: with the ids of the host it would be nobody there, and so would be what
 * it makes. Nothing happens when it is root already. What it needed to keep its capabilities over its own execve(2), an
 * inheritable and an ambient set, goes. user_namespaces(7)
 */
Result user_namespace_become_root();

#endif
