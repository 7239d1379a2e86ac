#!/bin/sh
# A root filesystem of busybox alone: one static program and a link for each of its applets.
set -eu
cd "$(dirname "$0")"
[ ! -e rootfs/bin/sh ] || exit 0
# one that is linked dynamically has no libraries there
if [ ! -x /bin/busybox ] || head -c 4096 /bin/busybox | grep -aq /ld-linux; then
  echo 'make-rootfs.sh: /bin/busybox must be linked statically: apt-get install busybox-static' >&2
  exit 1
fi
rm -rf rootfs.new
mkdir -p rootfs.new/bin rootfs.new/etc rootfs.new/root rootfs.new/tmp
chmod 1777 rootfs.new/tmp
cp /bin/busybox rootfs.new/bin/busybox
for applet in $(/bin/busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "rootfs.new/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' >rootfs.new/etc/passwd
echo 'root:x:0:' >rootfs.new/etc/group
# renamed when complete, so that an interrupted run is not taken for a finished one
rm -rf rootfs
mv rootfs.new rootfs
