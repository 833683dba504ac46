# SPDX-License-Identifier: ISC
# In two guests at once: each works on its own share while the other does.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

check "guest $(cat name): writes before they meet" \
    sh -c 'guesttool fill 3 8 >before'
same "guest $(cat name): the other one is there" met "$(ask meet)"
(cd / && exec guesttool load "$GUEST_WORK" 5) >/tmp/load
read -r _ uid _ ops errors </tmp/load
say "# uid $uid did $ops operations beside the other guest"
same "guest $(cat name): no errors beside the other" 0 "${errors:-0}"
check "guest $(cat name): reads back" sh -c \
    'echo 3 >/proc/sys/vm/drop_caches; guesttool fill 3 8 | cmp - before'
[ "$failures" -eq 0 ]
