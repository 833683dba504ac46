# SPDX-License-Identifier: ISC
# Long tests, each with a bound of its own: "./dev torture".  Their programs
# are built with those of "make check", which does not run them.
EXTRA_DIST += tests/torture/lib.sh tests/tools/tapsum
EXTRA_DIST += tests/torture/rows.sh
