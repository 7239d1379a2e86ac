#!/bin/sh
# Builds the addons: dist/noci.node, dist/noci-library.node, and .build/faults/noci.node for the tests of what happens when init fails or dies.
# node-gyp builds where binding.gyp is, so it gets a folder of links under .build and the source tree stays clean.
set -eu
cd "$(dirname "$0")/.."

work=.build/addon
mkdir -p "$work" dist
# Two builds at once would link each other's half-written objects.
exec 9>"$work/lock"
flock 9
for name in binding.gyp binding parent kernel init launcher library node; do
  ln -sfn "../../addon/$name" "$work/$name"
done

# The assembler reads the image, so make does not know that the object depends on it.
for image in init init-faults; do
  if ! cmp -s ".build/init/$image" "$work/$image.image"; then
    cp ".build/init/$image" "$work/$image.image"
    find "$work/build" -name init_image.o -delete 2>/dev/null || :
  fi
done

# Headers that came with node; without them node-gyp downloads those of this version.
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
set -- --directory="$work" --loglevel=warn
if [ -e "$prefix/include/node/node_api.h" ]; then
  set -- "$@" --nodedir="$prefix"
fi

if [ ! -e "$work/build/Makefile" ] || [ addon/binding.gyp -nt "$work/build/Makefile" ] || [ "$0" -nt "$work/build/Makefile" ]; then
  # make would run gyp again by itself when node-gyp's files are newer, after an installation, and from another folder: both
  # modules would then share their objects, and the one that is installed could be told to fail.
  node_modules/.bin/node-gyp configure "$@" -- -Gauto_regeneration=0
fi
JOBS=${JOBS:-$(nproc)} node_modules/.bin/node-gyp build "$@" >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

put() { # module, file. Replaced and not overwritten: a process may have the old one mapped.
  mkdir -p "$(dirname "$2")"
  cp "$work/build/Release/$1.node" "$2.new"
  mv "$2.new" "$2"
}
put noci dist/noci.node
put noci-library dist/noci-library.node
put noci-faults .build/faults/noci.node
