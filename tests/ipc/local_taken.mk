# SPDX-License-Identifier: ISC
# A real broker and real workers whose transport was taken over.
check_PROGRAMS += tests/ipc/t_taken tests/ipc/taken
TESTS += tests/ipc/t_taken
tests_ipc_t_taken_SOURCES = tests/ipc/t_taken.c tests/ipc/taken.h
tests_ipc_t_taken_LDADD = tests/frontend/libfrontend.a
tests_ipc_taken_SOURCES = tests/ipc/taken.c tests/ipc/taken.h \
	tests/ipc/taken_ask.c tests/ipc/taken_call.c
tests_ipc_taken_LDADD = libtransport.a libcommon.a $(SECCOMP_LIBS) \
	$(BSD_LIBS) -lmd
tests_ipc_taken_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
