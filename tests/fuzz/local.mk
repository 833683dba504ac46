# SPDX-License-Identifier: ISC
# One program for each kind of input.  With --enable-fuzzer they are
# libFuzzer's, to be run by hand or by "./dev fuzz"; else each runs every file
# of its corpus once.
fuzz_programs = \
	tests/fuzz/fuzz_broker \
	tests/fuzz/fuzz_chain \
	tests/fuzz/fuzz_conf \
	tests/fuzz/fuzz_fuse \
	tests/fuzz/fuzz_hello \
	tests/fuzz/fuzz_idmap \
	tests/fuzz/fuzz_link \
	tests/fuzz/fuzz_mountinfo \
	tests/fuzz/fuzz_mring \
	tests/fuzz/fuzz_msg \
	tests/fuzz/fuzz_plus \
	tests/fuzz/fuzz_spawner \
	tests/fuzz/fuzz_vu_msg \
	tests/fuzz/fuzz_worker \
	tests/fuzz/fuzz_xattrmap
check_PROGRAMS += $(fuzz_programs)

if FUZZER
fuzz_engine =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_untraced = -fno-sanitize=fuzzer-no-link
else
TESTS += $(fuzz_programs)
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay_main.c tests/fuzz/fuzz.h
fuzz_engine = tests/fuzz/libreplay.a
fuzz_ldflags = $(AM_LDFLAGS)
endif

fuzz_libs = $(fuzz_engine) libtransport.a libcommon.a $(EVENT_LIBS) \
	$(SECCOMP_LIBS) $(CAPNG_LIBS) $(BSD_LIBS) -lpthread
fuzz_fs = tests/fuzz/fsenv.c tests/fuzz/fsenv.h \
	tests/fuzz/fsenv_check.c tests/fuzz/fsenv_check.h \
	tests/fuzz/fsenv_honest.c tests/fuzz/fsenv_honest.h \
	tests/fuzz/fsenv_watch.c tests/fuzz/fsenv_watch.h tests/fuzz/fuzz.h

# What stands for the kernel and libevent between the processes; which way it
# goes is nothing to look for.
check_LIBRARIES += tests/fuzz/libfake.a
tests_fuzz_libfake_a_CFLAGS = $(AM_CFLAGS) $(fuzz_untraced)
tests_fuzz_libfake_a_SOURCES = tests/fuzz/fake.h tests/fuzz/fake_event.c \
	tests/fuzz/fake_fd.c tests/fuzz/fake_int.h tests/fuzz/fake_sock.c
fuzz_ipc_libs = $(fuzz_engine) tests/fuzz/libfake.a libcommon.a \
	$(SECCOMP_LIBS) $(CAPNG_LIBS) $(BSD_LIBS) -lmd -lpthread

fuzz_ipc_headers = tests/fuzz/fake.h tests/fuzz/fuzz.h tests/fuzz/over.h \
	tests/fuzz/rawmsg.h

tests_fuzz_fuzz_broker_SOURCES = tests/fuzz/fuzz_broker.c \
	tests/fuzz/brokerenv.h tests/fuzz/homeenv.h tests/fuzz/polenv.h \
	$(fuzz_ipc_headers)
tests_fuzz_fuzz_broker_LDADD = $(fuzz_ipc_libs)
tests_fuzz_fuzz_broker_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_chain_SOURCES = tests/fuzz/fuzz_chain.c tests/fuzz/fuzz.h \
	tests/unit/ringenv.h
tests_fuzz_fuzz_chain_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_chain_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_conf_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_conf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fuse_SOURCES = tests/fuzz/fuzz_fuse.c $(fuzz_fs)
tests_fuzz_fuzz_fuse_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_fuse_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=fstatfs
tests_fuzz_fuzz_hello_SOURCES = tests/fuzz/fuzz_hello.c fsworker/rules.c \
	$(fuzz_ipc_headers)
tests_fuzz_fuzz_hello_LDADD = $(fuzz_ipc_libs)
tests_fuzz_fuzz_hello_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_idmap_SOURCES = tests/fuzz/fuzz_idmap.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_idmap_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_idmap_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_link_SOURCES = tests/fuzz/fuzz_link.c \
	tests/fuzz/linkenv.h tests/fuzz/linkpeer.h $(fuzz_ipc_headers)
tests_fuzz_fuzz_link_LDADD = $(fuzz_ipc_libs)
tests_fuzz_fuzz_link_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mountinfo_SOURCES = tests/fuzz/fuzz_mountinfo.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_mountinfo_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_mountinfo_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_mring_SOURCES = tests/fuzz/fuzz_mring.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_mring_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_mring_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_msg_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_msg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_plus_SOURCES = tests/fuzz/fuzz_plus.c $(fuzz_fs)
tests_fuzz_fuzz_plus_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_plus_LDFLAGS = $(fuzz_ldflags) -Wl,--wrap=fstatfs
tests_fuzz_fuzz_spawner_SOURCES = tests/fuzz/fuzz_spawner.c \
	tests/fuzz/polenv.h $(fuzz_ipc_headers)
tests_fuzz_fuzz_spawner_LDADD = $(fuzz_ipc_libs)
tests_fuzz_fuzz_spawner_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_vu_msg_SOURCES = tests/fuzz/fuzz_vu_msg.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_vu_msg_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_vu_msg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_worker_SOURCES = tests/fuzz/fuzz_worker.c \
	tests/fuzz/sharenv.c tests/fuzz/sharenv.h $(fuzz_ipc_headers) \
	fsworker/access.c fsworker/acl.c fsworker/at.c fsworker/attr.c \
	fsworker/entry.c fsworker/follow.c fsworker/give.c fsworker/keep.c fsworker/label.c \
	fsworker/make.c fsworker/rules.c fsworker/setid.c \
	fsworker/w_attr.c fsworker/w_file.c fsworker/w_ioctl.c fsworker/w_list.c \
	fsworker/w_make.c fsworker/w_name.c fsworker/w_node.c \
	fsworker/w_xattr.c fsworker/walk.c fsworker/xattr.c
tests_fuzz_fuzz_worker_LDADD = $(fuzz_ipc_libs)
tests_fuzz_fuzz_worker_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_xattrmap_SOURCES = tests/fuzz/fuzz_xattrmap.c \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_xattrmap_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_xattrmap_LDFLAGS = $(fuzz_ldflags)

# The inputs are kept in the source tree, so that one which found something
# can join them.  Those that the program makes must be what it makes.
check_PROGRAMS += tests/fuzz/seeds
tests_fuzz_seeds_SOURCES = tests/fuzz/seeds.c tests/fuzz/seeds.h \
	tests/fuzz/seeds_fuse.c tests/fuzz/seeds_ipc.c tests/fuzz/seeds_vu.c
tests_fuzz_seeds_LDADD = libcommon.a
TESTS += tests/fuzz/t_seeds.sh
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz_conf.dict \
	tests/fuzz/fuzz_mountinfo.dict tests/fuzz/fuzz_xattrmap.dict \
	tests/fuzz/t_seeds.sh

fuzz-seeds: tests/fuzz/seeds$(EXEEXT)
	tests/fuzz/seeds$(EXEEXT) $(top_srcdir)/tests/fuzz/corpus
.PHONY: fuzz-seeds
