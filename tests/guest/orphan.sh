# SPDX-License-Identifier: ISC
# The host ends the broker while this runs, and then the guest.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

mkdir -m 777 load
for u in 0 1000 1001; do
	guesttool as "$u" "$u" guesttool load load 60 >/dev/null 2>&1 &
done
sleep 2
ask endbroker
