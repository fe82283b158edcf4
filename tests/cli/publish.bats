#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh publish: the pages and plots of published results, and their index.

load ../helpers
load fakes
load guest

setup() {
	fake_guest
	rm "$CO/plot/plot.sh"
	cp "$TOP"/plot/* "$CO/plot/"
	SITE=$CO/results/published
	mkdir -p "$SITE"
}

# Each link of a page leads to a file, and to an id that is in it; nothing else is fetched.
links_lead_somewhere() {
	local page target file n=0
	while read -r page; do
		while read -r target; do
			n=$((n + 1))
			file=${page%/*}/${target%%#*}
			[[ $target != \#* ]] || file=$page
			[[ -s $file ]] || { echo "$page: no $target"; false; }
			[[ $target != *\#* ]] || grep -qF "id=\"${target#*\#}\"" "$file" || { echo "$page: no $target"; false; }
		done < <(grep -oE '(href|src)="[^"]+"' "$page" | grep -v '"data:' | sed -E 's/^[a-z]+="([^"]*)"/\1/' | sort -u)
	done < <(find "$SITE" -name '*.html')
	((n > 100))
}

@test "publish: a page for each run, ladder and explanation, and an index whose links lead somewhere" {
	put_run published/a-run
	cp -r "$TOP/results/published/ladder-pin-insn" "$TOP/results/published/explain-6.1-dm" "$TOP/results/published/flavours.tsv" "$SITE"
	find "$SITE" -name '*.html' -delete
	run timeout 120 "$CO/run.sh" publish
	expect 0 "results/published/a-run" "the site is results/published/index.html"
	for page in a-run/report a-run/statistics ladder-pin-insn/ladder ladder-pin-insn/newest explain-6.1-dm/explain index; do
		[[ -s $SITE/$page.html ]]
	done
	[[ -s $SITE/a-run/huge-pages.svg && ! -e $SITE/a-run/huge-pages.png ]]
	grep -q '<a href="ladder-pin-insn/ladder.html">ladder-pin-insn: 5 kernels, 5.10.0-46 to 7.3</a>' "$SITE/index.html"
	grep -q '<a href="flavours.tsv">' "$SITE/index.html"
	links_lead_somewhere
	# the same again
	cp "$SITE/index.html" "$BATS_TEST_TMPDIR"
	run timeout 120 "$CO/run.sh" publish
	expect 0
	cmp "$SITE/index.html" "$BATS_TEST_TMPDIR/index.html"
}

@test "publish: the known bugs by kernel, with a report and the output of each" {
	rm -r "$CO/check/known"
	cp -r "$TOP/check/known" "$CO/check/"
	mkdir "$SITE/bugs"
	cp "$TOP/results/published/bugs.tsv" "$SITE"
	cp "$TOP"/results/published/bugs/dm-dax-*.txt "$SITE/bugs"
	rm -f "$SITE"/bugs/*.mail.txt
	run timeout 120 "$CO/run.sh" publish
	expect 0
	[[ $(grep -c '^<tr id=' "$SITE/bugs.html") == $(find "$SITE/bugs" -name '*.mail.txt' | wc -l) ]]
	grep -q '<tr id="dm-dax-offset-within-page"><th scope="row"><a href="#dm-dax-offset-within-page">dm-dax-offset-within-page</a></th><td class="text">critical<td class="text">corruption<td class="text">absent<td class="text">present' "$SITE/bugs.html"
	grep -q '^Subject: \[BUG' "$SITE/bugs/dm-dax-offset-within-page.mail.txt"
	links_lead_somewhere
	# an entry whose reproducer is missing
	rm "$CO/check/known/reproduce/dm-dax-offset-within-page.sh"
	run timeout 120 "$CO/run.sh" publish
	expect 4 "dm-dax-offset-within-page"
	[[ ! $(find "$SITE" -name '.*.[0-9]*') ]]
}

@test "publish: the same checks on two kernels are one page" {
	local run id
	mkdir "$SITE"/checks-{a,b}
	run=$TOP/tests/fixtures/check-run.jsonl
	# A check that passes on one of them only.
	id=$(jq -r 'select(.type == "check" and .verdict == "pass").id' "$run" | head -n 1)
	jq -c --arg id "$id" 'if .type == "check" and .id == $id then .verdict = "fail" | .why = "planted" else . end' \
		"$run" >"$SITE/checks-a/run.jsonl"
	sed 's/6\.1\.0-fixture/5.10.0-fixture/; s/6\.1\.192-1/5.10.262-1/' "$run" >"$SITE/checks-b/run.jsonl"
	run timeout 120 "$CO/run.sh" publish
	expect 0
	grep -q '<a href="checks.html">' "$SITE/index.html"
	# Kernels in order, whatever the names of their folders.
	run grep -oE "<th scope=\"col\"[^>]*>[56][0-9.]+" "$SITE/checks.html"
	expect 0 ">5.10.262" ">6.1.192"
	[[ ${lines[0]} == *">5.10.262" ]]
	grep -F "id=\"$id\"" "$SITE/checks.html" | grep -q 'passed<td class="text">FAILED'
}

@test "publish: a run that cannot be read ends it, and the index stays as it was" {
	put_run published/a-run
	echo old >"$SITE/index.html"
	sed -i '$d' "$SITE/a-run/run.jsonl"
	run timeout 120 "$CO/run.sh" publish
	expect 4 "results/published/a-run" "incomplete"
	[[ $(<"$SITE/index.html") == old ]]
	run timeout 30 "$CO/run.sh" publish a-run
	expect 64 "unexpected word 'a-run'"
}
