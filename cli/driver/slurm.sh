#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs a file of one command a line as job arrays of Slurm, an element for each, and writes the job log that GNU parallel
# would write, with the largest process of each job in KiB behind.  cli/driver/engine.h
#
#   cli/driver/slurm.sh DAXDM DIR JOBLOG MINUTES MIB [SBATCH-OPTION]...
#
# DIR is shared by all nodes, as is the current directory.  A first job fetches the kernels of DIR/fetch; the elements
# begin when it has ended, however it did: each fetches what is missing, and says so.  Slurm queues an element anew when
# its node fails.  An element that fails is submitted once more, with twice the limits if it met one; the log of its first
# attempt is kept as LOG.1.  What Slurm ended without a word has the status 137, and why in its LOG.
#
# SIGINT, SIGTERM, SIGHUP: all jobs are cancelled.  Jobs of an earlier call for the same DIR that was killed are, too.
# Exit status: 0 when all elements have ended; 4 when nothing could be submitted.
set -euo pipefail

readonly daxdm=$1 dir=$2 joblog=$3 minutes=$4 mib=$5
shift 5
options=("$@")
user=$(id -un)
name=daxdm-$(realpath "$dir" | cksum | cut -d' ' -f1)

say() { printf 'daxdm: %s\n' "$*"; }

queue() { # FORMAT: the jobs that are not at their end, an array element a line
	squeue --noheader --array --user="$user" --name="$name" --format="$1" 2>&1
}

cancel_all() { # SECONDS: returns 1 if some are left then
	local end=$((SECONDS + $1)) left
	while left=$(queue %i) && [[ $left ]]; do
		((SECONDS < end)) || return 1
		scancel --quiet --user="$user" --name="$name" || true
		sleep 0.5
	done
	[[ ! ${left-} ]]
}

on_signal() {
	trap '' INT TERM HUP
	cancel_all 15 || say "jobs are left in Slurm; to cancel them: scancel --name=$name"
	exit 143
}
trap on_signal INT TERM HUP

# ---- submission ----------------------------------------------------------------------------------

declare -A offset # of the elements of an array, by its job id

submit() { # ARRAY OFFSET [SBATCH-OPTION]...
	local id command
	printf -v command 'exec %q slurm-element %q %q' "$daxdm" "$dir" "$2"
	id=$(sbatch --parsable --job-name="$name" --requeue --open-mode=append --output="$dir/slurm.out" --array="$1" \
		--time="$minutes" --mem="${mib}M" "${@:3}" "${options[@]}" --wrap "$command" 2>"$dir/sbatch.err") || return 1
	offset[${id%%;*}]=$2
}

# Prints the option by which the elements wait for it.
submit_fetch() {
	local id command
	[[ -s $dir/fetch ]] || return 0
	# shellcheck disable=SC2016
	printf -v command 'while read -r kernel; do %q kernels --fetch "$kernel" </dev/null; done <%q' "$daxdm" "$dir/fetch"
	id=$(sbatch --parsable --job-name="$name" --requeue --open-mode=append --output="$dir/fetch.out" --time=240 "${options[@]}" \
		--cpus-per-task=1 --wrap "$command" 2>"$dir/sbatch.err") || return 1
	echo "--dependency=afterany:${id%%;*}"
}

# An index of an array is below MaxArraySize.
submit_all() {
	local after=() at last max
	after=("$(submit_fetch)") || return 1
	[[ ${after[0]} ]] || after=()
	max=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 }') || return 1
	for ((at = 1; at <= n; at += max)); do
		last=$((at + max - 1 < n ? max - 1 : n - at))
		submit "0-$last" "$at" "${after[@]}" || return 1
	done
}

# ---- what becomes of the elements ----------------------------------------------------------------

