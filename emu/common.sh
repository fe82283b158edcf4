# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts in emu/: messages, a temporary directory that is always removed, an apt root, and
# digests.  After `begin NAME` the stderr of commands goes to $TMP/err, where on_exit finds the
# reason of a failure; `say` and `die` write to the stderr of the script.

# The scripts run in the directory that holds emu/; what they make goes to $BUILD.  For an installed daxdm run.sh sets
# these variables (lib/base/place.h).
readonly BUILD=${DAXDM_CACHE:-$PWD/build} DAXDM=${DAXDM_LIB:-$PWD/build}/daxdm

TMP=
NAME=
CHILD=
WHY=
exec 8>&2

say() { echo "$NAME: $*" >&8; }

die() { # STATUS TEXT; works in a subshell: the file shows the script that a message was printed
	[[ -z $TMP ]] || : >"$TMP/said"
	local text=${*:2}
	[[ -z ${DAXDM_DATA-} ]] || text=${text//.\/run.sh/daxdm}
	echo "daxdm: $text" >&8
	exit "$1"
}

# Prints the reason of a command that failed without a message.
explain() { # STATUS
	local why
	why=$(grep -v '^W: ' "$TMP/err" 2>/dev/null | tail -n 1) || true
	if grep -qs 'No space left\|enough free space' "$TMP/err" || [[ $(df --output=avail -k "$BUILD" | tail -n 1) -lt 64 ]]; then
		echo "daxdm: disk full under $BUILD; free some space there and try again" >&8
	else
		echo "daxdm: $NAME failed: ${why:-status $1}" >&8
	fi
}

on_exit() {
	local status=$?
	if ((status)) && [[ -n $TMP && ! -e $TMP/said ]]; then
		explain $status
		status=4
	fi
	[[ -z $TMP ]] || rm -rf "$TMP"
	exit $status
}

# A command that may take minutes: bash runs a trap only between commands, or in a wait.
patiently() { # COMMAND...
	"$@" &
	CHILD=$!
	wait "$CHILD"
}

on_signal() { # STATUS
	[[ -z $CHILD ]] || kill "$CHILD" 2>/dev/null || true
	[[ -z $TMP ]] || : >"$TMP/said"
	exit "$1"
}

# Takes the lock $BUILD/NAME.lock, so that two runs do not interfere, and creates $TMP.
begin() { # NAME
	NAME=$1
	trap on_exit EXIT
	trap 'on_signal 130' INT
	trap 'on_signal 143' TERM
	umask 022 # QEMU runs as nobody and reads the files
	mkdir -p "$BUILD" 2>/dev/null || die 4 "cannot make $BUILD: no permission or disk full"
	{ exec 9>"$BUILD/$NAME.lock"; } 2>/dev/null || die 4 "cannot write $BUILD: no permission or disk full"
	if ! flock -n 9; then
		say "waiting for another run"
		flock -w 900 9 || die 4 "another $NAME run has held $BUILD/$NAME.lock for 15 minutes; end it"
	fi
	rm -rf "$BUILD/$NAME".tmp.* # of killed runs: this one holds the lock
	TMP=$(mktemp -d "$BUILD/$NAME.tmp.XXXXXX") || die 4 "cannot make a directory in $BUILD: disk full?"
	exec 2>"$TMP/err"
}

need() { # PROGRAM PACKAGE: prints the program's path
	PATH=$PATH:/sbin:/usr/sbin command -v "$1" || die 4 "the program $1 is missing; run: apt-get install $2"
}

# A path relative to the caller's working directory, $CALLER.
absolute() { # PATH
	case $1 in
	/*) echo "$1" ;;
	*) echo "$CALLER/$1" ;;
	esac
}

# Fails early if there is not enough space: apt hangs on a full disk.
room() { # MIB WHAT
	local free
	free=$(df --output=avail -m "$BUILD" | tail -n 1)
	((free >= $1)) || die 4 "disk full: $2 needs $1 MiB under $BUILD, $((free)) MiB are free; free some space there and try again"
}

# Prints the names in DIR that match PATTERN, without the KEEP newest.
old_ones() { # DIR PATTERN KEEP
	find "$1" -mindepth 1 -maxdepth 1 -name "$2" -printf '%T@ %f\n' | sort -rn | tail -n "+$(($3 + 1))" | cut -d' ' -f2-
}

# --- a separate apt root, $APT --------------------------------------------------------------------

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Nothing is installed from it, and signatures are verified with $KEYRING.
apt_root() {
	[[ -r $KEYRING ]] || die 4 "no $KEYRING: cannot verify packages; run: apt-get install debian-archive-keyring"
	# Not in apt.conf, where a path must not have a quote.
	APT_OPTIONS=(-q -c "$APT/apt.conf" -o "Dir::State::Lists=$APT/lists" -o "Dir::Cache=$APT/cache"
		-o "Dir::Etc::SourceList=$APT/sources.list")
	mkdir -p "$APT/lists/partial" "$APT/cache/archives/partial"
	cat >"$APT/apt.conf" <<-CONF
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Dir::Cache::pkgcache "pkgcache.bin";
		Dir::Cache::srcpkgcache "";
		Dir::Etc::SourceParts "/dev/null";
		APT::Sandbox::User "";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		Acquire::Languages "none";
		Acquire::Retries "1";
		Acquire::http::Timeout "20";
	CONF
}

apt_run() { # ARGUMENTS of apt-get...; only in a subshell, which it replaces
	exec timeout 900 apt-get "${APT_OPTIONS[@]}" "$@"
}

# The archive that this machine uses, in a format of apt-get indextargets.
own_archive() { # FORMAT
	apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -u
}

no_archive() {
	die 4 "apt knows no Debian archive; run: apt-get update"
}

# --- digests of the files that later runs use -----------------------------------------------------

# DIR/digest or FILE.digest has a line for each file: path, bytes, time and SHA-256, separated by
# tabs.
digest_of() { # PATH
	if [[ -d $1 ]]; then echo "$1/digest"; else echo "$1.digest"; fi
}

files_of() ( # PATH: the first three fields
	cd "$(dirname "$(digest_of "$1")")" || exit
	if [[ -d $1 ]]; then set -- .; else set -- "./${1##*/}"; fi
	find "$1" ! -type d ! -path ./digest -printf '%p\t%s\t%T@\n' | LC_ALL=C sort
)

