# SPDX-License-Identifier: ISC
# Sourced by bash scripts: where to put files of a file system on a disk.

# disk_dir: TMPDIR or /tmp, unless that is memory, which cannot do what the
# tests ask of a share; /var/tmp outlives a restart and so is not.
disk_dir() {
	local dir=${TMPDIR:-/tmp}

	case $(stat -f -c %T "$dir") in
	tmpfs | ramfs) dir=/var/tmp ;;
	esac
	echo "$dir"
}
