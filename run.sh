#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The one entry of daxdm: ./run.sh help
set -euo pipefail

readonly BROKEN=4 USAGE=64 # the exit statuses of lib/base/msg.h that this script sets itself
from=$PWD                  # relative paths that the user gives are seen from here
here=$(readlink -f "$0")
cd "${here%/*}"
unset MAKEFLAGS MAKELEVEL # `make bench` must not lend its job server to our make

# One line per verb and per option; the parser and the help both read them.
readonly VERBS=(
	"bench|[OPTION]...|measure; results and plots go to results/RUN/"
	"check|[OPTION]...|check every contract; prints KTAP, results go to results/RUN/"
	"compare|BASE NEW...|runs or kernels against each other; measures kernels that were not"
	"assert|[OPTION]...|whether a metric keeps within a limit, for git bisect run"
	"gate-selftest||whether comparisons can be trusted: nothing is nothing, a cost is found"
	"explain|BASE [NEW] OPTION...|which functions make the difference between two medians"
	"bisect|[OPTION]...|which kernel of the archive first made a metric worse"
	"kernels|[WORD]...|the kernels of the archive by version or flavour: size, and what is here"
	"test||the tests of the suite itself"
	"lint||shellcheck, clang-format, licence lines, warnings as errors"
	"list|[OPTION]...|benchmarks, stacks and checks, and what each needs"
	"report|[--verbose] RUN|print a run once more; of benchmarks, draw its plots too"
	"new|KIND NAME|write a template: a benchmark (KIND bench) or family of checks (check)"
	"setup|[all]|install missing Debian packages (all: those of the tests too)"
	"cleanup|[--dry-run]|remove what dead runs left on this host: devices, mounts, kprobes; as root"
	"clean||remove what was built, kernels and snapshots too; results stay"
	"help||this text"
)
# name|metavariable, empty for a flag, with ... if it may be given again and again|help
readonly BENCH_OPTIONS=(
	"kernel|K...|debian (default), 6.12.107, a package, PATH/bzImage; ladder: all series"
	"modules|DIR|the modules of that bzImage: DIR/lib/modules/RELEASE, or that directory"
	"kernel-tree|DIR|the kernel of that build tree, and what its make modules_install gives"
	"module|FILE.ko...|put this module in place of the kernel's own of that name"
	"meter|M|insn: instructions (default); time: ns (default with --host); none: proofs"
	"quick||raw, linear:1 and linear:16 with the main variants"
	"full||everything"
	"workload|FILE|a sweep of your own; see workloads/"
	"stack|S...|this stack instead of the workload's, e.g. linear:16,align=4k"
	"fs|F...|this filesystem instead, ext4 or xfs"
	"bench|GLOB...|these benchmarks and variants instead, e.g. 'fault.read.*'"
	"tracer|WAY|how translate stamps kernel functions: fentry or kprobe"
	"counters||then once more, counting page faults, TLB misses, ... by libperf"
	"name|RUN|name of the run (default: kernel, meter, time); several kernels: goes on"
	"repeat|N|boot and measure N times; fail unless every sample is the same"
	"seed|N|seed of the emulated host (default 1)"
	"fresh||boot, even if there is a snapshot to restore"
	"console||show the console of the emulated host"
	"host||measure this host instead of an emulated one; needs --device"
	"device|DEV...|with --host: the pmem device; WHAT IS ON IT IS LOST"
)
readonly CHECK_OPTIONS=(
	"kernel|K...|as of bench; a run for each, and what differs between them"
	"modules|DIR|as of bench"
	"kernel-tree|DIR|as of bench"
	"module|FILE.ko...|as of bench"
	"check|GLOB...|these checks only, e.g. suspend or 'layout.*'"
	"quick||the quick checks only"
	"plant||run each with faults planted; one that does not notice is a failure"
	"coverage||count which functions of the kernel's DAX interface each check reaches"
	"seed|N|for what is random (default 1); the same seed makes the same checks"
	"rounds|N|how often what is random is done"
	"name|RUN|name of the run (default: kernel, check, time); of several, RUN-KERNEL"
	"fresh||boot, even if there is a snapshot to restore"
	"console||show the console of the emulated host"
	"host||check this host instead of an emulated one; needs --device"
	"device|DEV...|with --host: a namespace; WHAT IS ON IT IS LOST"
	"ktap|FILE|what is printed goes there too"
	"junit|FILE|the same as JUnit's XML"
)
readonly COMPARE_OPTIONS=(
	"threshold|PERCENT|an increase of this or more is a regression (default 0.5)"
	"thresholds|FILE|thresholds by metric; lines of GLOB PERCENT"
	"stacks|BASE=>NEW|compare two stacks, e.g. of the same run"
	"all||also show rows that are equal"
	"force||compare runs that differ in more than the kernel; marks the result"
	"json|FILE|write the comparison as JSON (- for stdout)"
	"markdown|FILE|write the comparison as Markdown"
	"junit|FILE|write the comparison as JUnit XML"
	"quick||kernels: measure the quick workload, as of bench"
	"full||kernels: measure everything"
	"workload|FILE|kernels: measure this workload file"
	"stack|S...|compare only this stack; kernels: measure it"
	"fs|F...|compare only this filesystem, ext4 or xfs; kernels: measure it"
	"bench|GLOB...|compare only these benchmarks and variants; kernels: measure them"
	"modules|DIR|the modules of a kernel that is PATH/bzImage"
	"anew||kernels: measure even if a suitable run exists"
)
readonly ASSERT_OPTIONS=(
	"metric|M|'fault.read.warm.pte{stack=linear:16,fs=ext4}'; tax:M: what that adds to raw"
	"max|N|its median may be this, not more"
	"min|N|its median may be this, not less"
	"kernel|K|as of bench"
	"modules|DIR|as of bench"
	"kernel-tree|DIR|as of bench"
	"module|FILE.ko...|as of bench"
)
readonly BISECT_OPTIONS=(
	"good|K|a kernel that was good, as of bench --kernel"
	"bad|K|a newer one that is bad"
	"metric|M|as of assert"
	"threshold|PERCENT|worse than good by this is bad (default: half of the way to bad)"
	"anew||measure kernels even if there is a run that will do"
)
readonly KERNELS_OPTIONS=(
	"fetch|K...|fetch that kernel"
	"remove|K...|remove it"
	"json||the table for programs"
	"update||read the archive's lists now; else it is done once a day"
)

