#!/bin/sh
# Runs the first container: sets up, builds, makes the root filesystem of bundles/hello and runs it.
set -eu
cd "$(dirname "$0")/.."
sh build/need-root.sh 'the demo needs root: it makes namespaces, mounts and cgroups' 'npm run demo'
sh build/set-up.sh
sh build/build.sh
sh bundles/hello/make-rootfs.sh
exec dist/noci run --bundle bundles/hello "hello-$$"
