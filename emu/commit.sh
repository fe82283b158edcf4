#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the kernel of a commit and makes a directory with it.
#
#   emu/commit.sh GIT-DIR COMMIT CONFIG TREE JOBS ORIGIN   prints build/kernels/ID, its only line on stdout
#
# TREE is a new directory, which gets the files of the commit, the file CONFIG as .config after `make olddefconfig`, and
# what make builds with JOBS compilers at a time.  Nothing is written into the repository.  ORIGIN is what runs call the
# kernel (emu/kernel.sh resolve --origin).  With ccache installed all commits share its cache.
#
# The release ends with -gCOMMIT.  Nothing else differs between two builds of the same code: neither date, user, host nor
# the number of the build is in the image.
# Exit status: 0; 4 the commit cannot be built; 64 bad arguments.
set -euo pipefail
CALLER=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. emu/common.sh
. emu/kernel_config.sh

main() { # GIT-DIR COMMIT CONFIG TREE JOBS ORIGIN
	local git_dir=$1 commit=$2 config tree jobs=$5 origin=$6 short=${2:0:12}
	config=$(absolute "$3")
	tree=$(absolute "$4")
	say "exporting $short"
	git --git-dir="$git_dir" archive "$commit" | tar -x -C "$tree" || die 4 "the files of the commit $short cannot be exported"
	cp "$config" "$tree/.config"
	export KBUILD_BUILD_TIMESTAMP=2000-01-01 KBUILD_BUILD_USER=daxdm KBUILD_BUILD_HOST=daxdm KBUILD_BUILD_VERSION=1
	export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=yes
	local make=(make -C "$tree" "LOCALVERSION=-g$short")
	if command -v ccache >/dev/null; then make+=("CC=ccache gcc"); fi
	build "$short" olddefconfig
	missing_options "$tree/.config"
	((${#MISSING[@]} == 0)) || die 4 "the kernel of the commit $short cannot be the emulated host's:" \
		"$(printf '%s, ' "${MISSING[@]}" | sed 's/, $//'); use a --config with that"
	say "building $short"
	build "$short" "-j$jobs"
	exec emu/kernel.sh resolve --tree "$tree" --origin "$origin"
}

# Compilers that run at the same time mix their messages: the first error is what counts.
build() { # COMMIT WORD...: of make
	local log=$tree.log why
	if ! "${make[@]}" "${@:2}" </dev/null >"$log" 2>&1; then
		tail -n 100 "$log" >&8
		why=$(grep -m1 -E 'error:|undefined reference|not found|No rule to make' "$log" || grep -m1 '\*\*\*' "$log" || tail -n 1 "$log") || true
		die 4 "the commit $1 does not build: ${why:-make failed without a message}"
	fi
}

(($# == 6)) || die 64 "usage: emu/commit.sh GIT-DIR COMMIT CONFIG TREE JOBS ORIGIN"
NAME=commit
main "$@"
