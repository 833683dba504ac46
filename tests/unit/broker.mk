# SPDX-License-Identifier: ISC
# Each test includes the file that it tests.
if HAVE_CMOCKA
broker_tests = \
	tests/unit/test_conf \
	tests/unit/test_conf_legacy \
	tests/unit/test_conf_more \
	tests/unit/test_idmap \
	tests/unit/test_idspace \
	tests/unit/test_policy \
	tests/unit/test_policy_rules \
	tests/unit/test_seal \
	tests/unit/test_share \
	tests/unit/test_tree \
	tests/unit/test_xattrmap
check_PROGRAMS += $(broker_tests)
TESTS += $(broker_tests)

broker_test_libs = libcommon.a $(CMOCKA_LIBS) $(SECCOMP_LIBS) \
	$(CAPNG_LIBS) $(BSD_LIBS)
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/confenv.h
tests_unit_test_conf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_LDADD = $(broker_test_libs)
tests_unit_test_conf_legacy_SOURCES = tests/unit/test_conf_legacy.c \
	tests/unit/confenv.h
tests_unit_test_conf_legacy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_legacy_LDADD = $(broker_test_libs)
tests_unit_test_conf_more_SOURCES = tests/unit/test_conf_more.c \
	tests/unit/confenv.h
tests_unit_test_conf_more_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_more_LDADD = $(broker_test_libs)
tests_unit_test_idmap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_idmap_LDADD = $(broker_test_libs)
tests_unit_test_idspace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_idspace_LDADD = $(broker_test_libs)
tests_unit_test_policy_rules_SOURCES = \
	tests/unit/test_policy_rules.c tests/unit/confenv.h
tests_unit_test_policy_rules_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_policy_rules_LDADD = $(broker_test_libs)
tests_unit_test_policy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_policy_LDADD = $(broker_test_libs)
tests_unit_test_seal_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_seal_LDADD = $(broker_test_libs)
tests_unit_test_share_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_share_LDADD = $(broker_test_libs)
tests_unit_test_tree_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tree_LDADD = $(broker_test_libs)
tests_unit_test_xattrmap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_xattrmap_LDADD = $(broker_test_libs)
endif
