# SPDX-License-Identifier: ISC
# One round of bench.sh in the guest.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

mkdir bench
guestbench seq bench/file 128 | sed 's/^/@@bench /' || exit 1
guestbench meta bench 5000 | sed 's/^/@@bench /' || exit 1
