# SPDX-License-Identifier: ISC
# What ./dev conformance runs.
EXTRA_DIST += tests/conformance/conformance.sh tests/conformance/copies.sh \
	tests/conformance/data.sh tests/conformance/guest.sh \
	tests/conformance/posix.sh tests/conformance/programs.sh \
	tests/conformance/work.sh