# shellcheck source=emu/explain.sh
. emu/explain.sh

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

help_options() { # VERB ROW...
	local row name arg text
	echo "options of $1 (those with ... may be given several times):"
	for row in "${@:2}"; do
		IFS='|' read -r name arg text <<<"$row"
		printf '  %-20s %s\n' "--$name${arg:+ $arg}" "$text"
	done
	echo
}

help() {
	local row name arg text
	echo "usage: ./run.sh VERB [OPTION]..."
	echo "What it costs to reach persistent memory directly through device-mapper, and whether"
	echo "every contract on that path holds, on this host or on an emulated one."
	echo
	for row in "${VERBS[@]}"; do
		IFS='|' read -r name arg text <<<"$row"
		printf '  %-20s %s\n' "$name${arg:+ $arg}" "$text"
	done
	echo
	help_options bench "${BENCH_OPTIONS[@]}"
	help_options check "${CHECK_OPTIONS[@]}"
	help_options compare "${COMPARE_OPTIONS[@]}"
	help_options assert "${ASSERT_OPTIONS[@]}"
	help_options explain "${EXPLAIN_OPTIONS[@]}"
	help_options bisect "${BISECT_OPTIONS[@]}"
	help_options kernels "${KERNELS_OPTIONS[@]}"
	echo "exit status: 0 good; 1 a regression, a difference or a failed check; 3 not comparable; 4 the"
	echo "harness broke; 64 wrong usage; 77 everything was skipped; 125 (assert) nothing was found out;"
	echo "130 interrupted"
}

# ---- children ------------------------------------------------------------------------------------

tmp=
claims=()
may_be_empty= # results that nothing came into are taken away
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
	if [[ ${cannot_tell-} ]] && ((status == BROKEN || status == USAGE)); then status=$cannot_tell; fi
	trap - EXIT
	trap '' INT TERM HUP
	exec 2>/dev/null # bash would tell of the job that is ended
	stop_child
	rm -rf ${tmp:+"$tmp"} "${claims[@]}"
	child=over
	guard
	if [[ $may_be_empty ]]; then rmdir "$may_be_empty" || true; fi
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

