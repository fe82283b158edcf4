# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The same benchmarks on several kernels: ./run.sh bench --kernel K --kernel K ... or --kernel ladder.
# Each kernel is a job of its own, `./run.sh bench --name RUN/KERNEL`, and GNU parallel runs them side
# by side.  What a job has measured stays when another one fails or all are stopped, and the same name
# again does what is left.  run.sh reads this file when it is wanted; what is used and not defined here
# is defined there.
#
# results/RUN/ holds kernels.tsv (LABEL PACKAGE VERSION KERNEL, oldest first), jobs.tsv (the job log of
# GNU parallel), LABEL/ (a run) and LABEL.log for each kernel, and of all ladder.txt and plots.
# shellcheck disable=SC2154,SC2086

# Refuses what can be refused before anything is installed, built or booted.
vet_ladder() {
	local name
	((opt[repeat] == 1)) || die $USAGE "--repeat is for one kernel"
	((${#opt_module[@]} == 0)) || die $USAGE "--module is for one kernel: a module is built for one release"
	for name in console host; do
		[[ ! ${opt[$name]} ]] || die $USAGE "--$name is for one kernel"
	done
	if [[ -e results/${opt[name]} && ${opt[name]} && ! -f results/${opt[name]}/kernels.tsv ]]; then
		die $USAGE "results/${opt[name]} is there already and holds no ladder; choose another --name or remove it"
	fi
}

# Writes kernels.tsv: what is asked for, once each, oldest first.
plan_ladder() {
	local kernel
	local -a named=()
	phase_begin kernels
	: >"$tmp/kernels"
	for kernel in "${kernels[@]}"; do
		case $kernel in
		ladder)
			run emu/kernel.sh series >"$tmp/series" || exit $?
			while read -r kernel; do named+=("$kernel"); done <"$tmp/series"
			;;
		/*)
			find_kernel "$kernel"
			phase_begin kernels
			# A build of one's own has the same release as the one before.
			printf '%s.%.8s\tfile\t%s\t%s\n' "$(release_of "$kdir")" "${kdir##*-}" \
				"$(cat "$kdir/release")" "$kernel" >>"$tmp/kernels"
			;;
		*) named+=("$kernel") ;;
		esac
	done
	if ((${#named[@]})); then run emu/kernel.sh identify "${named[@]}" >>"$tmp/kernels" || exit $?; fi
	sort -t $'\t' -k3,3V -k1,1 "$tmp/kernels" | awk -F'\t' '!seen[$1]++' >"$jobs_dir/kernels.tsv"
	mapfile -t labels < <(cut -f1 "$jobs_dir/kernels.tsv")
	((${#labels[@]} > 1)) || die $USAGE "all these --kernel are the same one, ${labels[0]}"
	phase_end "${#labels[@]}: ${labels[*]}"
}

# Whether the step of that label needs no more: its run is complete, of this build and workload.
is_done() { # LABEL PACKAGE VERSION KERNEL
	local dir=$jobs_dir/$1 package="$2 $3"
	[[ -f $dir/run.jsonl ]] || return 1
	if [[ $2 == file ]]; then
		package="file $(readlink -f "$4")"
		if [[ -d $4 ]]; then package+=/arch/x86/boot/bzImage; fi
	fi
	if [[ $(build/daxdm newest --package "$package" --seed "${opt[seed]}" --meter "${opt[meter]}" \
		"${bench_args[@]}" "$dir" || true) ]]; then return 0; fi
	if tail -n 1 "$dir/run.jsonl" | grep -qE '"type": *"end".*"status": *[01]\b'; then
		die $USAGE "$dir was measured by another build of daxdm or of another workload; choose another --name"
	fi
	return 1
}

# The command of one step, to be read by a shell.
job_command() { # LABEL PACKAGE KERNEL
	local -a words=(setpriv --pdeathsig TERM ./run.sh bench --name "${opt[name]}/$1" --meter "${opt[meter]}" --seed "${opt[seed]}")
	if [[ $2 != file ]]; then
		words+=(--kernel "$2")
	elif [[ -d $3 ]]; then
		words+=(--kernel-tree "$3")
	else
		words+=(--kernel "$3" --modules "${opt[modules]}")
	fi
	if [[ ${opt[fresh]} ]]; then words+=(--fresh); fi
	words+=("${bench_args[@]}")
	printf '%q ' "${words[@]}"
	printf '>%q 2>&1 </dev/null\n' "$jobs_dir/$1.log"
}

# Sets todo to the labels to be measured; a run that has no end is begun anew.
write_jobs() {
	local label package version kernel
	todo=()
	: >"$tmp/jobs"
	while IFS=$'\t' read -r label package version kernel; do
		if is_done "$label" "$package" "$version" "$kernel"; then continue; fi
		rm -rf "${jobs_dir:?}/$label" "$jobs_dir/$label.log"
		todo+=("$label")
		job_command "$label" "$package" "$kernel" >>"$tmp/jobs"
	done <"$jobs_dir/kernels.tsv"
}

# A guest for each filesystem keeps a core busy.  More of them than cores hinder each other: from their
# snapshots three kernels took 159 and 161 s with one kernel at a time on two cores, 170 s with two, 166 s
# with the second one at a lower priority.  Numbers are the same beside any load.
side_by_side() {
	local n=$(($(nproc) / ${#guest_fs[@]}))
	if ((n == 0)) || [[ ${opt[meter]} == time ]]; then n=1; fi
	echo "$n"
}

# ---- progress ------------------------------------------------------------------------------------

# Lines of SEQUENCE-NUMBER SECONDS STATUS of the jobs that have ended since this ladder was begun or
# gone on with.
ended_jobs() {
	tail -n "+$((log_lines + 1))" "$jobs_dir/jobs.tsv" 2>/dev/null |
		awk -F'\t' '$1 ~ /^[0-9]+$/ { printf "%d %d %d\n", $1, $4 + 0.5, $7 }'
}

# Why a job failed, in its own words.
why_failed() { # LABEL
	local why
	why=$(grep -E '^(daxdm|run\.sh): ' "$jobs_dir/$1.log" 2>/dev/null | tail -n 1) || true
	echo "${why:-it ended early; $jobs_dir/$1.log}"
}

records_of() { # LABEL
	grep -c '"type": *"record"' "$jobs_dir/$1/run.jsonl" 2>/dev/null || true
}

minutes() { # SECONDS
	if (($1 < 100)); then echo "$1 s"; else echo "$((($1 + 30) / 60)) min"; fi
}

# Sets lines, one for each kernel to be measured, and left: the last line.
look_at_jobs() {
	local i label seq seconds status now running=0 waiting=0 sum=0 n=0 rest=0 elapsed last
	local -A ended=()
	lines=()
	printf -v now '%(%s)T' -1
	while read -r seq seconds status; do
		ended[$seq]="$seconds $status"
		sum=$((sum + seconds)) n=$((n + 1))
	done < <(ended_jobs)
	for i in "${!todo[@]}"; do
		label=${todo[i]}
		if [[ ${ended[$((i + 1))]-} ]]; then
			read -r seconds status <<<"${ended[$((i + 1))]}"
			case $status in
			0 | 1) lines+=("$label: $(records_of "$label") records in $(minutes "$seconds")") ;;
			*) lines+=("$label: FAILED: $(why_failed "$label")") ;;
			esac
		elif [[ -e $jobs_dir/$label.log ]]; then
			: "${begun[$label]:=$now}"
			elapsed=$((now - begun[$label]))
			running=$((running + 1))
			last=$(tail -n 1 "$jobs_dir/$label.log" 2>/dev/null | tr -d '\r') || true
			lines+=("$label: $elapsed s: $last")
			if ((n && sum / n > elapsed)); then
				rest=$((rest + sum / n - elapsed))
			elif [[ $last =~ \|\ \ ([0-9]+)\ s\ left ]]; then
				rest=$((rest + BASH_REMATCH[1]))
				if ((n == 0)); then guess=$((elapsed + BASH_REMATCH[1])); fi
			fi
		else
			waiting=$((waiting + 1))
			lines+=("$label: waiting")
		fi
	done
	n_ended=$n
	if ((n)); then guess=$((sum / n)); fi
	left="$n of ${#todo[@]} done"
	if ((guess && running + waiting)); then
		rest=$(((rest + waiting * guess) / (n_jobs < running + waiting ? n_jobs : running + waiting)))
		left+=", about $(minutes "$rest") left"
	fi
}

# On a terminal a line for each kernel, always up to date; else one when a job has begun or ended.
show_jobs() {
	local i columns=80
	look_at_jobs
	if [[ -t 1 ]]; then
		columns=$(tput cols 2>/dev/null) || columns=80
		if ((shown)); then printf '\e[%dA' "$shown"; fi
		for i in "${!lines[@]}"; do printf '  %.*s\e[K\n' $((columns - 3)) "${lines[i]}"; done
		printf '  %s\e[K\n' "$left"
		shown=$((${#lines[@]} + 1))
		return
	fi
	for i in "${!lines[@]}"; do
		case ${lines[i]} in
		*": waiting") ;;
		*" records in "* | *": FAILED: "*)
			if [[ ${said[i]-} != ended ]]; then echo "  ${lines[i]}; $left"; fi
			said[i]=ended
			;;
		*)
			if [[ ! ${said[i]-} ]]; then echo "  ${todo[i]}: begun"; fi
			said[i]=begun
			;;
		esac
	done
}

# ---- the jobs ------------------------------------------------------------------------------------

# GNU parallel, which ends the jobs when it is ended itself (--termseq: their guests need a moment).
run_parallel() {
	export PARALLEL_HOME=$PWD/$tmp/parallel SHELL=/bin/bash DAXDM_LADDER=yes
	exec parallel --plain --will-cite --ungroup --jobs "$n_jobs" --joblog "+$jobs_dir/jobs.tsv" \
		--termseq TERM,15000,KILL,25 <"$tmp/jobs" >"$tmp/parallel.out" 2>&1
}

run_jobs() {
	local status=0
	local -A begun=()
	local -a said=() lines=()
	local left='' shown=0 guess=0 n_ended=0
	[[ -s $jobs_dir/jobs.tsv ]] || # which GNU parallel leaves out of a log it appends to
		printf 'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n' >"$jobs_dir/jobs.tsv"
	n_jobs=$(side_by_side)
	if ((n_jobs > ${#todo[@]})); then n_jobs=${#todo[@]}; fi
	log_lines=$(wc -l <"$jobs_dir/jobs.tsv")
	mkdir "$tmp/parallel"
	phase_begin measure
	run_parallel 5>&- 6<&- 7<&- &
	child=$!
	guard
	while kill -0 "$child" 2>/dev/null; do
		show_jobs
		sleep 1 5>&- 6<&- 7<&- &
		wait $! || true
	done
	wait "$child" || status=$?
	child=
	guard
	show_jobs
	# Its status is how many jobs failed, which the log says, too.
	((n_ended == ${#todo[@]})) ||
		die $BROKEN "GNU parallel ended with status $status: $(tail -n 1 "$tmp/parallel.out"); the same command goes on"
	phase_end "${#todo[@]} kernels, $n_jobs side by side"
}

# ---- the whole -----------------------------------------------------------------------------------

# Says what differs between the runs that are complete, and draws them.  Differences are no failure.
show_ladder() { # DIR
	local label status=0 page_dir
	local -a runs=() missing=()
	jobs_dir=$1
	find_page_dir "$1"
	while IFS=$'\t' read -r label _; do
		if tail -n 1 "$1/$label/run.jsonl" 2>/dev/null | grep -qE '"type": *"end".*"status": *[01]\b'; then
			runs+=("$1/$label")
		else
			missing+=("$label")
		fi
	done <"$1/kernels.tsv"
	phase=report
	if ((${#runs[@]} > 1)); then
		mkdir "$tmp/plot"
		run build/daxdm compare --known check/known --width 200 --plot-data "$tmp/plot" "${runs[@]}" \
			>"$page_dir/ladder.txt" || status=$?
		((status <= 1)) || return $status
		run build/daxdm compare --known check/known "${runs[@]}" >"$tmp/words" || true
		sed '/^$/,$d' "$tmp/words" # the table is too long for a terminal
		echo "all metrics: $page_dir/ladder.txt"
		run plot/plot.sh --data "$tmp/plot" "$page_dir" || return $?
	fi
	phase=
	for label in "${missing[@]}"; do echo "no numbers of $label: $(why_failed "$label")"; done
	echo "results are in $1/"
	((${#missing[@]} == 0)) || return $BROKEN
}

ladder() {
	local status=0
	local -a labels=() todo=()
	make_tmp
	make_results
	setup build run plot
	build all
	choose_programs
	if [[ ! ${opt[name]} ]]; then
		claim_name "ladder-${opt[meter]}-$(date +%Y%m%dT%H%M%S)"
		opt[name]=$name
	fi
	jobs_dir=results/${opt[name]}
	mkdir -p "$jobs_dir"
	exec {ladder_lock}<"$jobs_dir"
	flock -n "$ladder_lock" || die $USAGE "another run is at work on $jobs_dir"
	plan_ladder
	write_jobs
	echo "ladder of ${#labels[@]} kernels, $((${#labels[@]} - ${#todo[@]})) done; to go on if it is stopped: --name ${opt[name]}"
	if ((${#todo[@]})); then run_jobs; fi
	show_ladder "$jobs_dir" || status=$?
	# A run may be complete and its report not.
	if ((${#todo[@]} && status == 0)) && ended_jobs | grep -qvE ' (0|1|77)$'; then status=$BROKEN; fi
	exit $status
}
