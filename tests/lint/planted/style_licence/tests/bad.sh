#!/bin/sh # PLANTED
set -eu
