#!/bin/bash
# SPDX-License-Identifier: ISC
# work.sh FLAVOUR DIR: real programs at work in DIR, which is a mount of
# viofsd's, on the host or in a guest.  TAP without a plan: results begin with
# the flavour; the caller counts.
# Environment: CONFORMANCE_TOP and _BUILD, the trees of sources and of
# programs; CONFORMANCE_TMP, a directory that is not on the mount;
# CONFORMANCE_SCALE, how much to do: 1 is for an emulated guest, 8 for a host;
# CONFORMANCE_PARTS, which parts: "data programs copies posix" unless set.
set -u
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS
flavour=$1
dir=$2
top=$CONFORMANCE_TOP
build=$CONFORMANCE_BUILD
tmp=$CONFORMANCE_TMP
scale=${CONFORMANCE_SCALE:-8}

# check NAME COMMAND...: the status decides; output is shown if it failed.
check() {
	local name=$1 status=0

	shift
	"$@" >"$tmp/out" 2>&1 </dev/null || status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok - $flavour: $name"
	else
		echo "not ok - $flavour: $name"
		echo "# status $status"
		tail -n 30 "$tmp/out" | sed 's/^/# /'
	fi
}

skip() {
	echo "ok - $flavour: $1 # SKIP $2"
}

for part in ${CONFORMANCE_PARTS:-data programs copies posix}; do
	SECONDS=0
	mkdir "$dir/$part"
	cd "$dir/$part" || exit 1
	. "$top/tests/conformance/$part.sh"
	cd / || exit 1
	rm -rf "${dir:?}/$part"
	echo "# $flavour: $part took $SECONDS s"
done
