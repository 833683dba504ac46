# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libcommon.a

libcommon_a_SOURCES = \
	common/caps.c common/caps.h \
	common/chan.c common/chan.h \
	common/cred.c common/cred.h \
	common/fdbag.c common/fdbag.h \
	common/frozen.c common/frozen.h \
	common/idmap.c common/idmap.h \
	common/idspace.c common/idspace.h \
	common/jail.c common/jail.h \
	common/landlock.c common/landlock.h \
	common/log.c common/log.h \
	common/msg.c common/msg.def common/msg.h common/msg_file.h \
	common/proc.c common/proc.h \
	common/mring.c common/mring.h \
	common/sandbox.c common/sandbox.h \
	common/sandbox_fsworker.c common/sandbox_fsworker.h \
	common/seal.c common/seal.h \
	common/trust.c common/trust.h \
	common/xattrmap.c common/xattrmap.h
nodist_libcommon_a_SOURCES = build_id.h

# Both ends of a channel compare this: no version to bump by hand.
build_id.h: $(top_srcdir)/common/msg.def $(top_srcdir)/common/msg.h \
    $(top_srcdir)/common/msg_file.h $(top_srcdir)/common/cred.h
	$(AM_V_GEN)cat $(top_srcdir)/common/msg.def \
	    $(top_srcdir)/common/msg.h $(top_srcdir)/common/msg_file.h \
	    $(top_srcdir)/common/cred.h | \
	    sha256sum | cut -c1-64 | sed 's/../0x&, /g' > $@

# BUILT_SOURCES acts for all, check and install only.
common/msg.$(OBJEXT): build_id.h

BUILT_SOURCES += build_id.h
CLEANFILES += build_id.h
