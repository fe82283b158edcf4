# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2153
#
# For emu/kernel.sh: reads the package lists of all suites of the archive into the catalogue of
# kernel packages.

# A line for each package: NAME <tab> VERSION <tab> CODENAME <tab> DEPENDS <tab> BYTES.  For a
# package that is in the archive but in no list, CODENAME is "unlisted" and DEPENDS is its URL.
readonly CATALOGUE=$APT/catalogue
readonly FRESH_MINUTES=1440

# The suites that this machine uses, by its own names, then every other suite at the same address.
write_sources() {
	local uri release suite main="" security="" opts="[arch=amd64 signed-by=$KEYRING]"
	own_archive '$(REPO_URI)|$(RELEASE)|$(SUITE)' >"$TMP/own"
	while IFS='|' read -r uri release suite; do
		case $suite in
		*-security) security=$uri ;;
		*-updates | *-backports* | *-debug) ;;
		*) main=$uri ;;
		esac
		echo "deb $opts $uri $release main"
	done <"$TMP/own" >"$TMP/sources"
	[[ $main ]] || no_archive # no lists on this machine
	for suite in {oldoldstable,oldstable,stable}{,-backports,-security} testing unstable experimental; do
		uri=$main
		[[ $suite != *-security ]] || uri=$security
		[[ -z $uri ]] || cut -d'|' -f3 "$TMP/own" | grep -qx "$suite" || echo "deb $opts $uri $suite main"
	done >>"$TMP/sources"
	mv "$TMP/sources" "$APT/sources.list"
}

apt_update() { # SOURCES
	# Cleanup would remove the lists of the other sources; a missing suite is not an error.
	patiently apt_run -o "Dir::Etc::SourceList=$1" -o APT::Get::List-Cleanup=false update >>"$TMP/update" 2>&1 || true
	if grep -qE '^E:.*No space left|^E: Write error' "$TMP/update"; then
		die 4 "disk full while reading the archive's lists into $APT; free some space and try again"
	fi
}

# The security archive keeps the updates of a release under its codename after the name
# "oldoldstable-security" is gone; the codename is in the index of the suite.
name_by_codename() {
	local uri suite codename
	: >"$APT/sources.again"
	while read -r uri suite; do
		codename=$(apt_run indextargets --format '$(CODENAME)' 'Created-By: Packages' \
			"Suite: ${suite%-security}" | head -n 1)
		[[ -n $codename ]] || continue
		sed -i "s| $suite main\$| $codename-security main|" "$APT/sources.list"
		grep -F " $codename-security main" "$APT/sources.list" >>"$APT/sources.again"
	done < <(sed -nE "s/^E: The repository '([^ ]+) ([^ ]+-security) Release'.*/\1 \2/p" "$TMP/update")
	[[ ! -s $APT/sources.again ]] || apt_update "$APT/sources.again"
}

# The lists of a suite drop the modules of a kernel before the kernel, and both before the archive
# removes the files: request the size of each package that is needed and not listed, by its expected
# name.  No list authenticates such a package; the kernel, which is listed, verifies the signatures
# of its modules.
ask_for_unlisted() {
	local proxy
	command -v curl >/dev/null || return 0
	proxy=$(apt-config shell P Acquire::http::Proxy | sed "s/^P='\(.*\)'$/\1/")
	apt_run indextargets --format '$(CODENAME)|$(REPO_URI)' 'Created-By: Packages' | sort -u >"$TMP/places"
	awk -F'\t' '
		part == 1 { split($0, place, "|"); uri[place[1]] = place[2]; next }
		part == 2 { there[$1, $2] = 1; next }
		$1 ~ /^linux-image-[0-9].*-amd64$/ && $3 in uri {
			at = uri[$3]
			sub(/\/*$/, "/", at)
			n = split($4, dep, /, */)
			for (i = 1; i <= n; i++) {
				name = dep[i]
				sub(/ .*/, "", name)
				if (name !~ /^linux-(modules|base)-[0-9]/ || (name, $2) in there || asked[name, $2]++) continue
				file = "pool/main/l/linux/" name "_" $2 "_amd64.deb"
				gsub(/\+/, "%2b", file)
				gsub(/~/, "%7e", file)
				print name "\t" $2 "\t" at file
			}
		}' part=1 "$TMP/places" part=2 "$TMP/catalogue" part=3 "$TMP/catalogue" >"$TMP/unlisted"
	[[ -s $TMP/unlisted ]] || return 0
	awk -F'\t' '{ print "url = \"" $3 "\"" }' "$TMP/unlisted" >"$TMP/urls"
	patiently ask_sizes "$proxy" >"$TMP/heads" || true
	awk -v OFS='\t' '
		part == 1 && tolower($1) == "content-length:" { bytes = $2 + 0 }
		part == 1 && $1 == "status" { size[$3] = $2 == 200 ? bytes : 0; bytes = 0 }
		part == 2 && size[$3] { print $1, $2, "unlisted", $3, size[$3] }' part=1 "$TMP/heads" part=2 "$TMP/unlisted" >>"$TMP/catalogue"
}

ask_sizes() { # PROXY: HEAD requests for the addresses in $TMP/urls
	exec timeout 120 curl -sS -I --connect-timeout 20 ${1:+-x "$1"} -w 'status %{http_code} %{url_effective}\n' \
		--config "$TMP/urls"
}

write_catalogue() {
	local codename file
	while IFS='|' read -r codename file; do
		/usr/lib/apt/apt-helper cat-file "$file" | awk -v codename="$codename" '
			BEGIN { RS = ""; FS = "\n"; OFS = "\t" }
			/^Package: linux-(image|binary|modules|base-[0-9])/ {
				name = version = depends = "-"
				bytes = 0
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^Package: /) name = substr($i, 10)
					if ($i ~ /^Version: /) version = substr($i, 10)
					if ($i ~ /^Depends: /) depends = substr($i, 10)
					if ($i ~ /^Size: /) bytes = substr($i, 7)
				}
				if (name !~ /-dbg$|-signed-template$/)
					print name, version, codename, depends, bytes
			}'
	done < <(apt_run indextargets --format '$(CODENAME)|$(FILENAME)' 'Created-By: Packages' |
		sort -u) >"$TMP/catalogue"
	[[ -s $TMP/catalogue ]] || return 1
	ask_for_unlisted
	mv "$TMP/catalogue" "$CATALOGUE"
}

# Returns 0 with a catalogue of today, 1 with an old one or none (no network).
refresh() { # [force]
	if [[ -z ${1-} && -s $CATALOGUE && -n $(find "$CATALOGUE" -mmin -$FRESH_MINUTES) ]]; then
		return 0
	fi
	room 500 "reading the archive's package lists"
	say "reading the archive's package lists (at most once a day)"
	apt_root
	write_sources
	: >"$TMP/update"
	apt_update "$APT/sources.list"
	name_by_codename
	if ! grep -qE '^(Get|Hit):' "$TMP/update"; then
		return 1
	fi
	write_catalogue
}
