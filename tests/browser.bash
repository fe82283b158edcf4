# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Pages in headless Chromium: whether something leaves the window at 1280 and 390 pixels, whether anything is
# fetched, and what axe-core finds.

# Chromium without a network: `light` or `dark`.
chromium_on() { # SCHEME OPTION... FILE
	local scheme=()
	[[ $1 != dark ]] || scheme=(--force-dark-mode --blink-settings=preferredColorScheme=0)
	timeout $((20 * ${PATIENCE:-6})) chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
		--disable-background-networking --disable-component-update --host-resolver-rules='MAP * ~NOTFOUND' \
		--user-data-dir="$BATS_TEST_TMPDIR/chromium" --allow-file-access-from-files "${scheme[@]}" "${@:2}" 2>/dev/null
}

# Prints a line per fault of the page, in each width; "looked" at the end.
look_at() { # PAGE.html SCHEME
	local dir=$BATS_TEST_TMPDIR/look
	mkdir -p "$dir"
	cp "$1" "$dir/page.html"
	cp "$AXE" "$dir/axe.js"
	cp "$TOP/tests/fixtures/look.html" "$dir/look.html"
	chromium_on "$2" --virtual-time-budget=60000 --window-size=1400,1000 --dump-dom "file://$dir/look.html" |
		sed -n '/<pre id="said">/,/<\/pre>/p' | sed -e 's/.*<pre id="said">//' -e 's/<\/pre>.*//' | grep .
}

# Sets AXE to the script, which npm fetches once.
fetch_axe() {
	local dir=$TOP/build/axe
	AXE=$dir/package/axe.min.js
	[[ ! -s $AXE ]] || return 0
	mkdir -p "$dir"
	(cd "$dir" && timeout 60 npm pack --silent axe-core@4 >/dev/null && tar -xzf axe-core-*.tgz package/axe.min.js)
}
