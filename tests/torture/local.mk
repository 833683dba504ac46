# SPDX-License-Identifier: ISC
# Long tests, each with a bound of its own: "./dev torture".  Their programs
# are built with those of "make check", which does not run them.
EXTRA_DIST += tests/torture/lib.sh tests/tools/tapsum
EXTRA_DIST += tests/torture/races.sh tests/torture/rows.sh

dist_check_SCRIPTS += tests/torture/fault.sh tests/torture/vmm.sh
check_PROGRAMS += tests/torture/inject tests/torture/t_fault
TESTS += tests/torture/t_fault
tests_torture_inject_SOURCES = tests/torture/inject.c tests/torture/inject.h \
	tests/torture/inject_elf.c tests/torture/inject_tab.c
tests_torture_t_fault_SOURCES = tests/torture/fault.h \
	tests/torture/fault_script.c tests/torture/inject.h \
	tests/torture/t_fault.c
tests_torture_t_fault_LDADD = tests/frontend/libfrontend.a
EXTRA_DIST += tests/torture/scale.sh
EXTRA_DIST += tests/torture/permissions.sh
