#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh known: the list, the mail, and what is refused before anything boots.

load ../helpers

setup() {
	cd "$TOP" || return
}

known() {
	run timeout 20 ./run.sh known "$@"
}

@test "the list has each entry, with severity, kind and kernels, the worst first" {
	known
	expect 0 "severity  kind"
	for file in check/known/*; do
		[[ -f $file && $file != *.* ]] || continue
		[[ $output == *" ${file##*/} "* ]] || { echo "no ${file##*/}"; false; }
	done
	[[ ${lines[1]} == critical* || ${lines[0]} == NEW* ]]
	grep -E '^critical +corruption +dm-stripe-commit-not-mapped ' <<<"$output" | grep -q '7\.3-rc7'
	# The order of severities is never broken.
	[[ $(awk '/^(critical|serious|minor)/ { print $1 }' <<<"$output" | uniq | xargs) == "critical serious minor" ]]
}

@test "a bug is a mail: to its maintainers, kernels with and without it, the whole reproducer" {
	known dm-stripe-commit-not-mapped
	expect 0 "To: Alasdair Kergon <agk@redhat.com>," "dm-devel@lists.linux.dev" "Subject: [BUG" "good: " "bad:  " \
		"Set-up:" "actual:   overwritten"
	[[ $output == *"$(cat check/known/reproduce/dm-stripe-commit-not-mapped.sh)"* ]]
	known dax-pagemap-after-unbind
	expect 0 "Kernel log:" "BUG: unable to handle page fault" "RIP: " "---[ end trace"
}

@test "what cannot be done is refused in one line" {
	known dm-strip-commit-not-mapped
	expect 64 "unknown bug 'dm-strip-commit-not-mapped' (did you mean 'dm-stripe-commit-not-mapped'?)"
	expect_short
	known dm-stripe-commit-not-mapped --kernel 6.1
	expect 64 "go with --reproduce"
	expect_short
	known dm-stripe-commit-not-mapped dm-stripe-commit-not-mapped
	expect 64 "is given twice"
	known --reproduce --kernel /nowhere/bzImage
	expect 64 "no such file"
}

@test "each reproducer names what it needs, compiles, and skips where there is no device" {
	local file name
	for file in check/known/reproduce/*; do
		grep -q '^\(#\| \*\) Needs: ' "$file" || { echo "$file: no Needs:"; false; }
		name=$BATS_TEST_TMPDIR/$(basename "${file%.*}")
		if [[ $file == *.c ]]; then
			gcc -O2 -Wall -Wextra -Werror -o "$name" "$file"
		else
			cp "$file" "$name"
		fi
		run timeout 10 "$name" /nowhere /nowhere
		expect 77 "skipped:"
	done
}

@test "the archive has a mark for each reproducer that spoils its host, and for no other" {
	run --separate-stderr timeout 60 emu/reproducers.sh check/known/reproduce/dax-flags-inherited.sh \
		check/known/reproduce/dax-hwpoison-early-not-told.c check/known/reproduce/sync-flag-never-cleared.sh
	expect 0
	[[ $(cpio -t --quiet <"$output" | grep '^reproduce/' | sort | xargs) == "reproduce/dax-flags-inherited reproduce/dax-flags-inherited.spoils \
reproduce/dax-hwpoison-early-not-told reproduce/dax-hwpoison-early-not-told.spoils reproduce/sync-flag-never-cleared" ]]
}
