# SPDX-License-Identifier: ISC
# The VMM in a box and the host's FUSE client: any vhost-user-fs daemon
# mounted without a virtual machine.
sbin_PROGRAMS += tests/hostmount/viofsd-hostmount
tests_hostmount_viofsd_hostmount_SOURCES = \
	tests/hostmount/fusedev.c tests/hostmount/fusedev.h \
	tests/hostmount/hiprio.c tests/hostmount/hiprio.h \
	tests/hostmount/hostmount.c \
	tests/hostmount/init.c tests/hostmount/init.h \
	tests/hostmount/opcode.c tests/hostmount/opcode.h \
	tests/hostmount/pool.c tests/hostmount/pool.h \
	tests/hostmount/queue.c tests/hostmount/queue.h \
	tests/hostmount/stats.c tests/hostmount/stats.h
tests_hostmount_viofsd_hostmount_CFLAGS = $(AM_CFLAGS) -pthread
tests_hostmount_viofsd_hostmount_LDADD = tests/frontend/libfrontend.a \
	$(BSD_LIBS)

dist_man_MANS += tests/hostmount/viofsd-hostmount.8
dist_check_SCRIPTS += tests/hostmount/t_hostmount.sh
TESTS += tests/hostmount/t_hostmount.sh
