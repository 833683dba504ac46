# SPDX-License-Identifier: ISC
# What POSIX says of files, as programs that need nothing but a directory:
# of the host, and of mounts of it.  They are static, to run in any guest.
check_LIBRARIES += tests/posix/libposix.a
tests_posix_libposix_a_SOURCES = tests/posix/file.c tests/posix/harness.c \
	tests/posix/posix.h

posix_programs = \
	tests/posix/t_posix_acl \
	tests/posix/t_posix_dir \
	tests/posix/t_posix_error \
	tests/posix/t_posix_hole \
	tests/posix/t_posix_link \
	tests/posix/t_posix_lock \
	tests/posix/t_posix_mmap \
	tests/posix/t_posix_open \
	tests/posix/t_posix_path \
	tests/posix/t_posix_perm \
	tests/posix/t_posix_rename \
	tests/posix/t_posix_ro \
	tests/posix/t_posix_setid \
	tests/posix/t_posix_time \
	tests/posix/t_posix_xattr
check_PROGRAMS += $(posix_programs)
dist_check_SCRIPTS += tests/posix/t_links.sh tests/posix/t_posix.sh
TESTS += tests/posix/t_links.sh tests/posix/t_posix.sh

tests_posix_t_posix_acl_SOURCES = tests/posix/t_posix_acl.c
tests_posix_t_posix_acl_LDADD = tests/posix/libposix.a
tests_posix_t_posix_acl_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_dir_SOURCES = tests/posix/t_posix_dir.c
tests_posix_t_posix_dir_LDADD = tests/posix/libposix.a
tests_posix_t_posix_dir_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_error_SOURCES = tests/posix/t_posix_error.c
tests_posix_t_posix_error_LDADD = tests/posix/libposix.a
tests_posix_t_posix_error_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_hole_SOURCES = tests/posix/t_posix_hole.c
tests_posix_t_posix_hole_LDADD = tests/posix/libposix.a
tests_posix_t_posix_hole_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_link_SOURCES = tests/posix/t_posix_link.c
tests_posix_t_posix_link_LDADD = tests/posix/libposix.a
tests_posix_t_posix_link_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_lock_SOURCES = tests/posix/t_posix_lock.c
tests_posix_t_posix_lock_LDADD = tests/posix/libposix.a
tests_posix_t_posix_lock_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_mmap_SOURCES = tests/posix/t_posix_mmap.c
tests_posix_t_posix_mmap_LDADD = tests/posix/libposix.a
tests_posix_t_posix_mmap_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_open_SOURCES = tests/posix/t_posix_open.c
tests_posix_t_posix_open_LDADD = tests/posix/libposix.a
tests_posix_t_posix_open_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_path_SOURCES = tests/posix/t_posix_path.c
tests_posix_t_posix_path_LDADD = tests/posix/libposix.a
tests_posix_t_posix_path_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_perm_SOURCES = tests/posix/t_posix_perm.c
tests_posix_t_posix_perm_LDADD = tests/posix/libposix.a
tests_posix_t_posix_perm_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_rename_SOURCES = tests/posix/t_posix_rename.c
tests_posix_t_posix_rename_LDADD = tests/posix/libposix.a
tests_posix_t_posix_rename_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_ro_SOURCES = tests/posix/t_posix_ro.c
tests_posix_t_posix_ro_LDADD = tests/posix/libposix.a
tests_posix_t_posix_ro_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_setid_SOURCES = tests/posix/t_posix_setid.c
tests_posix_t_posix_setid_LDADD = tests/posix/libposix.a
tests_posix_t_posix_setid_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_time_SOURCES = tests/posix/t_posix_time.c
tests_posix_t_posix_time_LDADD = tests/posix/libposix.a
tests_posix_t_posix_time_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
tests_posix_t_posix_xattr_SOURCES = tests/posix/t_posix_xattr.c
tests_posix_t_posix_xattr_LDADD = tests/posix/libposix.a
tests_posix_t_posix_xattr_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
