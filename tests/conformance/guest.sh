# SPDX-License-Identifier: ISC
# In the guest: the host's own programs, from a second and read-only share of
# all that the host has, at work on the first one.
. /guest/prelude.sh
. /guest/env
mkdir /tools
for try in 1 2 3 4 5; do
	mount -t virtiofs -o ro tools /tools && break
	sleep 1
done
mount -t proc proc /tools/proc || exit 1
mount -t sysfs sysfs /tools/sys
mount -t devtmpfs devtmpfs /tools/dev
mkdir -p /tools/dev/shm
mount -t tmpfs tmpfs /tools/dev/shm
mount -t tmpfs tmpfs /tools/mnt
mkdir /tools/mnt/share /tools/mnt/tmp
mount --bind /mnt /tools/mnt/share || exit 1
exec chroot /tools /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin \
    HOME=/mnt/tmp TMPDIR=/mnt/tmp CONFORMANCE_TMP=/mnt/tmp \
    CONFORMANCE_SCALE=1 $GUEST_PARTS \
    /bin/bash "${GUEST_PARTS##*TOP=}/tests/conformance/work.sh" guest \
    /mnt/share
