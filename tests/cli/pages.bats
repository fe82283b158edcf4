#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The pages as a reader sees them, in headless Chromium at 1280 and 390 pixels, light and dark.

load ../helpers
load ../browser

# A page of each kind, of published results.
setup_file() {
	local site=$TOP/results/published daxdm=$TOP/build/daxdm dir=$BATS_FILE_TMPDIR
	export PAGES=$dir/pages AXE=
	mkdir "$PAGES" "$dir"/{run,explain,checks}
	cp "$site"/linux-6.1.0-56-insn/*.svg "$dir/run"
	"$daxdm" report --quiet --output "$dir/run" "$site/linux-6.1.0-56-insn"
	cp "$dir/run/report.html" "$PAGES"
	cp "$TOP/tests/fixtures/check-run.jsonl" "$dir/checks/run.jsonl"
	"$daxdm" report --quiet --output "$dir/checks" "$dir/checks"
	cp "$dir/checks/report.html" "$PAGES/checks.html"
	cp "$site"/explain-6.1-6.12/* "$dir/explain"
	"$daxdm" report "$dir/explain" >/dev/null
	cp "$dir/explain/explain.html" "$PAGES"
	"$daxdm" compare --html "$PAGES/ladder.html" --trends "$PAGES/trends.html" \
		"$site"/ladder-pin-insn/{5.10.0-46,6.1.0-57,7.3} >/dev/null || (($? == 1))
	cp "$site/index.html" "$site/bugs.html" "$PAGES"
	# Without npm the pages are not looked at; a script that cannot be fetched is a failure.
	! command -v npm >/dev/null || fetch_axe
}

no_faults() { # SCHEME
	local page
	[[ $AXE ]] || skip "expected: no npm to fetch axe-core with"
	for page in "$PAGES"/*.html; do
		run look_at "$page" "$1"
		[[ $output == looked ]] || { echo "${page##*/}, $1: $output"; false; }
	done
}

@test "no page leaves the window, fetches anything or has a serious fault of accessibility: light" {
	no_faults light
}

@test "the same in dark mode" {
	no_faults dark
}

@test "pages can be printed as pictures" {
	chromium_on light --window-size=1280,1600 --screenshot="$BATS_TEST_TMPDIR/page.png" "file://$PAGES/report.html"
	(($(stat -c %s "$BATS_TEST_TMPDIR/page.png") > 50000))
}

@test "what is wrong is found: a wide page, something fetched, too little contrast, a picture without words" {
	local page=$BATS_TEST_TMPDIR/wrong.html said
	[[ $AXE ]] || skip "expected: no npm to fetch axe-core with"
	cat >"$page" <<-'PAGE'
		<!DOCTYPE html><html lang="en"><title>wrong</title><style>
		@media(prefers-color-scheme:dark){body{background:#000}.dim{color:#222}}</style>
		<main><h1>wrong</h1><p style="width:900px">wide</p><p class="dim">dim in the dark</p>
		<img src="look.html"></main></html>
	PAGE
	said=$(look_at "$page" light)
	[[ $said == *"390: the page is "*"390: beyond the window: wide"*"390: fetched: look.html"*"critical: image-alt"* ]]
	[[ $said != *"1280: the page is"* && $said != *color-contrast* ]]
	[[ $(look_at "$page" dark) == *"serious: color-contrast"* ]]
}
