#!/bin/sh
# Builds what is handed on: a Debian package and an npm package in dist/
set -eu
cd "$(dirname "$0")/.."
sh build/set-up.sh
sh build/build.sh
exec node build/dist.mjs
