#include "classic_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kernel/mount_api.h"
#include "filesystem.h"

namespace {

constexpr char kPlace[] = "mount";

struct SuperblockFlag {
  const char* name;
  unsigned long flag;
};

/** What fsconfig(2) takes by name, mount(2) takes as a bit. MS_* of <linux/mount.h> */
constexpr SuperblockFlag kSuperblockFlags[] = {
    {"ro", MS_RDONLY}, {"sync", MS_SYNCHRONOUS}, {"dirsync", MS_DIRSYNC}, {"mand", MS_MANDLOCK}, {"lazytime", MS_LAZYTIME},
};

unsigned long superblock_flag(const char* parameter) {
  for (const SuperblockFlag& known : kSuperblockFlags) {
    if (strcmp(parameter, known.name) == 0) return known.flag;
  }
  return 0;
}

constexpr const char* kContexts[] = {"context=", "fscontext=", "defcontext=", "rootcontext="};

/** The commas of a label are no ends of an option when it stands in quotes, which the security module takes away. */
const char* option_of(Context& context, const char* parameter) {
  for (const char* name : kContexts) {
    if (strncmp(parameter, name, strlen(name)) != 0) continue;
    return context.scratch.join(name, "\"", parameter + strlen(name), "\"");
  }
  return parameter;
}

struct ClassicOptions {
  unsigned long flags = 0;
  const char* data = "";
};

ClassicOptions options_of(Context& context, Texts parameters) {
  ClassicOptions options;
  for (const char* parameter : parameters) {
    const unsigned long flag = superblock_flag(parameter);
    options.flags |= flag;
    if (flag != 0) continue;
    const char* const option = option_of(context, parameter);
    options.data = options.data[0] == '\0' ? option : context.scratch.join(options.data, ",", option);
  }
  return options;
}

/** mount(2) copies one page and cuts the rest off without a word: an option at the end, or half a layer, would be lost. */
Result check_size(Context& context, const char* data, const char* path) {
  const size_t page = static_cast<size_t>(getpagesize());
  if (strlen(data) < page) return ok();
  const char* most = context.scratch.decimal(static_cast<long long>(page) - 1);
  return failed("mount", E2BIG, context.scratch.join(path, " (options of more than ", most, " bytes)"));
}

/** A tmpfs with one empty directory, and as long as this lives attached at the target. */
class Stage {
 public:
  Stage(Context& context, const char* path) : context_(context), path_(path) {}
  ~Stage() {
    if (root_.open() && fchdir(root_.get()) == 0) (void)kernel::umount2(".", MNT_DETACH);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /** The working directory becomes the stage. */
  Result enter(int target) {
    Filesystem tmpfs(context_, path_);
    Fd root;
    NOCI_TRY(tmpfs.open("tmpfs"));
    NOCI_TRY(tmpfs.mount(0, root));
    if (mkdirat(root.get(), kPlace, 0700) != 0) return failed("mkdirat", errno, path_);
    if (kernel::attach(root.get(), target) != 0) return failed("move_mount", errno, path_);
    root_ = static_cast<Fd&&>(root);
    return fchdir(root_.get()) == 0 ? ok() : failed("fchdir", errno, path_);
  }

 private:
  Context& context_;
  const char* path_;
  Fd root_;
};

}  // namespace

bool needs_classic_mount(Texts parameters) {
  for (const char* parameter : parameters) {
    const char* equals = strchr(parameter, '=');
    if (equals != nullptr && strlen(equals + 1) > kLongestParameter) return true;
  }
  return false;
}

Result classic_mount(Context& context, const char* type, const char* source, Texts parameters, int target, const char* path, Fd& made) {
  const ClassicOptions options = options_of(context, parameters);
  NOCI_TRY(check_size(context, options.data, path));
  Stage stage(context, path);
  NOCI_TRY(stage.enter(target));
  if (syscall(SYS_mount, source, kPlace, type, options.flags, options.data) != 0) return failed("mount", errno, path);
  made = Fd(kernel::open_tree(AT_FDCWD, kPlace, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  return made.open() ? ok() : failed("open_tree", errno, path);
}
