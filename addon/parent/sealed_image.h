#ifndef NOCI_PARENT_SEALED_IMAGE_H
#define NOCI_PARENT_SEALED_IMAGE_H

#include <string_view>

#include "kernel/fd.h"

namespace noci {

/**
 * A program as a file that nobody can change: a sealed memfd, so that a container in which it runs cannot write to the
 * host's binary through /proc/PID/exe (CVE-2019-5736). Where memfds cannot be executed (vm.memfd_noexec=2) it is an
 * unlinked file.
 */
Fd sealed_image(std::string_view image);

}  // namespace noci

#endif
