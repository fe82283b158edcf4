# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The verb check of run.sh, which reads this file when it is wanted; what is used and not defined here is
# defined there.
# shellcheck disable=SC2154,SC2086,SC2034,SC2004

vet_check() {
	local name
	vet_host kernel modules kernel-tree module plant fresh console
	opt[seed]=${opt[seed]:-1}
	vet_number seed 4294967295
	if given rounds; then vet_number rounds 1000000; fi
	for name in ktap junit; do
		given "$name" || continue
		opt[$name]=$(user_path "${opt[$name]}")
		[[ ! -d ${opt[$name]} ]] || die $USAGE "--$name ${opt[$name]}: that is a directory; a file is wanted"
		[[ -d ${opt[$name]%/*}/ ]] || die $USAGE "--$name ${opt[$name]}: there is no such directory to put it in"
	done
	vet_kernels "${opt_kernel[@]}"
	vet_name
	((${#kernels[@]} == 1 || ${#opt_module[@]} == 0)) ||
		die $USAGE "--module is for one kernel: a module is built for one release"
	if ((${#kernels[@]} == 1)); then vet_name_is_free "${opt[name]}"; fi
}

# Sets kdirs and names: one run for each kernel, or one of this host.
plan_checks() {
	local kernel other base when
	kdirs=() names=()
	when=$(date +%Y%m%dT%H%M%S)
	if [[ ${opt[host]} ]]; then kernels=(''); fi
	for kernel in "${kernels[@]}"; do
		kdir=
		if [[ $kernel ]]; then find_kernel "$kernel"; fi
		for other in "${kdirs[@]}"; do
			[[ $other != "$kdir" ]] || die $USAGE "--kernel $kernel: another --kernel is the same, $(cat "$kdir/package")"
		done
		kdirs+=("$kdir")
		base=${opt[name]}
		if [[ ! $base ]]; then
			base=$(release_of "$kdir")$(replaced_suffix)-check-$when
		elif ((${#kernels[@]} > 1)); then
			base+=-$(release_of "$kdir")
			vet_name_is_free "$base"
		fi
		claim_name "$base"
		names+=("$name")
	done
}

# The worse of two exit statuses.
worse() { # A B
	local status
	for status in 1 4 3 77 0; do
		if (($1 == status || $2 == status)); then
			echo "$status"
			return
		fi
	done
}

# Runs a command whose output is for people, as diagnostic lines of KTAP.  Returns its status.
as_diagnostics() { # COMMAND...
	local status=0
	run "$@" >"$tmp/said" || status=$?
	sed 's/^/# /' "$tmp/said"
	return $status
}

# What can be said when all runs are done.  Returns BROKEN if something could not be written.
sum_up() { # DIR...
	local dir status=0
	if [[ ${opt[ktap]} || ${opt[junit]} ]]; then
		run build/daxdm verdicts --quiet --known check/known ${opt[ktap]:+--ktap "${opt[ktap]}"} \
			${opt[junit]:+--junit "${opt[junit]}"} "$@" || status=$?
	fi
	if [[ ${opt[coverage]} ]]; then
		for dir in "$@"; do as_diagnostics build/daxdm coverage "$dir" || true; done
	fi
	# That kernels differ is no failure.
	if (($# > 1)); then as_diagnostics build/daxdm behaviour --known check/known "$@" || true; fi
	return $status
}

# Checks one kernel, or this host, into results/NAME; prints KTAP.  Returns the status of the run.
one_check() { # NAME
	local dir=results/$1 status=0 word
	local -a words=(--seed "${opt[seed]}")
	child_says_it=yes
	if [[ ${opt[host]} ]]; then
		for word in "${opt_device[@]}"; do words+=(--device "$word"); done
		on_this_host "$dir" build/daxdm check "${words[@]}" "${check_args[@]}" || status=$?
		if [[ -e $dir ]]; then
			status=0
			run build/daxdm verdicts --known check/known "$dir" || status=$?
		fi
	else
		if ((${#names[@]} > 1)); then echo "# linux $(cat "$kdir/release")"; fi
		run build/daxdm checks --kernel "$kdir" --guest "${guests[0]}" --results "$dir" "${words[@]}" \
			--known check/known ${opt[fresh]:+--fresh} ${opt[console]:+--console} \
			-- "${check_args[@]}" || status=$?
	fi
	child_says_it=
	if [[ -e $dir ]]; then echo "# results are in $dir/"; fi
	return $status
}

verb_check() {
	local word status=0 one i
	local -a done=()
	parse_options check CHECK_OPTIONS "$@"
	vet_check
	lines_to=2
	check_args=()
	for word in "${opt_check[@]}"; do check_args+=(--check "$word"); done
	for word in quick plant; do if given "$word"; then check_args+=("--$word"); fi; done
	make_tmp
	make_results
	setup build run
	build all
	run build/daxdm list --ids "${check_args[@]}" >"$tmp/ids" || exit $? # is there any such check?
	if given coverage; then check_args+=(--coverage); fi
	if given rounds; then check_args+=(--rounds "${opt[rounds]}"); fi
	plan_checks
	for i in "${!names[@]}"; do
		kdir=${kdirs[i]}
		if [[ $kdir ]]; then make_guests check; fi
		one=0
		one_check "${names[i]}" || one=$?
		case $one in
		0 | 1 | 4 | 77) status=$(worse "$status" "$one") ;;
		*) exit $one ;;
		esac
		if [[ -s results/${names[i]}/ktap.txt ]]; then done+=("results/${names[i]}"); fi
	done
	if ((${#done[@]})); then
		one=0
		sum_up "${done[@]}" || one=$?
		status=$(worse "$status" "$one")
	fi
	exit "$status"
}
