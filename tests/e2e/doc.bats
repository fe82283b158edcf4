#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The commands of the documents that need an emulated host and that no other test executes (tests/doc.bash), each on less:
# one metric or one family of checks, and two kernels at most.

load ../helpers
load ../doc

setup_file() {
	export START=$BATS_FILE_TMPDIR/start MARK=doc-$$ NAME=e2e-$$-doc TREE=$BATS_FILE_TMPDIR/linux
	touch "$START"
	own_kernel
}

teardown_file() {
	rm -rf "${TOP:?}/results/$NAME"*
}

# A build tree of the stock kernel, as far as run.sh looks at one.
own_kernel() {
	local kdir
	kdir=$(cd "$TOP" && emu/kernel.sh resolve debian)
	mkdir -p "$TREE/arch/x86/boot" "$TREE/drivers/md"
	cp "$kdir/vmlinux" "$TREE/arch/x86/boot/bzImage"
	find "$kdir/modules" -name dm-mod.ko -exec cp {} "$TREE/drivers/md/" \;
	# shellcheck disable=SC2016
	printf 'modules_install:\n\tcp -r %s/modules/. "$(INSTALL_MOD_PATH)/"\n' "$(readlink -f "$kdir")" >"$TREE/Makefile"
}

# Prints the command with the reader's own files and fewer kernels, on less.
narrowed() { # COMMAND
	local command=$1
	command=${command//\~\/linux/"$TREE"}
	command=${command//drivers\/md\/dm-mod.ko/"$TREE/drivers/md/dm-mod.ko"}
	command=${command//--kernel ladder/--kernel 6.1 --kernel 6.12}
	# Another command has these two already.
	command=${command/--kernel 5.10 --kernel 6.1 /--kernel 6.1 }
	command=${command/compare 5.10 6.1 /compare 6.1 }
	command=${command/%check --kernel 5.10 --kernel 6.12/check --kernel 6.1 --kernel 6.12 --check sync.reload.to_async}
	command=${command//5.10/6.1}
	# Its stacks and benchmarks are narrowed all the same.
	command=${command/ --full/} command=${command/ --workload workloads\/*/ --workload workloads/depth}
	command=${command//suspend --check \'layout.\*\'/namespace.fsdax --check \'capability.neighbours.*\'}
	command=${command/--check race --rounds 5000/--check race.punch.xfs --rounds 20}
	case $command in
	"./run.sh bench"*) command=${command/ --quick/} command+=" --stack raw --fs ext4 --bench fault.read.warm.pte" ;;
	"./run.sh check"*" --check "*) ;;
	"./run.sh check"*) command+=" --check namespace.fsdax" ;;
	"./run.sh compare"*) command+=" --stack raw --fs ext4 --bench fault.read.warm.pte" ;;
	esac
	printf '%s\n' "$command"
}

execute() { # VERB
	local command n=0 docs
	local -A seen=()
	mapfile -t docs < <(doc_files)
	while read -r command; do
		[[ $command == "./run.sh $1"* && $(doc_class "$command") == guest ]] || continue
		command=$(narrowed "$command")
		[[ ! ${seen[$command]-} ]] || continue
		seen[$command]=yes
		n=$((n + 1))
		case $1 in bench | check | explain) command+=" --name $NAME-$1-$n" ;; esac
		echo "# $command" >&3
		DAXDM_TEST_MARK=$MARK run timeout 200 bash -c "cd '$TOP' && $command" </dev/null
		# A kernel may be worse than another one.
		[[ $1 == compare && $status == 1 ]] || expect 0
		remove_measured
	done < <(doc_commands "${docs[@]}" | sort -u)
	((n > 0))
	expect_nothing_left "$MARK" "$START"
}

# compare and assert name what they measured by themselves.
remove_measured() {
	local dir
	while read -r dir; do
		rm -rf "${TOP:?}/$dir"
	done < <(sed -nE 's/^measure .* (results\/[A-Za-z0-9._+-]+)$/\1/p' <<<"$output")
}

@test "kernels" {
	execute kernels
}

@test "bench" {
	execute bench
}

@test "check" {
	execute check
}

@test "compare" {
	execute compare
}

@test "explain" {
	execute explain
}
