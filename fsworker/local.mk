# SPDX-License-Identifier: ISC
pkglibexec_PROGRAMS += viofsd-fsworker

viofsd_fsworker_SOURCES = \
	fsworker/main.c \
	fsworker/at.c fsworker/at.h \
	fsworker/attr.c fsworker/attr.h \
	fsworker/serve.c fsworker/serve.h \
	fsworker/w_attr.c fsworker/w_attr.h \
	fsworker/w_file.c fsworker/w_file.h \
	fsworker/w_list.c fsworker/w_list.h \
	fsworker/w_name.c fsworker/w_name.h
viofsd_fsworker_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
viofsd_fsworker_LDADD = libcommon.a -lseccomp -lcap-ng -lbsd -lmd
