#!/bin/sh
# A hook of mmdebstrap: unpacks the kernel's package into the root tree $1. It is not installed, since that would pull in and
# run the makers of an initramfs, and there is a smaller one.
set -eu
root=$1
in_tree() { APT_CONFIG=$MMDEBSTRAP_APT_CONFIG "$@"; }
# the package of this name is empty and depends on the one of the newest version
package=$(in_tree apt-cache depends --important linux-image-cloud-amd64 |
  sed -n 's/^ *Depends: *\(linux-image-[0-9].*\)$/\1/p' | head -n 1)
[ -n "$package" ] || {
  echo 'noci: linux-image-cloud-amd64 depends on no kernel' >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# apt downloads as a user of its own
chmod 777 "$work"
(cd "$work" && in_tree apt-get -qq download "$package")
dpkg-deb -x "$work"/*.deb "$work/unpacked"
# /lib is a link in the root tree and a folder in older packages
for modules in "$work/unpacked/lib/modules" "$work/unpacked/usr/lib/modules"; do
  [ ! -d "$modules" ] || cp -a "$modules" "$root/usr/lib/"
done
cp "$work"/unpacked/boot/vmlinuz-* "$root/boot/vmlinuz"
