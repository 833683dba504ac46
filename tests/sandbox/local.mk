# SPDX-License-Identifier: ISC
# What each process may still do, tried from inside and seen from outside.
# jail.sh needs root.
EXTRA_DIST += tests/sandbox/lib.sh
check_PROGRAMS += tests/sandbox/probe tests/sandbox/guest
TESTS += tests/sandbox/probe
dist_check_SCRIPTS += tests/sandbox/jail.sh
TESTS += tests/sandbox/jail.sh
dist_check_SCRIPTS += tests/sandbox/userns.sh
TESTS += tests/sandbox/userns.sh
dist_check_SCRIPTS += tests/sandbox/bare.sh
TESTS += tests/sandbox/bare.sh

# The units of dist/, and a daemon that is started as they say.
check_PROGRAMS += tests/sandbox/handed
dist_check_SCRIPTS += tests/sandbox/units.sh
TESTS += tests/sandbox/units.sh
tests_sandbox_handed_SOURCES = tests/sandbox/handed.c
tests_sandbox_handed_LDADD = $(BSD_LIBS)

tests_sandbox_probe_SOURCES = tests/sandbox/probe.c tests/sandbox/sets.h \
	broker/sandbox_tab.c broker/sandbox_tab.h
tests_sandbox_probe_LDADD = tests/frontend/libfrontend.a libtransport.a \
	libcommon.a $(SECCOMP_LIBS) $(BSD_LIBS)

# A guest that has made some requests and waits, for jail.sh to look around.
tests_sandbox_guest_SOURCES = tests/sandbox/guest.c
tests_sandbox_guest_LDADD = tests/frontend/libfrontend.a

# Which rows a test uses; tests/torture/rows.sh runs it on whole suites.
check_PROGRAMS += tests/sandbox/rows
tests_sandbox_rows_SOURCES = tests/sandbox/rows.c tests/sandbox/sets.h \
	broker/sandbox_tab.c broker/sandbox_tab.h
tests_sandbox_rows_LDADD = libtransport.a libcommon.a $(SECCOMP_LIBS) \
	$(BSD_LIBS)

# "make filters": each process's filter as text and as the kernel gets it.
check_PROGRAMS += tests/sandbox/filters tests/sandbox/program
dist_check_SCRIPTS += tests/sandbox/filters.sh
TESTS += tests/sandbox/filters.sh
tests_sandbox_filters_SOURCES = tests/sandbox/filters.c tests/sandbox/sets.h \
	broker/sandbox_tab.c broker/sandbox_tab.h
tests_sandbox_filters_LDADD = libtransport.a libcommon.a $(SECCOMP_LIBS) \
	$(BSD_LIBS)

# Runs what was exported, as the kernel would, and compares with the tables.
tests_sandbox_program_SOURCES = tests/sandbox/program.c tests/sandbox/sets.h \
	broker/sandbox_tab.c broker/sandbox_tab.h
tests_sandbox_program_LDADD = libtransport.a libcommon.a $(SECCOMP_LIBS) \
	$(BSD_LIBS)

filters: tests/sandbox/filters
	$(AM_V_GEN)$(MKDIR_P) filters && tests/sandbox/filters filters
clean-local: clean-filters
clean-filters:
	rm -rf filters
.PHONY: filters clean-filters

# What no other test does, for the rows that nothing else would use.
check_PROGRAMS += tests/sandbox/seldom
TESTS += tests/sandbox/seldom
tests_sandbox_seldom_SOURCES = tests/sandbox/seldom.c
tests_sandbox_seldom_LDADD = tests/frontend/libfrontend.a

# What --print-security says, also on kernels that have less.
check_PROGRAMS += tests/sandbox/lacks
dist_check_SCRIPTS += tests/sandbox/security.sh
TESTS += tests/sandbox/security.sh
tests_sandbox_lacks_SOURCES = tests/sandbox/lacks.c
tests_sandbox_lacks_LDADD = $(SECCOMP_LIBS) $(BSD_LIBS)
