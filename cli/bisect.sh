# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The verbs of run.sh about the kernels of the archive: kernels, which shows, fetches and removes them,
# and bisect, which finds the one where a metric became worse.  run.sh reads this file, after
# cli/gate.sh, when one of them is wanted; what is used and not defined here is defined there.
# shellcheck disable=SC2154,SC2086

verb_kernels() {
	local kernel
	takes_operands=yes
	parse_options kernels KERNELS_OPTIONS "$@"
	if ((${#opt_fetch[@]} + ${#opt_remove[@]})); then
		[[ ! ${opt[json]} ]] && ((${#operands[@]} == 0)) ||
			die $USAGE "kernels: --fetch and --remove go with nothing else"
	fi
	quiet=yes
	make_tmp
	setup run
	if [[ ${opt[update]} ]]; then run emu/kernel.sh update || exit $?; fi
	for kernel in "${opt_fetch[@]}"; do
		find_kernel "$kernel"
		echo "$(cat "$kdir/package") is in build/kernels/${kdir##*/}"
	done
	if ((${#opt_remove[@]})); then
		run emu/kernel.sh remove "${opt_remove[@]}" || exit $?
	elif ((${#opt_fetch[@]} == 0)); then
		run emu/kernel.sh "$([[ ${opt[json]} ]] && echo json || echo table)" "${operands[@]}" || exit $?
	fi
}

# ---- bisect --------------------------------------------------------------------------------------

# Measures that kernel, if no run of it will do, and writes the run's directory to $tmp/run.
measure_step() { # PACKAGE NAME
	set +m # so that a signal ends all
	find_kernel "$1" >&2
	run_dir=
	if [[ ! ${opt[anew]} ]]; then run_dir=$(newest_run); fi
	if [[ ! $run_dir ]]; then
		make_guests "${guest_fs[@]}" >&2
		measure "$2" >&2 || true
		run_dir=results/$2
	fi
	echo "$run_dir" >"$tmp/run"
}

# Sets value to the metric on the kernel of that index, or leaves it empty, and why says why.
measure_value() { # INDEX
	local i=$1 name said
	value='' why=
	phase="bisect, ${labels[i]}"
	claim_name "${labels[i]}-bisect-$(date +%Y%m%dT%H%M%S)"
	rm -f "$tmp/run"
	if ! run measure_step "${packages[i]}" "$name" 2>"$tmp/step" || [[ ! -s $tmp/run ]]; then
		why=$(grep -E '^(daxdm|run\.sh): ' "$tmp/step" | tail -n 1) || true
		why=${why:-its measurement ended early}
		return
	fi
	run_dir=$(cat "$tmp/run")
	if said=$(build/daxdm assert --metric "${opt[metric]}" --value "$run_dir" 2>&1); then
		read -r value better unit <<<"$said"
	else
		why=$(grep -hE '^(daxdm|run\.sh): ' "$tmp/step" | tail -n 1) || true
		why=${why:-${said#*: not measured: }}
	fi
}

say_step() { # INDEX VERDICT
	printf '%-9s %-20s %12s %s  %s\n' "$2" "${labels[$1]}" "$value" "$unit" "$run_dir"
}

# Sets limit and sign: a value is bad when sign * value > limit.
set_limit() { # GOOD BAD
	sign=1
	if [[ $better == higher ]]; then sign=-1; fi
	limit=$(awk -v good=$((sign * $1)) -v bad=$((sign * $2)) -v percent="${opt[threshold]}" 'BEGIN {
		size = good < 0 ? -good : good
		printf "%.0f", int(percent == "" ? (good + bad) / 2 : good + size * percent / 100) }')
	if ((sign * $2 <= limit || $2 == $1)); then
		note "run.sh: bisect: there is no change for the worse to look for: ${opt[metric]} is $1 $unit on ${labels[0]} and $2 $unit on ${labels[-1]}"
		exit 3
	fi
}

# Sets next to the kernel to be tried between good and bad: the middle one of those that are not known
# to be of no use.  Returns 1 if none is left.
choose_next() {
	local i
	local -a usable=()
	for ((i = good + 1; i < bad; i++)); do
		if [[ ! ${useless[i]-} ]]; then usable+=("$i"); fi
	done
	((${#usable[@]})) || return 1
	next=${usable[${#usable[@]} / 2]}
	tries=0
	for ((i = ${#usable[@]}; i > 0; i /= 2)); do tries=$((tries + 1)); done
}

# Prints what was found.  Several are suspect if those next to the first bad one could not be measured.
say_first_bad() {
	local i suspects=''
	for ((i = good + 1; i < bad; i++)); do suspects+=" ${labels[i]}"; done
	echo "first bad: ${labels[bad]} (${values[bad]} $unit), ${labels[good]} is good (${values[good]} $unit)"
	if [[ $suspects ]]; then echo "           or one of those that could not be measured:$suspects"; fi
	echo "why: ./run.sh compare ${runs[good]#results/} ${runs[bad]#results/}"
}

vet_bisect() {
	local name
	for name in good bad metric; do
		[[ ${opt[$name]} ]] || die $USAGE "bisect: --good K, --bad K and --metric M are needed"
	done
	for name in good bad; do
		[[ ${opt[$name]} != */* ]] ||
			die $USAGE "--$name ${opt[$name]}: only kernels of the archive are in a row; for a git tree see ./run.sh assert"
	done
	[[ ! ${opt[threshold]} || ${opt[threshold]} =~ ^(0|[1-9][0-9]*)(\.[0-9]+)?$ ]] ||
		die $USAGE "--threshold ${opt[threshold]}: a number of per cent is wanted"
	plan_metric "${opt[metric]}"
}

# Sets labels and packages to the kernels from the good to the bad one.
plan_bisect() {
	run emu/kernel.sh between "${opt[good]}" "${opt[bad]}" >"$tmp/between" || exit $?
	mapfile -t labels < <(cut -f1 "$tmp/between")
	mapfile -t packages < <(cut -f2 "$tmp/between")
	((${#labels[@]} > 1)) || die $USAGE "bisect: --good ${opt[good]} is not older than --bad ${opt[bad]}"
	echo "${#labels[@]} kernels from ${labels[0]} to ${labels[-1]}"
}

verb_bisect() {
	local i good=0 bad next tries value why better=lower unit='' run_dir limit sign verdict
	local -a labels packages values=() runs=() useless=()
	parse_options bisect BISECT_OPTIONS "$@"
	vet_bisect
	measure_plainly
	vet_workload
	choose_guests
	set_bench_args
	make_tmp
	make_results
	quiet=yes
	setup build run
	build all
	plan_bisect
	bad=$((${#labels[@]} - 1))
	for i in "$good" "$bad"; do
		measure_value "$i"
		[[ $value ]] || die $BROKEN "bisect: ${labels[i]} cannot be measured: $why"
		values[i]=$value runs[i]=$run_dir
		say_step "$i" "$( ((i)) && echo "bad:" || echo "good:")"
	done
	set_limit "${values[0]}" "${values[bad]}"
	echo "bad is $([[ $sign == 1 ]] && echo above || echo below) $((sign * limit)) $unit"
	while choose_next; do
		measure_value "$next"
		if [[ ! $value ]]; then
			useless[next]=yes
			echo "skipped:  ${labels[next]}: $why"
			continue
		fi
		values[next]=$value runs[next]=$run_dir
		verdict="good:"
		if ((sign * value > limit)); then verdict="bad:"; fi
		say_step "$next" "$verdict"
		if [[ $verdict == bad: ]]; then bad=$next; else good=$next; fi
	done
	say_first_bad
}
