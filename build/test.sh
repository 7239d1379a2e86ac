#!/bin/sh
# Sets up, builds, and runs every test. Last line: N passed, N failed, N skipped
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || {
  echo 'noci: the tests need root: they make namespaces, mounts and cgroups (sudo npm test)' >&2
  exit 1
}
sh build/set-up.sh test
sh build/build.sh
npx --no-install tsc --noEmit
npx --no-install biome check .
sh build/probe.sh
exec node build/run-tests.mjs "$@"
