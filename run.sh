#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The one entry of daxdm: installs missing packages, builds the program and executes it.  ./run.sh help
set -euo pipefail

readonly BROKEN=4 USAGE=64 # the exit statuses of lib/base/msg.h that this script sets itself
from=$PWD                  # relative paths that the user gives are seen from here
here=$(readlink -f "$0")
cd "${here%/*}"
unset MAKEFLAGS MAKELEVEL # `make bench` must not lend its job server to our make

note() { printf '%s\n' "$*" >&2; }
die() { # STATUS TEXT...
	local status=$1
	shift
	note "run.sh: $*"
	exit "$status"
}

# Lists of files are lines, here and in emu/.
[[ $PWD != *[[:cntrl:]]* ]] ||
	die $USAGE "the name of this directory holds a newline or another control character; move the checkout elsewhere"

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
	file=$(mktemp build/run.tmp.XXXXXX 2>/dev/null) || cannot_write build
	exec 7<>"$file"
	rm "$file"
}

cannot_write() { # WHAT
	die $BROKEN "cannot write to $PWD/$1: use a checkout of your own, or repair its permissions or free space"
}

# Descriptor 6 is this directory, with a shared lock as long as a verb runs; clean takes an exclusive one.
lock_checkout() {
	exec 6<.
	flock -s -w 60 6 || die $BROKEN "another process runs './run.sh clean' in $PWD; try again when it has ended"
	if ! mkdir -p build 2>/dev/null || [[ ! -w build ]]; then cannot_write build; fi
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
		note "run.sh: ${#missing[@]} Debian packages are missing, and only root can install them. As root:"
		die $BROKEN "  apt-get update && ${apt[*]}"
	fi
	note "installing ${#missing[@]} Debian packages: ${missing[*]}"
	open_log
	if ! apt_get "${apt[@]}"; then
		note "run.sh: apt-get could not install them:"
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
	if [[ ! -x build/daxdm ]]; then vet_words "$@"; fi
	if [[ ! -x build/daxdm || -w build ]]; then
		lock_checkout
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
	for word; do
		if [[ $word == all ]]; then
			groups+=(build run plot fio check test)
			continue
		fi
		groups+=("$word")
		grep -qxF "[$word]" packages.txt || die $USAGE "setup: unknown group '$word'; expected all or a group of packages.txt"
	done
	lock_checkout
	setup verbose "${groups[@]}"
}

verb_test() {
	lock_checkout
	setup verbose build run plot fio test
	[[ -s build/libperf/version ]] || run lib/meter/libperf.sh || exit $? # for the tests of counters
	build all unit-build fuzz-build
	run tests/run.sh
}

verb_lint() {
	lock_checkout
	setup '' build test
	run tests/lint.sh
}

verb_clean() {
	exec 6<.
	flock -w 5 6 || die $BROKEN "clean: a run is at work in $PWD; wait for it or end it"
	if ! rm -rf build 2>/dev/null; then cannot_write build; fi
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
	if [[ ! -x build/daxdm ]]; then # nothing is built for it
		sed -n '/^```text/,/^```$/{//!p}' doc/options.md
	else
		program "$@"
	fi
	;;
*) program "$@" ;;
esac
