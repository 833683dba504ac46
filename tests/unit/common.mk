# SPDX-License-Identifier: ISC
# The files that every process has; each test includes the one it tests, so
# the library's own copy of that is not linked.
if HAVE_CMOCKA
common_tests = \
	tests/unit/test_chan \
	tests/unit/test_chan_ring \
	tests/unit/test_cred \
	tests/unit/test_fdbag \
	tests/unit/test_frozen \
	tests/unit/test_jail \
	tests/unit/test_landlock \
	tests/unit/test_log \
	tests/unit/test_mring \
	tests/unit/test_msg \
	tests/unit/test_sandbox \
	tests/unit/test_trust
check_PROGRAMS += $(common_tests)
TESTS += $(common_tests)

common_test_libs = libcommon.a $(CMOCKA_LIBS) $(SECCOMP_LIBS) \
	$(CAPNG_LIBS) $(BSD_LIBS) -lpthread
tests_unit_test_chan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_chan_LDADD = $(common_test_libs)
tests_unit_test_chan_ring_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_chan_ring_LDADD = $(common_test_libs)
tests_unit_test_cred_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cred_LDADD = $(common_test_libs)
tests_unit_test_fdbag_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fdbag_LDADD = $(common_test_libs)
tests_unit_test_frozen_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_frozen_LDADD = $(common_test_libs)
tests_unit_test_landlock_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_landlock_LDADD = $(common_test_libs)
tests_unit_test_jail_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_jail_LDADD = $(common_test_libs)
tests_unit_test_log_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_log_LDADD = $(common_test_libs)
tests_unit_test_mring_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mring_LDADD = $(common_test_libs)
tests_unit_test_msg_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_msg_LDADD = $(common_test_libs)
tests_unit_test_sandbox_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sandbox_LDADD = $(common_test_libs)
tests_unit_test_trust_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_trust_LDADD = $(common_test_libs)
endif
