#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# README.md, CONTRIBUTING.md and doc/ say what is so.

load ../helpers
load ../doc

setup() {
	mapfile -t docs < <(doc_files)
}

@test "the README is one page" {
	(($(wc -l <"$TOP/README.md") <= 150))
}

@test "every verb of the help is in a document" {
	local n=0 verb
	while read -r verb; do
		n=$((n + 1))
		grep -q "run.sh $verb" "${docs[@]}" || { echo "no $verb"; false; }
	done < <("$TOP/run.sh" help | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')
	((n > 10))
}

@test "every command of a document has a test" {
	local n=0 class test word
	while read -r command; do
		n=$((n + 1))
		class=$(doc_class "$command") || { echo "no test for: $command"; false; }
		[[ $class == *": "* ]] || continue
		test=${class%%: *}
		for word in ${class#*: }; do
			grep -qF -- "$word" "$TOP/$test" || { echo "$test has no '$word': $command"; false; }
		done
	done < <(doc_commands "${docs[@]}")
	((n > 40))
}

@test "what needs no guest is executed" {
	local shown n=0
	while read -r command; do
		[[ $(doc_class "$command") == here ]] || continue
		n=$((n + 1))
		run bash -c "cd '$TOP' && $command"
		[[ $command == *" compare "* && $status == 1 ]] || expect 0
		[[ $output ]]
		# The lines that a document shows of its output.
		while IFS= read -r shown; do
			[[ $shown == ... || $output == *"$shown"* ]] || { echo "$command does not say: $shown"; false; }
		done < <(awk -v c="\$ $command" '/^```/ { on = 0 } on { print } $0 == c { on = 1 }' "${docs[@]}")
	done < <(doc_commands "${docs[@]}" | sort -u)
	((n > 5))
}

@test "make has the targets" {
	local n=0
	while read -r command; do
		[[ $(doc_class "$command") == make ]] || continue
		n=$((n + 1))
		run bash -c "cd '$TOP' && $command --dry-run"
		expect 0
	done < <(doc_commands "${docs[@]}" | sort -u)
	((n > 1))
}

@test "run.sh takes the options of every example" {
	local n=0
	# It refuses the name last, after it has taken all else.
	mkdir -p "$TOP/results/bats-readme" "$BATS_TEST_TMPDIR/tree/arch/x86/boot"
	put_bzimage "$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"
	echo '0 819200 linear /dev/pmem0 0' >"$BATS_TEST_TMPDIR/tables"
	printf '[read]\nioengine=psync\nrw=read\nbs=4k\n' >"$BATS_TEST_TMPDIR/job.fio"
	printf 'LV LSize Devices\ndata 400m /dev/pmem0(0)\n' >"$BATS_TEST_TMPDIR/lvs"
	while read -r command; do
		# Files that only a reader has.
		command=${command//arch\/x86\/boot\/bzImage/"$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"}
		command=${command//\~\/linux/"$BATS_TEST_TMPDIR/tree"}
		command=${command//--fio JOB/--fio "$BATS_TEST_TMPDIR/job.fio"}
		command=${command//table:tables/"table:$BATS_TEST_TMPDIR/tables"}
		command=${command//lvm:vg.txt/"lvm:$BATS_TEST_TMPDIR/lvs"}
		command=${command//\/tmp\/modules/"$TOP/lib"}
		command=${command//drivers\/md\/dm-mod.ko/"$TOP/run.sh"}
		command=${command//--bench shiny/--bench fault}
		command=${command//--check shiny/--check namespace}
		case $command in
		"./run.sh bench"*)
			run bash -c "cd '$TOP' && ${command//--repeat [0-9]/} --name bats-readme"
			expect 64 "results/bats-readme"
			n=$((n + 1))
			;;
		"./run.sh check"* | "./run.sh explain"*)
			run bash -c "cd '$TOP' && $command --name ../readme"
			expect 64 "--name ../readme: letters"
			n=$((n + 1))
			;;
		esac
	done < <(doc_commands "${docs[@]}" | sort -u)
	rmdir "$TOP/results/bats-readme"
	((n > 10))
}

@test "every file and folder that is named is there" {
	local doc path n=0
	for doc in "${docs[@]}"; do
		while read -r path; do
			n=$((n + 1))
			[[ -e ${doc%/*}/${path%%#*} ]] || { echo "${doc##*/}: no $path"; false; }
		done < <(grep -oE '\]\([^)]+\)' "$doc" | tr -d '])(' | grep -v '^http')
	done
	((n > 20))
}

# Prints ID MEDIAN of each metric; of several initial states the median of their medians.
medians() { # RUN.JSONL...
	jq -r 'select(.type == "record") | "\(.id) \(.median)"' "$@" | sort -k 1,1 -k 2,2n | awk '
		function put() { if (n) print id, of[int((n + 1) / 2)]; n = 0 }
		$1 != id { put(); id = $1 }
		{ of[++n] = $2 }
		END { put() }'
}

# Puts those of a run into the array M; a state that the run has not is passed over.
read_medians() { # RUN.JSONL...
	local id median file files=()
	for file in "$@"; do [[ ! -e $file ]] || files+=("$file"); done
	M=()
	while read -r id median; do M[$id]=$median; done < <(medians "${files[@]}")
	((${#M[@]}))
}

# What a cell of a table in a document shows, against a median of M; "-": there is none.
expect_median() { # CELL ID
	[[ $(tr -d ' ,' <<<"$1") == "${M[$2]--}" ]] || { echo "$2: $1 in the document, ${M[$2]--} in the run"; false; }
}

@test "the figures of the table are those of the published run" {
	local n=0 metric cells i stacks=(raw linear:1 linear:16 linear:1024)
	local -A M
	read_medians "$TOP"/results/published/linux-6.1.0-56-insn/{,state-*/}run.jsonl
	while IFS='|' read -r _ metric cells; do
		n=$((n + 1))
		metric=$(tr -d ' `' <<<"$metric")
		IFS='|' read -ra cells <<<"$cells"
		for i in 0 1 2 3; do expect_median "${cells[i]}" "$metric{stack=${stacks[i]},fs=ext4}"; done
	done < <(grep -E '^\| `[a-z]+\.[a-z.0-9]+` \|' "$TOP/README.md")
	((n >= 5))
}

@test "the figures by kernel version are those of the published runs" {
	local n=0 kernel raw linear tax fsync load
	local -A M
	while IFS='|' read -r _ kernel raw linear tax fsync load _; do
		n=$((n + 1))
		read_medians "$TOP/results/published/ladder-insn/${kernel// /}/"{,state-*/}run.jsonl
		expect_median "$raw" "fault.read.warm.pte{stack=raw,fs=ext4}"
		expect_median "$linear" "fault.read.warm.pte{stack=linear:16,fs=ext4}"
		expect_median "$fsync" "copy.fsync.4k{stack=linear:1024,fs=ext4}"
		expect_median "$load" "table.load{stack=linear:16,fs=ext4}"
		(($(tr -d ' ,' <<<"$linear - $raw") == $(tr -d ' ,' <<<"$tax")))
	done < <(grep -E '^\| [0-9][^|]* (\| [0-9,]+ ){5}\|$' "$TOP/doc/findings.md")
	((n == 11))
}

# Several ladders have some metrics.
ladder_of() { # METRIC
	case $1 in
	pin.* | protect.fork.*) echo pin ;;
	writeback.suspend.*) echo suspend ;;
	filewrite.*) echo write ;;
	mount.*) echo mount ;;
	*) echo mapping ;;
	esac
}

@test "the figures of mappings, writes and mounts are those of the published ladders" {
	local n=0 ladder metric cells i kernel
	local -A M
	for ladder in mapping pin write mount suspend; do
		i=0
		for kernel in 5.10.0-46 '6.1.0-5[67]' 6.12.117+deb12 6.16.12+deb13 7.3; do
			# shellcheck disable=SC2086 # a pattern
			read_medians "$TOP/results/published/ladder-$ladder-insn"/$kernel/run.jsonl
			while IFS='|' read -r _ metric cells; do
				metric=$(tr -d ' `' <<<"$metric")
				if [[ $(ladder_of "$metric") != "$ladder" ]]; then continue; fi
				n=$((n + 1))
				IFS='|' read -ra cells <<<"$cells"
				expect_median "${cells[i]}" "$metric"
			done < <(grep -E '^\| `[a-z]+\.[a-z0-9.]+\{stack=' "$TOP/doc/findings.md")
			i=$((i + 1))
		done
	done
	((n == 165))
}

@test "the figures of targets without DAX are those of the published runs" {
	local n=0 stack cells i run stacks
	local -a metrics=(dax.read.4k dax.write.4k direct.read.4k direct.write.4k direct.read.64k direct.write.64k mmap.read.cold)
	local -A M
	for run in alternatives sector; do
		read_medians "$TOP/results/published/linux-7.3-rc7-$run-insn/run.jsonl"
		while IFS='|' read -r _ stack cells; do
			stack=$(xargs <<<"$stack")
			[[ $stack == "sector mode" ]] && stacks=sector || stacks=alternatives
			[[ $stacks == "$run" ]] || continue
			[[ $run != sector ]] || stack=raw
			IFS='|' read -ra cells <<<"$cells"
			for i in "${!metrics[@]}"; do
				n=$((n + 1))
				expect_median "${cells[i]}" "bio.${metrics[i]}{stack=$stack,fs=ext4}"
			done
		done < <(sed -n '/^## Targets without DAX/,/^## /p' "$TOP/doc/findings.md" | grep -E '^\| [a-z].*[0-9] \|$')
	done
	((n == 63))
}

@test "the steps between kernels are those that explain published" {
	local n=0 file step
	while IFS='|' read -r _ file step _; do
		n=$((n + 1))
		file=$(sed -E 's/.*\(\.\.\/([^)]+)\).*/\1/' <<<"$file")
		step=$(tr -d ' ' <<<"${step%%,\ of*}")
		grep -qF -- "$step insn" <(head -n 1 "$TOP/$file") || { echo "$file: not$step"; false; }
	done < <(grep -E '^\| \[.*/explain\.txt\)' "$TOP/doc/findings.md")
	((n >= 4))
}

@test "the counts of checks are those of the program" {
	local all quick
	all=$("$TOP/build/daxdm" list --ids | wc -l)
	quick=$("$TOP/build/daxdm" list --ids --quick | wc -l)
	((all >= 620 && all < 660 && quick >= 45 && quick < 55)) # about 640 and about 50, as the documents say
	grep -q "about 640 checks" "$TOP/README.md"
	grep -q "# about 50 checks" "$TOP/README.md"
	grep -q -e "check --quick .*# about 50 of them" "$TOP/doc/checks.md"
}

@test "the families and benchmarks that are described are there" {
	local name n=0
	"$TOP/build/daxdm" list >"$BATS_TEST_TMPDIR/list"
	while read -r name; do
		n=$((n + 1))
		grep -qE "^  $name: " "$BATS_TEST_TMPDIR/list" || { echo "no $name"; false; }
	done < <(sed -n '/^| \(family\|benchmark\) |/,/^$/p' "$TOP/doc/checks.md" "$TOP/doc/reading-results.md" | sed -nE 's/^\| `([a-z]+)` \|.*/\1/p')
	((n > 20))
}

@test "the code of the walkthroughs compiles" {
	local doc
	for doc in "$TOP"/doc/writing-a-*.md; do
		{
			grep -q check/check.h "$doc" && printf '#include "check/%s.h"\n' check fixture/testbed
			grep -q bench/bench.h "$doc" && echo '#include "bench/timed_ops_bench.h"'
			printf '#include <%s.h>\n' errno fcntl unistd
			awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on && !/^\t(X|bench)\(/' "$doc"
		} >"$BATS_TEST_TMPDIR/doc.c"
		(cd "$TOP" && cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I. "$BATS_TEST_TMPDIR/doc.c")
	done
}

@test "the functions that the walkthroughs name are there" {
	local name n=0
	while read -r name; do
		n=$((n + 1))
		grep -rqE --include='*.h' "\b$name\(" "$TOP/lib" "$TOP/check" "$TOP/bench" || { echo "no $name()"; false; }
	done < <(grep -ohE '`[a-z_]+\(\)`' "$TOP"/doc/writing-a-*.md | tr -d '`()' | sort -u)
	((n > 3))
}

@test "every known bug is among the findings, with its kernels" {
	local file name first last n=0
	for file in "$TOP"/check/known/*; do
		name=${file##*/}
		[[ -f $file && $name != *.* ]] || continue
		n=$((n + 1))
		first=$(sed -n 's/^first: *//p' "$file")
		last=$(sed -n 's/^last: *//p' "$file")
		grep -qF "(../check/known/$name) | $first | ${last:--} |" "$TOP/doc/findings.md" || { echo "no $name"; false; }
	done
	# Its table has no other; the text before it may name one, too.
	(($(grep -c '^| \[`[a-z0-9-]*`\](../check/known/[a-z]' "$TOP/doc/findings.md") == n))
}

@test "the page explains the terms of the glossary, in the same words" {
	"$TOP/build/daxdm" report --output "$BATS_TEST_TMPDIR" "$TOP/results/published/linux-6.1.0-56-insn" >/dev/null
	sed -nE 's/^<dt>(.*)<dd>(.*)$/\1|\2/p' "$BATS_TEST_TMPDIR/report.html" >"$BATS_TEST_TMPDIR/page"
	sed -nE 's/^\| ([^|]+) \| ([^|]+) \|$/\1|\2/p' "$TOP/doc/glossary.md" | sed 1d >"$BATS_TEST_TMPDIR/glossary"
	(($(wc -l <"$BATS_TEST_TMPDIR/glossary") > 20))
	diff "$BATS_TEST_TMPDIR/glossary" "$BATS_TEST_TMPDIR/page"
}

@test "the exit statuses of the help and of the documents are those of the program" {
	local n=0 number
	"$TOP/run.sh" help >"$BATS_TEST_TMPDIR/help"
	while read -r number; do
		n=$((n + 1))
		grep -qE "^\| ([0-9]+, )?${number}[ ,]" "$TOP/doc/reading-results.md"
		grep -qE "\b$number " "$BATS_TEST_TMPDIR/help"
	done < <(sed -nE -e "/emulated host only/d" -e 's/^\s*STATUS_[A-Z_]+ = ([0-9]+),.*/\1/p' "$TOP/lib/base/msg.h")
	((n > 5))
}
