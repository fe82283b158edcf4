#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Words of a run are words: whatever a kernel calls itself, nothing of it is executed.

load ../helpers

# Each would make a file X, if a shell or gnuplot took it for a command.
PRINTABLE="7.9%s%d%n'; system('touch X'); s = '\`touch X\`\$(touch X)\\\"; system(\"touch X\") #<&|;"
SEVERAL=$PRINTABLE$'\n!touch X\nsystem("touch X")\n\e]0;title\a\e[31m'

xml() { # TEXT
	sed 's/&/\&amp;/g; s/</\&lt;/g' <<<"$1"
}

setup() {
	cd "$TOP" || return
	RUN=$BATS_TEST_TMPDIR/run
	mkdir "$RUN"
}

# The fixture with each of its names (kernel, package, unit, filesystem, stack, QEMU) followed by TEXT.
hostile() { # TEXT
	jq -c --arg bad "$1" '
		if .type == "context" then
			.kernel.release += $bad | .kernel.package += $bad | .emulator.qemu += $bad |
			.fs |= map(. + $bad) | .stacks |= map(if . == "raw" then . else . + $bad end)
		else
			(if .fs then .fs += $bad else . end) |
			(if .unit then .unit += $bad else . end) |
			(if .stack and .stack != "raw" and (.stack | contains("align")) then .stack += $bad else . end) |
			(.stack // "raw") as $stack | (.fs // "") as $fs |
			(if .id then .id |= sub("[{].*"; "{stack=\($stack)\(if $fs == "" then "" else ",fs=" + $fs end)}") else . end)
		end' tests/fixtures/fixture-run.jsonl
}

# Where a command would be run, by gnuplot or by a shell of ours, there is no X.
nothing_ran() {
	local found
	found=$(find "$BATS_TEST_TMPDIR" "$TOP" -maxdepth 2 -name 'X*' -newer "$BATS_TEST_TMPDIR/start" ! -path "$TOP/build/*")
	[[ ! $found ]] || { echo "it ran: $found"; false; }
}

@test "report and its plots: quotes, backquotes and all are shown as they are" {
	touch "$BATS_TEST_TMPDIR/start"
	hostile "$PRINTABLE" >"$RUN/run.jsonl"
	run timeout 20 build/daxdm report "$RUN"
	expect 0 "\`touch X\`"
	run timeout 50 plot/plot.sh "$RUN"
	expect 0
	nothing_ran
	grep -qF "Linux 6.1.0-fixture$(xml "$PRINTABLE") (" "$RUN/fault-by-segments.svg"
	[[ -s $RUN/fault-distribution.png && -s $RUN/huge-pages.png ]]
	[[ $(grep -oF ">linear:16,align=4k$(xml "$PRINTABLE")</text>" "$RUN/huge-pages.svg" | wc -l) == 1 ]]
}

# Two runs of a kernel of this name, compared; the plot data is in data.
compare_two() { # NAME
	mkdir "$BATS_TEST_TMPDIR"/{data,out}
	# A package that is "file ..." is called by the run's own name.
	jq -c --arg bad "$1" 'if .type == "context" then .kernel.release += $bad | .kernel.package = "p " + $bad else . end' \
		tests/fixtures/fixture-run.jsonl >"$BATS_TEST_TMPDIR/a.jsonl"
	sed 's/\[4223,6]/[4323,6]/' "$BATS_TEST_TMPDIR/a.jsonl" | settle >"$BATS_TEST_TMPDIR/b.jsonl"
	run timeout 20 build/daxdm compare --force --plot-data "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR"/{a,b}.jsonl
}

@test "the plots of several kernels, too" {
	touch "$BATS_TEST_TMPDIR/start"
	compare_two "$PRINTABLE"
	expect 1
	nothing_ran
	run timeout 50 plot/plot.sh --data "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/out"
	expect 0
	nothing_ran
	# A tic for each kernel; gnuplot cuts long ones.
	[[ $(grep -oF "<text>${PRINTABLE:0:40}" "$BATS_TEST_TMPDIR/out/ladder-cost.svg" | wc -l) == 2 ]]
}

@test "names of several lines and with escapes are refused" {
	touch "$BATS_TEST_TMPDIR/start"
	hostile "$SEVERAL" >"$RUN/run.jsonl"
	run timeout 20 build/daxdm report --plot-data "$RUN" "$RUN"
	expect 4 "contains the control character \\x0a"
	expect_short
	[[ $(find "$RUN" -type f -printf '%f ') == "run.jsonl " ]]
	compare_two "$SEVERAL"
	expect 4 "contains the control character \\x0a"
	expect_short
	[[ ! $(find "$BATS_TEST_TMPDIR/data" -type f) ]]
	nothing_ran
}

@test "the words of a waterfall" {
	local data=$BATS_TEST_TMPDIR/data
	touch "$BATS_TEST_TMPDIR/start"
	mkdir "$data"
	printf '%s = %s\n' panels 1 waterfall_title 1 waterfall_sides 2 subtitle 3 waterfall_tic_first 4 \
		waterfall_tic_last 4 waterfall_lo 10 waterfall_hi 90 waterfall_rows 3 waterfall_name_len 20 n_words 4 >"$data/plot.gp"
	# shellcheck disable=SC2016
	printf '%d\t%d\t`touch X`; system(\\042touch X\\042) !touch X\n' 1 0 2 0 3 0 4 50 | sed 's/"/\\042/g' >"$data/words.tsv"
	# shellcheck disable=SC2016
	printf '%d\t%d\t%d\t3\t`touch X`%%n\t`touch X`\n' 1 -1 20 2 20 70 3 -1 70 >"$data/waterfall.tsv"
	run timeout 60 plot/plot.sh --waterfall "$data" "$RUN"
	expect 0
	nothing_ran
	[[ $(grep -oF ">\`touch X\`; system(\"touch X\") !touch X</text>" "$RUN/waterfall.svg" | wc -l) == 4 ]]
	grep -qF ">\`touch X\`%n</text>" "$RUN/waterfall.svg"
	[[ -s $RUN/waterfall.png ]]
}

@test "settings that are more than numbers are not drawn" {
	local data=$BATS_TEST_TMPDIR/data line
	touch "$BATS_TEST_TMPDIR/start"
	mkdir "$data"
	cp plot/*.gp "$data"
	# shellcheck disable=SC1003,SC2016
	for line in "a = 'b'" 'a = 1; system("touch X")' '!touch X' 'a = `touch X`' 'a = inf' 'a[1 = 2' 'load "x"' 'a = 1\'; do
		printf 'panels = 1\n%s\nn_words = 1\n' "$line" >"$data/plot.gp"
		run timeout 10 build/daxdm draw "$data" waterfall svg
		expect 4 "line 2 of $data/plot.gp does not assign a number to a variable"
		expect_short
	done
	nothing_ran
}

@test "gnuplot itself cannot start a program, whoever runs it" {
	local data=$BATS_TEST_TMPDIR/data user
	local -a as
	touch "$BATS_TEST_TMPDIR/start"
	mkdir -m 777 "$data"
	echo 'n_words = 1' >"$data/plot.gp"
	cat >"$data/bad.gp" <<-'GP'
		system("touch X1")
		!touch X2
		set terminal svg
		set output "/dev/null"
		plot x
		print "drawn"
	GP
	local bad
	for bad in 'x = "`touch X3`"' 'set output "|touch X4"' 'load "< touch X5"' 'plot "< touch X6"' 'set print "|touch X7"' 'x = system("touch X8")' 'shell'; do
		echo "$bad" >"$data/bad-${bad//[^[:lower:]]/}.gp"
	done
	chmod -R a+rX "$data"
	open_test_directory
	cp build/daxdm "$BATS_TEST_TMPDIR/daxdm"
	for user in self nobody; do
		as=()
		if [[ $user == nobody ]]; then
			(($(id -u) == 0)) || continue
			as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
		fi
		for bad in "$data"/bad*.gp; do
			bad=${bad##*/}
			run timeout 20 "${as[@]}" "$BATS_TEST_TMPDIR/daxdm" draw "$data" "${bad%.gp}" svg
			[[ $bad != bad.gp ]] || expect 0 drawn # not for another reason
		done
	done
	nothing_ran
}

