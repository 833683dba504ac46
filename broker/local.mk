# SPDX-License-Identifier: ISC
sbin_PROGRAMS += viofsd

viofsd_SOURCES = \
	broker/main.c broker/broker.h \
	broker/bare.c broker/bare.h \
	broker/conf.c broker/conf.h broker/conf_opt.h \
	broker/conf_caps.c broker/conf_check.c broker/conf_ids.c \
	broker/conf_legacy.c broker/conf_policy.c broker/conf_tab.c \
	broker/ended.c broker/ended.h \
	broker/fdmap.c broker/fdmap.h \
	broker/groups.c broker/groups.h \
	broker/helper.c broker/helper.h \
	broker/home.c broker/home.h \
	broker/launch.c broker/launch.h \
	broker/limit.c broker/limit.h \
	broker/on.h broker/rows.h \
	broker/on_spawner.c broker/on_transport.c broker/on_worker.c \
	broker/policy.c broker/policy.h \
	broker/probe.c broker/probe.h \
	broker/rate.c broker/rate.h \
	broker/reply.c broker/reply.h \
	broker/root.c broker/root.h \
	broker/sandbox_tab.c broker/sandbox_tab.h \
	broker/security.c broker/security.h \
	broker/serve.c broker/serve.h \
	broker/setup.c broker/setup.h \
	broker/share.c broker/share.h \
	broker/socket.c broker/socket.h \
	broker/spawn_child.c broker/spawn_child.h \
	broker/spawner.c broker/spawner.h \
	broker/title.c broker/title.h \
	broker/tree.c broker/tree.h \
	broker/userns.c broker/userns.h \
	broker/worker.c broker/worker.h
viofsd_LDFLAGS = $(AM_LDFLAGS) -pie
viofsd_LDADD = libcommon.a $(EVENT_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) \
	$(BSD_LIBS)
