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
	[[ $(left) == "report.html run.jsonl statistics.html" ]]
}

@test "plots are drawn as SVG and PNG, titled with the finding, and put into the page" {
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ $(left) == "fault-by-segments.png fault-by-segments.svg fault-distribution.png \
fault-distribution.svg fault-extra.png fault-extra.svg huge-pages.png huge-pages.svg report.html \
run.jsonl statistics.html" ]]
	grep -q '+188 insn (+4.7 %) on ext4' "$RUN/fault-by-segments.svg"
	grep -q 'loses 16 of 16 huge pages on ext4' "$RUN/huge-pages.svg"
	[[ $(grep -c '<img' "$RUN/report.html") == 4 ]]
	# what a plot shows is its title, and what the page shows instead of it
	for svg in "$RUN"/*.svg; do
		[[ $(sed -nE 's,.*<title>(.*)</title>.*<desc>..*</desc>.*,\1,p' <(tr '\n' ' ' <"$svg")) ]]
		grep -q 'prefers-color-scheme:dark' "$svg"
	done
	grep -q '<img alt="[^"]*+188 insn (+4.7 %) on ext4" src="data:image' "$RUN/report.html"
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

# Adds records to the run, each like that of the cold fault on raw, with another median.
add_records() { # BENCH.VARIANT STACK SEGMENTS MEDIAN ...
	while (($#)); do
		jq -c --arg bench "${1%%.*}" --arg variant "${1#*.}" --arg stack "$2" --argjson segments "$3" --argjson median "$4" '
			select(.id == "fault.read.cold.pte{stack=raw,fs=ext4}") | .bench = $bench | .variant = $variant |
			.stack = $stack | .segments = $segments | .id = "\($bench).\($variant){stack=\($stack),fs=ext4}" |
			.samples = (.samples | map(if .[1] == 6 then [$median, 6] else . end))' "$RUN/run.jsonl"
		shift 4
	done | settle >"$RUN/lines"
	sed -i "12r $RUN/lines" "$RUN/run.jsonl"
	rm "$RUN/lines"
}

@test "copies by size, layers, and faults of both page sizes: plots that say what they show" {
	add_records copy.durable.mapsync.4k raw 0 700 copy.durable.mapsync.64k raw 0 9000 \
		copy.durable.msync.4k raw 0 30000 copy.durable.msync.64k raw 0 200000 \
		fault.read.warm.pte linear:1/linear:1 2 4345 fault.read.warm.pte linear:1/linear:1/linear:1 3 4535 \
		fault.alloc.cold.pte linear:16 16 10000 fault.alloc.cold.pmd linear:16 16 660000
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	grep -q 'A durable copy of 4 KiB on ext4, raw: 700 insn with MAP_SYNC, 30,000 with msync' "$RUN/copy-cost.svg"
	grep -q '>durable.msync 200,000<' "$RUN/copy-cost.svg"
	grep -q 'Each further linear:1 adds 180 insn to a warm 4 KiB read fault on ext4 (1 to 3 layers)' "$RUN/dm-depth.svg"
	grep -q 'costs 1.4 (read.warm) to 66 times as much (alloc.cold, ext4)' "$RUN/fault-pages.svg"
	[[ $(grep -c '<img' "$RUN/report.html") == 7 ]]
}

# Two further initial states, with other medians of the warm fault on linear:16 than the 4,223 of the first.
add_states() { # MEDIAN OF STATE 2, OF STATE 3
	local state
	for state in 2 3; do
		mkdir "$RUN/state-$state"
		sed "s/\[4223,6]/[$1,6]/" "$RUN/run.jsonl" | settle >"$RUN/state-$state/run.jsonl"
		shift
	done
}

# The y coordinates of the ends of all error bars of a plot with points, in pixels rounded.
bars() { # SVG
	grep -oP "d='M[0-9.]+,\K[0-9.]+ L[0-9.]+,[0-9.]+(?= M)" "$1" | awk '{ sub(/.*,/, "", $2); printf "%.0f %.0f\n", $1, $2 }'
}

@test "several initial states: the median over them, and a bar over the range" {
	add_states 4323 4523
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	mkdir "$BATS_TEST_TMPDIR/data"
	run timeout 20 build/daxdm report --plot-data "$BATS_TEST_TMPDIR/data" "$RUN"
	expect 0
	# Axes are 350 pixels high and end at pixel 472.
	axis() {
		awk -v axis="$1" -v least="$2" -v most="$3" '$1 == axis "_lo" { lo = $3 } $1 == axis "_hi" { hi = $3 } END {
			printf "%.0f %.0f\n", 472 - 350 * (least - lo) / (hi - lo), 472 - 350 * (most - lo) / (hi - lo) }' \
			"$BATS_TEST_TMPDIR/data/plot.gp"
	}
	[[ $(bars "$RUN/fault-by-segments.svg") == "$(axis segments 4223 4523)" ]]
	[[ $(bars "$RUN/fault-extra.svg") == "$(axis extra 188 488)" ]]
	grep -q '+288 insn (+7.1 %) on ext4<' "$RUN/fault-by-segments.svg"
	grep -q '4 KiB  4,323 (+7.1 %)' "$RUN/fault-by-segments.svg"
	grep -q 'median 4,323 (4,223..4,523) (+288)' "$RUN/fault-distribution.svg"
	for svg in fault-by-segments fault-extra huge-pages; do
		grep -q 'bars: range over 3 initial states' "$RUN/$svg.svg"
	done
	run timeout 20 build/daxdm report --no-plots "$RUN"
	expect 0 "4,323 (4,223..4,523) +288 (+188..+488)" "median over 3 initial states (range where it varies)"
	grep -q '4,323 <span class="range">(4,223..4,523)</span>' "$RUN/report.html"
}

@test "a range that is not longer than a point is high has no bar, and one state has none" {
	add_states 4224 4225
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ ! $(bars "$RUN/fault-by-segments.svg") ]]
	rm -r "$RUN"/state-*
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	[[ ! $(bars "$RUN/fault-by-segments.svg") && ! $(bars "$RUN/fault-extra.svg") ]]
	run grep 'initial state' "$RUN"/*.svg "$RUN/report.html"
	expect 1
}

@test "a title says in which initial states it does not hold" {
	add_states 3935 4523
	run timeout 60 plot/plot.sh "$RUN"
	expect 0
	grep -q '+188 insn (+4.7 %) on ext4 (does not hold in initial state 2)<' "$RUN/fault-by-segments.svg"
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
