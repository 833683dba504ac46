# SPDX-License-Identifier: ISC
dist_check_SCRIPTS += tests/guest/t_guest.sh
TESTS += tests/guest/t_guest.sh
EXTRA_DIST += dev tests/tools/disk.sh tests/tools/pkg.sh tests/tools/proctable \
	tests/guest/bench-guest.sh tests/guest/bench.sh \
	tests/guest/guestbench.c tests/guest/guestmeta.c \
	tests/guest/guesttool.c \
	tests/guest/host.sh tests/guest/init tests/guest/lib.sh \
	tests/guest/load.sh tests/guest/meet.sh tests/guest/options.sh \
	tests/guest/orphan.sh tests/guest/prelude.sh \
	tests/guest/shell.sh tests/guest/swarm.sh tests/guest/work.sh