@test "gnuplot's reason is said, and what it was killed by" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp tests/fixtures/fixture-run.jsonl "$RUN/run.jsonl"
	printf '#!/bin/sh\nprintf "\\n\\n\\tplot x y\\n\\t       ^\\n\\"x.gp\\" line 3: no such thing\\n\\n" >&2; exit 1\n' \
		>"$BATS_TEST_TMPDIR/bin/gnuplot"
	chmod +x "$BATS_TEST_TMPDIR/bin/gnuplot"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 20 plot/plot.sh "$RUN"
	expect 4 'gnuplot could not draw fault-by-segments.svg: "x.gp" line 3: no such thing'
	expect_short
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nkill -KILL $$\n' >"$BATS_TEST_TMPDIR/bin/gnuplot"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 20 plot/plot.sh "$RUN"
	expect 4 'gnuplot could not draw fault-by-segments.svg: signal 9'
	printf '#!/bin/sh\n:\n' >"$BATS_TEST_TMPDIR/bin/gnuplot"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout 20 plot/plot.sh "$RUN"
	expect 4 'gnuplot could not draw fault-by-segments.svg: '
	[[ $(find "$RUN" -mindepth 1 -printf '%f\n') == run.jsonl ]]
}

@test "names that are longer than any title" {
	local long
	mkdir "$BATS_TEST_TMPDIR/data"
	printf -v long '%200s' ''
	hostile "${long// /x}" | sed "s/\"unit\":\"insnx*/&${long// /yyyyyyyyyyyyyyyyyyyy}/" >"$RUN/run.jsonl"
	run timeout 20 build/daxdm compare --plot-data "$BATS_TEST_TMPDIR/data" "$RUN" "$RUN"
	expect 0
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/data/words.tsv") ]]
	run timeout 20 build/daxdm report "$RUN"
	expect 0
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
}
