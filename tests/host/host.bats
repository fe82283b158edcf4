#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh on a host of its own, as its user sees it: a Debian guest with persistent memory (tests/e2e/debian.bash).  The
# figures in doc/this-host.md are of more tries of the same scripts: DAXDM_TEST_KILLS is the number of runs to kill, with
# DAXDM_TEST_ALL all kinds of devices are tried.

load ../helpers
load ../e2e/debian

setup_file() {
	make -s -C "$TOP" >/dev/null
	debian_make "$BATS_FILE_TMPDIR/guest"
}

setup() {
	DIR=$BATS_FILE_TMPDIR/guest
	debian_kernel
}

teardown() {
	debian_end
}

# What the job in the guest said; it found nothing wrong.
expect_said() { # TEXT...
	local text
	for text; do
		if ! grep -qF -- "$text" "$DIR/said"; then
			echo "wanted '$text'; it said:"
			cat "$DIR/said" "$DIR/qemu.log"
			return 1
		fi
	done
	if grep -a '^WRONG' "$DIR/said"; then return 1; fi
}

@test "devices in use, with a signature or of a wrong kind are refused in one line and not written to" {
	local quick=quick
	local limit=60
	[[ ! ${DAXDM_TEST_ALL-} ]] || quick='' limit=300
	debian_job "$DIR" "$limit" <<-JOB
		. /run/devices
		bash tests/e2e/guest/refusals \$SMALL \$RAW $quick
	JOB
	expect_said "kinds refused"
}

@test "a run is killed, the host loses power in another: cleanup removes what is theirs, and the next one works" {
	local kills=${DAXDM_TEST_KILLS:-3}
	{
		echo "KILLS=$kills"
		cat <<-'JOB'
			. /run/devices
			printf 'y\n' | ./run.sh bench --host --device $NVDIMM --wipe
			echo "another name: $?"
			ndctl create-namespace -f -e $NVDIMM_NAMESPACE -m fsdax -a 2M >/dev/null
			mkfs.ext4 -qF -b 4096 $NVDIMM
			echo $NVDIMM | DAXDM_TIME_OF_TCG=1 ./run.sh bench --host --device $NVDIMM --wipe --stack raw --stack linear:4 \
				--fs ext4 --bench fault.read.warm.pte --name wiped
			echo "wiped: $?"
			bash tests/e2e/guest/kills $LARGE1 $SMALL $KILLS $RANDOM
			bash tests/e2e/guest/power_cut $NVDIMM run
		JOB
	} >"$BATS_TEST_TMPDIR/job"
	debian_job "$DIR" $((60 + 20 * kills)) <"$BATS_TEST_TMPDIR/job"
	expect_said "another name: 64" "wiped: 0" "$kills tries" "@running"
	debian_job "$DIR" 60 <<-'JOB'
		. /run/devices
		bash tests/e2e/guest/power_cut $NVDIMM after
	JOB
	expect_said "cut: the next run works"
}
