#!/bin/sh
# usage: initrd.sh ROOT OUTPUT     an initramfs of busybox, the modules that lead to the disk, and init
set -eu
here=$(dirname "$0")
root=$1
output=$2
release=$(basename "$root"/usr/lib/modules/*)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/bin" "$work/dev" "$work/root" "$work/modules"
cp /bin/busybox "$work/bin/busybox"
cp "$here/init" "$work/init"
number=100
# in the order in which they need each other; what is built into the kernel has no file
for module in virtio_pci virtio_blk virtio_console ext4; do
  modprobe --dirname "$root" --set-version "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod //p'
done | awk '!seen[$1]++ { print $1 }' | while read -r file; do
  number=$((number + 1))
  case $file in
  *.xz) xz -dc "$file" ;;
  *.zst) zstd -qdc "$file" ;;
  *) cat "$file" ;;
  esac >"$work/modules/$number-$(basename "$file" | sed 's/\.ko\..*/.ko/')"
done
(cd "$work" && find . | cpio --create --format=newc --quiet) >"$output"
