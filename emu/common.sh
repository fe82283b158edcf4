# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For the scripts in emu/: one line on stderr and a temporary directory that never stays.
# After `begin NAME DIR` what commands say on stderr goes to $TMP/err, for a person only needs it as
# the reason of a failure; `say` and `die` still reach the person.

TMP=
NAME=
CHILD=
WHY=
exec 8>&2

say() { echo "$NAME: $*" >&8; }

die() { # STATUS TEXT; also in a subshell, so that it is a file that remembers
	[[ -z $TMP ]] || : >"$TMP/said"
	echo "daxdm: ${*:2}" >&8
	exit "$1"
}

# A command failed that nothing was said about: the disk may be full, or the machine is odd.
explain() { # STATUS
	local why
	why=$(grep -v '^W: ' "$TMP/err" 2>/dev/null | tail -n 1) || true
	if grep -qs 'No space left\|enough free space' "$TMP/err" || [[ $(df --output=avail -k "$PWD/build" | tail -n 1) -lt 64 ]]; then
		echo "daxdm: disk full under $PWD/build; free some space there and try again" >&8
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

# Takes the lock build/NAME.lock, so that two runs do not trample each other, and makes $TMP.
begin() { # NAME
	NAME=$1
	trap on_exit EXIT
	trap 'on_signal 130' INT
	trap 'on_signal 143' TERM
	umask 022 # QEMU reads what is made here as nobody
	mkdir -p "$PWD/build" 2>/dev/null || die 4 "cannot make $PWD/build: no permission or disk full"
	{ exec 9>"$PWD/build/$NAME.lock"; } 2>/dev/null || die 4 "cannot write $PWD/build: no permission or disk full"
	if ! flock -n 9; then
		say "waiting for another run"
		flock -w 900 9 || die 4 "another $NAME run holds $PWD/build/$NAME.lock for 15 minutes; end it"
	fi
	rm -rf "$PWD/build/$NAME".tmp.* # of runs that were killed: we hold the lock
	TMP=$(mktemp -d "$PWD/build/$NAME.tmp.XXXXXX") || die 4 "cannot make a directory in $PWD/build: disk full?"
	exec 2>"$TMP/err"
}

need() { # PROGRAM PACKAGE: prints the program's path
	PATH=$PATH:/sbin:/usr/sbin command -v "$1" || die 4 "the program $1 is missing; run: apt-get install $2"
}

# A path as the caller meant it, who stood in $CALLER before the script went to the top directory.
absolute() { # PATH
	case $1 in
	/*) echo "$1" ;;
	*) echo "$CALLER/$1" ;;
	esac
}

# Refuses early what would not fit: apt, for one, stands still for ever on a full disk.
room() { # MIB WHAT
	local free
	free=$(df --output=avail -m "$PWD/build" | tail -n 1)
	((free >= $1)) || die 4 "disk full: $2 needs $1 MiB under $PWD/build, $((free)) are free; free some space there and try again"
}

# --- what is kept for later runs -----------------------------------------------------------------

# What a kept directory or file held when it was made is in DIR/digest or FILE.digest: for each file its
# path, bytes, time and SHA-256, with tabs.
digest_of() { # PATH
	if [[ -d $1 ]]; then echo "$1/digest"; else echo "$1.digest"; fi
}

files_of() ( # PATH, as the first three
	cd "$(dirname "$(digest_of "$1")")" || exit
	if [[ -d $1 ]]; then set -- .; else set -- "./${1##*/}"; fi
	find "$1" ! -type d ! -path ./digest -printf '%p\t%s\t%T@\n' | LC_ALL=C sort
)

# The whole digest of it as it is now, in $TMP/digest; $TMP/files has the first three.
hash_files() { # PATH
	(cd "$(dirname "$(digest_of "$1")")" && cut -f1 "$TMP/files" | xargs -r -d '\n' sha256sum) | cut -c1-64 |
		paste "$TMP/files" - >"$TMP/digest"
}

seal() { # PATH
	files_of "$1" >"$TMP/files"
	hash_files "$1"
	mv "$TMP/digest" "$(digest_of "$1")"
}

# Whether it is what it was when it was sealed; WHY says why not.  Only where bytes or time of a file
# differ all is read.
whole() { # PATH
	local digest
	digest=$(digest_of "$1")
	WHY="made by an older daxdm, without a digest"
	[[ -s $digest ]] || return 1
	files_of "$1" >"$TMP/files"
	! cut -f1-3 "$digest" | cmp -s - "$TMP/files" || return 0
	hash_files "$1" || true
	WHY=$(comm -3 <(cut -f1,2,4 "$digest") <(cut -f1,2,4 "$TMP/digest") | sed 's/^\t//; s/\t.*//; s|^\./||' |
		uniq | awk 'NR == 1 { first = $0 } END { if (NR) print first (NR > 1 ? " and " NR - 1 " more are not what they were" : " is not what it was") }')
	[[ -z $WHY ]] || return 1
	mv "$TMP/digest" "$digest"
}
