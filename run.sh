#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The one entry of daxdm: ./run.sh help
set -euo pipefail

readonly BROKEN=4 USAGE=64 # the exit statuses of lib/msg.h that this script sets itself
from=$PWD                  # relative paths that the user gives are seen from here
cd "$(dirname "$(readlink -f "$0")")"
unset MAKEFLAGS MAKELEVEL # `make bench` must not lend its job server to our make

# One line per verb and per option; the parser and the help both read them.
readonly VERBS=(
	"bench|[OPTION]...|measure; results and plots go to results/RUN/"
	"test||the tests of the suite itself"
	"lint||shellcheck, clang-format, licence lines, warnings as errors"
	"list|[OPTION]...|benchmarks, variants and stacks, and what each needs"
	"report|RUN|print the table of a run once more, and draw its plots"
	"setup|[all]|install missing Debian packages (all: those of the tests too)"
	"clean||remove what was built, kernels and snapshots too; results stay"
	"help||this text"
)
# name|metavariable, empty for a flag|help
readonly BENCH_OPTIONS=(
	"kernel|K|debian (default), a version (6.12.107), a package name, or PATH/bzImage"
	"modules|DIR|the modules of that bzImage: DIR/lib/modules/RELEASE, or that directory"
	"module|FILE.ko|put this module in place of the kernel's own of that name (repeatable)"
	"meter|M|insn: exact guest instructions (default); time: ns (default with --host)"
	"quick||raw, linear:1 and linear:16 with the main variants"
	"full||everything"
	"workload|FILE|a sweep of your own; see workloads/"
	"stack|S|this stack instead of the workload's, e.g. linear:16,align=4k (repeatable)"
	"fs|F|this filesystem instead, ext4 or xfs (repeatable)"
	"bench|GLOB|these benchmarks and variants instead, e.g. 'fault.read.*' (repeatable)"
	"name|RUN|name of the run (default: kernel, meter, time)"
	"repeat|N|boot and measure N times; fail unless every sample is the same"
	"seed|N|seed of the emulated host (default 1)"
	"fresh||boot, even if there is a snapshot to restore"
	"console||show the console of the emulated host"
	"host||measure this host instead of an emulated one; needs --device"
	"device|DEV|with --host: the pmem device; WHAT IS ON IT IS LOST (repeatable)"
)

note() { printf '%s\n' "$*" >&2; }
die() { # STATUS TEXT...
	local status=$1
	shift
	note "run.sh: $*"
	exit "$status"
}

# ---- words ---------------------------------------------------------------------------------------

# Prints the word of the list that was probably meant; nothing if none is near.
nearest() { # TYPED WORD...
	local typed=$1
	shift
	printf '%s\n' "$@" | awk -v t="$typed" '
		function min(x, y) { return x < y ? x : y }
		{
			n = length(t); m = length($0)
			for (j = 0; j <= m; j++) d[0, j] = j
			for (i = 1; i <= n; i++) {
				d[i, 0] = i
				for (j = 1; j <= m; j++)
					d[i, j] = min(min(d[i-1, j], d[i, j-1]) + 1, d[i-1, j-1] + \
						(substr(t, i, 1) != substr($0, j, 1)))
			}
			if (best == "" || d[n, m] < least) { best = $0; least = d[n, m] }
		}
		END { if (least <= 3 && least * 2 <= length(t)) print best }'
}

unknown() { # KIND PREFIX TYPED LIST-COMMAND WORD...
	local kind=$1 prefix=$2 typed=$3 where=$4 near
	shift 4
	near=$(nearest "$typed" "$@")
	die $USAGE "unknown $kind '$prefix$typed'${near:+ (did you mean '$prefix$near'?)}; $where lists them"
}

help() {
	local row name arg text
	echo "usage: ./run.sh VERB [OPTION]..."
	echo "What it costs to reach persistent memory directly through device-mapper, on this"
	echo "host or on an emulated one."
	echo
	for row in "${VERBS[@]}"; do
		IFS='|' read -r name arg text <<<"$row"
		printf '  %-20s %s\n' "$name${arg:+ $arg}" "$text"
	done
	echo
	echo "options of bench:"
	for row in "${BENCH_OPTIONS[@]}"; do
		IFS='|' read -r name arg text <<<"$row"
		printf '  %-20s %s\n' "--$name${arg:+ $arg}" "$text"
	done
	echo
	echo "exit status: 0 good; 1 a difference or a failed check; 3 not comparable; 4 the harness"
	echo "broke; 64 wrong usage; 77 everything was skipped; 130 interrupted"
}

