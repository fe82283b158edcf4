# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The verbs of run.sh that hold kernels against each other: compare, assert, gate-selftest.  run.sh
# reads this file when one of them is wanted; what is used and not defined here is defined there.
# shellcheck disable=SC2154

readonly CANNOT_TELL=125 # git-bisect(1): this commit cannot be tested

# Prints where the run of that name is; nothing if there is none.
run_of() { # WORD
	local place
	for place in "results/${1#results/}" "results/published/$1" "$(user_path "$1")"; do
		place=${place%/}
		if [[ -f $place/run.jsonl || (-f $place && $place == *.jsonl) ]]; then
			printf '%s\n' "$place"
			return
		fi
	done
}

looks_like_a_kernel() { # WORD
	case $1 in
	debian | newest | [0-9]* | linux-* | */*) ;;
	*) [[ -f $from/$1 ]] ;;
	esac
}

# What measuring needs that these verbs do not ask for.
measure_plainly() {
	local name
	for name in host fresh console counters; do opt[$name]=''; done
	opt[meter]=insn
	opt[seed]=1
}

# Prints the newest complete run of the kernel in kdir that this build made of this workload.
newest_run() {
	local -a runs=()
	local file
	for file in results/*/run.jsonl results/*/*/run.jsonl; do
		if [[ -f $file ]]; then runs+=("${file%/run.jsonl}"); fi
	done
	((${#runs[@]})) || return 0
	build/daxdm newest --package "$(cat "$kdir/package")" "${bench_args[@]}" "${runs[@]}" || true
}

# Measures the kernel in kdir into a run of its own; sets run_dir.
measure_now() { # NAME
	local status=0
	choose_programs
	make_guests "${guest_fs[@]/%/$with}"
	claim_name "$1"
	phase_begin measure
	measure "$name" || status=$?
	case $status in
	0 | 1) ;;
	77) die $BROKEN "nothing could be measured; ./run.sh report $name says why" ;;
	*) exit $status ;;
	esac
	run_dir=results/$name
	phase_end "$run_dir"
}