# How long a child may take to end, in tenths of a second.
stop_limit() {
	if [[ ${opt[host]-} ]]; then
		echo 900
	elif [[ ${jobs_dir-} ]]; then
		echo 200 # those of a ladder have children of their own to stop
	else
		echo 100
	fi
}

# Lets the child clean up after itself, then ends what is left of its group.  A run on this host has
# devices and mounts to remove, and its own limit for that (lib/run/supervise.c).
stop_child() { # [TENTHS]
	[[ -n $child ]] || return 0
	kill -TERM -- "-$child" 2>/dev/null || return 0
	local i limit
	limit=${1:-$(stop_limit)}
	for ((i = 0; i < limit; i++)); do
		kill -0 -- "-$child" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$child" 2>/dev/null || true
}

# Runs a command so that signals are acted upon at once.  Returns its status.
run() { # COMMAND...
	local status=0
	"$@" </dev/null 5>&- 6<&- 7<&- &
	child=$!
	guard
	wait "$child" 2>/dev/null || status=$? # bash would report a signal here
	child=
	guard
	return "$status"
}

# ---- what outlives this script -------------------------------------------------------------------

# Descriptors that no child gets: 5 goes to the guardian; 6 is this directory, with a shared lock as long
# as a run is at work (clean wants it alone); 7 is $tmp, locked as long as its owner lives.
guarded=

# Tells the guardian which child to end, and how many tenths of a second that may take.
guard() {
	[[ $guarded && $BASHPID == "$$" ]] || return 0
	trap '' PIPE
	echo "${child:-none} $(stop_limit)" 2>/dev/null >&5 || true
	trap - PIPE
}

# Runs as a process of its own.  When this script has been killed (descriptor 5 is closed) it ends the child
# and removes the temporary files.
guardian() {
	local last=none limit=0 word more
	trap '' INT TERM HUP
	trap - EXIT
	while read -r word more; do last=$word limit=$more; done
	[[ $last != over ]] || return 0
	if [[ $last != none ]]; then
		child=$last
		stop_child "$limit"
	fi
	rm -rf "$tmp"
	sweep_claims
}

start_guardian() {
	mkfifo "$tmp/guard" 2>/dev/null || cannot_write build
	guardian <"$tmp/guard" >/dev/null 2>&1 3>&- 4>&- &
	disown
	exec 5>"$tmp/guard"
	guarded=yes
}

# A name that is claimed is a link to $tmp of its run.
sweep_claims() {
	find build -maxdepth 1 -name 'name.tmp.*' -xtype l -exec rm -rf {} +
}

# Removes what was left by runs that were killed together with their guardians.
sweep() {
	local dir lock
	for dir in build/run.tmp.* build/test.tmp.*; do
		if [[ -d $dir ]] && exec {lock}<"$dir"; then
			if flock -n "$lock"; then rm -rf "$dir"; fi
			exec {lock}<&-
		fi
	done 2>/dev/null
	sweep_claims
}

make_tmp() {
	local lock
	exec 6<.
	flock -s -w 60 6 || die $BROKEN "clean is at work in $PWD; try again when it is done"
	if ! mkdir -p build 2>/dev/null || [[ ! -w build ]]; then cannot_write build; fi
	# Nobody sweeps what is not locked yet.
	exec {lock}<build
	flock "$lock"
	sweep
	tmp=$(mktemp -d build/run.tmp.XXXXXX 2>/dev/null) || cannot_write build
	exec 7<"$tmp"
	flock 7
	exec {lock}<&-
	start_guardian
}

cannot_write() { # WHAT
	die $BROKEN "cannot write to $PWD/$1: use a checkout of your own, or mend its permissions or free space"
}

# Whether this checkout cannot be written to, but the program is there: what only reads can do without a
# build then.
is_read_only() {
	[[ ! -w build && -x build/daxdm ]]
}

make_results() {
	if ! mkdir -p results 2>/dev/null || [[ ! -w results ]]; then cannot_write results; fi
}

