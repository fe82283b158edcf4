#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The README says what is so.

load ../helpers

@test "the option table has the options of the help, all and only" {
	diff <("$TOP/run.sh" help | sed -nE 's/^  --([a-z-]+) .*/\1/p' | sort) \
		<(sed -n '/^| option/,/^$/p' "$TOP/README.md" | cut -d'|' -f2 | grep -oE -- '`--[a-z-]+' | sed 's/^`--//' | sort)
}

@test "every verb of the help is in the README" {
	while read -r verb; do
		[[ $verb == help ]] || grep -q "run.sh $verb" "$TOP/README.md" || { echo "no $verb"; false; }
	done < <("$TOP/run.sh" help | sed -nE 's/^  ([a-z]+) .*/\1/p')
}

@test "every example is one that run.sh understands" {
	# It refuses the name last, after it has understood all else.
	mkdir -p "$TOP/results/bats-readme"
	mkdir -p "$BATS_TEST_TMPDIR/tree/arch/x86/boot"
	touch "$BATS_TEST_TMPDIR/tree/arch/x86/boot/bzImage"
	while read -r command; do
		command=${command%%#*}
		# Files that only a reader has.
		command=${command//arch\/x86\/boot\/bzImage/"$TOP/run.sh"}
		command=${command//\~\/linux/"$BATS_TEST_TMPDIR/tree"}
		command=${command//\/tmp\/modules/"$TOP/lib"}
		command=${command//drivers\/md\/dm-mod.ko/"$TOP/run.sh"}
		case $command in
		"./run.sh bench"*)
			run bash -c "cd '$TOP' && ${command//--repeat 2/} --name bats-readme"
			expect 64 "results/bats-readme is there already"
			;;
		"./run.sh check"*)
			run bash -c "cd '$TOP' && $command --name ../readme"
			expect 64 "--name ../readme: letters"
			;;
		"./run.sh explain"*)
			run bash -c "cd '$TOP' && $command --name ../readme"
			expect 64 "--name ../readme: letters"
			;;
		./run.sh*) ;;
		*) echo "an example of something else: $command" && false ;;
		esac
	done < <(sed -n 's/^    \(\.\/run\.sh\)/\1/p' "$TOP/README.md")
	rmdir "$TOP/results/bats-readme"
}

@test "every file and folder it names is there" {
	while read -r path; do
		[[ -e $TOP/$path ]] || { echo "no $path"; false; }
	done < <(grep -oE '\]\([^)]+\)' "$TOP/README.md" | tr -d '])(' | grep -v '^http')
	while read -r path; do
		[[ -e $TOP/$path ]] || { echo "no $path"; false; }
	done < <(sed -n '/^| folder/,/^$/p' "$TOP/README.md" | cut -d'|' -f2 | grep -oE '`[^`]+`' | tr -d '`' | grep -v '^build/')
}

@test "the exit statuses of the help are those of the program" {
	"$TOP/run.sh" help >"$BATS_TEST_TMPDIR/help"
	while read -r number; do
		grep -q "| $number" "$TOP/README.md"
		grep -qE "\b$number " "$BATS_TEST_TMPDIR/help"
	done < <(sed -nE 's/^\s*STATUS_[A-Z_]+ = ([0-9]+),.*/\1/p' "$TOP/lib/base/msg.h")
}
