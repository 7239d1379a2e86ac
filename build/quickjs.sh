#!/bin/sh
# Makes .build/quickjs/source lead to QuickJS-ng's C sources, which the standalone executable is built from, and prints the
# folder that they are in. The first that is there of:
#   NOCI_QUICKJS_SOURCE           a folder of yours
#   /usr/src/quickjs-ng           Debian's package qjs-src, when it is installed
#   .build/quickjs/package        the same package, downloaded once by apt from the mirror that this machine's sources name
# Exit status 3: the sources cannot be had here, and one line on stderr says why and what to do.
#
# qjs-src is in Debian's suite sid and made for embedding. Nothing of the system changes: apt gets lists, cache and sources of
# its own under .build. What is not signed by Debian's archive keys is refused. QuickJS-ng's licence is MIT; nothing of it is
# committed.
set -eu

# Bytecode and what is used of the engine's inside differ from one minor version to the next.
series=0.17

cd "$(dirname "$0")/.."
work=$PWD/.build/quickjs
hint="set NOCI_QUICKJS_SOURCE to the folder of QuickJS-ng $series's C sources"

cannot() { # reason
  printf 'noci: dist/noci will run in Node.js, for want of QuickJS-ng: %s\n' "$1" >&2
  exit 3
}

version() { # folder: "0.17", or nothing where no QuickJS-ng is
  [ -e "$1/quickjs.c" ] || return 0
  sed -n 's/^#define QJS_VERSION_MAJOR \([0-9]*\)$/\1./p; s/^#define QJS_VERSION_MINOR \([0-9]*\)$/\1/p' \
    "$1/quickjs.h" 2>/dev/null | tr -d '\n'
}

take() { # folder: ends here when it holds what is needed
  [ "$(version "$1")" = "$series" ] || return 0
  if [ "$(readlink "$work/source")" != "$1" ]; then
    ln -sfn "$1" "$work/source" 2>/dev/null || cannot "$work cannot be written"
  fi
  printf '%s\n' "$1"
  exit 0
}

# A failed redirection of exec would end the shell with another status and its own words.
{ mkdir -p "$work" && (: >>"$work/lock"); } 2>/dev/null || cannot "$work cannot be written"

if [ -n "${NOCI_QUICKJS_SOURCE:-}" ]; then
  [ -d "$NOCI_QUICKJS_SOURCE" ] || cannot "NOCI_QUICKJS_SOURCE names no folder: $NOCI_QUICKJS_SOURCE"
  folder=$(cd "$NOCI_QUICKJS_SOURCE" && pwd)
  take "$folder"
  found=$(version "$folder")
  [ -n "$found" ] || cannot "NOCI_QUICKJS_SOURCE names a folder without quickjs.c or a version in quickjs.h: $folder"
  cannot "NOCI_QUICKJS_SOURCE names version $found and not $series: $folder"
fi
take /usr/src/quickjs-ng
take "$work/package/usr/src/quickjs-ng"

for program in apt-get apt-cache dpkg-deb flock; do
  command -v "$program" >/dev/null || cannot "there is no $program here to download Debian's package qjs-src with; $hint"
done
exec 9>"$work/lock"
flock 9
# Another build may have been faster.
take "$work/package/usr/src/quickjs-ng"

. build/debian-archive.sh
keyring=$(debian_keyring)
[ -n "$keyring" ] || cannot "Debian's archive keys are missing (package debian-archive-keyring); install it, or $hint"

sites=$(debian_mirrors)
[ -n "$sites" ] || cannot "this machine's apt sources name no mirror of Debian; $hint"

apt=$work/apt
rm -rf "$work/new"
trap 'rm -rf "$apt" "$work/new"' EXIT
trap 'exit 1' HUP INT TERM
make_private_apt "$apt"

fetch() { # mirror: makes $apt/download/qjs-src_VERSION_all.deb, or sets `problem`
  # Packages of architecture all have a list of their own, half as long as the list of this machine's.
  echo "deb [signed-by=$keyring arch=all target=Packages pdiffs=no] $1 sid main" >"$apt/sources.list"
  problem="apt could not get Debian's list of packages"
  apt-get --config-file="$apt/apt.conf" update >>"$apt/log" 2>&1 || return 0
  versions=$(apt-cache --config-file="$apt/apt.conf" show qjs-src 2>>"$apt/log" | sed -n 's/^Version: //p')
  chosen=$(printf '%s\n' "$versions" | grep "^$series[.]" | head -n 1) || :
  problem="Debian has no qjs-src $series, but: $(printf '%s' "${versions:-none}" | tr '\n' ' ')"
  [ -n "$chosen" ] || return 0
  problem="apt could not get qjs-src $chosen"
  (cd "$apt/download" && apt-get --config-file="$apt/apt.conf" download "qjs-src=$chosen") >>"$apt/log" 2>&1 || return 0
  problem=''
}

printf 'noci: downloading QuickJS-ng %s (Debian package qjs-src)\n' "$series" >&2
for site in $sites; do
  fetch "$site"
  [ -n "$problem" ] || break
done
if [ -n "$problem" ]; then
  # apt's own first reason is the one that the others follow from.
  reason=$(sed -n 's/^[EW]: //p' "$apt/log" | head -n 1)
  cannot "$problem${reason:+ ($reason)}; $hint"
fi
mkdir "$work/new"
dpkg-deb -x "$apt"/download/qjs-src_*.deb "$work/new" 2>>"$apt/log" || cannot "dpkg-deb could not unpack qjs-src $chosen; $hint"
found=$(version "$work/new/usr/src/quickjs-ng")
[ "$found" = "$series" ] || cannot "qjs-src $chosen holds version ${found:-unknown}, not $series; $hint"
rm -rf "$work/package"
mv "$work/new" "$work/package"
take "$work/package/usr/src/quickjs-ng"