# Sets run_dir to a run of that kernel: one that is there already, or one that is made now.
run_of_kernel() { # KERNEL
	local kernel=$1
	find_kernel "$kernel"
	run_dir=
	# What a file holds may have changed since.
	if [[ ! ${opt[anew]} && $kernel != /* ]]; then run_dir=$(newest_run); fi
	if [[ $run_dir ]]; then
		note "$1: $run_dir, its newest run of this workload (--anew measures again)"
	else
		measure_now "$(release_of "$kdir")-insn-$(date +%Y%m%dT%H%M%S)"
	fi
}

# Sets places to where the runs are, kernels to what has to be measured or found: where a word is a
# kernel its place is empty.
find_operands() {
	local word part place
	local -a wanted=()
	places=()
	for word in "${operands[@]}"; do
		place=
		while read -r -d, part; do
			part=$(run_of "$part")
			if [[ ! $part ]]; then
				place=
				break
			fi
			place+=${place:+,}$part
		done <<<"$word,"
		places+=("$place")
		if [[ $place ]]; then continue; fi
		if [[ $word == *,* ]] || ! looks_like_a_kernel "$word"; then
			local -a runs=()
			mapfile -t runs < <(find results results/published -mindepth 1 -maxdepth 1 -type d ! -name published -printf '%f\n' 2>/dev/null)
			unknown "run or kernel" "" "$word" "ls results" "${runs[@]}"
		fi
		wanted+=("$word")
	done
	kernels=()
	if ((${#wanted[@]})); then vet_kernels "${wanted[@]}"; fi
}

verb_compare() {
	local name asked i next=0
	local -a words=()
	takes_operands=yes
	parse_options compare COMPARE_OPTIONS "$@"
	((${#operands[@]} >= 2)) ||
		die $USAGE "compare: two runs or kernels are wanted at least: ./run.sh compare BASE NEW"
	measure_plainly
	asked=${opt[workload]}
	vet_workload
	for name in json markdown junit thresholds; do
		if [[ ${opt[$name]} && ${opt[$name]} != - ]]; then opt[$name]=$(user_path "${opt[$name]}"); fi
	done
	find_operands
	if ((${#kernels[@]} == 0)); then
		for name in quick full modules anew ${asked:+workload}; do
			! given "$name" ||
				die $USAGE "compare: --$name says how to measure kernels, and ${operands[*]} are runs; --stack, --fs and --bench choose what of them is compared"
		done
	fi
	for name in threshold thresholds stacks json markdown junit; do
		if [[ ${opt[$name]} ]]; then words+=("--$name" "${opt[$name]}"); fi
	done
	for name in all force; do if [[ ${opt[$name]} ]]; then words+=("--$name"); fi; done
	for name in "${opt_stack[@]}"; do words+=(--stack "$name"); done
	for name in "${opt_fs[@]}"; do words+=(--fs "$name"); done
	for name in "${opt_bench[@]}"; do words+=(--bench "$name"); done
	lines_to=2 # stdout is the comparison's
	choose_guests
	set_bench_args
	make_tmp
	make_results
	if ((${#kernels[@]})); then
		setup build run
	else
		quiet=yes
		setup build
	fi
	build all
	for i in "${!operands[@]}"; do
		if [[ ${places[i]} ]]; then continue; fi
		run_of_kernel "${kernels[next]}"
		next=$((next + 1))
		places[i]=$run_dir
	done
	run build/daxdm compare --known check/known "${words[@]}" "${places[@]}"
}

# Sets what to measure for one metric.
plan_metric() { # METRIC
	local id=${1#tax:} metric stack
	if [[ ! $id =~ ^([a-z0-9_]+(\.[a-z0-9_]+)+)\{stack=([^{}]+)\}$ ]]; then
		die $USAGE "--metric $1: wanted is a metric of a run, e.g. 'fault.read.warm.pte{stack=linear:16,fs=ext4}'"
	fi
	metric=${BASH_REMATCH[1]} stack=${BASH_REMATCH[3]}
	opt_fs=(ext4)
	if [[ $stack =~ ^(.*),fs=([a-z0-9]+)$ ]]; then
		stack=${BASH_REMATCH[1]}
		opt_fs=("${BASH_REMATCH[2]}")
	fi
	opt_stack=("$stack")
	if [[ $1 == tax:* ]]; then opt_stack=(raw "$stack"); fi
	# What falls back to 4 KiB pages is found by asking for 2 MiB.
	opt_bench=("${metric/%.fallback/.pmd}")
	for name in quick full workload; do opt[$name]=''; done
}

verb_assert() {
	local name
	local -a words=()
	parse_options assert ASSERT_OPTIONS "$@"
	[[ ${opt[metric]} ]] || die $USAGE "assert: which metric? --metric M"
	[[ ${opt[max]} || ${opt[min]} ]] || die $USAGE "assert: which limit? --max N or --min N"
	for name in max min; do
		[[ ! ${opt[$name]} || ${opt[$name]} =~ ^(0|-?[1-9][0-9]{0,17})$ ]] ||
			die $USAGE "--$name ${opt[$name]}: a whole number is wanted, in the metric's unit"
		if [[ ${opt[$name]} ]]; then words+=("--$name" "${opt[$name]}"); fi
	done
	plan_metric "${opt[metric]}"
	measure_plainly
	vet_workload
	# A build that failed left no kernel: that is no reason to call the commit bad.
	no_kernel=$CANNOT_TELL
	if [[ ${opt[kernel]} == */* && ! -f $(user_path "${opt[kernel]}") ]]; then
		die $CANNOT_TELL "--kernel ${opt[kernel]}: no such file; was it built?"
	fi
	vet_kernels ${opt[kernel]:+"${opt[kernel]}"}
	((${#kernels[@]} == 1)) || die $USAGE "assert: --kernel or --kernel-tree, one kernel"
	choose_guests
	set_bench_args
	cannot_tell=$CANNOT_TELL # from here on whatever breaks says nothing about the kernel
	lines_to=2
	make_tmp
	make_results
	setup build run
	build all
	find_kernel "${kernels[0]}"
	measure_now "$(release_of "$kdir")$(replaced_suffix)-assert-$(date +%Y%m%dT%H%M%S)"
	run build/daxdm assert --metric "${opt[metric]}" "${words[@]}" "$run_dir"
}

# Faults in two boots side by side, of which one may come from a snapshot and the other never does.
# Then what happens inside the kernel.
three_runs() { # DIR GUEST
	local status=0 other=0
	local -a emulate=(build/daxdm emulate --kernel "$kdir" --guest "ext4=$2" --meter insn --seed 1)
	set +m # so that a signal ends all
	{
		"${emulate[@]}" --results "$1/first" -- "${bench_args[@]}" --bench 'fault.read.warm.*' &&
			"${emulate[@]}" --results "$1/inside" -- "${bench_args[@]}" --bench translate.page.random
	} &
	"${emulate[@]}" --results "$1/second" --fresh -- "${bench_args[@]}" --bench 'fault.read.warm.*' || other=$?
	wait $! || status=$?
	if ((status)); then return $status; fi
	return $other
}

verb_gate() {
	local status=0
	(($# == 0)) || die $USAGE "gate-selftest: takes no words"
	for name in quick full workload; do opt[$name]=''; done
	opt_fs=(ext4)
	opt_stack=(raw linear:1 linear:1/linear:1 linear:256 linear:1024)
	vet_workload
	choose_guests
	set_bench_args
	lines_to=2
	make_tmp
	setup build run
	build all
	find_kernel debian
	make_guests ext4
	phase_begin measure
	run three_runs "$tmp" "${guests[0]}" >"$tmp/said" 2>&1 || status=$?
	if ((status)); then
		tail -n 20 "$tmp/said" >&2
		die $BROKEN "the kernel could not be measured twice"
	fi
	phase_end "two boots of $(cat "$kdir/package")"
	run build/daxdm gate "$tmp/first" "$tmp/second" "$tmp/inside"
}
