# SPDX-License-Identifier: ISC
# The VMM in a box, and the programs that drive a daemon with it.  They need
# root; each may be run by hand on another daemon: t_ops --peer c|rust|PATH.
check_LIBRARIES += tests/frontend/libfrontend.a
tests_frontend_libfrontend_a_SOURCES = \
	tests/frontend/box.c tests/frontend/box.h \
	tests/frontend/daemon.c tests/frontend/daemon.h \
	tests/frontend/fs.c tests/frontend/fs.h \
	tests/frontend/fs_attr.c tests/frontend/fs_call.c \
	tests/frontend/fs_dir.c tests/frontend/fs_file.c \
	tests/frontend/fs_make.c tests/frontend/fs_more.c \
	tests/frontend/fs_more.h \
	tests/frontend/fs_name.c tests/frontend/fs_page.c \
	tests/frontend/mem.c tests/frontend/mem.h \
	tests/frontend/proc.c tests/frontend/proc.h \
	tests/frontend/ring.c tests/frontend/ring.h \
	tests/frontend/tap.c tests/frontend/tap.h \
	tests/frontend/vhost.c tests/frontend/vhost.h

device_programs = tests/device/t_ahead tests/device/t_bytes \
	tests/device/t_cmdlines \
	tests/device/t_hostile tests/device/t_ids tests/device/t_keep \
	tests/device/t_lean tests/device/t_listing tests/device/t_locks \
	tests/device/t_messages \
	tests/device/t_more tests/device/t_nodes tests/device/t_noopen \
	tests/device/t_opendir tests/device/t_ops tests/device/t_perms \
	tests/device/t_policy tests/device/t_pools tests/device/t_scale \
	tests/device/t_session tests/device/t_spare
check_PROGRAMS += $(device_programs)
TESTS += $(device_programs)
tests_device_t_ahead_SOURCES = tests/device/t_ahead.c
tests_device_t_ahead_LDADD = tests/frontend/libfrontend.a
tests_device_t_bytes_SOURCES = tests/device/t_bytes.c
tests_device_t_bytes_LDADD = tests/frontend/libfrontend.a
tests_device_t_cmdlines_SOURCES = tests/device/t_cmdlines.c
tests_device_t_cmdlines_LDADD = tests/frontend/libfrontend.a
tests_device_t_noopen_SOURCES = tests/device/more.h \
	tests/device/more_help.c tests/device/t_noopen.c
tests_device_t_noopen_LDADD = tests/frontend/libfrontend.a
tests_device_t_opendir_SOURCES = tests/device/t_opendir.c
tests_device_t_opendir_LDADD = tests/frontend/libfrontend.a
tests_device_t_ops_SOURCES = \
	tests/device/ops.h \
	tests/device/ops_attr.c tests/device/ops_data.c \
	tests/device/ops_dir.c tests/device/ops_huge.c \
	tests/device/ops_name.c \
	tests/device/ops_open.c tests/device/ops_policy.c \
	tests/device/ops_rename.c tests/device/ops_space.c \
	tests/device/t_ops.c
tests_device_t_ops_LDADD = tests/frontend/libfrontend.a
tests_device_t_spare_SOURCES = tests/device/t_spare.c
tests_device_t_spare_LDADD = tests/frontend/libfrontend.a
tests_device_t_policy_SOURCES = tests/device/t_policy.c
tests_device_t_policy_LDADD = tests/frontend/libfrontend.a
tests_device_t_pools_SOURCES = tests/device/pools.h \
	tests/device/pools_proc.c tests/device/t_pools.c
tests_device_t_pools_LDADD = tests/frontend/libfrontend.a
tests_device_t_perms_SOURCES = \
	tests/device/perms.h tests/device/perms_guest.c \
	tests/device/perms_ref.c tests/device/perms_tree.c \
	tests/device/t_perms.c
tests_device_t_perms_LDADD = tests/frontend/libfrontend.a
tests_device_t_hostile_SOURCES = \
	tests/device/hostile.h \
	tests/device/hostile_chain.c tests/device/hostile_fd.c \
	tests/device/hostile_forget.c tests/device/hostile_header.c \
	tests/device/hostile_msg.c tests/device/hostile_name.c \
	tests/device/hostile_race.c tests/device/hostile_ring.c \
	tests/device/hostile_serve.c tests/device/hostile_session.c \
	tests/device/hostile_size.c \
	tests/device/hostile_table.c tests/device/hostile_value.c \
	tests/device/hostile_vring.c tests/device/t_hostile.c
tests_device_t_hostile_CFLAGS = $(AM_CFLAGS) -pthread
tests_device_t_hostile_LDADD = tests/frontend/libfrontend.a
tests_device_t_ids_SOURCES = \
	tests/device/ids.h \
	tests/device/ids_rights.c tests/device/ids_setid.c \
	tests/device/ids_steady.c \
	tests/device/t_ids.c
tests_device_t_ids_LDADD = tests/frontend/libfrontend.a
tests_device_t_session_SOURCES = \
	tests/device/session.h \
	tests/device/session_init.c tests/device/session_kill.c \
	tests/device/session_queue.c \
	tests/device/t_session.c
tests_device_t_session_LDADD = tests/frontend/libfrontend.a
tests_device_t_lean_SOURCES = tests/device/t_lean.c
tests_device_t_lean_LDADD = tests/frontend/libfrontend.a
tests_device_t_listing_SOURCES = tests/device/t_listing.c
tests_device_t_listing_LDADD = tests/frontend/libfrontend.a
tests_device_t_messages_SOURCES = tests/device/t_messages.c
tests_device_t_messages_LDADD = tests/frontend/libfrontend.a
tests_device_t_keep_SOURCES = tests/device/t_keep.c
tests_device_t_keep_LDADD = tests/frontend/libfrontend.a
tests_device_t_nodes_SOURCES = tests/device/t_nodes.c
tests_device_t_nodes_LDADD = tests/frontend/libfrontend.a
tests_device_t_scale_SOURCES = tests/device/t_scale.c
tests_device_t_scale_LDADD = tests/frontend/libfrontend.a
tests_device_t_more_SOURCES = \
	tests/device/more.h \
	tests/device/more_acl.c tests/device/more_append.c \
	tests/device/more_full.c \
	tests/device/more_groups.c tests/device/more_help.c \
	tests/device/more_idmap.c \
	tests/device/more_ids.c tests/device/more_ioctl.c \
	tests/device/more_kill.c tests/device/more_label.c \
	tests/device/more_lie.c tests/device/more_line.c \
	tests/device/more_map.c tests/device/more_same.c \
	tests/device/more_node.c tests/device/more_open.c \
	tests/device/more_time.c tests/device/more_trust.c \
	tests/device/more_xattr.c \
	tests/device/t_more.c
tests_device_t_more_LDADD = tests/frontend/libfrontend.a
tests_device_t_locks_SOURCES = \
	tests/device/more.h \
	tests/device/more_flock.c tests/device/more_help.c \
	tests/device/more_lock.c tests/device/more_lock_wait.c \
	tests/device/t_locks.c
tests_device_t_locks_LDADD = tests/frontend/libfrontend.a
