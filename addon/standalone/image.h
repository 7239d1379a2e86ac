#ifndef NOCI_STANDALONE_IMAGE_H
#define NOCI_STANDALONE_IMAGE_H

namespace noci::standalone {

/**
 * The image: a heap in which the engine is set up and src/main.ts is loaded but not called, saved when noci was built. A
 * process goes on from it instead of doing all that again: 2 ms become 0.15.
 *
 * It is made by the very program that carries it, in a build that differs in the image's content alone ("seed"), so that
 * every address in the program is the same. The heap is always at the same address; the program is not, and the image lists
 * the words of the heap that point into it.
 */
enum class ImageKind : unsigned long {
  /** None: the program starts as every other does. */
  none = 0,
  /** Start, and write the image instead of going on. */
  seed = 1,
  heap = 2,
};

ImageKind image_kind();

/** The heap is that of the image now. False: its place in the address space is taken. */
bool resume_image();

/** For build/image.mjs: where the program is and how large, the heap's size, the heap. False: write(2) failed. */
bool write_heap(int fd);

}  // namespace noci::standalone

#endif
