# SPDX-License-Identifier: ISC
# 64 users create files at the same time.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

mkdir -m 777 swarm
check "64 uids create 50 files each at once" \
    guesttool swarm swarm 20000 64 50
same "owners of 3264 names right on the host" "3264 right" "$(ask owners swarm)"
rm -r swarm
[ "$failures" -eq 0 ]
