#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# mutants: what is a broken mutant, what is a missed one, and which results are used again.  The compiler, and what runs
# in the emulated host, are replaced.

load ../helpers
load fakes

setup() {
	fake_checkout
	mkdir -p "$CO/tests/mutants" "$CO/check/known"
	cp "$TOP/emu/mutants.sh" "$TOP/emu/build_root.sh" "$TOP/emu/common.sh" "$CO/emu/"
	put_mutant one 's/a \+ b/a - b/'
}

put_mutant() { # NAME PROGRAM [FIELD]...
	printf '%s\n' 'module: dm-mod' 'file: dm-linear.c' 'function: map' 'layer: dm' "breaks: $1" \
		'checks: layout.table.single' "${@:3}" 'sed:' "$2" >"$CO/tests/mutants/$1"
}

# The tree that a kernel's mutants are built in, with a source of two functions; COMPILER is done in place of make.
put_tree() { # COMPILER
	local root=$CO/build/mutants/k/root
	mkdir -p "$root"/{src/md,built/md,new} "$BATS_TEST_TMPDIR/bin"
	printf 'int map(int a, int b);\nint map(int a,\n\tint b)\n{\n\treturn a + b;\n}\nint other(int a, int b)\n{\n\treturn a + b;\n}\n' \
		>"$root/src/md/dm-linear.c"
	gcc -O2 -c -o "$root/built/md/dm-mod.ko" -x c - <"$root/src/md/dm-linear.c"
	printf '#!/bin/bash\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/unshare"
	chmod +x "$BATS_TEST_TMPDIR/bin/unshare"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

readonly COMPILES='gcc -O2 -c -o build/mutants/k/root/new/dm-mod.ko -x c - <build/mutants/k/root/new/changed'

# The checks have this verdict; END: the last line of the run.
checks_say() { # VERDICT [END]
	sed -n 1p "$TOP/tests/fixtures/check-run.jsonl" >"$CO/context"
	printf %s "${2-{\"type\":\"end\",\"status\":0\}}" >"$CO/end"
	# shellcheck disable=SC2016
	fake_program 'if [[ $1 == checks ]]; then
			mkdir -p "$RUN"
			{ cat context
			  echo "{\"type\":\"check\",\"id\":\"layout.table.single\",\"verdict\":\"'"$1"'\",\"why\":\"w\",\"promise\":\"p\",\"by\":\"b\",\"needs\":[],\"ms\":1,\"dmesg\":[],\"evidence\":[],\"taint\":0,\"blame\":\"dm\"}"
			  cat end; } >"$RUN/run.jsonl"
			exit 0
		fi'
}

mutants() {
	run timeout 30 "$CO/run.sh" mutants --kernel 6.1 "$@"
}

@test "a mutant is flagged or missed, blamed on its layer, and its result is used again" {
	put_tree "$COMPILES"
	checks_say fail
	mutants --table "$CO/table"
	expect 0 "flagged    one: layout.table.single" "6.1.0-56: 1 of 1 mutants flagged"
	grep -q $'^6.1.0-56-amd64\tone\tdm-mod\tdm\tno\tflagged\tright\tlayout.table.single\tone$' "$CO/table"
	# Only the lines of the function are changed.
	[[ $(grep -c '^[-+]	' "$CO"/build/mutants/k/*/diff) == 2 ]]
	checks_say pass
	mutants
	expect 0 "1 of 1 mutants flagged"
	mutants --anew
	expect 1 "missed     one: one" "0 of 1 mutants flagged" "1 missed"
	checks_say fail
	mutants
	expect 1 "0 of 1 mutants flagged"
	mutants --again
	expect 0 "1 of 1 mutants flagged"
	left_nothing
}

@test "a change of nothing, of a function that is not there, one that does not compile, and the same code are broken" {
	put_tree 'exit 0'
	put_mutant one 's/a \* b/a - b/'
	mutants
	expect 4 "broken     one: " "the sed program changes nothing in dm-linear.c" "1 broken"
	put_mutant one 's/a + b'
	mutants
	expect 4 "broken     one: " "sed: "
	put_mutant one 's/a \+ b/a - b/'
	sed -i 's/^function: .*/function: mapped/' "$CO/tests/mutants/one"
	mutants
	expect 4 "broken     one: " "dm-linear.c of 6.1.0-56-amd64 has no function mapped"
	put_tree 'gcc -c -o /dev/null -x c build/mutants/k/root/new/changed 1>&2'
	put_mutant one 's/a \+ b/a - undeclared/'
	mutants
	expect 4 "broken     one: " "does not compile: " "error: "
	put_tree "$COMPILES"
	put_mutant one 's/a \+ b/a + 0 + b/'
	mutants
	expect 4 "broken     one: " "compiles to the same code"
	left_nothing
}

@test "an unchanged module that is flagged is a failure" {
	put_tree "$COMPILES"
	rm "$CO/tests/mutants/one"
	printf 'module: dm-mod\nlayer: dm\nbreaks: nothing\nchecks: layout.table.single\n' >"$CO/tests/mutants/none"
	checks_say pass
	mutants
	expect 0 "clean      none" "unchanged modules flagged: 0"
	checks_say fail
	mutants --anew
	expect 1 "flagged    none" "unchanged modules flagged: 1"
}

@test "checks that were skipped or did not end find out nothing, nor does a broken one of an unchanged module" {
	put_tree "$COMPILES"
	printf 'module: dm-mod\nlayer: dm\nbreaks: nothing\nchecks: layout.table.single\n' >"$CO/tests/mutants/none"
	checks_say skip
	mutants --jobs 1
	expect 4 "broken     one: no check ran (1 skipped)" "broken     none: no check ran (1 skipped)"
	checks_say pass ""
	mutants --jobs 1
	expect 4 "broken     one: not all checks ran" "broken     none: not all checks ran"
	checks_say fail ""
	mutants one
	expect 0 "flagged    one: layout.table.single"
	checks_say broken
	mutants --jobs 1 --anew
	expect 1 "missed     one: one" "broken     none: 1 of 1 checks are broken"
	left_nothing
}

@test "one that is equivalent or of another kernel is not run" {
	put_tree 'exit 1'
	put_mutant one 's/a/b/' 'equivalent: it is the same'
	put_mutant two 's/a/b/' 'first: 6.12'
	mutants
	expect 0 "1 equivalent" "0 of 0 mutants flagged"
	mutants two
	expect 64 "none of these is written for the kernel 6.1.0-56-amd64"
}

@test "a wrong file, a check that is not there, an unknown name, kernel or option: status 64" {
	mutants 'two*'
	expect 64 "none is named two*"
	put_mutant one 's/a/b/' 'colour: red'
	mutants
	expect 64 "tests/mutants/one:7: expected module, file"
	put_mutant one 's/a/b/' 'checks: layout.nothing'
	mutants
	expect 64 "no check fits 'layout.nothing'" "tests/mutants/one: its checks cannot be found"
	put_mutant one 's/a/b/'
	run timeout 30 "$CO/run.sh" mutants --kernel 6.1,6.12
	expect 64 "expected one --kernel, got 2"
	put_bzimage "$CO/image"
	run timeout 30 "$CO/run.sh" mutants --kernel "$CO/image"
	expect 64 "mutants are built from the source package of a kernel of the archive"
	fake emu/kernel.sh 'echo "daxdm: no kernel is named 9.9" >&2; exit 64'
	run timeout 30 "$CO/run.sh" mutants --kernel 9.9
	expect 64 "no kernel is named 9.9"
}

@test "emu/mutants.sh: bad arguments, an unknown module, and a kernel from a file: status 64" {
	run "$CO/emu/mutants.sh"
	expect 64 "usage:"
	run "$CO/emu/mutants.sh" "$CO/build" dm-mod
	expect 64 "is not a directory made by emu/kernel.sh"
	mkdir -p "$CO/build/kernels/k"
	echo 6.1.0 >"$CO/build/kernels/k/release"
	echo "linux-image-6.1.0 6.1" >"$CO/build/kernels/k/package"
	run "$CO/emu/mutants.sh" "$CO/build/kernels/k" dm-raid
	expect 64 "no mutants of the module 'dm-raid' can be built; known: dm-mod"
	echo "file /boot/x" >"$CO/build/kernels/k/package"
	run "$CO/emu/mutants.sh" "$CO/build/kernels/k" dm-mod
	expect 64 "its source is not known"
}

# A line for each mutant of a table that was run: layer ("all" replaces it), name, state, blame, what it breaks.
run_of() { # TABLE LAYER
	awk -F'\t' -v layer="$2" 'NR > 1 && $2 !~ /^none-/ && $6 ~ /^(flagged|missed)$/ && (layer == "all" || $4 == layer) {
		print layer "\t" $2 "\t" $6 "\t" $7 "\t" $9 }' "$1"
}

flagged_of() { # TABLE LAYER
	run_of "$@" | awk -F'\t' '{ flagged += $3 == "flagged" } END { print flagged + 0 " of " NR }'
}

blamed_of() { # TABLE LAYER
	run_of "$@" | awk -F'\t' '{ right += $4 == "right"; wrong += $4 == "wrong" } END { print right + 0 ", " wrong + 0 }'
}

@test "the figures of doc/mutants.md follow from the tables, which name files" {
	local doc=$TOP/doc/mutants.md published=$TOP/results/published name layer kernel table first last blame layers rows=0
	while IFS='|' read -r _ name first last blame _; do
		layer=${name%,*} layer=${layer// /}
		kernel=$(grep -oE '[0-9]+\.[0-9]+' <<<"$name" | head -n 1)
		table=$published/mutants-$kernel
		[[ $first == " $(flagged_of "$table-first.tsv" "$layer") " ]]
		[[ $last == " $(flagged_of "$table.tsv" "$layer") " ]]
		[[ $blame == " $(blamed_of "$table.tsv" "$layer") " ]]
		rows=$((rows + 1))
	done < <(grep -E '^\| [a-z0-9-]+, [0-9]+\.' "$doc")
	# A row for each layer that was run, and one for all of a kernel.
	layers=$(for table in "$published"/mutants-[0-9]*[0-9].tsv; do
		awk -F'\t' '$2 !~ /^none-/ && $6 ~ /^(flagged|missed)$/ { print $4 } END { print "all" }' "$table" | sort -u
	done | wc -l)
	[[ $rows == "$layers" ]]
	for table in "$published"/mutants-[0-9]*[0-9].tsv; do
		kernel=$(basename "${table#*mutants-}" .tsv)
		diff <(run_of "$table" all | awk -F'\t' -v kernel="$kernel" '$3 == "missed" { print "| " $5 " | `" $2 "` (" kernel ") |" }' | sort) \
			<(grep -E "^\| .* \| \`[^\`]*\` \\($kernel\\) \|\$" "$doc" | sort)
	done
	while read -r name; do
		[[ -e $TOP/tests/mutants/$name ]]
	done < <(cut -f2 "$published"/mutants-*.tsv | grep -vx mutant)
}
