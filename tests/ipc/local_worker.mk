# SPDX-License-Identifier: ISC
# A real transport among workers that lie.
check_PROGRAMS += tests/ipc/rogue_worker
TESTS += tests/ipc/rogue_worker
tests_ipc_rogue_worker_SOURCES = tests/ipc/evil.h \
	tests/ipc/rogue_ahead.c tests/ipc/rogue_create.c \
	tests/ipc/rogue_every.c tests/ipc/rogue_every.h \
	tests/ipc/rogue_every_ask.c tests/ipc/rogue_form.c \
	tests/ipc/rogue_given.c tests/ipc/rogue_list.c \
	tests/ipc/rogue_worker.c \
	tests/ipc/rtrans.c tests/ipc/rtrans.h
tests_ipc_rogue_worker_LDADD = tests/frontend/libfrontend.a libcommon.a \
	$(SECCOMP_LIBS) $(CAPNG_LIBS) $(BSD_LIBS)
