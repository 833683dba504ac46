# SPDX-License-Identifier: ISC
# Messages between the processes: every wrong one, and peers that lie.
ipc_programs = \
	tests/ipc/matrix \
	tests/ipc/rogue_transport \
	tests/ipc/worker_meta \
	tests/ipc/worker_mounts \
	tests/ipc/worker_ops
check_PROGRAMS += $(ipc_programs)
TESTS += $(ipc_programs)

ipc_libs = tests/frontend/libfrontend.a libcommon.a \
	$(SECCOMP_LIBS) $(CAPNG_LIBS) $(BSD_LIBS)
tests_ipc_matrix_SOURCES = tests/ipc/matrix.c
tests_ipc_matrix_LDADD = $(ipc_libs)
tests_ipc_rogue_transport_SOURCES = \
	tests/ipc/canary.c tests/ipc/canary.h \
	tests/ipc/rogue.h tests/ipc/rogue_cpu.c \
	tests/ipc/rogue_fds.c tests/ipc/rogue_meta.c \
	tests/ipc/rogue_keep.c tests/ipc/rogue_watch.c \
	tests/ipc/rogue_names.c \
	tests/ipc/rogue_proto.c tests/ipc/rogue_race.c \
	tests/ipc/rogue_transport.c \
	tests/ipc/worker.c tests/ipc/worker.h
tests_ipc_rogue_transport_LDADD = $(ipc_libs)
tests_ipc_worker_ops_SOURCES = \
	tests/ipc/worker_ops.c \
	tests/ipc/worker.c tests/ipc/worker.h
tests_ipc_worker_ops_LDADD = $(ipc_libs)
tests_ipc_worker_meta_SOURCES = \
	tests/ipc/worker_meta.c \
	tests/ipc/worker.c tests/ipc/worker.h
tests_ipc_worker_meta_LDADD = $(ipc_libs)
tests_ipc_worker_mounts_SOURCES = \
	tests/ipc/worker_mounts.c \
	tests/ipc/worker.c tests/ipc/worker.h
tests_ipc_worker_mounts_LDADD = $(ipc_libs)