# One line per phase: what, seconds, remark.  On a terminal it is there from the start.  A quiet verb
# has no such lines; where stdout is for programs to read, they go to stderr.
quiet=
lines_to=1
phase_begin() { # NAME
	phase=$1
	phase_start=$EPOCHREALTIME
	if [[ -t $lines_to && ! $quiet ]]; then printf '%-9s ...\r' "$phase" >&"$lines_to"; fi
}
phase_end() { # REMARK
	local name=$phase
	phase=
	[[ ! $quiet ]] || return 0
	local us=$((${EPOCHREALTIME/[.,]/} - ${phase_start/[.,]/}))
	printf '%-9s %3d.%d s  %s\n' "$name" $((us / 1000000)) $((us / 100000 % 10)) "$1" >&"$lines_to"
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

# Debian has no package of libperf; it is built from the kernel source where it is missing.
have_libperf() {
	if [[ -s build/libperf/version ]]; then return; fi
	phase_begin libperf
	run lib/meter/libperf.sh || exit $?
	phase_end "$(cat build/libperf/version)"
}

# Sets kdir to the directory of that kernel.
find_kernel() { # KERNEL
	local -a words=("$1")
	if [[ -d $1 ]]; then
		words=(--tree "$1")
	elif [[ $1 == /* ]]; then
		words+=(--modules "${opt[modules]}")
	fi
	phase_begin kernel
	run emu/kernel.sh resolve "${words[@]}" >"$tmp/kernel" || exit $?
	kdir=$(tail -n 1 "$tmp/kernel")
	phase_end "$(cat "$kdir/package")"
}

# Sets guests to the initramfs of each kind of guest.
make_guests() { # KIND...
	local kind file
	local -a modules=()
	phase_begin guests
	for file in "${opt_module[@]}"; do modules+=(--module "$file"); done
	guests=()
	for kind in "$@"; do
		run emu/initramfs.sh "$kdir" "$kind" "${modules[@]}" >"$tmp/guest" || exit $?
		guests+=("$(tail -n 1 "$tmp/guest")")
	done
	phase_end "$*"
}

# Runs on this host into results/RUN, which nothing is left of if the command refused.
on_this_host() { # DIR COMMAND...
	local dir=$1 status=0
	mkdir "$dir" || die $BROKEN "cannot make $PWD/$dir"
	run "${@:2}" --output "$dir/run.jsonl" || status=$?
	if [[ ! -s $dir/run.jsonl ]]; then
		rm -f "$dir/run.jsonl"
		rmdir "$dir"
	fi
	return $status
}

# Measures once into results/NAME.  Returns the status of the run.
measure() { # NAME
	local dir=results/$1 status=0 i
	local -a words=()
	child_says_it=yes
	if [[ ${opt[host]} ]]; then
		for i in "${opt_device[@]}"; do words+=(--device "$i"); done
		on_this_host "$dir" build/daxdm bench "${words[@]}" --meter "${opt[meter]}" ${opt[counters]:+--counters} "${bench_args[@]}" ||
			status=$?
	else
		for i in "${!guests[@]}"; do words+=(--guest "${guest_fs[i]}=${guests[i]}"); done
		run build/daxdm emulate --kernel "$kdir" "${words[@]}" --meter "${opt[meter]}" \
			--results "$dir" --seed "${opt[seed]}" ${opt[fresh]:+--fresh} \
			${opt[console]:+--console} ${opt[counters]:+--counters} -- "${bench_args[@]}" || status=$?
	fi
	child_says_it=
	return $status
}

# The same, prints the table, draws.
one_run() { # NAME
	local status=0 shown=0
	measure "$1" || status=$?
	case $status in
	0 | 1 | 77) show "results/$1" || shown=$? ;; # the run is complete
	esac
	if ((shown)); then
		note "run.sh: the run is complete in results/$1, its report is not; when the cause is removed: ./run.sh report $1"
		status=$shown
	fi
	return $status
}

is_check_run() { # DIR
	head -n 1 "$1/run.jsonl" 2>/dev/null | grep -qE '"checks": *true'
}

# Sets page_dir to where the page and the plots of a run go: into the run, but what is published stays as
# it is.
find_page_dir() { # DIR
	local published
	page_dir=$1
	published=$(readlink -f results/published)
	if [[ $(readlink -f "$1") == "$published"/* ]]; then
		page_dir=build/report/$(realpath --relative-to="$published" "$1")
		mkdir -p "$page_dir" || die $BROKEN "cannot make $PWD/$page_dir"
	fi
}

show() { # DIR [--verbose]
	local page_dir
	local -a into=()
	phase=report
	if is_check_run "$1"; then
		run build/daxdm report "$1" || return $?
	else
		find_page_dir "$1"
		if [[ $page_dir != "$1" ]]; then into=("$page_dir"); fi
		run build/daxdm report ${into[0]:+--output "${into[0]}"} "${@:2}" "$1" || return $?
		run plot/plot.sh "$1" "${into[@]}" || return $?
		if ((${#into[@]})); then echo "report.html and plots are in $page_dir/"; fi
	fi
	echo "results are in $1/"
	phase=
}

# ---- options -------------------------------------------------------------------------------------

# Options that may be repeated end in arrays of their own, the others in opt.  Words that are no options
# end in operands, where a verb takes such.
declare -A opt=()
opt_kernel=() opt_module=() opt_stack=() opt_fs=() opt_bench=() opt_check=() opt_device=() opt_metric=()
takes_operands='' operands=() # words that are no options

# shellcheck disable=SC2034
opt_fetch=() opt_remove=() # of cli/bisect.sh

parse_options() { # VERB TABLE WORD...
	local verb=$1 word name value row arg
	local -n rows=$2
	local -A metavariable=() repeatable=()
	shift 2
	for row in "${rows[@]}"; do
		IFS='|' read -r name arg _ <<<"$row"
		metavariable[$name]=${arg%...}
		if [[ $arg == *... ]]; then repeatable[$name]=yes; else opt[$name]=''; fi
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
		*)
			if [[ $takes_operands && $word != -* ]]; then
				operands+=("$word")
				continue
			fi
			die $USAGE "$verb: unexpected word '$word'; ./run.sh help shows the options"
			;;
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
		if [[ -v repeatable[$name] ]]; then
			declare -n list=opt_$name && list+=("$value")
		else
			opt[$name]=$value
		fi
	done
}

given() { # OPTION
	if [[ -v opt[$1] ]]; then
		[[ ${opt[$1]} ]]
	else
		local -n values=opt_$1
		((${#values[@]}))
	fi
}

# Prints the path as seen from where the user stands.
user_path() { # PATH
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$from/$1" ;;
	esac
}

vet_number() { # OPTION MAXIMUM
	local value=${opt[$1]}
	if [[ ! $value =~ ^[1-9][0-9]{0,9}$ ]] || ((value > $2)); then
		die $USAGE "--$1 $value: a number from 1 to $2 is wanted"
	fi
}

vet_name() { # [STEP]: not empty for a step of a ladder, GROUP/RUN
	local word='[A-Za-z0-9_][A-Za-z0-9._+~-]{0,99}'
	if [[ ${opt[name]} && ! ${opt[name]} =~ ^$word(${1:+/$word})?$ ]]; then
		die $USAGE "--name ${opt[name]}: letters, digits and . _ + - are allowed, 100 at most"
	fi
}

vet_name_is_free() { # NAME
	if [[ $1 && -e results/$1 ]]; then
		die $USAGE "results/$1 is there already and is never overwritten; choose another --name or remove it"
	fi
}

# What goes with an emulated host only, what with this one only.
vet_host() { # OPTION-FOR-THE-EMULATED-HOST...
	local name
	if [[ ${opt[host]} ]]; then
		((${#opt_device[@]})) ||
			die $USAGE "--host writes to a pmem device of this host and needs to be told which: --device /dev/pmemN"
		for name in "$@"; do
			! given "$name" || die $USAGE "--$name is for the emulated host; it does not go with --host"
		done
	else
		((${#opt_device[@]} == 0)) || die $USAGE "--device goes with --host only"
	fi
}

vet_tree() { # DIR
	local tree
	tree=$(user_path "$1")
	[[ -d $tree ]] || die $USAGE "--kernel-tree $tree: no such directory"
	[[ -f $tree/arch/x86/boot/bzImage ]] ||
		die "${no_kernel:-$USAGE}" "--kernel-tree $tree: no arch/x86/boot/bzImage there; was it built (make bzImage modules)?"
	kernels+=("$(readlink -f "$tree")")
}

# Sets kernels, files and build trees as absolute paths, and debian where none was asked for; looks at
# the modules that go with them.
vet_kernels() { # [KERNEL]...
	local kernel i file files=0
	kernels=()
	for kernel in "$@"; do
		if [[ $kernel == */* && -d $(user_path "$kernel") ]]; then
			vet_tree "$kernel"
			continue
		fi
		if [[ $kernel == */* || -f $from/$kernel ]]; then
			kernel=$(user_path "$kernel")
			[[ -f $kernel ]] || die $USAGE "--kernel $kernel: no such file"
			[[ ${opt[modules]} ]] || die $USAGE "--kernel PATH needs --modules DIR, the modules of that kernel"
			files=$((files + 1))
		fi
		kernels+=("$kernel")
	done
	if [[ ${opt[kernel-tree]-} ]]; then vet_tree "${opt[kernel-tree]}"; fi
	if ((${#kernels[@]} == 0)); then kernels=(debian); fi
	((files <= 1)) || die $USAGE "only one --kernel PATH at a time: --modules has the modules of one"
	if [[ ${opt[modules]} ]]; then
		((files)) ||
			die $USAGE "--modules goes with --kernel PATH only; to replace one module use --module FILE.ko"
		opt[modules]=$(user_path "${opt[modules]}")
		[[ -d ${opt[modules]} ]] || die $USAGE "--modules ${opt[modules]}: no such directory"
	fi
	for i in "${!opt_module[@]}"; do
		file=$(user_path "${opt_module[i]}")
		[[ -f $file ]] || die $USAGE "--module $file: no such file"
		opt_module[i]=$file
	done
}

# Refuses what can be refused before anything is installed, built or booted.
vet_bench() {
	local i
	opt[repeat]=${opt[repeat]:-1}
	vet_host kernel modules kernel-tree module seed fresh console
	if [[ ! ${opt[meter]} && ${opt[host]} ]]; then opt[meter]="time"; fi
	opt[meter]=${opt[meter]:-insn}
	opt[seed]=${opt[seed]:-1}
	vet_number repeat 100
	vet_number seed 4294967295
	case ${opt[meter]} in
	insn | time | none) ;;
	*) die $USAGE "--meter ${opt[meter]}: insn, time or none is wanted" ;;
	esac
	case ${opt[tracer]} in
	'' | fentry | kprobe) ;;
	tracefs) die $USAGE "--tracer tracefs was removed, its own cost is not constant; use --tracer kprobe" ;;
	*) die $USAGE "--tracer ${opt[tracer]}: fentry or kprobe is wanted" ;;
	esac
	if [[ ${opt[meter]} == none && ${opt[counters]} ]]; then
		die $USAGE "--counters does not go with --meter none, which keeps no number"
	fi
	if [[ ${opt[meter]} != insn ]] && ((opt[repeat] > 1)); then
		die $USAGE "--repeat wants every sample to be the same, which only --meter insn can give"
	fi
	# What is to be shown is that boots are equal; a restored machine was booted only once.
	if ((opt[repeat] > 1)); then opt[fresh]=yes; fi
	vet_workload
	vet_name "${DAXDM_LADDER-}"
	vet_kernels "${opt_kernel[@]}"
	if is_ladder; then
		# shellcheck source=cli/ladder.sh
		. cli/ladder.sh
		vet_ladder
		return
	fi
	for ((i = 1; i <= opt[repeat]; i++)); do vet_name_is_free "$(run_name "$i")"; done
}

vet_workload() {
	local word i=0
	for word in "${opt_fs[@]}"; do
		case $word in
		ext4 | xfs) ;;
		*) die $USAGE "--fs $word: ext4 or xfs is wanted" ;;
		esac
	done
	for word in quick full workload; do if [[ ${opt[$word]} ]]; then i=$((i + 1)); fi; done
	((i <= 1)) || die $USAGE "--quick, --full and --workload exclude each other"
	if [[ ${opt[workload]} ]]; then
		opt[workload]=$(user_path "${opt[workload]}")
		[[ -e ${opt[workload]} ]] || die $USAGE "--workload ${opt[workload]}: no such file"
		[[ -f ${opt[workload]} ]] ||
			die $USAGE "--workload ${opt[workload]}: a regular file is wanted; no directory, pipe or device"
	else
		opt[workload]=workloads/${opt[quick]:+quick}${opt[full]:+full}
		if [[ ${opt[workload]} == workloads/ ]]; then opt[workload]+=default; fi
	fi
}

# Whether several kernels are asked for.
is_ladder() {
	local kernel
	for kernel in "${kernels[@]}"; do [[ $kernel != ladder ]] || return 0; done
	((${#kernels[@]} > 1))
}

# ---- verbs ---------------------------------------------------------------------------------------

run_name() { # INDEX
	if ((opt[repeat] > 1)); then echo "${opt[name]}-$1"; else echo "${opt[name]}"; fi
}

# Another run may begin in the same second: sets name to BASE, or to one like it that nobody else has.
claim_name() { # BASE
	local n=1
	name=$1
	until [[ ! -e results/$name && ! -e results/$name-1 ]] && ln -sT "${tmp#build/}" "build/name.tmp.$name" 2>/dev/null; do
		n=$((n + 1))
		name=$1.$n
	done
	claims+=("build/name.tmp.$name")
}

# What names and results call that kernel, or this host's.
release_of() { # KDIR
	local release
	if [[ $1 ]]; then release=$(cat "$1/release"); else release=$(uname -r); fi
	echo "${release%-amd64}"
}

# "+dm-mod" for each module that is replaced: such a run is not one of the stock kernel.
replaced_suffix() {
	local file
	for file in "${opt_module[@]}"; do
		file=${file##*/}
		file=${file%%.*}
		printf '+%s' "${file//[^A-Za-z0-9_-]/_}"
	done
}

# The filesystems to boot a guest for: those asked for, else those of the workload, else all.
choose_guests() {
	guest_fs=("${opt_fs[@]}")
	((${#guest_fs[@]})) || mapfile -t guest_fs < <(
		awk '{ sub(/\r$/, ""); sub(/#.*/, "") }
			$1 == "fs" { for (i = 2; i <= NF; i++) print $i }' "${opt[workload]}")
	((${#guest_fs[@]})) || guest_fs=(ext4 xfs)
	mapfile -t guest_fs < <(printf '%s\n' "${guest_fs[@]}" | sort -u)
}

# Sets with to "+NAME" for each program that the benchmarks asked for run, as make_guests takes it.  Each is a
# group of packages.txt, and a part of the guest only then, for it may be large.
choose_programs() {
	local program
	local -a programs
	run build/daxdm wants -- "${bench_args[@]}" >"$tmp/programs" || exit $?
	with=
	mapfile -t programs <"$tmp/programs"
	if ((${#programs[@]})); then setup "${programs[@]}"; fi
	for program in "${programs[@]}"; do with+=+$program; done
}

# Sets bench_args: what is to be measured, as words of `daxdm bench`.
set_bench_args() {
	local word
	bench_args=(--workload "${opt[workload]}")
	for word in "${opt_stack[@]}"; do bench_args+=(--stack "$word"); done
	for word in "${opt_bench[@]}"; do bench_args+=(--bench "$word"); done
	for word in "${guest_fs[@]}"; do bench_args+=(--fs "$word"); done
	if [[ ${opt[tracer]-} ]]; then bench_args+=(--tracer "${opt[tracer]}"); fi
}

verb_bench() {
	local status=0 i
	kdir=
	parse_options bench BENCH_OPTIONS "$@"
	vet_bench
	choose_guests
	set_bench_args
	if is_ladder; then
		ladder
		return
	fi
	make_tmp
	make_results
	if [[ ! ${DAXDM_LADDER-} ]]; then # one step of it: all is in place, and stays as it is
		setup build run plot
		if [[ ${opt[counters]} ]]; then have_libperf; fi
		build all
	fi
	choose_programs
	if [[ ! ${opt[host]} ]]; then
		find_kernel "${kernels[0]}"
		make_guests "${guest_fs[@]/%/$with}"
	fi
	if [[ ! ${opt[name]} ]]; then
		claim_name "$(release_of "$kdir")$(replaced_suffix)-${opt[meter]}-$(date +%Y%m%dT%H%M%S)"
		opt[name]=$name
	fi
	if [[ ${opt[name]} == */* ]]; then mkdir -p "results/${opt[name]%/*}"; fi
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
	if is_read_only; then
		run build/daxdm list "$@"
		return
	fi
	make_tmp
	setup build
	build all
	run build/daxdm list "$@"
}

verb_report() {
	local -a verbose=()
	if [[ ${1-} == --verbose ]]; then verbose=("$1") && shift; fi
	(($# == 1)) || die $USAGE "report: one run is wanted: ./run.sh report [--verbose] RUN"
	local dir=results/${1#results/}
	local -a groups=(build plot)
	dir=${dir%/}
	if [[ ! -d $dir ]]; then
		local -a runs=()
		mapfile -t runs < <(find results -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null)
		unknown run "" "$1" "ls results" "${runs[@]}"
	fi
	if [[ -f $dir/explain.txt ]]; then
		cat "$dir/explain.txt"
		return
	fi
	if is_check_run "$dir"; then groups=(build); fi
	quiet=yes
	if is_read_only; then # the text only
		if [[ -f $dir/ladder.txt ]]; then
			cat "$dir/ladder.txt"
		else
			run build/daxdm report --no-html "${verbose[@]}" "$dir"
		fi
		return
	fi
	make_tmp
	setup "${groups[@]}"
	build all
	if [[ -f $dir/kernels.tsv ]]; then
		# shellcheck source=cli/ladder.sh
		. cli/ladder.sh
		show_ladder "$dir"
	else
		show "$dir" "${verbose[@]}"
	fi
}

verb_setup() {
	local -a groups=(build run plot)
	case "$*" in
	'') ;;
	all) groups+=(fio test) ;;
	*) die $USAGE "setup: unknown word '$*'; all is the only one" ;;
	esac
	make_tmp
	setup "${groups[@]}"
}

verb_test() {
	(($# == 0)) || die $USAGE "test: takes no words"
	make_tmp
	have_libperf # the tests of counters stand on it
	setup build run plot fio test
	build all unit-build fuzz-build
	run tests/run.sh
}

verb_lint() {
	(($# == 0)) || die $USAGE "lint: takes no words"
	quiet=yes
	make_tmp
	setup build test
	run tests/lint.sh
}

verb_new() {
	quiet=yes
	make_tmp
	setup build
	build all
	run build/daxdm new "$@"
}

verb_cleanup() {
	quiet=yes
	if is_read_only; then
		run build/daxdm cleanup "$@"
		return
	fi
	make_tmp
	setup build
	build all
	run build/daxdm cleanup "$@"
}

verb_clean() {
	(($# == 0)) || die $USAGE "clean: takes no words"
	exec 6<.
	flock -w 5 6 || die $BROKEN "clean: a run is at work in $PWD; wait for it or end it"
	if ! rm -rf build 2>/dev/null; then cannot_write build; fi
}

main() {
	local row
	local -a names=()
	for row in "${VERBS[@]}"; do names+=("${row%%|*}"); done
	case ${1-} in
	'') die $USAGE "no verb given; ./run.sh help lists them" ;;
	help | --help | -h) help ;;
	bench | explain | test | lint | list | report | new | setup | cleanup | clean) "verb_$1" "${@:2}" ;;
	check)
		# shellcheck source=cli/check.sh
		. cli/check.sh
		verb_check "${@:2}"
		;;
	compare | assert | gate-selftest | bisect | kernels)
		# shellcheck source=cli/gate.sh
		. cli/gate.sh
		# shellcheck source=cli/bisect.sh
		case $1 in bisect | kernels) . cli/bisect.sh ;; esac
		"verb_${1%-selftest}" "${@:2}"
		;;
	*) unknown verb "" "$1" "./run.sh help" "${names[@]}" ;;
	esac
}

main "$@"
