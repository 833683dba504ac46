# SPDX-License-Identifier: ISC
pkglibexec_PROGRAMS += viofsd-fsworker

viofsd_fsworker_SOURCES = \
	fsworker/main.c \
	fsworker/access.c fsworker/access.h \
	fsworker/acl.c fsworker/acl.h \
	fsworker/at.c fsworker/at.h \
	fsworker/attr.c fsworker/attr.h \
	fsworker/entry.c fsworker/entry.h \
	fsworker/follow.c fsworker/follow.h \
	fsworker/give.c fsworker/give.h \
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
	fsworker/walk.c fsworker/walk.h \
	fsworker/xattr.c fsworker/xattr.h
viofsd_fsworker_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
viofsd_fsworker_LDADD = libcommon.a -lseccomp -lcap-ng -lbsd -lmd
