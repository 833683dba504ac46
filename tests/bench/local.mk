# SPDX-License-Identifier: ISC
# The loads that ./dev bench times.
EXTRA_PROGRAMS += tests/bench/viofsd-bench
tests_bench_viofsd_bench_SOURCES = \
	tests/bench/bench.c tests/bench/bench.h \
	tests/bench/command.c \
	tests/bench/cpu.c tests/bench/cpu.h \
	tests/bench/data.c \
	tests/bench/meta.c
tests_bench_viofsd_bench_CFLAGS = $(AM_CFLAGS) -pthread
CLEANFILES += tests/bench/viofsd-bench
EXTRA_DIST += tests/bench/bench.sh tests/bench/loads.sh \
	tests/bench/plot.awk tests/bench/report.awk