# ---- children ------------------------------------------------------------------------------------

tmp=
claim=
child=
phase=         # what is being done, for the line about an interruption
child_says_it= # set while the child says that line itself
exec {stderr}>&2 # a phase that is redirected may be interrupted too
clear_line=
if [[ -t 2 ]]; then clear_line=$'\r\e[K'; fi

# Every child runs in a process group of its own, so that a signal ends all of it.
set -m
on_exit() {
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP
	exec 2>/dev/null # bash would tell of the job that is ended
	stop_child
	rm -rf ${tmp:+"$tmp"} ${claim:+"$claim"}
	exit "$status"
}
trap on_exit EXIT
on_signal() { # STATUS WHAT
	if [[ ! $child_says_it ]]; then note "${clear_line}run.sh: $2${phase:+ in the phase $phase}" 2>&"$stderr"; fi
	exit "$1"
}
trap 'on_signal 130 interrupted' INT
trap 'on_signal 143 terminated' TERM
trap 'on_signal 129 "lost its terminal"' HUP

# Lets the child clean up after itself, then ends what is left of its group.  A run on this host has
# devices and mounts to remove, and its own limit for that (lib/supervise.c).
stop_child() {
	[[ -n $child ]] || return 0
	kill -TERM -- "-$child" 2>/dev/null || return 0
	local i limit=100
	if [[ ${opt[host]-} ]]; then limit=900; fi
	for ((i = 0; i < limit; i++)); do
		kill -0 -- "-$child" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$child" 2>/dev/null || true
}

# Runs a command so that signals are acted upon at once.  Returns its status.
run() { # COMMAND...
	local status=0
	"$@" </dev/null &
	child=$!
	wait "$child" 2>/dev/null || status=$? # bash would report a signal here
	child=
	return "$status"
}

make_tmp() {
	if ! mkdir -p build 2>/dev/null || ! tmp=$(mktemp -d build/run.tmp.XXXXXX 2>/dev/null); then
		die $BROKEN "cannot write to $PWD/build: use a checkout of your own, or mend its permissions or free space"
	fi
}

# One line per phase: what, seconds, remark.  On a terminal it is there from the start.  A quiet verb
# has no such lines.
quiet=
phase_begin() { # NAME
	phase=$1
	phase_start=$EPOCHREALTIME
	if [[ -t 1 && ! $quiet ]]; then printf '%-9s ...\r' "$phase"; fi
}
phase_end() { # REMARK
	local name=$phase
	phase=
	[[ ! $quiet ]] || return 0
	local us=$((${EPOCHREALTIME/[.,]/} - ${phase_start/[.,]/}))
	printf '%-9s %3d.%d s  %s\n' "$name" $((us / 1000000)) $((us / 100000 % 10)) "$1"
}

# ---- phases --------------------------------------------------------------------------------------

