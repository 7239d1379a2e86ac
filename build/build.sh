#!/bin/sh
# Builds dist/: generated validators, the static init, the addon that embeds it, the bundles of TypeScript, and of all
# these the standalone executable dist/noci. Where the engine's sources cannot be had, dist/noci is what runs in Node.js.
# Each part is rebuilt only when something it is made of is newer.
set -eu
cd "$(dirname "$0")/.."

newer() { # target, sources…: true when target is missing or older than a source
  target=$1
  shift
  [ ! -e "$target" ] || [ -n "$(find "$@" -newer "$target" -type f -print -quit)" ]
}

mkdir -p dist .build
if newer .build/schemas.stamp schemas build/schemas build/schemas.mjs; then
  node build/schemas.mjs
  touch .build/schemas.stamp
fi
if newer .build/init/init addon/init addon/kernel build/init.sh; then
  sh build/init.sh
fi
if newer dist/noci.node addon build/addon.sh .build/init/init; then
  sh build/addon.sh
fi
sh build/launcher.sh
if newer dist/noci-keeper addon/keeper addon/kernel build/keeper.sh; then
  sh build/keeper.sh
fi
if newer dist/index.d.mts src build/types.json build/types.mjs; then
  node build/types.mjs
fi
node build/bundle.mjs

status=0
sh build/standalone.sh dist/noci .build/standalone/main.js .build/standalone/cold/*.js || status=$?
case $status in
0) ;;
3) ln -sf noci-node dist/noci ;;
*) exit "$status" ;;
esac

if newer dist/NOTICES package-lock.json build/notices.mjs; then
  node build/notices.mjs dist/NOTICES || echo 'noci: without dist/NOTICES nobody may pass dist/noci on' >&2
fi