# Writes the digest of the files in $TMP/files to $TMP/digest.
hash_files() { # PATH
	(cd "$(dirname "$(digest_of "$1")")" && cut -f1 "$TMP/files" | xargs -r -d '\n' sha256sum) | cut -c1-64 |
		paste "$TMP/files" - >"$TMP/digest"
}

seal() { # PATH
	files_of "$1" >"$TMP/files"
	hash_files "$1"
	mv "$TMP/digest" "$(digest_of "$1")"
}

# Whether nothing changed since seal; else WHY has the reason.  The content is read only if the
# bytes or time of a file differ.
whole() { # PATH
	local digest
	digest=$(digest_of "$1")
	WHY="it has no digest"
	[[ -s $digest ]] || return 1
	files_of "$1" >"$TMP/files"
	! cut -f1-3 "$digest" | cmp -s - "$TMP/files" || return 0
	hash_files "$1" || true
	WHY=$(comm -3 <(cut -f1,2,4 "$digest") <(cut -f1,2,4 "$TMP/digest") | sed 's/^\t//; s/\t.*//; s|^\./||' |
		uniq | awk 'NR == 1 { first = $0 } END { if (NR) print first (NR > 1 ? " and " NR - 1 " more" : "") " changed" }')
	[[ -z $WHY ]] || return 1
	mv "$TMP/digest" "$digest"
}
