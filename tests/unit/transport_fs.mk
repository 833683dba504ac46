# SPDX-License-Identifier: ISC
# From a popped chain to a worker and back; each test includes the file that
# it tests and stubs what that calls, so the library's copy is not linked.
if HAVE_CMOCKA
transport_fs_tests = \
	tests/unit/test_dispatch \
	tests/unit/test_ahead \
	tests/unit/test_ahead_name \
	tests/unit/test_ahead_room \
	tests/unit/test_ask \
	tests/unit/test_batch \
	tests/unit/test_blink \
	tests/unit/test_debt \
	tests/unit/test_ext \
	tests/unit/test_fin \
	tests/unit/test_fout \
	tests/unit/test_handle \
	tests/unit/test_lock \
	tests/unit/test_node \
	tests/unit/test_node_seal \
	tests/unit/test_iopool \
	tests/unit/test_op_ahead \
	tests/unit/test_op_ahead_done \
	tests/unit/test_op_known \
	tests/unit/test_op_io \
	tests/unit/test_lean \
	tests/unit/test_op_dir \
	tests/unit/test_op_list \
	tests/unit/test_op_lock \
	tests/unit/test_op_name \
	tests/unit/test_op_plus \
	tests/unit/test_op_read \
	tests/unit/test_req \
	tests/unit/test_route \
	tests/unit/test_spare \
	tests/unit/test_watch \
	tests/unit/test_wkeep \
	tests/unit/test_wlink \
	tests/unit/test_wlink_keep \
	tests/unit/test_wlink_lazy \
	tests/unit/test_wlink_ring \
	tests/unit/test_wlink_watch
check_PROGRAMS += $(transport_fs_tests)
TESTS += $(transport_fs_tests)

transport_fs_libs = libtransport.a libcommon.a $(CMOCKA_LIBS) \
	$(EVENT_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS) -lpthread
tests_unit_test_dispatch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dispatch_LDADD = $(transport_fs_libs)
tests_unit_test_ahead_SOURCES = tests/unit/test_ahead.c tests/unit/namesenv.h
tests_unit_test_ahead_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ahead_LDADD = $(transport_fs_libs)
tests_unit_test_ahead_room_SOURCES = tests/unit/test_ahead_room.c \
	tests/unit/namesenv.h
tests_unit_test_ahead_room_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ahead_room_LDADD = $(transport_fs_libs)
tests_unit_test_ahead_name_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ahead_name_LDADD = $(transport_fs_libs)
tests_unit_test_debt_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_debt_LDADD = $(transport_fs_libs)
tests_unit_test_op_known_SOURCES = tests/unit/test_op_known.c \
	tests/unit/aheadenv.h
tests_unit_test_op_known_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_known_LDADD = $(transport_fs_libs)
tests_unit_test_op_ahead_SOURCES = tests/unit/test_op_ahead.c \
	tests/unit/aheadenv.h
tests_unit_test_op_ahead_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_ahead_LDADD = $(transport_fs_libs)
tests_unit_test_op_ahead_done_SOURCES = tests/unit/test_op_ahead_done.c \
	tests/unit/aheadenv.h
tests_unit_test_op_ahead_done_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_ahead_done_LDADD = $(transport_fs_libs)
tests_unit_test_ask_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ask_LDADD = $(transport_fs_libs)
tests_unit_test_batch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_batch_LDADD = $(transport_fs_libs)
tests_unit_test_blink_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_blink_LDADD = $(transport_fs_libs)
tests_unit_test_ext_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ext_LDADD = $(transport_fs_libs)
tests_unit_test_fin_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fin_LDADD = $(transport_fs_libs)
tests_unit_test_fout_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fout_LDADD = $(transport_fs_libs)
tests_unit_test_handle_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_handle_LDADD = $(transport_fs_libs)
tests_unit_test_lock_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_lock_LDADD = $(transport_fs_libs)
tests_unit_test_node_SOURCES = tests/unit/test_node.c tests/unit/nodeenv.h
tests_unit_test_node_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_node_LDADD = $(transport_fs_libs)
tests_unit_test_node_seal_SOURCES = tests/unit/test_node_seal.c \
	tests/unit/nodeenv.h
tests_unit_test_node_seal_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_node_seal_LDADD = $(transport_fs_libs)
tests_unit_test_iopool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_iopool_LDADD = $(transport_fs_libs)
tests_unit_test_op_io_SOURCES = tests/unit/test_op_io.c tests/unit/ioenv.h
tests_unit_test_op_io_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_io_LDADD = $(transport_fs_libs)
tests_unit_test_lean_SOURCES = tests/unit/test_lean.c tests/unit/listenv.h
tests_unit_test_lean_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_lean_LDADD = $(transport_fs_libs)
tests_unit_test_op_dir_SOURCES = tests/unit/test_op_dir.c tests/unit/listenv.h
tests_unit_test_op_dir_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_dir_LDADD = $(transport_fs_libs)
tests_unit_test_op_list_SOURCES = tests/unit/test_op_list.c tests/unit/listenv.h
tests_unit_test_op_list_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_list_LDADD = $(transport_fs_libs)
tests_unit_test_op_lock_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_lock_LDADD = $(transport_fs_libs)
tests_unit_test_op_name_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_name_LDADD = $(transport_fs_libs)
tests_unit_test_op_plus_SOURCES = tests/unit/test_op_plus.c tests/unit/listenv.h
tests_unit_test_op_plus_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_plus_LDADD = $(transport_fs_libs)
tests_unit_test_op_read_SOURCES = tests/unit/test_op_read.c tests/unit/ioenv.h
tests_unit_test_op_read_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_op_read_LDADD = $(transport_fs_libs)
tests_unit_test_req_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_req_LDADD = $(transport_fs_libs)
tests_unit_test_route_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_route_LDADD = $(transport_fs_libs)
tests_unit_test_spare_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_spare_LDADD = $(transport_fs_libs)
tests_unit_test_watch_SOURCES = tests/unit/test_watch.c tests/unit/watchenv.h
tests_unit_test_watch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_watch_LDADD = $(transport_fs_libs)
tests_unit_test_wkeep_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wkeep_LDADD = $(transport_fs_libs)
tests_unit_test_wlink_ring_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wlink_ring_LDADD = $(transport_fs_libs)
tests_unit_test_wlink_SOURCES = tests/unit/test_wlink.c tests/unit/wlinkenv.h
tests_unit_test_wlink_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wlink_LDADD = $(transport_fs_libs)
tests_unit_test_wlink_lazy_SOURCES = tests/unit/test_wlink_lazy.c \
	tests/unit/wlinkenv.h
tests_unit_test_wlink_lazy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wlink_lazy_LDADD = $(transport_fs_libs)
tests_unit_test_wlink_keep_SOURCES = tests/unit/test_wlink_keep.c \
	tests/unit/wlinkenv.h
tests_unit_test_wlink_keep_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wlink_keep_LDADD = $(transport_fs_libs)
tests_unit_test_wlink_watch_SOURCES = tests/unit/test_wlink_watch.c \
	tests/unit/wlinkenv.h
tests_unit_test_wlink_watch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wlink_watch_LDADD = $(transport_fs_libs)
endif
