# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A checkout in which run.sh and the verbs of the program are real; what measures, checks, draws and fetches is replaced,
# and writes down how it was called.

fake_checkout() { # sets CO
	CO=$(hostile_directory)
	mkdir -p "$CO/emu" "$CO/plot" "$CO/results" "$CO/build"
	mkdir "$CO/workloads"
	cp "$TOP/run.sh" "$TOP/packages.txt" "$CO/"
	install -D -t "$CO/cli/driver" "$TOP/cli/driver/slurm.sh"
	printf '# both filesystems\nstack raw\nfs   ext4 xfs\nbench fault\n' | tee "$CO/workloads/"{default,quick,full} >/dev/null
	printf 'all:\n\t@:\n' >"$CO/Makefile"
	fake emu/kernel.sh 'mkdir -p build/kernels/k; echo 6.1.0-56-amd64 >build/kernels/k/release
		echo "linux-image-6.1.0-56-amd64 6.1.192-1" >build/kernels/k/package
		echo build/kernels/k'
	fake emu/initramfs.sh 'echo "build/$2.cpio"'
	fake plot/plot.sh :
	fake_program :
}

# A script that writes its words to calls, then does BODY.
fake() { # PATH BODY
	printf '#!/bin/bash\necho "%s $*" >>calls\n%s\n' "$1" "$2" >"$CO/$1"
	chmod +x "$CO/$1"
}

# The program: does BODY, then nothing for a verb that measures, checks or prints a run; the others are those of the real one.
# $RUN is the directory of the run that is to be made.
fake_program() { # BODY
	fake build/daxdm "RUN=\$(sed -nE 's/.*--(results|output) ([^ ]*).*/\2/p' <<<\"\$*\")
		RUN=\${RUN%/run.jsonl}
		$1
		case \$1 in
		emulate | checks) mkdir -p \"\$RUN\" ;;
		bench-here | check-here) echo '{}' >\"\$RUN/run.jsonl\" ;;
		report) echo \"results are in \${*: -1}/\" ;;
		verdicts | behaviour | coverage | identical) ;;
		*) exec \"$TOP/build/daxdm\" \"\$@\" ;;
		esac"
}

# What was called, but for the program's own verbs.
called() {
	grep -vE '^build/daxdm (bench|check|compare|assert|bisect|explain|gate-selftest|list|measure-kernel)( |$)' "$CO/calls"
}

left_nothing() {
	! compgen -G "$CO/build/*.tmp.*"
}
