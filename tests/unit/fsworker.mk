# SPDX-License-Identifier: ISC
# The worker's files one by one; each test includes the file that it tests,
# so the library's own copy of it is not linked.
if HAVE_CMOCKA
check_LIBRARIES += tests/unit/libwenv.a
tests_unit_libwenv_a_SOURCES = \
	tests/unit/wenv.c tests/unit/wenv.h tests/unit/wname.h \
	fsworker/access.c fsworker/access.h \
	fsworker/acl.c fsworker/acl.h \
	fsworker/at.c fsworker/at.h \
	fsworker/attr.c fsworker/attr.h \
	fsworker/entry.c fsworker/entry.h \
	fsworker/follow.c fsworker/follow.h \
	fsworker/give.c fsworker/give.h \
	fsworker/walk.c fsworker/walk.h \
	fsworker/keep.c fsworker/keep.h \
	fsworker/label.c fsworker/label.h \
	fsworker/make.c fsworker/make.h \
	fsworker/rules.c fsworker/rules.h \
	fsworker/serve.c fsworker/serve.h \
	fsworker/setid.c fsworker/setid.h \
	fsworker/w_ahead.c fsworker/w_ahead.h \
	fsworker/w_attr.c fsworker/w_attr.h \
	fsworker/w_file.c fsworker/w_file.h \
	fsworker/w_ioctl.c fsworker/w_ioctl.h \
	fsworker/w_list.c fsworker/w_list.h \
	fsworker/w_make.c fsworker/w_make.h \
	fsworker/w_name.c fsworker/w_name.h \
	fsworker/w_node.c fsworker/w_node.h \
	fsworker/w_xattr.c fsworker/w_xattr.h \
	fsworker/xattr.c fsworker/xattr.h
tests_unit_libwenv_a_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

fsworker_tests = \
	tests/unit/test_acl \
	tests/unit/test_at \
	tests/unit/test_entry \
	tests/unit/test_follow \
	tests/unit/test_rules \
	tests/unit/test_serve \
	tests/unit/test_w_ahead \
	tests/unit/test_w_attr \
	tests/unit/test_w_file \
	tests/unit/test_w_ioctl \
	tests/unit/test_w_list \
	tests/unit/test_w_make \
	tests/unit/test_w_name \
	tests/unit/test_w_node \
	tests/unit/test_w_xattr \
	tests/unit/test_walk
check_PROGRAMS += $(fsworker_tests)
TESTS += $(fsworker_tests)

fsworker_test_libs = tests/unit/libwenv.a libcommon.a \
	$(CMOCKA_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(BSD_LIBS)
tests_unit_test_at_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_at_LDADD = $(fsworker_test_libs)
tests_unit_test_entry_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_entry_LDADD = $(fsworker_test_libs)
tests_unit_test_follow_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_follow_LDADD = $(fsworker_test_libs)
tests_unit_test_serve_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_serve_LDADD = $(fsworker_test_libs)
tests_unit_test_w_attr_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_attr_LDADD = $(fsworker_test_libs)
tests_unit_test_w_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_file_LDADD = $(fsworker_test_libs)
tests_unit_test_w_ahead_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_ahead_LDADD = $(fsworker_test_libs)
tests_unit_test_w_list_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_list_LDADD = $(fsworker_test_libs)
tests_unit_test_w_name_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_name_LDADD = $(fsworker_test_libs)
tests_unit_test_acl_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_acl_LDADD = $(fsworker_test_libs)
tests_unit_test_rules_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rules_LDADD = $(fsworker_test_libs)
tests_unit_test_w_ioctl_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_ioctl_LDADD = $(fsworker_test_libs)
tests_unit_test_w_make_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_make_LDADD = $(fsworker_test_libs)
tests_unit_test_w_node_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_node_LDADD = $(fsworker_test_libs)
tests_unit_test_w_xattr_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_w_xattr_LDADD = $(fsworker_test_libs)
tests_unit_test_walk_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_walk_LDADD = $(fsworker_test_libs)
endif
