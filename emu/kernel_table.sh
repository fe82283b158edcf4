# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2153
#
# For emu/kernel.sh: the table of kernels, for people and as JSON; the labels of kernels in the names of runs; the
# kernels between two others.

# A line for each kernel in the archive, of any flavour, oldest first: VERSION FLAVOUR PACKAGE SUITES BYTES, separated by
# tabs.  BYTES is the size of the packages to fetch, 0 if its modules are no longer in the archive.  The signed and the
# unsigned package of a kernel are one line.
archive_kernels() {
	awk -F'\t' -v OFS='\t' '
		FNR == NR { bytes[$1, $2] = $5; next }
		$1 !~ /^linux-image-[0-9].*-amd64(-unsigned)?$/ || $4 ~ /linux-image-/ { next }
		{
			name = $1
			sub(/-unsigned$/, "", name)
			key = name SUBSEP $2
			if (!(key in version)) order[++n] = key
			version[key] = $2
			if (!(key in package) || $1 == name) package[key] = $1
			suite = $3 == "rc-buggy" ? "experimental" : $3 == "sid" ? "unstable" : $3
			if (index("," suites[key] ",", "," suite ",") == 0)
				suites[key] = suites[key] (suites[key] == "" ? "" : ",") suite
			size = bytes[$1, $2]
			deps = split($4, dep, /, */)
			for (i = 1; i <= deps; i++) {
				sub(/ .*/, "", dep[i])
				if (dep[i] !~ /^linux-(binary|modules)-/) continue
				if (!((dep[i], $2) in bytes)) { size = 0; break }
				size += bytes[dep[i], $2]
			}
			total[key] = size
		}
		END {
			for (i = 1; i <= n; i++) {
				key = order[i]
				flavour = package[key] ~ /-cloud-/ ? "cloud" : package[key] ~ /-rt-/ ? "rt" : "generic"
				print version[key], flavour, package[key], suites[key], total[key]
			}
		}' "$CATALOGUE" "$CATALOGUE" | sort -t $'\t' -k1,1V -k2,2
}

# A line for each directory of build/kernels/: PACKAGE VERSION KIB ID; for a kernel given as a file "file" RELEASE KIB ID.
fetched_kernels() {
	local dir name version
	for dir in "$KERNELS"/*/; do
		dir=${dir%/}
		[[ -s $dir/package ]] || continue
		read -r name version <"$dir/package"
		if [[ $name == file ]]; then version=$(cat "$dir/release"); fi
		printf '%s\t%s\t%s\t%s\n' "$name" "$version" "$(du -sk "$dir" | cut -f1)" "${dir##*/}"
	done
}

# Both, in lines of VERSION FLAVOUR PACKAGE SUITES BYTES KIB; KIB is 0 if the kernel was not fetched.  With words only
# kernels whose version begins with one, or whose flavour is one.
all_kernels() { # [WORD]...
	{
		fetched_kernels
		echo
		archive_kernels
	} | awk -F'\t' -v OFS='\t' -v words="$*" '
		BEGIN { n = split(words, word, " ") }
		function wanted(version, flavour, i) {
			for (i = 1; i <= n; i++)
				if (flavour == word[i] || version == word[i] ||
				    (index(version, word[i]) == 1 && substr(version, length(word[i]) + 1, 1) !~ /[0-9]/)) return 1
			return n == 0
		}
		!archive && NF == 0 { archive = 1; next }
		!archive && $1 == "file" { if (wanted($2, "own")) own[++owns] = $2 OFS "own" OFS $4 OFS "-" OFS 0 OFS $3; next }
		!archive { sub(/-unsigned$/, "", $1); kib[$1, $2] += $3; next }
		wanted($1, $2) {
			name = $3
			sub(/-unsigned$/, "", name)
			print $0, kib[name, $1] + 0
		}
		END { for (i = 1; i <= owns; i++) print own[i] }'
}

