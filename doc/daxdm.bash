# SPDX-License-Identifier: GPL-2.0-only
# Made by `build/daxdm help --format bash`; do not edit.  Use: . doc/daxdm.bash
# shellcheck shell=bash
_daxdm() {
	local word=${COMP_WORDS[COMP_CWORD]} words
	if ((COMP_CWORD == 1)); then
		words="bench check compare assert gate-selftest explain bisect mutants kernels known shell inspect doctor test lint list report new publish setup cleanup clean help"
	else
		case ${COMP_WORDS[1]} in
		bench) words="--kernel --modules --kernel-tree --module --namespace --append --meter --quick --full --workload --fio --stack --fs --bench --tracer --counters --name --states --engine --partition --constraint --account --sbatch-option --repeat --seed --fresh --console --host --wipe --yes --device --help" ;;
		check) words="--kernel --modules --kernel-tree --module --check --quick --plant --coverage --seed --rounds --name --namespace --append --engine --partition --constraint --account --sbatch-option --fresh --console --host --wipe --yes --device --ktap --junit --reproducer --help" ;;
		compare) words="--threshold --thresholds --stacks --states --all --force --strict --json --markdown --junit --html --trends --stack --fs --bench --width --quick --full --workload --fio --module --module-base --kernel-tree --no-checks --explain --namespace --append --modules --anew --known --help" ;;
		assert) words="--metric --max --min --kernel --states --modules --kernel-tree --module --namespace --append --help" ;;
		gate-selftest) words="--full --kernel --pair --states --name --markdown --json --quick --workload --help" ;;
		explain) words="--metric --modules --module --module-base --kernel-tree --name --seed --all --json --namespace --append --fresh --console --help" ;;
		bisect) words="--good --bad --metric --threshold --git --config --build-jobs --jobs --engine --partition --constraint --account --sbatch-option --states --anew --namespace --append --help" ;;
		mutants) words="--kernel --all --again --anew --score --jobs --name --table --help" ;;
		kernels) words="--fetch --remove --json --update --help" ;;
		known) words="--reproduce --kernel --output --fresh --console --help" ;;
		shell) words="--kernel --modules --kernel-tree --module --stack --fs --limit --fresh --help" ;;
		inspect) words="--from-text --kernel --json --help" ;;
		doctor) words="--help" ;;
		test) words="--help" ;;
		lint) words="--help" ;;
		list) words="--check --quick --plant --ids --help" ;;
		report) words="--no-html --no-plots --verbose --width --help" ;;
		new) words="--help" ;;
		publish) words="--help" ;;
		setup) words="--help" ;;
		cleanup) words="--dry-run --help" ;;
		clean) words="--help" ;;
		help) words="--format --help" ;;
		*) words= ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _daxdm run.sh ./run.sh
