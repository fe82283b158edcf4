# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2153
#
# For emu/kernel.sh: the labels of kernels in the names of runs; the kernels between two others; removal.  The table of
# kernels is cli/kernels.c.

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
