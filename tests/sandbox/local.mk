# SPDX-License-Identifier: ISC
# What each process may still do, tried from inside and seen from outside.
# jail.sh needs root.
check_PROGRAMS += tests/sandbox/probe tests/sandbox/guest
TESTS += tests/sandbox/probe
dist_check_SCRIPTS += tests/sandbox/jail.sh
TESTS += tests/sandbox/jail.sh
dist_check_SCRIPTS += tests/sandbox/userns.sh
TESTS += tests/sandbox/userns.sh

tests_sandbox_probe_SOURCES = tests/sandbox/probe.c \
	broker/sandbox_tab.c broker/sandbox_tab.h
tests_sandbox_probe_LDADD = tests/frontend/libfrontend.a libtransport.a \
	libcommon.a $(SECCOMP_LIBS) $(BSD_LIBS)

# A guest that has made some requests and waits, for jail.sh to look around.
tests_sandbox_guest_SOURCES = tests/sandbox/guest.c
tests_sandbox_guest_LDADD = tests/frontend/libfrontend.a
