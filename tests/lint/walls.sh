#!/bin/sh
# SPDX-License-Identifier: ISC
# Programs without walls are for tests: nothing that is installed can be one.
set -eu
. "$(dirname "$0")/lib.sh"

# Makefile fragments and configure.ac, with continued lines in one, as
# "FILE:LINE:TEXT".
walls_lines() {
	local f

	for f in configure.ac Makefile.am $(lint_files '*.mk' .); do
		f=${f#./}
		case $f in
		tests/lint/planted/*) continue ;;
		esac
		[ ! -f "$f" ] || awk -v f="$f" '
		{ if (text == "") at = FNR }
		/\\$/ { text = text substr($0, 1, length($0) - 1); next }
		{ print f ":" at ":" text $0; text = "" }' "$f"
	done
}

# Functions are wrapped for walls and fuzz targets alone, nothing of which is
# installed.
walls_build() {
	walls_lines | awk '
	{
		split($0, part, ":")
		where = part[1] ":" part[2]
		text = substr($0, length(where) + 2)
	}
	part[1] !~ /^tests\/(walls|fuzz)\/local\.mk$/ &&
	    text ~ /--wrap|gone_any|GONE_/ {
		print where ": functions are replaced for tests alone"
	}
	text ~ /^[a-z]*(sbin|bin|libexec|data|lib)_(PROGRAMS|SCRIPTS|DATA|LIBRARIES)[ \t]*\+?=.*tests\/(walls|fuzz)\// {
		print where ": a test would be installed"
	}
	text ~ /^(viofsd|viofsd_transport|viofsd_fsworker|libcommon_a|libtransport_a)_(SOURCES|LDADD|LDFLAGS)[ \t]*\+?=.*tests\/(walls|fuzz)\// {
		print where ": a part of the product comes from tests/"
	}'
}

# The product does not know that there are such programs.
walls_code() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | sed -nE \
	    's/^([^:]*:[0-9]+):.*(__wrap_|__real_|[^A-Za-z0-9_>.]gone\(|GONE_MARK|VIOFSD_WALL).*/\1: a wall that can be removed/p'
}

lint_rule walls_build "no installed program can lack a wall" walls_build
lint_rule walls_code "the product knows no way to remove a wall" walls_code
lint_end
