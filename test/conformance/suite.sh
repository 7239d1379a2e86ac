#!/bin/sh
# Makes .build/runtime-tools: the validation suite of opencontainers/runtime-tools, its programs built, and prints the folder
# to run them in. Exit status 3: it cannot be had here, and one line on stderr says why.
#
# Debian's binary package has the libraries of it and not the programs, so the sources of the source package are taken, by an
# apt with lists and sources of its own, from the mirror that this machine's sources name. Nothing of the system changes.
# NOCI_RUNTIME_TOOLS names the folder of unpacked sources instead.
set -eu
cd "$(dirname "$0")/../.."

# Newer ones compare two pointers in the programs about pids, which nothing can pass.
version=0.9.0.109.ge931285
source=golang-github-opencontainers-runtime-tools
# the suite of Debian that has it
suite=trixie

work=$PWD/.build/runtime-tools
package=src/github.com/opencontainers/runtime-tools
recipe=$(cat test/conformance/suite.sh test/conformance/tap-go/tap.go | sha256sum)
folder=$work/go/$package

cannot() { # reason
  printf 'noci: no suite of runtime-tools: %s\n' "$1" >&2
  exit 3
}

mkdir -p "$work"
exec 9>"$work/lock"
flock 9
if [ "$(cat "$work/recipe" 2>/dev/null)" = "$recipe" ]; then
  printf '%s\n' "$folder"
  exit 0
fi

fetch() { # makes $work/source from Debian's archive
  . build/debian-archive.sh
  keyring=$(debian_keyring)
  [ -n "$keyring" ] || cannot "Debian's archive keys are missing (package debian-archive-keyring)"
  mirror=$(debian_mirrors | head -n 1)
  [ -n "$mirror" ] || cannot "this machine's apt sources name no mirror of Debian"

  apt=$work/apt
  make_private_apt "$apt"
  echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
  # The .dsc is not asked for: the list, which is signed, has the digest of the sources too.
  { apt-get --config-file="$apt/apt.conf" update &&
    (cd "$apt/download" && apt-get --config-file="$apt/apt.conf" source --download-only --tar-only "$source=$version-1"); } \
    >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    cannot "apt could not get the sources of $source $version"
  }
  mkdir -p "$work/source"
  tar -xf "$apt/download/${source}_$version.orig.tar.xz" -C "$work/source" --strip-components=1
  rm -rf "$apt"
}

command -v go >/dev/null || cannot 'there is no go here to build it with (sh build/set-up.sh conformance)'
rm -rf "$work/recipe" "$work/source" "$work/go"
if [ -z "${NOCI_RUNTIME_TOOLS:-}" ]; then
  printf 'noci: downloading the suite of runtime-tools %s (Debian source package)\n' "$version" >&2
  fetch
fi

printf 'noci: building the suite of runtime-tools\n' >&2
mkdir -p "$folder" "$work/go/src/github.com/mndrix/tap-go"
cp -R "${NOCI_RUNTIME_TOOLS:-$work/source}/." "$folder"
cp test/conformance/tap-go/tap.go "$work/go/src/github.com/mndrix/tap-go/"
export GO111MODULE=off GOFLAGS= GOPATH="$work/go:/usr/share/gocode" GOCACHE="$work/cache"
(
  cd "$folder"
  mkdir programs
  # every folder but validation/util, which is a library, is one program
  go build -ldflags '-s -w' -o programs ./validation/...
  # it runs in the suite's own root filesystem
  go build -tags 'netgo osusergo' -ldflags '-s -w -extldflags -static' -o runtimetest ./cmd/runtimetest
) >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  echo 'noci: the suite of runtime-tools could not be built' >&2
  exit 1
}
rm -rf "$work/cache" "$work/source"
printf '%s\n' "$recipe" >"$work/recipe"
printf '%s\n' "$folder"
