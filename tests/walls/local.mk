# SPDX-License-Identifier: ISC
# Each wall alone holds: the programs once more, with one wall removed at a
# time, and a guest that tries to leave.  Nothing here is ever installed.
check_PROGRAMS += tests/walls/viofsd tests/walls/viofsd-transport \
	tests/walls/viofsd-fsworker tests/walls/escape tests/walls/foreign
dist_check_SCRIPTS += tests/walls/walls.sh
TESTS += tests/walls/walls.sh

walls_any = tests/walls/gone.c tests/walls/gone.h tests/walls/gone_any.c
walls_wrap = -Wl,--wrap=landlock_enter -Wl,--wrap=landlock_enter_supervisor \
	-Wl,--wrap=landlock_enter_bare \
	-Wl,--wrap=msg_name_check -Wl,--wrap=sandbox_enter

tests_walls_viofsd_SOURCES = $(viofsd_SOURCES) $(walls_any) \
	tests/walls/gone_broker.c
tests_walls_viofsd_LDFLAGS = $(viofsd_LDFLAGS) $(walls_wrap) \
	-Wl,--wrap=open_tree -Wl,--wrap=mount_setattr -Wl,--wrap=root_empty
tests_walls_viofsd_LDADD = $(viofsd_LDADD)
tests_walls_viofsd_transport_SOURCES = $(viofsd_transport_SOURCES) \
	$(walls_any) tests/walls/gone_transport.c
tests_walls_viofsd_transport_LDFLAGS = $(viofsd_transport_LDFLAGS) \
	$(walls_wrap) -Wl,--wrap=ahead_none
tests_walls_viofsd_transport_LDADD = $(viofsd_transport_LDADD)
tests_walls_viofsd_fsworker_SOURCES = $(viofsd_fsworker_SOURCES) \
	$(walls_any) tests/walls/gone_worker.c
tests_walls_viofsd_fsworker_LDFLAGS = $(viofsd_fsworker_LDFLAGS) \
	$(walls_wrap) -Wl,--wrap=at_claim -Wl,--wrap=at_claim_dir \
	-Wl,--wrap=at_claim_reg -Wl,--wrap=at_below -Wl,--wrap=syscall
tests_walls_viofsd_fsworker_LDADD = $(viofsd_fsworker_LDADD)

# A guest that tries; a worker that is given what is not of the share.
tests_walls_escape_SOURCES = tests/walls/escape.c tests/walls/escape.h \
	tests/walls/escape_name.c tests/walls/escape_swap.c \
	tests/walls/outside.c tests/walls/outside.h
tests_walls_escape_CFLAGS = $(AM_CFLAGS) -pthread
tests_walls_escape_LDADD = tests/frontend/libfrontend.a
tests_walls_foreign_SOURCES = tests/walls/foreign.c \
	tests/ipc/worker.c tests/ipc/worker.h
tests_walls_foreign_LDADD = $(ipc_libs)
EXTRA_DIST += tests/walls/lib.sh
