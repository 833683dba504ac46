# SPDX-License-Identifier: ISC
# Users work while the host kills workers under them.  What a killed worker
# had begun and cannot be repeated may end with EIO, nothing else may fail.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

mkdir -m 777 load
for u in 0 1000 1001; do
	guesttool as "$u" "$u" guesttool load load 16 >/tmp/load.$u 2>&1 &
done
sleep 3
for n in 1 2 3 4 5 6; do
	same "worker killed under load, number $n" killed "$(ask killworker)"
	sleep 1
done
wait
for u in 0 1000 1001; do
	say "# $(cat /tmp/load.$u)"
	check "uid $u went on working" \
	    awk -v u="$u" '$2 == u && $4 > 200 { well++ }
	    END { exit well != 1 }' /tmp/load.$u
	check "uid $u saw no error but a few EIO" \
	    awk 'NF == 4 || (NF == 6 && $5 == "EIO" && $6 < 20) { well++ }
	    END { exit NR != 1 || well != 1 }' /tmp/load.$u
	check "uid $u still creates and removes" \
	    guesttool as "$u" "$u" sh -c ": >load/last$u && rm load/last$u"
done
rm -r load
[ "$failures" -eq 0 ]
