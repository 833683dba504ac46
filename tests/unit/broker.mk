# SPDX-License-Identifier: ISC
# Each test includes the file that it tests.
if HAVE_CMOCKA
broker_tests = \
	tests/unit/test_conf \
	tests/unit/test_policy \
	tests/unit/test_tree
check_PROGRAMS += $(broker_tests)
TESTS += $(broker_tests)

broker_test_libs = libcommon.a $(CMOCKA_LIBS) $(SECCOMP_LIBS) \
	$(CAPNG_LIBS) $(BSD_LIBS)
tests_unit_test_conf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_LDADD = $(broker_test_libs)
tests_unit_test_policy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_policy_LDADD = $(broker_test_libs)
tests_unit_test_tree_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tree_LDADD = $(broker_test_libs)
endif
