# SPDX-License-Identifier: ISC
lint_scripts = tests/lint/audit.sh tests/lint/calls.sh tests/lint/docs.sh \
	tests/lint/format.sh \
	tests/lint/include.sh tests/lint/size.sh tests/lint/style.sh \
	tests/lint/symbols.sh tests/lint/tables.sh tests/lint/walls.sh
dist_check_SCRIPTS += $(lint_scripts)
TESTS += $(lint_scripts)
EXTRA_DIST += tests/lint/code.awk tests/lint/format.awk tests/lint/lib.sh \
	tests/lint/planted

# Every rule alone, without the other tests.
lint: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(lint_scripts)'
.PHONY: lint
