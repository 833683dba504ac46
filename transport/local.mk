# SPDX-License-Identifier: ISC
pkglibexec_PROGRAMS += viofsd-transport
noinst_LIBRARIES += libtransport.a

libtransport_a_SOURCES = \
	transport/ahead.c transport/ahead.h \
	transport/ahead_name.c transport/ahead_name.h \
	transport/ask.c transport/ask.h \
	transport/batch.c transport/batch.h \
	transport/blink.c transport/blink.h \
	transport/debt.c transport/debt.h \
	transport/dirent.c transport/dirent.h \
	transport/dispatch.c transport/dispatch.h \
	transport/ext.c transport/ext.h \
	transport/fin.c transport/fin.h \
	transport/fout.c transport/fout.h \
	transport/fs.h transport/fuse_proto.h \
	transport/fuse_tab.c transport/fuse_tab.h \
	transport/gmem.c transport/gmem.h \
	transport/handle.c transport/handle.h \
	transport/implicit.c transport/implicit.h \
	transport/iopool.c transport/iopool.h \
	transport/kind.c transport/kind.h \
	transport/label.c transport/label.h \
	transport/lean.c transport/lean.h \
	transport/lock.c transport/lock.h \
	transport/node.c transport/node.h \
	transport/node_slot.c transport/node_slot.h \
	transport/op.h transport/op_ahead.c transport/op_attr.c \
	transport/op_dir.c transport/op_dir.h transport/op_file.c \
	transport/op_io.c transport/op_known.c transport/op_list.c transport/op_list.h \
	transport/op_plus.c transport/op_name.c \
	transport/op_lock.c transport/op_misc.c transport/op_open.c \
	transport/op_sess.c transport/op_xattr.c \
	transport/reap.c transport/reap.h \
	transport/req.c transport/req.h \
	transport/route.c transport/route.h \
	transport/said.c transport/said.h \
	transport/sandbox_tab.c transport/sandbox_tab.h \
	transport/slow.c transport/slow.h \
	transport/spare.c transport/spare.h \
	transport/sysfd.h \
	transport/vring.c transport/vring.h \
	transport/vring_chain.c transport/vring_int.h \
	transport/vu.h transport/vu_int.h transport/vu_dev.c \
	transport/vu_mem.c transport/vu_msg.c transport/vu_msg.h \
	transport/vu_queue.c transport/vu_req.c \
	transport/watch.c transport/watch.h \
	transport/wkeep.c transport/wkeep.h \
	transport/wlink.c transport/wlink.h \
	transport/wlink_drain.c transport/wlink_int.h \
	transport/wlink_lazy.c transport/wlink_settle.c \
	transport/wlink_supply.c

viofsd_transport_SOURCES = transport/main.c
viofsd_transport_LDADD = libtransport.a libcommon.a -levent_core \
	$(SECCOMP_LIBS) $(BSD_LIBS) -lmd -lpthread
viofsd_transport_LDFLAGS = $(AM_LDFLAGS) $(HELPER_LDFLAGS)
