#!/bin/sh
# Links a standalone executable: engine, addon and bundles of TypeScript in one file.
# usage: standalone.sh OUTPUT MAIN.js [NAME=COLD.js]…
# Each script is CommonJS; MAIN exports main(native), the others are what native.cold(NAME) gives.
# With NOCI_CHECKED=1: with AddressSanitizer and UndefinedBehaviorSanitizer, dynamically linked, for tests.
# Exit status 3: the engine's sources cannot be had (build/quickjs.sh has said why).
set -eu
cd "$(dirname "$0")/.."

output=$1
main=$2
shift 2
flavour=static
[ -z "${NOCI_CHECKED:-}" ] || flavour=checked

work=.build/standalone
mkdir -p "$work"
# Two builds at once would link each other's half-written objects.
exec 9>"$work/lock"
flock 9

sh build/quickjs.sh >/dev/null
make -f build/standalone.mk --no-print-directory -j"$(nproc)" flavour="$flavour" >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

parts=$(mktemp -d "$work/link.XXXXXX")
trap 'rm -rf "$parts"' EXIT

# What the engine evaluates: a function (exports, module). The first line is not moved, for the positions in stack traces.
compile() { # name, script
  { printf '(function (exports, module) {' && cat "$2" && printf '\n})'; } >"$parts/$1.js"
  "$work/compile" "$parts/$1.js" "$1.js" "$parts/$1.bytecode"
}

table() { # names: noci_modules of addon/standalone/modules.cc
  printf '.section .note.GNU-stack,"",%%progbits\n.section .rodata\n'
  for name in "$@"; do
    printf '.balign 16\nbegin_%s: .incbin "%s"\nend_%s:\nname_%s: .asciz "%s"\n' \
      "$name" "$parts/$name.bytecode" "$name" "$name" "$name"
  done
  printf '.section .data.rel.ro,"aw"\n.balign 8\n.globl noci_modules\nnoci_modules:\n'
  for name in "$@"; do printf '.quad name_%s, begin_%s, end_%s\n' "$name" "$name" "$name"; done
  printf '.quad 0, 0, 0\n'
}

compile main "$main"
names=main
for cold in "$@"; do
  compile "${cold%%=*}" "${cold#*=}"
  names="$names ${cold%%=*}"
done
# shellcheck disable=SC2086
table $names >"$parts/modules.S"
gcc -c "$parts/modules.S" -o "$parts/modules.o"

link_checked() {
  # shellcheck disable=SC2046
  g++ -fsanitize=address,undefined $(cat "$work/checked/objects") "$parts/modules.o" -o "$parts/noci"
}

# musl-gcc does not know -static-pie, so its parts are named here, as in build/init.sh. Asked for by name they would be those
# of the other C library.
link_static() {
  musl=$(dirname "$(musl-gcc '-###' -x c /dev/null 2>&1 | tr ' ' '\n' | tr -d '"' | grep '/crti\.o$')")
  # shellcheck disable=SC2046
  musl-gcc -static -nostartfiles -nostdlib -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack \
    -Wl,--gc-sections,--eh-frame-hdr,--build-id=none -s \
    "$musl/rcrt1.o" "$musl/crti.o" $(cat "$work/static/objects") "$parts/modules.o" \
    "$(g++ -print-file-name=libstdc++.a)" "$(gcc -print-file-name=libgcc_eh.a)" "$(gcc -print-file-name=libgcc.a)" \
    "$musl/libc.a" "$(gcc -print-file-name=libgcc.a)" "$musl/crtn.o" -o "$parts/noci"
}

"link_$flavour"
mkdir -p "$(dirname "$output")"
# Replaced in one step: somebody may be starting it.
mv "$parts/noci" "$output"
