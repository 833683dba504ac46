# SPDX-License-Identifier: ISC
vhostuserdir = $(datadir)/qemu/vhost-user
systemdunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d

nodist_vhostuser_DATA = dist/60-viofsd.json
nodist_systemdunit_DATA = dist/viofsd@.service dist/viofsd-pool@.service \
	dist/viofsd-pool@.socket
nodist_sysusers_DATA = dist/viofsd.conf

EXTRA_DIST += dist/60-viofsd.json.in dist/viofsd@.service.in \
	dist/viofsd-pool@.service.in dist/viofsd-pool@.socket.in \
	dist/viofsd.sysusers
CLEANFILES += dist/60-viofsd.json dist/viofsd.conf $(nodist_systemdunit_DATA)

dist_subst = $(AM_V_GEN)$(MKDIR_P) dist && \
	sed -e 's,[@]sbindir[@],$(sbindir),g'

dist/60-viofsd.json: dist/60-viofsd.json.in Makefile
	$(dist_subst) $(top_srcdir)/dist/60-viofsd.json.in >$@

dist/viofsd@.service: dist/viofsd@.service.in Makefile
	$(dist_subst) $(top_srcdir)/dist/viofsd@.service.in >$@

dist/viofsd-pool@.service: dist/viofsd-pool@.service.in Makefile
	$(dist_subst) $(top_srcdir)/dist/viofsd-pool@.service.in >$@

dist/viofsd-pool@.socket: dist/viofsd-pool@.socket.in Makefile
	$(dist_subst) $(top_srcdir)/dist/viofsd-pool@.socket.in >$@

dist/viofsd.conf: dist/viofsd.sysusers
	$(AM_V_GEN)$(MKDIR_P) dist && cp $(top_srcdir)/dist/viofsd.sysusers $@
