#ifndef NOCI_PARENT_TRIAL_H
#define NOCI_PARENT_TRIAL_H

#include <string>
#include <string_view>

namespace noci {

/**
 * Tries a feature of the kernel for real, since a version number says nothing about what a distribution has ported back, built
 * without or forbidden by a filter of system calls. Nothing of it stays: what needs namespaces, mounts or a process happens in a
 * child that ends before this returns.
 *
 * @param subject what the feature wants to know: a path, or a number; "" for none
 * @return 0 when it works, else the errno of what did not
 * @throws SystemError: there is no feature of this name, or the subject is no number
 */
int try_feature(std::string_view name, const std::string& subject);

}  // namespace noci

#endif
