#!/bin/sh
# Links a standalone executable: engine, addon and bundles of TypeScript in one file.
# usage: standalone.sh OUTPUT MAIN.js [COLD.js]…
# Each script is CommonJS; MAIN exports main(native), each other one is what native.cold gives for its name. What MAIN exports as
# `shared` is there for the others as noci_shared.
# With NOCI_CHECKED=1: with AddressSanitizer and UndefinedBehaviorSanitizer, dynamically linked, for tests.
# With NOCI_WEAKENED=1: the one in which tests of attacks turn a mitigation off (addon/kernel/weakened.h).
# NOCI_MODULE names a source that stands in for addon/binding/module.cc, the addon's table of exports, for tests.
# Exit status 3: the engine's sources cannot be had (build/quickjs.sh has said why).
set -eu
cd "$(dirname "$0")/.."

output=$1
main=$2
shift 2
flavour=static
[ -z "${NOCI_CHECKED:-}" ] || flavour=checked
[ -z "${NOCI_WEAKENED:-}" ] || flavour=weakened

work=.build/standalone
mkdir -p "$work"
# Two builds at once would link each other's half-written objects.
exec 9>"$work/lock"
flock 9

sh build/quickjs.sh >/dev/null
make -f build/standalone.mk -s --no-print-directory -j"$(nproc)" flavour="$flavour" ${NOCI_MODULE:+module="$NOCI_MODULE"} >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

parts=$(mktemp -d "$work/link.XXXXXX")
trap 'rm -rf "$parts"' EXIT

# What the engine evaluates: a function (exports, module, noci_shared). The first line is not moved, for the positions in stack traces.
compile() { # name, script
  { printf '(function (exports, module, noci_shared) {' && cat "$2" && printf '\n})'; } >"$parts/$1.js"
  "$work/compile" "$parts/$1.js" "$1.js" "$parts/$1.bytecode"
}

# noci_main and noci_modules of addon/standalone/modules.cc. Where the image is, main's bytecode was; see below.
table() { # names of the cold modules
  printf '.section .note.GNU-stack,"",%%progbits\n.section .rodata.modules,"a"\nname_main: .asciz "main"\n'
  for name in "$@"; do
    printf '.balign 16\nbegin_%s: .incbin "%s"\nend_%s:\nname_%s: .asciz "%s"\n' \
      "$name" "$parts/$name.bytecode" "$name" "$name" "$name"
  done
  printf '.section .data.rel.ro,"aw"\n.balign 8\n.globl noci_main, noci_modules\n'
  printf 'noci_main: .quad name_main, noci_image_heap, noci_image_heap + %s\nnoci_modules:\n' "$(wc -c <"$parts/main.bytecode")"
  for name in "$@"; do printf '.quad name_%s, begin_%s, end_%s\n' "$name" "$name" "$name"; done
  printf '.quad 0, 0, 0\n'
}

compile main "$main"
names=
for cold in "$@"; do
  name=$(basename "$cold" .js)
  compile "$name" "$cold"
  names="$names $name"
done
# shellcheck disable=SC2086
table $names >"$parts/modules.S"

# The three symbols of addon/standalone/image.cc. A program without a heap to go on from has main's bytecode in its place, which nobody
# needs beside the heap that was made of it.
image() { # kind (0 none, 1 seed, 2 heap), size, number of relocations, what the relocations are, what is in the heap's place
  cat <<END
.section .note.GNU-stack,"",%progbits
.section .rodata
.balign 8
.globl noci_image
noci_image: .quad $1, $2, $3
.globl noci_image_relocations
noci_image_relocations: $4
.section .noci_image,"aw",%progbits
.balign 4096
.globl noci_image_heap
noci_image_heap: $5
END
}

link_checked() { # output
  # shellcheck disable=SC2046
  g++ -fsanitize=address,undefined -Wl,--gc-sections,--wrap=gettimeofday $(cat "$work/checked/objects") "$parts/modules.S" "$parts/image.S" -o "$1"
}

