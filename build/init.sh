#!/bin/sh
# Builds .build/init/init, the static program that becomes the container's process, and init-faults, the same with the step
# that tests use to fail or kill it at any point; with the argument `weakened` init-weakened instead, in which tests of attacks
# turn a mitigation off (addon/kernel/weakened.h). An object is compiled again only when its source or a header is newer.
set -eu
cd "$(dirname "$0")/.."

out=.build/init
mkdir -p "$out"
# One build at a time: a link must not see an object that another build is writing.
exec 9>"$out/lock"
flock 9
machine=$(uname -m)
flags="-x c++ -std=c++20 -Os -static -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostdinc++ -fno-asynchronous-unwind-tables
 -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -Wall -Wextra -Werror
 -idirafter /usr/include -idirafter /usr/include/$machine-linux-gnu"
# A static program at a random address, with a stack protector and nothing writable that it jumps through: it reads what images
# hold while it has every right. Costs 14 kB of image, 16 kB of memory and 5 us a start. musl-gcc does not know -static-pie, so
# its parts are named here. Every container that waits for its start holds one copy: no padding between the parts.
link="-static -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now -Wl,--gc-sections -Wl,-z,noexecstack
 -Wl,-z,noseparate-code -Wl,--build-id=none -s"
musl=$(sh build/musl.sh)

sources=$(find addon/init addon/kernel -name '*.cc' | sort)
newest_header=$(find addon/init addon/kernel build/init.sh -name '*.h' -o -name '*.def' -o -name init.sh | xargs ls -t | head -n 1)

compile() { # folder, extra flags: objects of every source
  folder=$1
  extra=$2
  mkdir -p "$folder"
  for source in $sources; do
    object=$folder/$(echo "${source#addon/}" | tr / _ | sed 's/cc$/o/')
    if [ "$object" -nt "$source" ] && [ "$object" -nt "$newest_header" ]; then continue; fi
    # shellcheck disable=SC2086
    musl-gcc $flags $extra -c "$source" -o "$object"
  done
}

build() { # name, extra flags
  name=$1
  extra=${2-}
  compile "$out/$name.objects" "$extra"
  # Only the objects of today's sources: a file that was removed must not live on.
  objects=$(for source in $sources; do echo "$out/$name.objects/$(echo "${source#addon/}" | tr / _ | sed 's/cc$/o/')"; done)
  # shellcheck disable=SC2086
  musl-gcc $link "$musl/rcrt1.o" "$musl/crti.o" $objects "$musl/crtn.o" -o "$out/.$name"
  # Left alone when nothing changed, so that what embeds it is not built again.
  cmp -s "$out/.$name" "$out/$name" || mv "$out/.$name" "$out/$name"
}

if [ "${1-}" = weakened ]; then
  build init-weakened -DNOCI_WEAKENED
  exit
fi
build init
build init-faults -DNOCI_FAULTS
for name in init init-faults; do echo "$out/$name: $(stat -c %s "$out/$name") bytes"; done