# Installs what is missing of the named groups of packages.txt.
setup() { # GROUP...
	local -a wanted missing apt
	mapfile -t wanted < <(awk -v groups=" $* " '
		/^\[/ { on = index(groups, " " substr($0, 2, length($0) - 2) " "); next }
		on && NF && !/^#/' packages.txt)
	phase_begin setup
	mapfile -t missing < <(comm -23 <(printf '%s\n' "${wanted[@]}" | sort) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
			sed -n 's/^installed //p' | sort))
	if ((${#missing[@]} == 0)); then
		phase_end "${#wanted[@]} packages are in place"
		return
	fi
	apt=(apt-get install --yes --no-install-recommends "${missing[@]}")
	if (($(id -u) != 0)); then
		note "run.sh: ${#missing[@]} Debian packages are missing, and only root can install them. As root:"
		die $BROKEN "  apt-get update && ${apt[*]}"
	fi
	note "installing ${#missing[@]} Debian packages: ${missing[*]}"
	if ! run apt_get "${apt[@]}"; then
		note "run.sh: apt-get could not install them:"
		grep -E '^(E|W|Err)' "$tmp/apt" | sort -u | tail -n 5 >&2 || true
		die $BROKEN "with a network and a package archive, as root:  apt-get update && ${apt[*]}"
	fi
	phase_end "installed ${#missing[@]} packages"
}

# Package lists may be absent or too old to find a package: fetch them only if it fails without.
apt_get() {
	export DEBIAN_FRONTEND=noninteractive
	"$@" >"$tmp/apt" 2>&1 && return
	apt-get -o Acquire::Retries=1 update >>"$tmp/apt" 2>&1 && "$@" >>"$tmp/apt" 2>&1
}

# Another run in this checkout may build at the same time: one after the other.
build() { # MAKE-ARGUMENT...
	phase_begin build
	if ! run flock -o build/lock make -j"$(nproc)" "$@" >"$tmp/make" 2>&1; then
		cat "$tmp/make" >&2
		die $BROKEN "the build failed"
	fi
	if grep -q '^  CC' "$tmp/make"; then
		phase_end "$(grep -c '^  CC' "$tmp/make") files compiled"
	else
		phase_end "nothing to do"
	fi
}

# Sets kdir to the directory of the kernel asked for.
find_kernel() {
	phase_begin kernel
	run emu/kernel.sh resolve "${opt[kernel]}" \
		${opt[modules]:+--modules "${opt[modules]}"} >"$tmp/kernel" || exit $?
	kdir=$(tail -n 1 "$tmp/kernel")
	phase_end "$(cat "$kdir/package")"
}

# Sets guests to the --guest words of emulate.
make_guests() {
	local fs file
	local -a modules=()
	phase_begin guests
	for file in "${opt_module[@]}"; do modules+=(--module "$file"); done
	guests=()
	for fs in "${guest_fs[@]}"; do
		run emu/initramfs.sh "$kdir" "$fs" "${modules[@]}" >"$tmp/guest" ||
			exit $?
		guests+=(--guest "$fs=$(tail -n 1 "$tmp/guest")")
	done
	phase_end "${guest_fs[*]}"
}

# Measures once into results/NAME, prints the table, draws.  Returns the status of the run.
one_run() { # NAME
	local dir=results/$1 status=0
	child_says_it=yes
	if [[ ${opt[host]} ]]; then
		mkdir "$dir" || die $BROKEN "cannot make $PWD/$dir"
		run build/daxdm bench "${host_args[@]}" --meter "${opt[meter]}" \
			--output "$dir/run.jsonl" "${bench_args[@]}" ||
			status=$?
		if [[ ! -s $dir/run.jsonl ]]; then # it was refused and nothing was measured
			rm -f "$dir/run.jsonl"
			rmdir "$dir"
		fi
	else
		run build/daxdm emulate --kernel "$kdir" "${guests[@]}" --meter "${opt[meter]}" \
			--results "$dir" --seed "${opt[seed]}" ${opt[fresh]:+--fresh} \
			${opt[console]:+--console} -- "${bench_args[@]}" || status=$?
	fi
	child_says_it=
	case $status in
	0 | 1 | 77) show "$dir" ;; # the run is complete
	esac
	return $status
}

show() { # DIR
	phase=report
	run build/daxdm report "$1" || return $?
	run plot/plot.sh "$1" || return $?
	echo "results are in $1/"
	phase=
}

# ---- verbs ---------------------------------------------------------------------------------------

# Repeatable options end in arrays of their own, the others in opt.
declare -A opt=([kernel]='' [modules]='' [meter]='' [workload]='' [name]='' [repeat]=1
	[seed]='' [quick]='' [full]='' [fresh]='' [console]='' [host]='')
opt_module=() opt_stack=() opt_fs=() opt_bench=() opt_device=()

parse_bench_options() {
	local word name value row arg
	local -A metavariable=()
	for row in "${BENCH_OPTIONS[@]}"; do
		IFS='|' read -r name arg _ <<<"$row"
		metavariable[$name]=$arg
	done
	while (($#)); do
		word=$1
		shift
		case $word in
		--help | -h)
			help
			exit 0
			;;
		--?*) ;;
		*) die $USAGE "bench: unexpected word '$word'; ./run.sh help shows the options" ;;
		esac
		name=${word#--}
		name=${name%%=*}
		if [[ ! -v metavariable[$name] ]]; then
			unknown option -- "$name" "./run.sh help" "${!metavariable[@]}"
		fi
		value=yes
		if [[ ${metavariable[$name]} ]]; then
			if [[ $word == *=* ]]; then
				value=${word#*=}
			elif (($#)); then
				value=$1
				shift
			else
				die $USAGE "--$name needs a value: ${metavariable[$name]}"
			fi
			[[ $value ]] || die $USAGE "--$name needs a value: ${metavariable[$name]}"
		elif [[ $word == *=* ]]; then
			die $USAGE "--$name takes no value"
		fi
		case $name in
		module | stack | fs | bench | device) declare -n list=opt_$name && list+=("$value") ;;
		*) opt[$name]=$value ;;
		esac
	done
}

# Prints the path as seen from where the user stands.
user_path() { # PATH
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$from/$1" ;;
	esac
}

check_number() { # OPTION MAXIMUM
	local value=${opt[$1]}
	if [[ ! $value =~ ^[1-9][0-9]{0,9}$ ]] || ((value > $2)); then
		die $USAGE "--$1 $value: a number from 1 to $2 is wanted"
	fi
}

# What goes with an emulated host only, what with this one only, and the defaults of each.
check_host_options() {
	local name
	if [[ ${opt[host]} ]]; then
		((${#opt_device[@]})) ||
			die $USAGE "--host writes to a pmem device of this host and needs to be told which: --device /dev/pmemN"
		for name in kernel modules seed fresh console; do
			[[ ! ${opt[$name]} ]] || die $USAGE "--$name is for the emulated host; it does not go with --host"
		done
		((${#opt_module[@]} == 0)) || die $USAGE "--module is for the emulated host; it does not go with --host"
	else
		((${#opt_device[@]} == 0)) || die $USAGE "--device goes with --host only"
	fi
	if [[ ! ${opt[meter]} && ${opt[host]} ]]; then opt[meter]="time"; fi
	opt[meter]=${opt[meter]:-insn}
	opt[kernel]=${opt[kernel]:-debian}
	opt[seed]=${opt[seed]:-1}
}

# Refuses what can be refused before anything is installed, built or booted.
check_bench_options() {
	local fs i
	check_host_options
	check_number repeat 100
	check_number seed 4294967295
	case ${opt[meter]} in
	insn | time) ;;
	*) die $USAGE "--meter ${opt[meter]}: insn or time is wanted" ;;
	esac
	if [[ ${opt[meter]} == time ]] && ((opt[repeat] > 1)); then
		die $USAGE "--repeat wants every sample to be the same, which only --meter insn can give"
	fi
	# What is to be shown is that boots are equal; a restored machine was booted only once.
	if ((opt[repeat] > 1)); then opt[fresh]=yes; fi
	for fs in "${opt_fs[@]}"; do
		case $fs in
		ext4 | xfs) ;;
		*) die $USAGE "--fs $fs: ext4 or xfs is wanted" ;;
		esac
	done
	i=0
	for fs in quick full workload; do if [[ ${opt[$fs]} ]]; then i=$((i + 1)); fi; done
	((i <= 1)) || die $USAGE "--quick, --full and --workload exclude each other"
	if [[ ${opt[name]} && ! ${opt[name]} =~ ^[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}$ ]]; then
		die $USAGE "--name ${opt[name]}: letters, digits and . _ + - are allowed, 100 at most"
	fi
	check_bench_files
	for ((i = 1; i <= opt[repeat]; i++)); do check_name_is_free "$(run_name "$i")"; done
}

check_bench_files() {
	local i file
	if [[ ${opt[kernel]} == */* || -f $from/${opt[kernel]} ]]; then
		opt[kernel]=$(user_path "${opt[kernel]}")
		[[ -f ${opt[kernel]} ]] || die $USAGE "--kernel ${opt[kernel]}: no such file"
		[[ ${opt[modules]} ]] || die $USAGE "--kernel PATH needs --modules DIR, the modules of that kernel"
	elif [[ ${opt[modules]} ]]; then
		die $USAGE "--modules goes with --kernel PATH only; to replace one module use --module FILE.ko"
	fi
	if [[ ${opt[modules]} ]]; then
		opt[modules]=$(user_path "${opt[modules]}")
		[[ -d ${opt[modules]} ]] || die $USAGE "--modules ${opt[modules]}: no such directory"
	fi
	for i in "${!opt_module[@]}"; do
		file=$(user_path "${opt_module[i]}")
		[[ -f $file ]] || die $USAGE "--module $file: no such file"
		opt_module[i]=$file
	done
	if [[ ${opt[workload]} ]]; then
		opt[workload]=$(user_path "${opt[workload]}")
		[[ -f ${opt[workload]} ]] || die $USAGE "--workload ${opt[workload]}: no such file"
	else
		opt[workload]=workloads/${opt[quick]:+quick}${opt[full]:+full}
		if [[ ${opt[workload]} == workloads/ ]]; then opt[workload]+=default; fi
	fi
}

run_name() { # INDEX
	if ((opt[repeat] > 1)); then echo "${opt[name]}-$1"; else echo "${opt[name]}"; fi
}

check_name_is_free() { # NAME
	if [[ $1 && -e results/$1 ]]; then
		die $USAGE "results/$1 is there already and is never overwritten; choose another --name or remove it"
	fi
}

# The filesystems to boot a guest for: those asked for, else those of the workload, else all.
choose_guests() {
	guest_fs=("${opt_fs[@]}")
	((${#guest_fs[@]})) || mapfile -t guest_fs < <(
		awk '$1 == "fs" { for (i = 2; i <= NF; i++) print $i }' "${opt[workload]}")
	((${#guest_fs[@]})) || guest_fs=(ext4 xfs)
	mapfile -t guest_fs < <(printf '%s\n' "${guest_fs[@]}" | sort -u)
}

# Another run may begin in the same second: makes opt[name] one that nobody else has.
claim_name() {
	local base=${opt[name]} n=1
	until [[ ! -e results/$(run_name 1) ]] && mkdir "build/name.tmp.${opt[name]}" 2>/dev/null; do
		n=$((n + 1))
		opt[name]=$base.$n
	done
	claim=build/name.tmp.${opt[name]}
}

verb_bench() {
	local word status=0 i
	parse_bench_options "$@"
	check_bench_options
	choose_guests
	bench_args=(--workload "${opt[workload]}")
	for word in "${opt_stack[@]}"; do bench_args+=(--stack "$word"); done
	for word in "${opt_bench[@]}"; do bench_args+=(--bench "$word"); done
	for word in "${guest_fs[@]}"; do bench_args+=(--fs "$word"); done
	host_args=()
	for word in "${opt_device[@]}"; do host_args+=(--device "$word"); done
	make_tmp
	if ! mkdir -p results 2>/dev/null || [[ ! -w results ]]; then
		die $BROKEN "cannot write to $PWD/results: use a checkout of your own, or mend its permissions"
	fi
	setup build run plot
	build all
	if [[ ! ${opt[host]} ]]; then
		find_kernel
		make_guests
	fi
	if [[ ! ${opt[name]} ]]; then
		word=$(uname -r)
		if [[ ! ${opt[host]} ]]; then word=$(cat "$kdir/release"); fi
		opt[name]=${word%-amd64}-${opt[meter]}-$(date +%Y%m%dT%H%M%S)
		claim_name
	fi
	for ((i = 1; i <= opt[repeat]; i++)); do
		one_run "$(run_name "$i")" || status=$?
		case $status in
		0 | 1 | 77) ;;
		*) exit $status ;;
		esac
	done
	for ((i = 2; i <= opt[repeat]; i++)); do
		run build/daxdm identical "results/$(run_name 1)" "results/$(run_name "$i")" ||
			status=$?
	done
	exit $status
}

verb_list() {
	quiet=yes
	make_tmp
	setup build
	build all
	run build/daxdm list "$@"
}

verb_report() {
	(($# == 1)) || die $USAGE "report: one run is wanted: ./run.sh report RUN"
	local dir=results/${1#results/}
	dir=${dir%/}
	if [[ ! -d $dir ]]; then
		local -a runs=()
		mapfile -t runs < <(find results -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null)
		unknown run "" "$1" "ls results" "${runs[@]}"
	fi
	quiet=yes
	make_tmp
	setup build plot
	build all
	show "$dir"
}

verb_setup() {
	local -a groups=(build run plot)
	case "$*" in
	'') ;;
	all) groups+=(test) ;;
	*) die $USAGE "setup: unknown word '$*'; all is the only one" ;;
	esac
	make_tmp
	setup "${groups[@]}"
}

verb_test() {
	(($# == 0)) || die $USAGE "test: takes no words"
	make_tmp
	setup build run plot test
	build all unit-build
	run tests/run.sh
}

verb_lint() {
	(($# == 0)) || die $USAGE "lint: takes no words"
	quiet=yes
	make_tmp
	setup build test
	run tests/lint.sh
}

verb_clean() {
	(($# == 0)) || die $USAGE "clean: takes no words"
	rm -rf build
}

main() {
	local row
	local -a names=()
	for row in "${VERBS[@]}"; do names+=("${row%%|*}"); done
	case ${1-} in
	'') die $USAGE "no verb given; ./run.sh help lists them" ;;
	help | --help | -h) help ;;
	bench | test | lint | list | report | setup | clean) "verb_$1" "${@:2}" ;;
	*) unknown verb "" "$1" "./run.sh help" "${names[@]}" ;;
	esac
}

main "$@"
