#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Draws the plots of a run into its directory, as SVG and PNG, and puts them into its report.html.
# usage: plot/plot.sh RUNDIR                        (DAXDM=PROGRAM if not build/daxdm)
#        plot/plot.sh --waterfall DATADIR OUTDIR    what daxdm explain --plot-data wrote, into OUTDIR
#        plot/plot.sh --data DATADIR OUTDIR         what daxdm compare --plot-data wrote of several runs
# Exit status as of daxdm: 0 good, 4 broken or incomplete run, 64 wrong usage.
set -euo pipefail
export LC_ALL=C.UTF-8 # gnuplot reads the degree sign of its own files by it

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
daxdm=${DAXDM:-$here/../build/daxdm}

die() {
	local status=$1
	shift
	echo "plot: $*" >&2
	exit "$status"
}

command -v gnuplot >/dev/null || die 4 "gnuplot is missing; apt-get install gnuplot-nox"

# Each plot appears whole or not at all.
draw() {
	local name=$1 format
	for format in svg png; do
		gnuplot -e "data='$data'; script='$here'; format='$format'; out='$data/$name.$format'" \
			"$here/$name.gp" 2>"$data/said" || die 4 "gnuplot could not draw $name.$format: $(head -n 1 "$data/said")"
		# That a run has no further variants to draw in grey is nothing to tell.
		grep -v 'Skipping data file with no valid points' "$data/said" >&2 || true
		# gnuplot leaves the weight in the name of the font, which viewers do not know.
		[ "$format" = png ] ||
			sed -i -e 's/font-family="\([^":]*\):Bold"/font-family="\1" font-weight="bold"/' \
				-e "s,<title>Gnuplot</title>,<title>$name</title>," "$data/$name.svg"
		mv "$data/$name.$format" "$run/$name.$format"
		echo "plot: $run/$name.$format"
	done
}

if [ $# -eq 3 ] && [ "$1" = --waterfall ]; then
	data=$2
	run=$3
	draw waterfall
	exit
fi

given=
if [ $# -eq 3 ] && [ "$1" = --data ]; then
	given=$2
	shift 2
fi
[ $# -eq 1 ] || die 64 "usage: plot/plot.sh RUNDIR"
run=$1
[ -n "$given" ] || [ -f "$run/run.jsonl" ] || die 4 "$run holds no run.jsonl; name a directory under results/"
[ -x "$daxdm" ] || die 4 "$daxdm is not built; run make"

data=$(mktemp -d "$run/.plot-XXXXXX") || die 4 "cannot write to $run"
trap 'rm -rf "$data"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=0
if [ -n "$given" ]; then
	cp "$given"/* "$data"/
else
	"$daxdm" report --plot-data "$data" "$run" || status=$?
fi
[ -s "$data/plot.gp" ] || exit "$status"

wanted() {
	grep -qx "draw_$1 = 1" "$data/plot.gp"
}

if [ -n "$given" ]; then
	if wanted ladder; then
		draw ladder-cost
		draw ladder-tax
	fi
	if wanted paths; then draw ladder-paths; fi
	if ! wanted ladder && ! wanted paths; then
		echo "plot: nothing to draw: the runs have no warm faults on both raw and a plain dm stack such as linear:16" >&2
	fi
	exit 0
fi

if wanted segments; then
	draw fault-by-segments
	draw fault-extra
fi
if wanted growth; then draw fault-growth; fi
if wanted dist; then draw fault-distribution; fi
if wanted huge; then draw huge-pages; fi
if wanted bio; then draw bio-ratio; fi
if wanted table; then draw table-ops; fi
if ! wanted segments && ! wanted huge && ! wanted bio && ! wanted table; then
	echo "plot: nothing to draw: the run has no faults and no sizes on both raw and a plain dm stack such as linear:16, and no tables of two sizes" >&2
fi
[ "$status" -ne 0 ] || "$daxdm" report --quiet "$run" || status=$?
exit "$status"
