# SPDX-License-Identifier: ISC
# One round of bench.sh in the guest.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

mkdir bench
guestbench meta bench 5000 >/tmp/meta || exit 1
guestbench seq bench/file 128 >/tmp/seq || exit 1
sed 's/^/@@bench /' /tmp/meta /tmp/seq
