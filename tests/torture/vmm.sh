#!/bin/bash
# SPDX-License-Identifier: ISC
# A monitor that changes every byte of descriptors and headers and takes memory
# away while requests run, and repeats messages with descriptors 100000 times.
# Bound: 10 min
set -eu
HOSTILE_LONG=yes HOSTILE_ONLY=long: exec "${top_builddir:-.}/tests/device/t_hostile"
