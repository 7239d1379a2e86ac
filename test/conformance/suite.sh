#!/bin/sh
# Makes .build/runtime-tools: the validation suite of opencontainers/runtime-tools, its programs built, and prints the folder
# to run them in.
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
recipe=$(cat "$0" test/conformance/tap-go/tap.go | sha256sum)
folder=$work/go/$package

stop() {
  printf 'noci: %s\n' "$1" >&2
  exit 1
}

mkdir -p "$work"
exec 9>"$work/lock"
flock 9
if [ "$(cat "$work/recipe" 2>/dev/null)" = "$recipe" ]; then
  printf '%s\n' "$folder"
  exit 0
fi

fetch() { # makes $work/source from Debian's archive
  for keyring in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp ''; do
    [ ! -r "$keyring" ] || break
  done
  [ -n "$keyring" ] || stop "Debian's archive keys are missing (package debian-archive-keyring)"
  # As build/quickjs.sh does: lists that were fetched tell their origin.
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ { print $4; exit }')
  [ -n "$mirror" ] || stop "this machine's apt sources name no mirror of Debian"

  apt=$work/apt
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/download"
  : >"$apt/status"
  cat >"$apt/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
APT::Get::AllowUnauthenticated "false";
END
  echo "deb-src [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"
  # The .dsc is not asked for: the list, which is signed, has the digest of the sources too.
  { apt-get --config-file="$apt/apt.conf" update &&
    (cd "$apt/download" && apt-get --config-file="$apt/apt.conf" source --download-only --tar-only "$source=$version-1"); } \
    >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    stop "apt could not get the sources of $source $version"
  }
  mkdir -p "$work/source"
  tar -xf "$apt/download/${source}_$version.orig.tar.xz" -C "$work/source" --strip-components=1
  rm -rf "$apt"
}

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
  stop 'the suite of runtime-tools could not be built'
}
rm -rf "$work/cache" "$work/source"
printf '%s\n' "$recipe" >"$work/recipe"
printf '%s\n' "$folder"
