# SPDX-License-Identifier: ISC
# Interactive part of "./dev demo" in the guest.
stty rows "$GUEST_ROWS" cols "$GUEST_COLS"
cat <<END

  This is a root shell in a virtual machine.  The share is mounted on /mnt:
  $(grep virtiofs /proc/mounts)
  "exit" powers the machine off; Ctrl-A X stops it at once.

END
cd /mnt || exit 1
export PS1='guest:\w# ' HOME=/tmp TERM="${GUEST_TERM:-vt100}"
exec sh -i
