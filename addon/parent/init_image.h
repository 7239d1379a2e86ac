#ifndef NOCI_PARENT_INIT_IMAGE_H
#define NOCI_PARENT_INIT_IMAGE_H

#include <string_view>

namespace noci {

/** The program that becomes every container's first process: addon/init, built before the addon and embedded in it. */
std::string_view init_image();

}  // namespace noci

#endif