# What a container's life executes lies together, two fifths of the program, and first what every command executes: the kernel maps a
# file in pieces of 64 kB around each fault, and what is mapped counts as memory of the process. build/hot-functions has the functions
# that a breakpoint met in create, start, state, exec, pause, resume, kill, delete and run; a name that is missing there or stands
# there in vain costs a fault and no more. What is written in assembler, and libgcc, have one section for each file. Of what is only
# read, modules and init's program lie behind all else.
{
  printf 'SECTIONS { .text.used : {\n*(.text.startup .text.startup.*)\n*rcrt1.o(.text)\n*libc.a:*(.text)\n'
  sed 's/.*/*(.text.& .text.&.*)/' build/hot-functions
  printf '*libgcc_eh.a:unwind-dw2*(.text)\n} } INSERT BEFORE .text;\n'
  printf 'SECTIONS { .rodata.large ALIGN(0x10000) : { *(.rodata.noci_init .rodata.modules) } } INSERT AFTER .gcc_except_table;\n'
} >"$parts/order.ld"

link_static() { # output
  musl=$(sh build/musl.sh)
  # shellcheck disable=SC2046
  musl-gcc -static -nostartfiles -nostdlib -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack \
    -Wl,-z,pack-relative-relocs,-e,noci_start,--gc-sections,--eh-frame-hdr,--build-id=none,--wrap=gettimeofday,-Map="$work/$flavour/map" -s \
    -T "$parts/order.ld" "$musl/rcrt1.o" "$musl/crti.o" $(cat "$work/$flavour/objects") "$parts/modules.S" "$parts/image.S" \
    "$(g++ -print-file-name=libstdc++.a)" "$(gcc -print-file-name=libgcc_eh.a)" "$(gcc -print-file-name=libgcc.a)" \
    "$musl/libc.a" "$(gcc -print-file-name=libgcc.a)" "$musl/crtn.o" -o "$1"
}

main_bytecode=".incbin \"$parts/main.bytecode\""

# Two heaps of a seed whose image has room for `size` bytes and `count` relocations. Prints how much it should have.
plant() { # size, count
  image 1 "$1" "$2" ".fill $2, 4, 0" "$main_bytecode; .fill $1 - (. - noci_image_heap), 1, 0" >"$parts/image.S" &&
    link_static "$parts/seed" &&
    # Always at the same address where that is allowed, so that a build can be repeated bit by bit.
    { env -i setarch -R "$parts/seed" || env -i "$parts/seed"; } >"$parts/heap" 2>"$parts/heap.log" &&
    env -i "$parts/seed" >"$parts/heap.other" &&
    node build/image.mjs "$parts/heap" "$parts/heap.other" "$parts/heap.image" "$parts/relocations"
}

# The first seed tells how large the image is; the one that has that room has every address where the program will have it.
grow_image() {
  first=$(plant "$(wc -c <"$parts/main.bytecode")" 0) && second=$(plant ${first% *} ${first#* }) && [ "$first" = "$second" ] &&
    image 2 ${second% *} ${second#* } ".incbin \"$parts/relocations\"" ".incbin \"$parts/heap.image\"" >"$parts/image.S"
}

# A heap that was loaded at build time would not know what is to be turned off.
if [ "$flavour" != static ]; then
  image 0 0 0 '' "$main_bytecode" >"$parts/image.S"
elif ! grow_image; then
  echo 'noci: no image of a loaded heap could be made here: every start of dist/noci will take 2 ms longer' >&2
  image 0 0 0 '' "$main_bytecode" >"$parts/image.S"
  rm -f "$parts/heap.image"
fi
case $flavour in
checked) link_checked "$parts/noci" ;;
*) link_static "$parts/noci" ;;
esac
if [ -e "$parts/heap.image" ] && [ "$(readelf -SW "$parts/seed")" != "$(readelf -SW "$parts/noci")" ]; then
  echo 'noci: the image was made for other addresses than the executable has' >&2
  exit 1
fi
mkdir -p "$(dirname "$output")"
# Replaced in one step: somebody may be starting it.
mv "$parts/noci" "$output"
