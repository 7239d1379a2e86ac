#!/bin/sh
# Runs the first container: sets up, builds, makes the root filesystem of bundles/hello and runs it.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the demo needs root: it makes namespaces, mounts and cgroups (sudo npm run demo)' >&2
  exit 1
}
sh build/set-up.sh
sh build/build.sh
sh bundles/hello/make-rootfs.sh
exec dist/noci run --bundle bundles/hello "hello-$$"
