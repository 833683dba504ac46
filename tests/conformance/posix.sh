# SPDX-License-Identifier: ISC
# Part of work.sh: our own programs, see tests/posix.
lacks=${CONFORMANCE_LACKS:-}
for program in "$top"/tests/posix/t_posix_*.c; do
	program=$(basename "$program" .c)
	[ "$program" != t_posix_ro ] || continue
	status=0
	timeout -k 1 "$((600 / scale))" "$build/tests/posix/$program" \
	    -x "$lacks" "$PWD" >"$tmp/posix" 2>&1 </dev/null || status=$?
	sed -nE "s/^((not )?ok) [0-9]+ - /\\1 - $flavour: $program: /p; /^#/p" \
	    "$tmp/posix"
	if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$tmp/posix"; then
		echo "not ok - $flavour: $program ended with status $status"
		tail -n 5 "$tmp/posix" | sed 's/^/# /'
	fi
done
