#!/bin/sh
# usage: run.sh [--page [--crun] | PROGRAM…]     sets up, builds, and holds noci to docs/conformance.md by the validation suite of
# runtime-tools. --page: runs it with runc too, with --crun also with crun, and writes that page anew. PROGRAM…: tells all that
# they say with noci and with runc.
set -eu
cd "$(dirname "$0")/../.."
sh build/need-root.sh 'the suite needs root: it makes namespaces, mounts and cgroups' 'npm run test:conformance'
sh build/set-up.sh conformance
sh build/build.sh
[ $# -gt 0 ] || exec node build/run-tests.mjs test/conformance
suite=$(sh test/conformance/suite.sh)
exec node test/conformance/run.mjs "$suite" "$@"
