#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be said of the sources without running them.  Prints TAP.
set -euo pipefail
cd "$(dirname "$0")/.."

count=0
failed=0
# Runs the rest of the words; silence and status 0 are a pass, what it prints is the reason.
item() { # NAME COMMAND...
	local name=$1 said
	shift
	count=$((count + 1))
	if said=$("$@" 2>&1) && [[ -z $said ]]; then
		echo "ok $count - $name"
	else
		failed=1
		echo "not ok $count - $name"
		printf "# %s\n" "${said//$'\n'/$'\n# '}"
	fi
}

# In debian/ what dpkg-buildpackage left.
mapfile -t files < <(find . -path ./.git -prune -o -path ./build -prune -o -path ./results -prune \
	-o -path ./debian/.debhelper -prune -o -path ./debian/daxdm -prune -o -path './debian/*.log' -prune \
	-o -path ./debian/daxdm.substvars -prune -o -path ./debian/debhelper-build-stamp -prune -o -path ./debian/files -prune \
	-o -type f -printf '%P\n' | sort)
mapfile -t c_files < <(printf '%s\n' "${files[@]}" | grep '\.[ch]$')
mapfile -t sources < <(printf '%s\n' "${c_files[@]}" | grep -E '^(lib|bench|check|report|emu|cli)/')
# Scripts by their first line, so that none is forgotten for its name.
mapfile -t scripts < <(for f in "${files[@]}"; do
	if head -n 1 -- "$f" | grep -aqE '^#!.*\b(ba|busybox |)(sh|bats)\b'; then echo "$f"; fi
done)

mapfile -t documents < <(printf '%s\n' "${files[@]}" | grep -E '\.md$|^check/known/[^.]*$')