mapfile -t jobs <"$dir/jobs"
mapfile -t runs <"$dir/runs"
n=${#jobs[@]} n_left=$n
declare -A active left attempts again lost

record() { # N STATUS START SECONDS HOST KIB
	printf '%s\t%s\t%s\t%s\t0\t0\t%s\t0\t%s\t%s\n' "$1" "$5" "$3" "$4" "$2" "${jobs[$1 - 1]}" "$6" >>"$joblog"
	unset "left[$1]"
	n_left=$((n_left - 1))
}

# 0, 1, 77: it was done.  64: it would be refused again.
over() { # N MORE-OPTIONS STATUS START SECONDS HOST KIB
	local log=${runs[$1 - 1]#*$'\t'}
	if [[ $3 =~ ^(0|1|64|77)$ ]] || ((attempts[$1])); then
		record "$1" "${@:3}"
		return
	fi
	attempts[$1]=1
	mv -f "$dir/$1.end" "$dir/$1.end.1" 2>/dev/null || true
	mv -f "$log" "$log.1" 2>/dev/null || true
	again[$1]="$2"
}

collect_ends() {
	local file at fields
	for file in "$dir"/*.end; do
		at=${file##*/} at=${at%.end}
		[[ ${left[$at]-} ]] || continue
		read -ra fields <"$file" || continue
		over "$at" "" "${fields[@]}"
	done
}

# Fills `active`, and writes which elements wait.  Returns 1 if the controller cannot be reached.
read_queue() {
	local said array index state at
	said=$(queue '%F %K %T') || return 1
	active=()
	while read -r array index state; do
		[[ $index && ${offset[$array]-} ]] || continue # the fetch
		at=$((offset[$array] + index))
		active[$at]="${array}_$index"
		[[ $state != PENDING ]] || echo "$at"
	done <<<"$said" >"$dir/waiting.new"
	mv "$dir/waiting.new" "$dir/waiting"
}

# An element that is neither in the queue nor has said how it ended was ended by Slurm, or by a user.  It had a second
# to appear in the shared directory.
find_lost() {
	local at state
	for at in "${!left[@]}"; do
		if [[ ${active[$at]-} ]]; then
			left[$at]=${active[$at]} lost[$at]=0
			continue
		fi
		[[ ! ${again[$at]+x} && ${left[$at]} != new ]] || continue
		lost[$at]=$((${lost[$at]-0} + 1))
		((lost[$at] > 2)) || continue
		state=$(scontrol --oneliner show job "${left[$at]}" 2>/dev/null |
			sed -nE 's/.* JobState=([A-Z_]*).* NodeList=([^ ]*).*/\1 on \2/p') || true
		say "Slurm ended this job: ${state:-it has forgotten how}" >>"${runs[$at - 1]#*$'\t'}"
		lost[$at]=0
		case $state in
		CANCELLED*) record "$at" 137 0 0 - 0 ;;
		TIMEOUT* | OUT_OF_ME*) over "$at" "--time=$((2 * minutes)) --mem=$((2 * mib))M" 137 0 0 - 0 ;;
		*) over "$at" "" 137 0 0 - 0 ;;
		esac
	done
}

# What cannot be submitted now is tried at the next look.
resubmit() {
	local at
	for at in "${!again[@]}"; do
		# shellcheck disable=SC2086
		submit 0 "$at" ${again[$at]} || continue
		left[$at]=new
		unset "again[$at]"
	done
}

# ---- the whole -----------------------------------------------------------------------------------

shopt -s nullglob
for ((at = 1; at <= n; at++)); do left[$at]=new attempts[$at]=0; done
if ! cancel_all 60; then
	say "cannot cancel the jobs of an earlier call: $(queue %i | tail -n 1)"
	exit 4
fi
if ! submit_all; then
	grep -m 1 -E 'error|sbatch:' "$dir/sbatch.err" || tail -n 1 "$dir/sbatch.err"
	cancel_all 15 || true
	exit 4
fi
while ((n_left)); do
	sleep "$((1 + n / 200))"
	if read_queue; then
		collect_ends
		find_lost
	fi
	resubmit
done
