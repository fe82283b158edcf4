# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the bats files share.
bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export TOP

# So many times as long as an idle machine needs at most is waited for what a test waits for (tests/run.sh): a busy one is
# no failure.
PATIENCE=6

timeout() { # SECONDS COMMAND...
	command timeout "$(($1 * PATIENCE))" "${@:2}"
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

# An error is one line, or that line and one with the command that mends it.
expect_short() {
	if ((${#lines[@]} > 2)); then
		echo "more than two lines:"
		echo "$output"
		return 1
	fi
}

# JUnit that Jenkins takes, of which each failure and error says why in its text.
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

# Every process that was started from here, however deep, has $MARK in its environment.
marked() { # prints their pids and commands
	local dir pid
	for dir in /proc/[0-9]*; do
		pid=${dir#/proc/}
		if [[ $pid != "$$" && $pid != "$BASHPID" ]] &&
			tr '\0' '\n' <"$dir/environ" 2>/dev/null | grep -qx "DAXDM_TEST_MARK=$1"; then
			echo "$pid $(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)"
		fi
	done 2>/dev/null
}

none_marked() { # MARK
	[[ -z $(marked "$1") ]]
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

qemu_of() { # MARK
	marked "$1" | awk '$2 ~ /qemu-system/ { print $1 }'
}

qemu_runs() { # MARK
	[[ $(qemu_of "$1") ]]
}

# Makes the quantiles and the mean of each record follow from its samples, which a test has changed;
# run.jsonl is refused otherwise.
settle() { # <RUN.JSONL
	jq -c 'if .type != "record" then . else
		([.samples[] as [$value, $count] | range($count) | $value] | sort) as $all |
		.n as $n | def at($percent): $all[([(($n * $percent + 99) / 100 | floor), 1] | max) - 1];
		.samples |= sort | .min = at(0) | .p10 = at(10) | .median = at(50) | .p90 = at(90) |
		.p99 = at(99) | .max = at(100) | .mean = ($all | add / $n) end'
}
