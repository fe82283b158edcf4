# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The commands of README.md, CONTRIBUTING.md and doc/, and how each is tested: cli/readme.bats and e2e/doc.bats.

# Generated documents are tested with what generates them.
doc_files() {
	local file
	for file in "$TOP"/README.md "$TOP"/CONTRIBUTING.md "$TOP"/doc/*.md; do
		[[ ${file##*/} == options.md ]] || printf '%s\n' "$file"
	done
}

# Prints each command on a line.  A command is a line of an indented block, a line "$ COMMAND" of a console block, a whole
# sh block, or `./run.sh VERB ...` and `make TARGET` in a sentence.
doc_commands() { # FILE...
	awk '
		FNR == 1 { before = ""; fence = 0; code = 0 }
		/^ *```/ {
			fence = !fence
			if (fence && !/```(console|text|sh|c|diff)$/) print "a block without a known language: " FILENAME ":" FNR
			if (!fence && script != "") print script
			script = ""
			shell = /```sh$/; console = /```console$/
			next
		}
		fence {
			if (shell) script = script (script == "" ? "" : " ") $0
			if (console && /^\$ /) print substr($0, 3)
			next
		}
		{ was_code = code; code = 0 }
		/^ *$/ { code = was_code; before = ""; next }
		/^    +[^ ]/ && (before == "" || was_code) {
			code = 1
			line = $0
			sub(/^ +/, "", line)
			sub(/ +# .*/, "", line)
			print line
			next
		}
		{
			before = $0
			rest = $0
			while (match(rest, /`(\.\/run\.sh|make) [^`]*`/)) {
				print substr(rest, RSTART + 1, RLENGTH - 2)
				rest = substr(rest, RSTART + RLENGTH)
			}
		}' "$@"
}

# Prints how a command is tested:
#   here            cli/readme.bats executes it
#   make            cli/readme.bats has make say what it would do
#   guest           e2e/doc.bats executes it, on less
#   FILE: TEXT...   that test executes it: it holds each TEXT
# Returns 1 for a command that no test is known for.
doc_class() { # COMMAND
	case $1 in
	"./run.sh help" | "./run.sh list" | "./run.sh report "*published/* | "./run.sh compare linux-"* | "./run.sh cleanup --dry-run")
		echo here
		;;
	"make "*) echo make ;;
	*"--engine slurm"*) echo "tests/cli/slurm.bats: --engine slurm" ;;
	"./run.sh bench --stack raw --stack table:tables") echo "tests/e2e/bench.bats: all.table --stack" ;;
	"./run.sh bench --stack raw --stack lvm:vg.txt") echo "tests/e2e/bench.bats: lvm:" ;;
	"./run.sh cleanup") echo "tests/cli/cleanup.bats: cleanup" ;;
	"./run.sh clean") echo "tests/cli/killed.bats: run.sh\" clean" ;;
	"./run.sh new bench shiny" | "./run.sh bench --bench shiny"*) echo "tests/e2e/new.bats: new bench" ;;
	"./run.sh new check shiny" | "./run.sh check --check shiny"*) echo "tests/e2e/new.bats: new check --plant" ;;
	"./run.sh mutants"*) echo "tests/cli/mutants.bats: mutants" ;;
	"./run.sh publish") echo "tests/cli/publish.bats: publish" ;;
	"./run.sh compare before-1,"*) echo "tests/cli/compare.bats: IFS=, compare" ;;
	"./run.sh compare --html "*) echo "tests/cli/compare.bats: --html" ;;
	"./run.sh setup") echo "tests/cli/setup.bats: setup" ;;
	"./run.sh test") echo "tests/run.sh: tests/cli tests/e2e" ;;
	"./run.sh lint") echo "tests/run.sh: tests/lint.sh" ;;
	"./run.sh gate-selftest --full"*) echo "tests/cli/gate.bats: gate-selftest --full" ;;
	"./run.sh gate-selftest") echo "tests/e2e/gate.bats: gate-selftest" ;;
	"./run.sh bench" | "./run.sh check") echo "tests/e2e/${1##* }.bats: ${1##* } --quick" ;;
	"./run.sh bench --quick --namespace "*) echo "tests/e2e/namespace.bats: --namespace align=4k,map=dev" ;;
	"./run.sh assert "*) echo "tests/e2e/gate.bats: assert --metric --max" ;;
	"./run.sh bench --fio JOB") echo "tests/e2e/fiojob.bats: bench --fio" ;;
	"./run.sh bench --quick") echo "tests/e2e/bench.bats: bench --quick" ;;
	"./run.sh bench --repeat 2") echo "tests/e2e/bench.bats: --repeat 2" ;;
	"./run.sh bench --bench "* | "./run.sh bench --stack "*) echo "tests/e2e/bench.bats: bench --bench --stack --fs" ;;
	"./run.sh bench --kernel arch/x86/boot/bzImage --modules /tmp/modules")
		echo "tests/e2e/bench.bats: --kernel --modules"
		;;
	"./run.sh bench --kernel 6.1 --module drivers/md/dm-mod.ko") echo "tests/e2e/bench.bats: --kernel --module" ;;
	"./run.sh known" | "./run.sh known dm-stripe-commit-not-mapped" | "./run.sh known NAME") echo "tests/cli/known.bats: known" ;;
	"./run.sh known "*--reproduce*) echo "tests/e2e/known.bats: known --reproduce --kernel --output" ;;
	*"./run.sh inspect "*) echo "tests/cli/inspect.bats: inspect --kernel" ;;
	"./run.sh doctor") echo "tests/cli/doctor.bats: doctor" ;;
	"./run.sh shell "*) echo "tests/e2e/shell.bats: shell --stack --fs" ;;
	"./run.sh check --check 'crash."*) echo "tests/e2e/crash.bats: check --check crash. --rounds" ;;
	"./run.sh check --quick") echo "tests/e2e/check.bats: check --quick" ;;
	"./run.sh check --plant") echo "tests/e2e/check.bats: check --plant" ;;
	"./run.sh check --junit "*) echo "tests/e2e/check.bats: check --junit" ;;
	*" --host "*) echo "tests/e2e/trouble.bats: --host --device" ;;
	"./run.sh explain 6.1 --metric "*" --metric "*) echo "tests/e2e/explain.bats: explain --metric" ;;
	"./run.sh bisect --git "*) echo "tests/cli/bisect.bats: bisect --git --good --bad" ;;
	"./run.sh bisect "*) echo "tests/cli/bisect.bats: bisect --metric --good --bad" ;;
	"apt-get install linux-source-"*) echo "tests/cli/initramfs.bats: kasan.config" ;;
	"git bisect start"*) echo "tests/e2e/gate.bats: assert --metric --max" ;;
	"./run.sh compare "*"--kernel-tree"*) echo "tests/cli/compare.bats: --kernel-tree --module-base" ;;
	"./run.sh compare "*"--module"*) echo "tests/e2e/module.bats: compare --module" ;;
	"./run.sh bench"* | "./run.sh check"* | "./run.sh explain "* | "./run.sh compare "* | "./run.sh kernels"*)
		echo guest
		;;
	*) return 1 ;;
	esac
}
