#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# report, identical and plot/plot.sh on the hand-made run of tests/fixtures.

load ../helpers

setup() {
	cd "$TOP" || return
	RUN=$BATS_TEST_TMPDIR/run
	mkdir "$RUN"
	cp tests/fixtures/fixture-run.jsonl "$RUN/run.jsonl"
}

# What is left in the run's directory, in one line.
left() {
	find "$RUN" -mindepth 1 -printf '%f\n' | sort | paste -sd ' '
}

@test "report prints head, table and findings, and writes the page" {
	run timeout 20 build/daxdm report --no-plots "$RUN"
	expect 0 "meter: insn" "QEMU 7.2.19" "4,223 +188" "huge pages lost: 16 of 16 windows" \
		"not measured: xfs"
	[[ $(left) == "report.html run.jsonl" ]]
}

@test "plots are drawn as SVG and PNG, titled with the finding, and put into the page" {
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ $(left) == "fault-by-segments.png fault-by-segments.svg fault-distribution.png \
fault-distribution.svg fault-extra.png fault-extra.svg huge-pages.png huge-pages.svg report.html \
run.jsonl" ]]
	grep -q '+188 insn (+4.7 %) on ext4' "$RUN/fault-by-segments.svg"
	grep -q 'loses 16 of 16 huge pages on ext4' "$RUN/huge-pages.svg"
	[[ $(grep -c '<img' "$RUN/report.html") == 4 ]]
	for png in "$RUN"/*.png; do
		[[ $(head -c 4 "$png" | tail -c 3) == PNG ]]
	done
}

@test "page and plots can go elsewhere, and the run stays as it is" {
	mkdir "$BATS_TEST_TMPDIR/out"
	run timeout 60 plot/plot.sh "$RUN" "$BATS_TEST_TMPDIR/out"
	expect 0
	[[ $(left) == run.jsonl ]]
	[[ $(grep -c '<img' "$BATS_TEST_TMPDIR/out/report.html") == 4 && -s $BATS_TEST_TMPDIR/out/huge-pages.png ]]
}

@test "an incomplete run is reported and drawn as such, and is status 4" {
	sed -i '$d' "$RUN/run.jsonl"
	run timeout 20 build/daxdm report "$RUN"
	expect 4 "INCOMPLETE" "measure again"
	run timeout 60 plot/plot.sh "$RUN"
	expect 4
	grep -q 'INCOMPLETE RUN' "$RUN/fault-by-segments.svg"
}

@test "no huge page lost: no plot of it" {
	sed -i 's/"pmd":0,"lost":16/"pmd":16,"lost":0/' "$RUN/run.jsonl"
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ ! -e $RUN/huge-pages.svg && -e $RUN/fault-extra.svg ]]
}

@test "a fault that grows with the segments: a plot of it, which the other one names" {
	sed '/"stack":"linear:16","fs":"ext4".*/s/\[4493,6]/[9000,6]/' tests/fixtures/fixture-run.jsonl |
		settle >"$RUN/run.jsonl"
	sed -n 's/read.cold.pte{stack=raw/read.cold.pte{stack=linear:4/;s/"stack":"raw"/"stack":"linear:4"/;s/"segments":0/"segments":4/;/read.cold.pte{stack=linear:4/p' \
		"$RUN/run.jsonl" >"$RUN/line"
	sed -i "12r $RUN/line" "$RUN/run.jsonl"
	rm "$RUN/line"
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ -s $RUN/fault-growth.png ]]
	grep -q 'grows by [0-9]' "$RUN/fault-growth.svg"
	grep -q 'see fault-growth' "$RUN/fault-extra.svg"
	[[ $(grep -c '<img' "$RUN/report.html") == 5 ]]
}

@test "operations on tables: a plot of them by segments, and the law in words" {
	local n
	for n in 4 16 64; do
		sed -n "s/fault.read.cold.pte{stack=raw/table.load{stack=linear:$n/;s/\"bench\":\"fault\",\"variant\":\"read.cold.pte\",\"stack\":\"raw\"/\"bench\":\"table\",\"variant\":\"load\",\"stack\":\"linear:$n\"/;s/\"segments\":0/\"segments\":$n/;s/\[4305,6]/[$((5000 + 1000 * n)),6]/;/table.load{/p" \
			"$RUN/run.jsonl"
	done | settle >"$RUN/lines"
	sed -i "12r $RUN/lines" "$RUN/run.jsonl"
	rm "$RUN/lines"
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ -s $RUN/table-ops.png ]]
	grep -q 'Table load: 1,000 insn per segment + 5,000 constant' "$RUN/table-ops.svg"
	run timeout 20 build/daxdm report "$RUN"
	# The report breaks its lines.
	[[ $(tr -s " \n" " " <<<"$output") == *"over 3 segment counts): load 1,000 + 5,000 (0.0 %)"* ]]
}

@test "gnuplot missing: one line that names the package" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$(command -v dirname)" "$BATS_TEST_TMPDIR/bin/dirname"
	PATH=$BATS_TEST_TMPDIR/bin run /bin/bash plot/plot.sh "$RUN"
	expect 4 "gnuplot is missing" "gnuplot-nox"
	((${#lines[@]} == 1))
}

@test "identical: the same, another sample, another kernel" {
	cp -r "$RUN" "$RUN-2"
	run timeout 20 build/daxdm identical "$RUN" "$RUN-2"
	expect 0 "12 records, 96 samples: identical to the last sample"
	sed -i 's/fnv1a64:00000007/fnv1a64:f0000007/' "$RUN-2/run.jsonl"
	run timeout 20 build/daxdm identical "$RUN" "$RUN-2"
	expect 1 "differs" "fault.read.warm.pte{stack=linear:16,fs=ext4}" "1 of 12 records differ"
	run timeout 20 build/daxdm identical --medians "$RUN" "$RUN-2"
	expect 0 "12 records: identical medians"
	sed -i 's/6.1.0-fixture/6.2.0-fixture/' "$RUN-2/run.jsonl"
	run timeout 20 build/daxdm identical "$RUN" "$RUN-2"
	expect 3 "kernel.release: 6.1.0-fixture | 6.2.0-fixture"
}
