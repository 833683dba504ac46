# SPDX-License-Identifier: ISC
dist_man_MANS += man/viofsd.8 man/viofsd-fsworker.8 man/viofsd-threats.7 \
	man/viofsd-transport.8

EXTRA_DIST += docs/ARCHITECTURE.md docs/AUDIT docs/COMPATIBILITY.md docs/CONFORMANCE.md docs/HACKING.md \
	docs/MESSAGES docs/SYSCALLS docs/THREATS.md docs/PERFORMANCE.md \
	docs/TRUST.md docs/ratios.svg \
	tests/tools/gen-audit tests/tools/gen-messages tests/tools/gen-syscalls

# Kept in the tree, so that a change of a table is seen where it is reviewed.
docs:
	$(AM_V_GEN)cd $(top_srcdir) && \
	    tests/tools/gen-messages . >docs/MESSAGES.new && \
	    mv docs/MESSAGES.new docs/MESSAGES && \
	    tests/tools/gen-syscalls . >docs/SYSCALLS.new && \
	    mv docs/SYSCALLS.new docs/SYSCALLS
.PHONY: docs

# Who has read what; not part of docs, for it says that of people.
audit:
	$(AM_V_GEN)cd $(top_srcdir) && \
	    tests/tools/gen-audit . >docs/AUDIT.new && \
	    mv docs/AUDIT.new docs/AUDIT
.PHONY: audit
