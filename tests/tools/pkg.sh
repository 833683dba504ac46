# SPDX-License-Identifier: ISC
# Sourced by bash scripts: Debian packages on demand.

# pkg_missing PACKAGE...: prints those that are not installed.
pkg_missing() {
	local p

	for p in "$@"; do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
		    grep -qx installed || printf '%s\n' "$p"
	done
}

# pkg_apt ARGS...: apt-get without questions, tried twice.
pkg_apt() {
	local log

	log=$(mktemp)
	if DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1 ||
	    { sleep 2; DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" \
	    >"$log" 2>&1; }; then
		rm -f "$log"
		return 0
	fi
	tail -n 20 "$log" >&2
	rm -f "$log"
	return 1
}

# pkg_need PACKAGE...: installs those that are missing.
pkg_need() {
	local missing

	mapfile -t missing < <(pkg_missing "$@")
	if [ "${#missing[@]}" -eq 0 ]; then
		return 0
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "missing packages (not root): ${missing[*]}" >&2
		return 1
	fi
	echo "installing: ${missing[*]}"
	pkg_apt update || echo "apt-get update failed, going on" >&2
	pkg_apt install --no-install-recommends "${missing[@]}"
}