licence_lines() {
	local f licence="SPDX-License-Identifier: GPL-2.0-only"
	for f in "${files[@]}"; do
		case $f in tests/fuzz/corpus/*) continue ;; esac # inputs, byte by byte
		case $f in LICENSE | VERSION | debian/changelog | debian/source/format) continue ;; esac
		# What README.md begins with is read first.
		if [[ $f == README.md ]]; then
			tail -n 1 -- "$f" | grep -qF "$licence" || echo "$f: its last line is no $licence"
			continue
		fi
		awk -v l="$licence" 'NR == 1 && /^#!/ { next } { exit !index($0, l) }' <(head -n 2 -- "$f" | tr -d '\0') ||
			echo "$f: its first line (its second after a #! line) is no $licence"
	done
}

# Mirrors are found from the machine's own apt configuration.
archive_names() {
	grep -nIE '\b(debian|ubuntu)\.(org|net|com)\b' -- "${files[@]}" || true
}

long_functions() {
	awk 'FNR == 1 { start = 0 }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start > 70)
				print FILENAME ":" start ": a function of " FNR - start " lines, 70 are the limit"
			start = 0
		}' "${c_files[@]}"
}

# clang-format wraps code, but no comments (.clang-format).
long_comments() {
	awk '/^[ \t]*(\/\*|\*|\/\/)/ && length > 50 {
			width = 0
			for (i = 1; i <= length; i++)
				width += substr($0, i, 1) == "\t" ? 8 - width % 8 : 1
			if (width > 100)
				print FILENAME ":" FNR ": a comment of " width " columns, 100 are the limit"
		}' "${c_files[@]}"
}

# Every source file that is mentioned by its path exists.  Paths in tests/cli/ may be invented.
named_files() {
	local where path
	while IFS=: read -r where path; do
		[[ -e $path || $path =~ /(NAME|FAMILY|shiny)[/.] ]] || echo "$where names $path, which does not exist"
	done < <(grep -noE '(^|[^A-Za-z0-9_./$}-])(lib|bench|check|cli|emu|report|plot|tests|workloads)/[A-Za-z0-9_/-]+(\.bpf)?\.(c|h|sh|bats|bash|gp)\b' \
		-- "${c_files[@]}" "${scripts[@]}" Makefile "${documents[@]}" |
		grep -v '^tests/cli/' | sed -E 's/^([^:]*:[0-9]+):[^A-Za-z]?/\1:/; s/:([0-9]+):/ \1:/')
}

# An installed daxdm has no build/ and emu/ in the current directory.
placed_files() {
	grep -nE '\b(open|opendir|fopen|access|l?stat|mkdir|glob|unlink|realpath|scandir|command_add)\((.*[ (])?"(build|emu|plot|workloads|check/known)(/|")' \
		-- "${sources[@]}" | grep -vE 'place(_pattern)?\("' | sed 's/$/: name it by place(), lib\/base\/place.h/' || true
	grep -nE '\$PWD/build|[ "]build/[a-z]' emu/*.sh | grep -vE '^[^:]*:[0-9]+:[[:blank:]]*#|emu/common.sh:|(say|die) ' |
		sed 's/$/: name it by $BUILD, emu\/common.sh/' || true
}

# tests/words.txt says what is looked for, and what is written instead.
replaced_words() {
	local line kind pattern instead
	while IFS= read -r line; do
		[[ $line =~ ^(name|text)\ (.+)\ =\>\ (.+)$ ]] || {
			[[ $line == "" || $line == "#"* || $line == "later "* ]] || echo "tests/words.txt: neither name nor text: $line"
			continue
		}
		kind=${BASH_REMATCH[1]} pattern=${BASH_REMATCH[2]} instead=${BASH_REMATCH[3]}
		if [[ $kind == name ]]; then
			printf '%s\n' "${files[@]}" | grep -E "(^|/)(test_)?($pattern)\.(c|h|sh)$"
		else
			grep -nIiE -- "$pattern" "${c_files[@]}" "${scripts[@]}" "${documents[@]}"
		fi | sed "s|\$|  (write: ${instead//|/\\|})|" || true
	done <tests/words.txt
}

# close(2) and similar calls may change errno even if they succeed.
stale_errno() {
	awk 'FNR == 1 || /^}/ { stale = "" }
		/^\t+(f?close|closedir|munmap|unlink|rmdir|umount2?|kill)\(.*\);$/ { stale = FNR; next }
		/^[ \t]*\/?\*/ { next }
		{ line = $0; gsub(/(if|while|for|switch|sizeof|return) ?\(|(strerror|msg_[a-z]+|check_broken|[a-z]*printf)\(/, "", line) }
		line ~ /[a-z0-9_]\(/ { stale = "" }
		/[^a-z_]errno/ && stale { print FILENAME ":" FNR ": errno may be that of line " stale }' "${c_files[@]}"
}

# lib includes only lib, its parts in the order base < dev < file < meter < trace < run; bench, check, report and emu
# include only themselves and lib; cli includes all.
layers() {
	grep -noE '^#include "(lib|bench|check|report|emu|cli)/[^"]+' -- "${sources[@]}" | awk -F'[:"]' '
		BEGIN { split("base dev file meter trace run", parts, " "); for (i in parts) order[parts[i]] = i }
		{
			split($1, from, "/"); split($4, to, "/")
			if (from[1] == "cli" || to[1] == "lib" && from[1] != "lib") next
			if (from[1] != to[1])
				print $1 ":" $2 ": " from[1] "/ includes " $4
			else if (from[1] == "lib" && order[to[2]] > order[from[2]])
				print $1 ":" $2 ": lib/" from[2] "/ includes " $4
		}'
}

# Neither files (a .c and its .h are one) nor folders depend on each other in a circle.
circles() {
	local by
	for by in 's/\.[ch]$//' 's/\/[^\/]*$//'; do
		grep -oE '^#include "(lib|bench|check|report|emu|cli)/[^"]+' -- "${sources[@]}" |
			sed 's/:#include "/ /' | awk -v by="$by" 'BEGIN { files = by ~ /ch/ }
			{ for (i = 1; i <= 2; i++) sub(files ? "\\.[ch]$" : "/[^/]*$", "", $i) } $1 != $2' |
			{ tsort >/dev/null; } 2>&1 || true
	done
}

# A descriptor that is in no table compiles, is dropped by the linker, and never runs.
in_tables() {
	local kind
	for kind in bench check; do
		comm -3 <(sed -nE "s/^const struct (bench|check_family) ${kind}_([a-z0-9_]+) =.*/\2/p" "${c_files[@]}" | sort) \
			<(sed -nE 's/^\t[a-zA-Z]+\(([a-z0-9_]+)\).*/\1/p' "$kind/table.c" | sort) |
			awk -F'\t' -v kind="$kind" '{ print kind "_" $1 $2 " is " ($1 == "" ? "defined nowhere, but" : "defined, but not") " in " kind "/table.c" }'
	done
}

# ShellCheck does not know busybox as a shell of its own; bats files are bash with @test.
check_shell() { # FILE
	if head -n 1 "$1" | grep -q busybox; then
		shellcheck --shell=busybox "$1" 2>/dev/null || shellcheck --shell=dash "$1"
	else
		shellcheck -x "$1"
	fi
}

strict_mode() {
	local f
	for f in "${scripts[@]}"; do
		head -n 1 "$f" | grep -q bash || continue
		grep -q '^set -euo pipefail$' "$f" || echo "$f: no 'set -euo pipefail'"
	done
}

no_warnings() {
	mkdir -p build
	flock -o build/lock make -j"$(nproc)" all unit-build >/dev/null
}

for f in "${scripts[@]}"; do item "shellcheck $f" check_shell "$f"; done
item "scripts stop at errors" strict_mode
item "clang-format" clang-format --dry-run -Werror "${c_files[@]}"
item "licence lines" licence_lines
item "no name of a package archive" archive_names
item "files that are named exist" named_files
item "files of an installed daxdm are found" placed_files
item "no word that was replaced" replaced_words
item "errno is read before it is stale" stale_errno
item "functions fit on a screen" long_functions
item "comments fit in 100 columns" long_comments
item "each folder includes what its layer may" layers
item "no circles of files or folders" circles
item "benchmarks and checks are in their tables" in_tables
item "no warnings" no_warnings
echo "1..$count"
exit $failed
