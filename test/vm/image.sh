#!/bin/sh
# usage: image.sh SUITE[-engines]     makes .build/vm/SUITE: a small Debian with systemd, cgroup v2 and AppArmor, to be started by qemu
# -engines: with container engines, which nobody starts
#
# It is made again when its recipe, this machine's node or qemu is another. Everything in it is of Debian's packages, from the
# mirror that this machine's apt sources name, except node.
# Exit status 3: it cannot be had here, and one line on stderr says why.
set -eu
cd "$(dirname "$0")/../.."
name=$1
suite=${name%-engines}
folder=.build/vm/$name

cannot() { # reason
  printf 'noci: no guest of %s: %s\n' "$suite" "$1" >&2
  exit 3
}

[ "$(uname -m)" = x86_64 ] || cannot "its recipe is for x86_64, this is $(uname -m)"
[ "$(id -u)" = 0 ] || cannot 'only root can make it'
for program in qemu-system-x86_64 qemu-img mmdebstrap cpio mkfs.ext4 modprobe xz zstd busybox; do
  command -v "$program" >/dev/null || cannot "there is no $program here (sh build/set-up.sh vm)"
done

recipe=$({
  find test/vm/image test/vm/image.sh -type f -exec sha256sum {} + | sort
  node --version
} | sha256sum)
# A template is of one machine, and of one version of qemu.
template=$({
  sha256sum test/vm/machine.mjs test/vm/template.mjs
  qemu-system-x86_64 --version
} | sha256sum)
made() { [ "$(cat "$folder/recipe" 2>/dev/null)" = "$recipe" ]; }
made_template() { [ "$(cat "$folder/template/recipe" 2>/dev/null)" = "$template" ]; }
make_template() {
  node test/vm/template.mjs "$folder"
  printf '%s\n' "$template" >"$folder/template/recipe"
}

mkdir -p .build/vm
exec 9>"$folder.lock"
flock 9
if made; then
  made_template || make_template
  exit 0
fi

. build/debian-archive.sh
mirror=$(debian_mirrors | head -n 1)
[ -n "$mirror" ] || cannot "this machine's apt sources name no mirror of Debian"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
/usr/lib/apt/apt-helper download-file "${mirror%/}/dists/$suite/InRelease" "$work/InRelease" >"$work/log" 2>&1 ||
  cannot "apt cannot get the suite from the mirror ($(sed -n 's/^E: //p' "$work/log" | head -n 1))"

printf 'noci: making a guest of %s\n' "$suite" >&2
# Somebody may be running the old one: its files stay as long as they are open.
rm -rf "$folder"
mkdir -p "$folder"
sh test/vm/image/root-tree.sh "$suite" "$mirror" "$work/root" ${name#"$suite"} >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}
mv "$work/root/boot/vmlinuz" "$folder/vmlinuz"
sh test/vm/image/initrd.sh "$work/root" "$folder/initrd"
kilobytes=$(du -sk --apparent-size "$work/root" | cut -f1)
# 4 GB to write into; the file has holes
mkfs.ext4 -q -d "$work/root" -m 0 -N 150000 -O '^has_journal,^metadata_csum' -E lazy_itable_init=1,root_owner=0:0 \
  "$folder/disk" $((kilobytes + 4 * 1024 * 1024))K >/dev/null
printf '%s\n' "$recipe" >"$folder/recipe"
make_template
