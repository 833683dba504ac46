check_PROGRAMS += tests/walls/viofsd
tests_walls_viofsd_LDFLAGS = -Wl,--wrap=root_empty