print_table() {
	awk -F'\t' '
		function mib(b) { return sprintf("%d MiB", b / 1048576 + 0.5) }
		BEGIN {
			m = split("version flavour package suite size fetched", title, " ")
			for (c = 1; c <= m; c++) width[c] = length(title[c])
		}
		{
			cell[NR, 1] = $1; cell[NR, 2] = $2; cell[NR, 3] = $3; cell[NR, 4] = $4
			cell[NR, 5] = $5 ? mib($5) : $2 == "own" ? "-" : "(no modules)"
			cell[NR, 6] = $6 ? mib($6 * 1024) : "-"
			if ($6) { here++; kib += $6 }
			if ($2 != "own") there++
			if ($2 != "own" && !$5) gone++
			for (c = 1; c <= m; c++) if (length(cell[NR, c]) > width[c]) width[c] = length(cell[NR, c])
		}
		END {
			for (r = 0; r <= NR; r++) {
				line = ""
				for (c = 1; c <= m; c++) {
					text = r ? cell[r, c] : title[c]
					line = line sprintf((c > 4 ? "  %*s" : c > 1 ? "  %-*s" : "%-*s"), width[c], text)
				}
				print line
			}
			printf "\n%d kernels in the archive, %d fetched (%s)\n", there, here, mib(kib * 1024)
			if (gone)
				printf "%d cannot be fetched: the archive has dropped the packages of their modules\n", gone
		}'
}

print_json() {
	awk -F'\t' '
		BEGIN { printf "[" }
		{
			printf "%s\n {\"version\": \"%s\", \"flavour\": \"%s\", \"package\": \"%s\", \"suites\": [", \
				(NR > 1 ? "," : ""), $1, $2, $3
			n = $4 == "-" ? 0 : split($4, suite, ",")
			for (i = 1; i <= n; i++) printf "%s\"%s\"", (i > 1 ? ", " : ""), suite[i]
			printf "], \"size_bytes\": %s, \"fetched_kib\": %s}", ($5 ? $5 : "null"), ($6 ? $6 : "null")
		}
		END { print "\n]" }'
}

# LABEL <tab> PACKAGE <tab> VERSION <tab> KERNEL of a kernel in the archive.  LABEL is its release without the
# architecture, for the names of runs.
identify() { # KERNEL
	local label
	find_kernel "$1" || unknown_kernel "$1"
	label=${PACKAGE#linux-image-}
	label=${label%-unsigned}
	printf '%s\t%s\t%s\t%s\n' "${label%-amd64}" "$PACKAGE" "$VERSION" "$1"
}

# The generic kernels from FIRST to LAST, in the format of identify; of several packages of one upstream version the one
# in build/kernels/, else the last.
between() { # FIRST LAST
	local first last package here
	find_kernel "$1" || unknown_kernel "$1"
	first=$VERSION
	find_kernel "$2" || unknown_kernel "$2"
	last=$VERSION
	here=$(fetched_kernels | cut -f1,2 | sed 's/-unsigned\t/\t/')
	generic_kernels | awk -F'\t' -v first="$first" -v last="$last" -v here="$here" '
		function upstream(v) { sub(/-[^-]*$/, "", v); return v }
		BEGIN { n = split(here, line, "\n"); for (i = 1; i <= n; i++) { split(line[i], f, "\t"); is_here[f[1], f[2]] = 1 } }
		$1 == first { on = 1 }
		on {
			u = upstream($1)
			if (!(u in package)) order[++count] = u
			# The ends are what was asked for.
			if (!(u in fixed) && (!(u in package) || !(u in kept))) package[u] = $2
			if (($2, $1) in is_here && !(u in fixed)) { package[u] = $2; kept[u] = 1 }
			if ($1 == first || $1 == last) { package[u] = $2; fixed[u] = 1 }
		}
		$1 == last { exit }
		END { for (i = 1; i <= count; i++) print package[order[i]] }' >"$TMP/between"
	while read -r package; do
		if find_kernel "$package"; then
			if has_package "$package-unsigned" "$VERSION"; then package+=-unsigned; fi
			identify "$package"
		fi
	done <"$TMP/between"
}

# Removes the directories of that kernel, signed and unsigned, or of the ID of a kernel given as a file.
remove() { # KERNEL
	local id gone=''
	if [[ $1 == file-* && -d $KERNELS/$1 ]]; then
		rm -rf "${KERNELS:?}/$1"
		say "removed $1"
		return
	fi
	find_kernel "$1" || unknown_kernel "$1"
	for id in "${PACKAGE%-unsigned}" "${PACKAGE%-unsigned}-unsigned"; do
		id=$(id_of "$id" "$VERSION")
		[[ -d $KERNELS/$id ]] || continue
		rm -rf "${KERNELS:?}/$id"
		say "removed $id"
		gone=yes
	done
	[[ $gone ]] || die 64 "$PACKAGE $VERSION is not here; ./run.sh kernels shows what is"
}
