# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# ./run.sh explain: a part of run.sh, whose functions it uses.  Measures the metrics with a plugin in QEMU that
# counts instructions by function, and has daxdm explain tell what differs.

# name|metavariable, empty for a flag, with ... if it may be given again and again|help
# shellcheck disable=SC2034 # parse_options reads it by name
readonly EXPLAIN_OPTIONS=(
	"metric|ID...|e.g. 'fault.read.warm.pte{stack=raw,fs=ext4}'; a second one is that of NEW"
	"modules|DIR|as of bench"
	"module|FILE.ko...|put this module into NEW; with one kernel NEW is that kernel with it"
	"name|RUN|name of the results (default: explain, kernels, time)"
	"seed|N|seed of the emulated host (default 1)"
	"all||show every function, unchanged ones too"
	"json||print explain.json instead of the table"
	"fresh||boot, even if there is a snapshot to restore"
	"console||show the console of the emulated host"
)

# Adds what has to be measured for a metric to explain_args and guest_fs.
plan_metric() { # ID
	local id=$1 bench stack fs
	if [[ $id =~ ^([a-z0-9._]+)\{stack=([^{}]+),fs=([a-z0-9]+)\}$ ]]; then
		bench=${BASH_REMATCH[1]} stack=${BASH_REMATCH[2]} fs=${BASH_REMATCH[3]}
	else
		die $USAGE "--metric $id: an id such as 'fault.read.warm.pte{stack=linear:16,fs=ext4}' is wanted"
	fi
	case $fs in
	ext4 | xfs) ;;
	*) die $USAGE "--metric $id: fs=ext4 or fs=xfs is wanted" ;;
	esac
	# What fell back to 4 KiB pages was asked for with 2 MiB.
	if [[ $bench == *.fallback ]]; then bench=${bench%.fallback}.pmd; fi
	explain_args+=(--bench "$bench" --stack "$stack" --fs "$fs")
	guest_fs+=("$fs")
}

vet_explain() {
	local id
	opt[seed]=${opt[seed]:-1}
	vet_number seed 4294967295
	((${#operands[@]} >= 1 && ${#operands[@]} <= 2)) ||
		die $USAGE "explain: one kernel and two metrics, or two kernels and a metric are wanted:" \
			"./run.sh explain 6.1 6.12 --metric ID"
	((${#opt_metric[@]})) || die $USAGE "explain: --metric says what to explain; ./run.sh report RUN shows what there is"
	((${#opt_metric[@]} <= 2)) || die $USAGE "explain: --metric can be given twice, of BASE and of NEW"
	if ((${#operands[@]} == 1 && ${#opt_module[@]})); then
		((${#opt_metric[@]} == 1)) ||
			die $USAGE "explain: --module replaces a module of NEW, but with two metrics one kernel is both BASE and NEW; give one --metric to compare with the unmodified kernel, or two kernels"
		operands+=("${operands[0]}")
	fi
	((${#operands[@]} + ${#opt_metric[@]} > 2)) ||
		die $USAGE "explain: one kernel and one metric: there is nothing to compare with; name another kernel, --metric or --module"
	for id in "${opt_metric[@]}"; do plan_metric "$id"; done
	mapfile -t guest_fs < <(printf '%s\n' "${guest_fs[@]}" | sort -u)
	vet_kernels "${operands[@]}"
	vet_name
	vet_name_is_free "${opt[name]}"
}

# Sets plugin to the file that QEMU loads.
make_plugin() {
	phase_begin plugin
	run emu/plugin.sh >"$tmp/plugin" || exit $?
	plugin=$(tail -n 1 "$tmp/plugin")
	phase_end "instructions by function, for $(qemu-system-x86_64 --version | head -n 1 | cut -d' ' -f1-4)"
}

# Measures with the kernel of kdir into DIR.
watch_kernel() { # DIR
	local i status=0
	local -a words=()
	make_guests "${guest_fs[@]}"
	for i in "${!guests[@]}"; do words+=(--guest "${guest_fs[i]}=${guests[i]}"); done
	child_says_it=yes
	phase=measure phase_start=$EPOCHREALTIME
	# Its table of times is no part of what is to be told.
	run build/daxdm emulate --kernel "$kdir" "${words[@]}" --meter insn --results "$1" --seed "${opt[seed]}" \
		--profile "$plugin" ${opt[fresh]:+--fresh} ${opt[console]:+--console} -- \
		--workload workloads/default "${explain_args[@]}" >"$tmp/times" || status=$?
	child_says_it=
	((status == 0)) || exit $status
	phase_end "$(cat "$kdir/release")$(replaced_suffix), every instruction of the samples counted"
}

verb_explain() {
	local id side dir
	local -a words=() sides=(base new) kdirs=() modules=()
	explain_args=() guest_fs=() operands=()
	takes_operands=yes
	parse_options explain EXPLAIN_OPTIONS "$@"
	vet_explain
	if given json; then lines_to=2; fi
	make_tmp
	make_results
	setup build run plot
	build all
	make_plugin
	for id in "${kernels[@]}"; do
		find_kernel "$id"
		kdirs+=("$kdir")
	done
	if [[ ! ${opt[name]} ]]; then
		name=explain-$(release_of "${kdirs[0]}")
		if ((${#kdirs[@]} > 1)); then name+=-$(release_of "${kdirs[1]}")$(replaced_suffix); fi
		claim_name "$name-$(date +%Y%m%dT%H%M%S)"
		opt[name]=$name
	fi
	dir=results/${opt[name]}
	may_be_empty=$dir
	modules=("${opt_module[@]}")
	for id in "${!kdirs[@]}"; do
		kdir=${kdirs[id]}
		side=${sides[id]}
		opt_module=() # which belong to NEW
		if [[ $side == new ]]; then opt_module=("${modules[@]}"); fi
		watch_kernel "$dir/$side"
		words+=("$dir/$side")
	done
	for id in "${opt_metric[@]}"; do words+=(--metric "$id"); done
	mkdir "$tmp/plot"
	phase=report
	# Options first, then the runs.
	run build/daxdm explain --output "$dir" --plot-data "$tmp/plot" ${opt[json]:+--json} ${opt[all]:+--all} \
		"${words[@]:${#kdirs[@]}}" "${words[@]:0:${#kdirs[@]}}" || exit $?
	run plot/plot.sh --waterfall "$tmp/plot" "$dir" >"$tmp/said" || exit $?
	phase=
	echo "results are in $dir/" >&$lines_to
}
