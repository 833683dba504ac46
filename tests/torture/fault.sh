#!/bin/bash
# SPDX-License-Identifier: ISC
# Each system call and each allocation of each process fails once.
# Bound: 60 min
set -eu
FAULT_POINTS=0 exec "${top_builddir:-.}/tests/torture/t_fault"
