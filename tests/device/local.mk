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
	tests/frontend/fs_name.c \
	tests/frontend/mem.c tests/frontend/mem.h \
	tests/frontend/proc.c tests/frontend/proc.h \
	tests/frontend/ring.c tests/frontend/ring.h \
	tests/frontend/tap.c tests/frontend/tap.h \
	tests/frontend/vhost.c tests/frontend/vhost.h
