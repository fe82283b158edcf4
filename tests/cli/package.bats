#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make install, make dist and debian/.

load ../helpers

# The places have characters that make, a shell or glob(3) could take for their own.
setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/'a b;c' AWAY=$BATS_FILE_TMPDIR/away
	mkdir -p "$AWAY"
	make -s -C "$TOP" install DESTDIR="$ROOT" PREFIX=/usr
}

setup() {
	export HOME=$BATS_TEST_TMPDIR/home XDG_CACHE_HOME=$BATS_TEST_TMPDIR/'x [y]*:z'
	cache=$XDG_CACHE_HOME/daxdm
	daxdm=$ROOT/usr/bin/daxdm
	mkdir "$HOME"
	cd "$AWAY" || return
}

# Nothing was written but what the test names.
expect_files() { # [FILE-OR-DIRECTORY]...
	local left
	left=$(find "$AWAY" "$HOME" "$XDG_CACHE_HOME" -mindepth 1 2>/dev/null | grep -vxF "$(printf '%s\n' "$@")" || true)
	[[ ! $left ]] || { echo "$left" && false; }
}

@test "what only prints runs from anywhere, and writes nothing" {
	local words
	for words in list known help "help bench" --version "known dm-dax-store-after-unbind"; do
		# shellcheck disable=SC2086 # words
		run timeout 20 "$daxdm" $words
		expect 0
		[[ ${#lines[@]} -ge 1 && $output != *run.sh* ]] || { echo "$words: $output" && false; }
	done
	expect_files
	for words in linux-6.1.0-56-insn results/published/linux-6.1.0-56-insn; do
		run timeout 20 "$daxdm" report --no-html "$words"
		expect 0 "linear:1024" "daxdm compare linux-6.1.0-56-insn RUN"
	done
	expect_files "$XDG_CACHE_HOME" "$cache"
}

@test "known has the reproducers, and the oopses, of a checkout" {
	run -0 "$TOP/run.sh" known dax-umount-after-unbind
	local checkout=${output//.\/run.sh/daxdm}
	run -0 timeout 20 "$daxdm" known dax-umount-after-unbind
	[[ $output == "$checkout" ]]
}

@test "the man page and the completion are those of the installed program" {
	local man=$ROOT/usr/share/man/man1/daxdm.1
	run grep -c 'run\.sh\|^\.SS \(test\|lint\|new\)' "$man"
	expect 1 0
	grep -q '^\.B daxdm$' "$man"
	grep -q '/var/cache/daxdm' "$man"
	run bash -c ". '$ROOT/usr/share/bash-completion/completions/daxdm'
		complete -p daxdm; COMP_WORDS=(daxdm be) COMP_CWORD=1; _daxdm; echo \"\${COMPREPLY[@]}\""
	expect 0 "-F _daxdm daxdm" "bench"
}

@test "what needs a checkout says so" {
	local words
	for words in test lint "new bench x" mutants "gate-selftest --full" "bench --counters"; do
		[[ $words != bench* || ! -e $TOP/build/libperf ]] || continue
		# shellcheck disable=SC2086 # words
		run timeout 20 "$daxdm" $words
		expect 64 "needs a checkout of the sources, and this daxdm is installed"
		((${#lines[@]} == 1))
	done
	run timeout 20 "$daxdm" tset
	expect 64 "unknown verb 'tset'; daxdm help lists them"
	expect_files
}

@test "pages of published runs go to the cache, which clean removes" {
	run timeout 60 "$daxdm" report --no-plots linux-7.3-rc7-sector-insn
	expect 0 "report.html and plots are in $cache/report/linux-7.3-rc7-sector-insn/" \
		"daxdm compare linux-7.3-rc7-sector-insn RUN"
	[[ -s $cache/report/linux-7.3-rc7-sector-insn/report.html ]]
	expect_files "$XDG_CACHE_HOME" "$cache" "$cache"/report{,/*,/*/*}
	run timeout 20 "$daxdm" setup run
	expect 0 "packages are in place"
	exec 6<"$cache/clean.lock"
	flock -s 6
	run timeout 20 "$daxdm" clean
	expect 4 "clean: a run is at work in $cache"
	exec 6<&-
	run timeout 20 "$daxdm" clean
	expect 0
	expect_files "$XDG_CACHE_HOME" "$cache" "$cache/clean.lock"
}

@test "runs are in the current directory, and workloads are found" {
	mkdir -p results/mine
	cp "$TOP/tests/fixtures/fixture-run.jsonl" results/mine/run.jsonl
	run timeout 60 "$daxdm" report --no-plots mine
	expect 0 "results are in results/mine/" "daxdm compare mine RUN"
	[[ -s results/mine/report.html ]]
	rm -r results
	run timeout 20 "$daxdm" bench --workload workloads/mkfs --kernel /nonexistent/bzImage
	expect 64 "/nonexistent/bzImage: no such file"
	run timeout 20 "$daxdm" bench --workload workloads/none
	expect 64 "no such file"
	expect_files "$XDG_CACHE_HOME" "$cache"
}

@test "a cache that cannot be made" {
	XDG_CACHE_HOME=/dev/null run timeout 20 "$daxdm" kernels --fetch 6.1
	expect 4 "cannot write to /dev/null/daxdm: use another XDG_CACHE_HOME"
	XDG_CACHE_HOME=/dev/null run timeout 20 "$daxdm" setup run
	expect 4 "cannot write to /dev/null/daxdm: use another XDG_CACHE_HOME"
	XDG_CACHE_HOME=/dev/null run timeout 20 "$daxdm" clean
	expect 0
}

@test "uninstall leaves no file" {
	cp -a "$ROOT" "$BATS_TEST_TMPDIR/root"
	make -s -C "$TOP" uninstall DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr
	[[ -z $(find "$BATS_TEST_TMPDIR/root" ! -type d) ]]
}

@test "the source archive is the same twice, with git and without, and is whole" {
	local version archive
	version=$(<"$TOP/VERSION")
	archive=daxdm-$version.tar.xz
	# A copy: the checkout may have files of its owner.
	git -C "$TOP" rev-parse --git-dir >/dev/null 2>&1 || skip "expected: this is no git checkout"
	make -s -C "$TOP" dist DIST_XZ="xz -0"
	tar -xf "$TOP/build/$archive" -C "$BATS_TEST_TMPDIR"
	make -s -C "$BATS_TEST_TMPDIR/daxdm-$version" dist DIST_XZ="xz -0"
	cmp "$TOP/build/$archive" "$BATS_TEST_TMPDIR/daxdm-$version/build/$archive"
	rm "$TOP/build/$archive"
	cd "$BATS_TEST_TMPDIR/daxdm-$version"
	[[ -x run.sh && -x debian/rules && -s results/published/linux-6.1.0-56-insn/run.jsonl ]]
	[[ -z $(find . -path ./build -prune -o -name run.jsonl -path '*ladder-insn/*' -print) ]]
	run make -n
	expect 0 "daxdm"
}

# The packages of groups of packages.txt, sorted.
packages() { # GROUP...
	awk -v groups=" $* " '/^\[/ { on = index(groups, " " substr($0, 2, length($0) - 2) " "); next }
		on && NF && !/^#/' "$TOP/packages.txt" | sort
}

# Those of a field of debian/control, without variables and debhelper.
field() { # NAME
	sed -n "/^$1:/,/^[^ ]*:/{/^ /p}" "$TOP/debian/control" | tr -d ' ,' | grep -v '^[$]\|^debhelper' | sort
}

@test "debian/control has the packages of packages.txt" {
	[[ $(field Depends) == "$(packages run fio plot)" ]]
	[[ $(field Suggests) == "$(packages check)" ]]
	# build-essential has the others.
	[[ $(field Build-Depends) == "$(packages build | grep -vx 'gcc\|libc6-dev\|make')" ]]
	# The compiler for the plugin of explain, and for reproducers.
	[[ -z $(comm -23 <(field Recommends) <(packages build)) ]]
}

@test "debian/changelog has the version" {
	[[ $(dpkg-parsechangelog -l "$TOP/debian/changelog" -S Version) == "$(<"$TOP/VERSION")" ]]
}
