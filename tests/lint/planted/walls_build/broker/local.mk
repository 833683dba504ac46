sbin_PROGRAMS += viofsd
viofsd_SOURCES = \
	broker/main.c
viofsd_LDFLAGS = -pie -Wl,--wrap=root_empty # PLANTED
sbin_PROGRAMS += tests/walls/viofsd # PLANTED
viofsd_SOURCES += tests/walls/gone.c # PLANTED
