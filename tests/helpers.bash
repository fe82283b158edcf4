# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the bats files share.
bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export TOP

# Messages of other programs, sort orders and character classes are those of one locale.
export LC_ALL=C.UTF-8

# Times are what an idle host needs, times this factor (tests/run.sh).
PATIENCE=${PATIENCE:-6}

# In place of the function of bats 1.8: the process that counts a test's time down ignores its signal until it has set a
# trap, and goes on after a test that is over by then.  It holds the output open, for whose end bats waits.
bats_abort_timeout_countdown() { # PID
	local sleeper
	kill -STOP "$1" 2>/dev/null || return 0
	sleeper=$(pgrep -P "$1" || true)
	disown "$1" 2>/dev/null || true
	# shellcheck disable=SC2086 # none or one
	kill -KILL "$1" $sleeper 2>/dev/null || true
}

# Ends with the test: bats ends a test that takes too long, but not the process group of timeout(1).
timeout() { # SECONDS COMMAND...
	command setpriv --pdeathsig TERM timeout --kill-after=20 "$(($1 * PATIENCE))" "${@:2}"
}

# The last command that `run` ran: status and, if given, a part of what it said.
expect() { # STATUS [TEXT]...
	local want=$1 text
	shift
	if [[ $status != "$want" ]]; then
		echo "status $status, wanted $want; it said:"
		echo "$output"
		return 1
	fi
	for text in "$@"; do
		if [[ $output != *"$text"* ]]; then
			echo "wanted '$text'; it said:"
			echo "$output"
			return 1
		fi
	done
}

# A file with the magic of a bzImage, and nothing else of one.
put_bzimage() { # FILE
	head -c 514 /dev/zero >"$1"
	printf 'HdrS%06d' 0 >>"$1"
}

# An error is one line, or that line and one with the command that mends it.
expect_short() {
	if ((${#lines[@]} > 2)); then
		echo "more than two lines:"
		echo "$output"
		return 1
	fi
}

# Valid by the schema of Jenkins' JUnit plugin, and every failure and error has text.
valid_junit() { # FILE
	xmllint --noout --schema "$TOP/tests/junit.xsd" "$1"
	[[ $(xmllint --xpath 'count(//failure[not(normalize-space(.))] | //error[not(normalize-space(.))])' "$1") == 0 ]]
}

# True once the command is; gives up after that many seconds.
within() { # SECONDS COMMAND...
	local end=$((SECONDS + $1 * PATIENCE))
	shift
	until "$@"; do
		if ((SECONDS >= end)); then
			echo "not within the time: $*"
			return 1
		fi
		sleep 0.2
	done
}

gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

# The pids and commands of all processes with this mark in their environment.
marked() { # MARK
	local file pid
	while read -r file; do
		pid=${file//[^0-9]/}
		if [[ $pid != "$$" && $pid != "$BASHPID" ]]; then
			echo "$pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		fi
	done 2>/dev/null < <(grep -lzxF "DAXDM_TEST_MARK=$1" /proc/[0-9]*/environ)
}

none_marked() { # MARK
	[[ -z $(marked "$1") ]]
}

# For a teardown: a failed test does not leave its processes.
end_marked() { # MARK
	marked "$1" | awk '{ print $1 }' | xargs -r kill -KILL 2>/dev/null || true
}

# Runs a command in the background with the mark $MARK; its pid is in $!, its output in out and err.  A job in the
# background ignores SIGINT; env gives it back.
start_marked() { # COMMAND...
	DAXDM_TEST_MARK=$MARK env --default-signal=INT "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
}

# Waits for it; status and output are as of `run`.
ended() { # [PID]: if something else was started since
	status=0
	wait "${1:-$!}" || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err")
}

# No process, no temporary file since START, no device of ours.
expect_nothing_left() { # MARK START-FILE
	within 10 none_marked "$1" || {
		marked "$1"
		return 1
	}
	local left
	left=$(find "$TOP/build" -maxdepth 2 -name '*.tmp.*' -newer "$2" ! -path '*/test.tmp.*')
	if [[ $left ]]; then
		echo "left behind: $left"
		return 1
	fi
}

# Not those that only print their version.
qemu_of() { # MARK
	marked "$1" | awk '$2 ~ /qemu-system/ && / -kernel / { print $1 }'
}

qemu_runs() { # MARK
	[[ $(qemu_of "$1") ]]
}

# Recomputes the quantiles and the mean of each record from its samples; the reader refuses a run where
# they disagree.
settle() { # <RUN.JSONL
	jq -c 'if .type != "record" then . else
		([.samples[] as [$value, $count] | range($count) | $value] | sort) as $all |
		.n as $n | def at($percent): $all[([(($n * $percent + 99) / 100 | floor), 1] | max) - 1];
		.samples |= sort | .min = at(0) | .p10 = at(10) | .median = at(50) | .p90 = at(90) |
		.p99 = at(99) | .max = at(100) | .mean = ($all | add / $n) end'
}

# The guest's own initramfs with a second archive behind it, which the kernel unpacks as well: a script of
# tests/e2e/guest as daxdm, the real one as daxdm.real, and the words of busybox that the script needs.
overlay() { # CPIO SCRIPT OUT [LIBRARY]
	local tree applet
	tree=$(mktemp -d "$BATS_FILE_TMPDIR/tree.XXXXXX")
	mkdir -p "$tree/bin" "$tree/lib"
	cp "$TOP/tests/e2e/guest/$2" "$tree/bin/daxdm"
	cp "$TOP/build/daxdm" "$tree/bin/daxdm.real"
	chmod 755 "$tree" "$tree"/bin/*
	for applet in ls cp rm kill od wc; do ln -s busybox "$tree/bin/$applet"; done
	if [[ ${4-} ]]; then cp "$4" "$tree/lib/"; fi
	cp "$1" "$3"
	(cd "$tree" && find . -mindepth 1 | cpio -o -H newc --quiet) >>"$3"
}

# A directory with shell, make and PATH metacharacters in its name.
hostile_directory() {
	# shellcheck disable=SC2016
	echo "$BATS_TEST_TMPDIR/"'check out'\''; touch X; "&(`touch X`,$(touch X):%#'
}

# Other users may enter the directory of this test.
open_test_directory() {
	chmod a+rX "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR"
}

# The program as another user than root runs it, from a copy: the checkout may be below a directory of mode 0700.
run_as_nobody() { # SECONDS WORD...
	local seconds=$1
	shift
	open_test_directory
	cp "$TOP/build/daxdm" "$BATS_TEST_TMPDIR/daxdm"
	run timeout "$seconds" setpriv --reuid 65534 --regid 65534 --clear-groups "$BATS_TEST_TMPDIR/daxdm" "$@"
}

# A copy of the sources with what is built of them, as it stands: make then compiles what changes in it.
copy_of_sources() { # DIR
	local dir
	mkdir -p "$1/build" "$1/results"
	for dir in "$TOP"/* "$TOP"/.[a-z]*; do
		case ${dir##*/} in build | results | .git) ;; *) cp -a "$dir" "$1/" ;; esac
	done
	for dir in daxdm flags gen libs-seen obj libperf; do
		[[ ! -e $TOP/build/$dir ]] || cp -a "$TOP/build/$dir" "$1/build/"
	done
}
