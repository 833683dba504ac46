#!/bin/sh
# SPDX-License-Identifier: ISC
