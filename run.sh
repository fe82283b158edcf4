#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The one entry of daxdm: installs missing packages, builds the program and executes it.  ./run.sh help
# `make install` puts it into PREFIX/share/daxdm, with PREFIX/bin/daxdm as a link to it; there it builds nothing.
set -euo pipefail

readonly BROKEN=4 USAGE=64 # the exit statuses of lib/base/msg.h that this script sets itself
from=$PWD                  # relative paths that the user gives are seen from here
here=$(readlink -f "$0")
cd "${here%/*}"
unset MAKEFLAGS MAKELEVEL # `make bench` must not lend its job server to our make
name=run.sh command=./run.sh

note() { printf '%s\n' "$*" >&2; }
die() { # STATUS TEXT...
	local status=$1
	shift
	note "$name: $*"
	exit "$status"
}

# ---- where things are ----------------------------------------------------------------------------

# What is made goes to $build, and `clean` excludes all other verbs by $lock.  The program and the scripts in emu/ know by
# the variables that it is installed (lib/base/place.h).
build=build lock=. installed=
unset DAXDM_DATA DAXDM_CACHE DAXDM_LIB
if [[ -f installed ]]; then # it names the directory of the program
	installed=yes name=daxdm command=daxdm
	if [[ ${XDG_CACHE_HOME-} == /* ]]; then
		build=$XDG_CACHE_HOME/daxdm
	elif (($(id -u) == 0)); then
		build=/var/cache/daxdm # /root may be closed to nobody, who runs QEMU
	else
		build=${HOME:-/nonexistent}/.cache/daxdm
	fi
	lock=$build/clean.lock
	DAXDM_LIB=$(realpath "$(<installed)")
	export DAXDM_DATA=$PWD DAXDM_CACHE=$build DAXDM_LIB
fi

# Lists of files are lines, here and in emu/.
[[ $PWD != *[[:cntrl:]]* ]] ||
	die $USAGE "the name of this directory holds a newline or another control character; move the checkout elsewhere"
[[ $build$from != *[[:cntrl:]]* || ! $installed ]] ||
	die $USAGE "the name of this directory or of $build holds a newline or another control character; use another one"

need_sources() { # VERB
	[[ ! $installed ]] || die $USAGE "$1 needs a checkout of the sources, and this daxdm is installed"
}

# ---- programs that take long ---------------------------------------------------------------------

child='' phase=''

on_signal() { # STATUS WHAT
	trap '' INT TERM HUP
	if [[ $child ]] && kill -TERM -- "-$child" 2>/dev/null; then wait "$child" 2>/dev/null || true; fi
	die "$1" "$2${phase:+ in the phase $phase}"
}
trap 'on_signal 130 interrupted' INT
trap 'on_signal 143 terminated' TERM
trap 'on_signal 129 "terminal closed (SIGHUP)"' HUP

# Runs a command in a process group of its own, which ends with this script, even if that is killed.  What it says goes
# to the descriptor in log.
log=
run() { # COMMAND...
	local status=0 out=${log:-1} err=${log:-2}
	set -m
	# shellcheck disable=SC2016
	setpriv --pdeathsig TERM bash -c 'trap "trap - TERM; kill 0" TERM
		[[ $PPID == "$0" ]] || exit
		"$@" &
		wait $!' $$ "$@" </dev/null >&"$out" 2>&"$err" 6<&- &
	child=$!
	set +m
	wait "$child" 2>/dev/null || status=$?
	child=
	return $status
}

# Descriptor 7 is a file that has no name, for what a command says.
open_log() {
	local file
	file=$(mktemp "$build/run.tmp.XXXXXX" 2>/dev/null) || cannot_write
	exec 7<>"$file"
	rm -f "$file" # another run may have taken it for one that was left
}

cannot_write() {
	local other="a checkout of your own"
	[[ ! $installed ]] || other="another XDG_CACHE_HOME"
	die $BROKEN "cannot write to $(realpath -ms "$build"): use $other, or repair its permissions or free space"
}

# Descriptor 6 is $lock, with a shared lock as long as a verb runs; clean takes an exclusive one.
lock_shared() {
	[[ ! $installed ]] || (umask 022 && mkdir -p "$build" && : >>"$lock") 2>/dev/null || cannot_write
	exec 6<"$lock"
	flock -s -w 60 6 || die $BROKEN "another process runs '$command clean' in $(realpath "${lock%/*}"); try again when it has ended"
	if ! mkdir -p "$build" 2>/dev/null || [[ ! -w $build ]]; then cannot_write; fi
}

# ---- packages ------------------------------------------------------------------------------------

seconds_since() { # EPOCHREALTIME
	local us=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
	printf '%3d.%d s' $((us / 1000000)) $((us / 100000 % 10))
}

# Installs what is missing of the named groups of packages.txt.  Prints a line where it installs, or if asked to.
setup() { # VERBOSE GROUP...
	local -a required missing apt
	local since=$EPOCHREALTIME
	phase=setup
	mapfile -t required < <(awk -v groups=" ${*:2} " '
		/^\[/ { on = index(groups, " " substr($0, 2, length($0) - 2) " "); next }
		on && NF && !/^#/' packages.txt)
	mapfile -t missing < <(comm -23 <(printf '%s\n' "${required[@]}" | sort) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${required[@]}" 2>/dev/null |
			sed -n 's/^installed //p' | sort))
	if ((${#missing[@]} == 0)); then
		[[ ! $1 ]] || echo "setup     $(seconds_since "$since")  ${#required[@]} packages are in place"
		phase=
		return
	fi
	apt=(apt-get install --yes --no-install-recommends "${missing[@]}")
	if (($(id -u) != 0)); then
		note "$name: ${#missing[@]} Debian packages are missing, and only root can install them. As root:"
		die $BROKEN "  apt-get update && ${apt[*]}"
	fi
	note "installing ${#missing[@]} Debian packages: ${missing[*]}"
	open_log
	if ! apt_get "${apt[@]}"; then
		note "$name: apt-get could not install them:"
		grep -E '^(E|W|Err)' /dev/fd/7 | sort -u | tail -n 5 >&2 || true
		die $BROKEN "with a network and a package archive, as root:  apt-get update && ${apt[*]}"
	fi
	echo "setup     $(seconds_since "$since")  installed ${#missing[@]} packages"
	phase=
}

# Package lists may be absent or too old to find a package: they are fetched only if it fails without.
apt_get() { # COMMAND...
	export DEBIAN_FRONTEND=noninteractive
	local log=7
	run "$@" || { run apt-get -o Acquire::Retries=1 update && run "$@"; }
}

# ---- the build -----------------------------------------------------------------------------------

# Another run in this checkout may build at the same time: one after the other.
build() { # MAKE-ARGUMENT...
	local since=$EPOCHREALTIME n
	phase=build
	open_log
	if ! log=7 run flock -o build/lock make -j"$(nproc)" "$@"; then
		cat /dev/fd/7 >&2
		die $BROKEN "the build failed"
	fi
	n=$(grep -c '^  CC' /dev/fd/7) || true
	if ((n)); then note "build     $(seconds_since "$since")  $n files compiled"; fi
	phase=
}

# The completion is made from the option table of the program: by it a wrong word is refused before anything is built.
vet_words() { # WORD...
	local word
	local -a COMP_WORDS=(run.sh '') COMPREPLY=()
	local -i COMP_CWORD=1
	# shellcheck source=doc/daxdm.bash
	. doc/daxdm.bash
	(($#)) || die $USAGE "no verb given; ./run.sh help lists them"
	[[ $1 != --version ]] || return 0
	_daxdm
	[[ $1 != *' '* && " ${COMPREPLY[*]} " == *" $1 "* ]] || die $USAGE "unknown verb '$1'; ./run.sh help lists them"
	COMP_WORDS=(run.sh "$1" '') COMP_CWORD=2
	_daxdm
	for word in "${@:2}"; do
		[[ $word != -- ]] || break
		word=${word%%=*}
		[[ $word != --* || " ${COMPREPLY[*]} " == *" $word "* ]] ||
			die $USAGE "$1: unknown option '$word'; ./run.sh help $1 lists them"
	done
}

# The program takes the place of this script.  What only reads can be done in a checkout that cannot be written to.
program() { # WORD...
	if [[ $installed ]]; then
		cd "$from"
		DAXDM_FROM=$from exec "$DAXDM_LIB/daxdm" "$@"
	fi
	if [[ ! -x build/daxdm ]]; then vet_words "$@"; fi
	if [[ ! -x build/daxdm || -w build ]]; then
		lock_shared
		setup '' build >&2
		build all
	fi
	exec 7<&-
	DAXDM_FROM=$from exec build/daxdm "$@"
}

# ---- verbs ---------------------------------------------------------------------------------------

verb_setup() { # [all | GROUP...]
	local word
	local -a groups=()
	if (($# == 0)); then groups=(build run plot); fi
	if (($# == 0)) && [[ $installed ]]; then groups=(run plot); fi
	for word; do
		if [[ $word == all ]]; then
			groups+=(build run plot fio check test)
			continue
		fi
		groups+=("$word")
		grep -qxF "[$word]" packages.txt || die $USAGE "setup: unknown group '$word'; expected all or a group of packages.txt"
	done
	lock_shared
	setup verbose "${groups[@]}"
}

verb_test() {
	need_sources test
	lock_shared
	setup verbose build run plot fio check test
	[[ -s build/libperf/version ]] || run lib/meter/libperf.sh || exit $? # for the tests of counters
	build all unit-build fuzz-build
	run tests/run.sh
}

verb_lint() {
	need_sources lint
	lock_shared
	setup '' build test
	run tests/lint.sh
}

verb_clean() {
	[[ -e $lock ]] || return 0
	exec 6<"$lock"
	flock -w 5 6 || die $BROKEN "clean: a run is at work in $(realpath -ms "${lock%/*}"); wait for it or end it"
	if [[ $installed ]]; then
		find "$build" -mindepth 1 ! -path "$lock" -delete 2>/dev/null || cannot_write
	elif ! rm -rf build 2>/dev/null; then
		cannot_write
	fi
}

case ${1-} in
test | lint | clean)
	(($# == 1)) || [[ $2 == --help || $2 == -h ]] || die $USAGE "$1: takes no words"
	;;&
*)
	case "${1-} ${2-}" in
	'setup --help' | 'setup -h' | 'test -'* | 'lint -'* | 'clean -'*) program help "$1" ;;
	esac
	;;&
setup | test | lint | clean) "verb_$1" "${@:2}" ;;
help | --help | -h)
	if [[ ! -x build/daxdm && ! $installed ]]; then # nothing is built for it
		sed -n '/^```text/,/^```$/{//!p}' doc/options.md
	else
		program "$@"
	fi
	;;
*) program "$@" ;;
esac
