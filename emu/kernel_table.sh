# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2153
#
# For emu/kernel.sh: the labels of kernels in the names of runs; the kernels between two others; removal.  The table of
# kernels is cli/kernels.c.

# LABEL <tab> PACKAGE <tab> VERSION <tab> KERNEL of a kernel in the archive.  LABEL is its release without the
# architecture, for the names of runs.
identify() { # KERNEL
	local label
	find_kernel "$1" || unknown_kernel "$1"
	label=${PACKAGE#linux-image-}
	label=${label%-unsigned}
	printf '%s\t%s\t%s\t%s\n' "${label%-amd64}" "$PACKAGE" "$VERSION" "$1"
}

# The generic kernels from FIRST to LAST, in the format of identify.  Of several packages of one upstream version: FIRST
# or LAST, else the one in build/kernels/, else the newest.
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
