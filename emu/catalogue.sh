# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2153
#
# For emu/kernel.sh: from the name of a kernel to its packages in the catalogue (emu/archive.sh).
# The table of kernels is cli/kernels.c.

# The kernels that can be named by version: VERSION <tab> PACKAGE, oldest first.  Without
# metapackages (they depend on another linux-image), the other flavours, and kernels whose modules
# are no longer in the archive.
generic_kernels() {
	awk -F'\t' -v OFS='\t' '
		FNR == NR { there[$1, $2] = 1; next }
		$1 !~ /^linux-image-[0-9].*-amd64$/ || $1 ~ /-(cloud|rt)-amd64$/ || $4 ~ /linux-image-/ { next }
		{
			whole = 1
			n = split($4, dep, /, */)
			for (i = 1; i <= n; i++) {
				sub(/ .*/, "", dep[i])
				if (dep[i] ~ /^linux-(binary|modules)-/ && !((dep[i], $2) in there)) whole = 0
			}
			if (whole) print $2, $1
		}' "$CATALOGUE" "$CATALOGUE" | sort -u | sort -t $'\t' -k1,1V
}

# The newest of each series, in the format of generic_kernels.
newest_of_series() {
	generic_kernels | awk -F'[.~-]' '{ s = $1 "." $2; if (!(s in line)) order[++n] = s; line[s] = $0 }
		END { for (i = 1; i <= n; i++) print line[order[i]] }'
}

# VERSION <tab> PACKAGE of the newest kernel whose upstream version is, or starts with, $1.
by_version() {
	generic_kernels | awk -F'\t' -v want="${1/-rc/\~rc}" '{
		upstream = $1
		sub(/^[0-9]+:/, "", upstream)
		sub(/-[^-]*$/, "", upstream)
		if (upstream == want || index(upstream, want ".") == 1 || index(upstream, want "~") == 1)
			found = $0
	} END { if (found) print found }'
}

by_package() { # NAME [CODENAME]: newest VERSION <tab> NAME, of that Debian release
	awk -F'\t' -v OFS='\t' -v name="$1" -v of="${2-}" '
		$1 == name && (!of || $3 ~ "^" of "(-security|-updates)?$") { print $2, $1 }' "$CATALOGUE" | sort -V | tail -n 1
}

field_of() { # NAME VERSION N: that field of the package in the catalogue
	awk -F'\t' -v name="$1" -v version="$2" -v n="$3" '$1 == name && $2 == version { print $n; exit }' "$CATALOGUE"
}

has_package() { # NAME VERSION
	[[ $(field_of "$1" "$2" 1) ]]
}

depends_of() { # NAME VERSION: names of the linux-* packages it needs
	field_of "$1" "$2" 4 | tr ',' '\n' | sed -nE 's/^ *(linux-(image-|binary-|modules-|base-[0-9])[^ ]+).*/\1/p'
}

# Sets PACKAGE and VERSION; returns 1 when the catalogue has no such kernel.
find_kernel() { # KERNEL
	local line next
	case $1 in
	debian) # this machine's own release
		# shellcheck disable=SC1091
		line=$(. /etc/os-release && by_package linux-image-amd64 "${VERSION_CODENAME:--}") ;;
	newest) line=$(generic_kernels | tail -n 1) ;;
	linux-*) line=$(by_package "$1") ;;
	*-amd64) line=$(by_package "linux-image-$1") ;;
	*) line=$(by_version "$1") ;;
	esac
	[[ -n $line ]] || return 1
	IFS=$'\t' read -r VERSION PACKAGE <<<"$line"
	while next=$(depends_of "$PACKAGE" "$VERSION" | grep '^linux-image-' | head -n 1) && [[ -n $next ]]; do
		PACKAGE=$next # a metapackage
	done
	# The same kernel without a signature, which QEMU does not verify; not if the package was
	# named.
	if [[ $1 != linux-image-*[0-9]* ]] && has_package "$PACKAGE-unsigned" "$VERSION"; then
		PACKAGE+=-unsigned
	fi
}

# The upstream versions of the series of a kernel, the newest six; nothing if there is no such series.
same_series() { # KERNEL
	local series
	series=$(sed -nE 's/^([0-9]+\.[0-9]+)([^0-9].*)?$/\1/p' <<<"$1")
	[[ -z $series ]] || generic_kernels | cut -f1 | sed 's/^[0-9]*://; s/-[^-]*$//' |
		awk -v series="$series" 'index($0 ".", series ".") == 1 || index($0, series "~") == 1' | uniq | tail -n 6
}

unknown_kernel() { # KERNEL
	local near what="newest of its series"
	near=$(same_series "$1" | paste -sd' ')
	if [[ -z $near ]]; then
		what="newest of each series"
		near=$(newest_of_series | cut -f1 | sed 's/-[^-]*$//' | paste -sd' ')
	fi
	die 64 "unknown kernel '$1' (lists of $(date -r "$CATALOGUE" '+%F %R')); $what: $near;" \
		"./run.sh kernels shows all, ./run.sh kernels --update reads the archive's lists anew"
}

# The packages of lines VERSION <tab> PACKAGE, the unsigned one if there is one.
plain_names() {
	local version package
	while IFS=$'\t' read -r version package; do
		if has_package "$package-unsigned" "$version"; then package+=-unsigned; fi
		echo "$package"
	done
}

# LABEL <tab> PACKAGE <tab> VERSION <tab> KERNEL of a kernel in the archive.  LABEL is its release
# without the architecture, for the names of runs.
identify() { # KERNEL
	local label
	find_kernel "$1" || unknown_kernel "$1"
	label=${PACKAGE#linux-image-}
	label=${label%-unsigned}
	printf '%s\t%s\t%s\t%s\n' "${label%-amd64}" "$PACKAGE" "$VERSION" "$1"
}

# The generic kernels from FIRST to LAST, in the format of identify.  Of several packages of one
# upstream version: FIRST or LAST, else the one in build/kernels/, else the newest.
between() { # FIRST LAST
	local first last package here
	find_kernel "$1" || unknown_kernel "$1"
	first=$VERSION
	find_kernel "$2" || unknown_kernel "$2"
	last=$VERSION
	here=$(sed -n 's/-unsigned / /; s/^\(linux-.*\) /\1\t/p' "$KERNELS"/*/package 2>/dev/null) || true
	generic_kernels | awk -F'\t' -v first="$first" -v last="$last" -v here="$here" '
		BEGIN { n = split(here, line, "\n"); for (i = 1; i <= n; i++) { split(line[i], f, "\t"); is_here[f[1], f[2]] = 1 } }
		$1 == first { on = 1 }
		on {
			upstream = $1
			sub(/-[^-]*$/, "", upstream)
			if (!(upstream in rank)) order[++count] = upstream
			r = $1 == first || $1 == last ? 2 : ($2, $1) in is_here
			if (r >= rank[upstream]) { rank[upstream] = r; chosen[upstream] = $0 }
		}
		$1 == last { exit }
		END { for (i = 1; i <= count; i++) print chosen[order[i]] }' | plain_names >"$TMP/between"
	while read -r package; do
		identify "$package"
	done <"$TMP/between"
}
