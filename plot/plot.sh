#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Draws the plots of a run into its directory, as SVG and PNG, and puts them into its report.html.
# usage: plot/plot.sh RUNDIR [OUTDIR]               into OUTDIR instead   (DAXDM=PROGRAM if not build/daxdm)
#        plot/plot.sh --waterfall DATADIR OUTDIR    what daxdm explain --plot-data wrote, into OUTDIR
#        plot/plot.sh --data DATADIR OUTDIR         what daxdm compare --plot-data wrote of several runs
# Exit status as of daxdm: 0 good, 4 broken or incomplete run, 64 wrong usage.
set -euo pipefail
export LC_ALL=C.UTF-8 # gnuplot reads the degree sign of its own files by it

here=$(dirname "${BASH_SOURCE[0]}")
daxdm=${DAXDM:-${DAXDM_LIB:-$here/../build}/daxdm}

die() {
	local status=$1
	shift
	echo "plot: $*" >&2
	exit "$status"
}

command -v gnuplot >/dev/null || die 4 "gnuplot is missing; apt-get install gnuplot-nox"

# The reason is in the last line; earlier lines show the place in the script.
why_not() { # STATUS
	local why
	why=$(sed 's/[^[:print:]]/ /g' "$data/said" | grep '[^ ]' | tail -n 1) || true
	why=${why#daxdm: }
	if [[ ! $why ]]; then
		if (($1 > 128)); then why="signal $(($1 - 128))"; else why="status $1"; fi
	fi
	echo "$why"
}

# The plot's title and notes become the title and the description of the SVG.
finish_svg() {
	local -a head
	mapfile -t head < <(sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/[\\&|]/\\&/g' "$data/plot.head")
	sed -z -E -f "$here/svg.sed" -e "s|<title>Gnuplot</title>|<title>${head[0]}</title>|" \
		-e "s|<desc>[^<]*</desc>|<desc>${head[1]}</desc>|" -e 's|\n*$|\n|' "$data/plot.svg" >"$data/finished.svg"
	mv "$data/finished.svg" "$data/plot.svg"
}

# Writes a plot atomically.
draw() {
	local name=$1 format status
	for format in svg png; do
		status=0
		"$daxdm" draw "$data" "$name" "$format" </dev/null 2>"$data/said" || status=$?
		[[ -s $data/plot.$format ]] || ((status)) || status=4
		((status == 0)) || die 4 "gnuplot could not draw $name.$format: $(why_not "$status")"
		# A run without further variants is no error.
		grep -v 'Skipping data file with no valid points' "$data/said" >&2 || true
		[ "$format" = png ] || finish_svg
		mv "$data/plot.$format" "$out/$name.$format"
		echo "plot: $out/$name.$format"
	done
}

kind=run given=
case ${1-} in
--waterfall | --data)
	(($# == 3)) || die 64 "usage: plot/plot.sh $1 DATADIR OUTDIR"
	kind=${1#--} given=$2 out=$3
	;;
*)
	(($# == 1 || $# == 2)) || die 64 "usage: plot/plot.sh RUNDIR [OUTDIR]"
	run=$1 out=${2-$1}
	[ -f "$run/run.jsonl" ] || die 4 "$run holds no run.jsonl; name a directory under results/"
	;;
esac
case $out in -*) out=./$out ;; esac
[ -x "$daxdm" ] || die 4 "$daxdm is not built; run make"

data=$(mktemp -d "$out/.plot-XXXXXX") || die 4 "cannot write to $out"
trap 'rm -rf "$data"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

status=0
if [[ $given ]]; then
	cp -- "$given"/* "$data"/
else
	"$daxdm" report --plot-data "$data" -- "$run" || status=$?
fi
[ -s "$data/plot.gp" ] || exit "$status"
cp -- "$here"/*.gp "$data"/

wanted() {
	grep -qx "draw_$1 = 1" "$data/plot.gp"
}

case $kind in
waterfall)
	draw waterfall
	exit 0
	;;
data)
	if wanted ladder; then
		draw ladder-cost
		draw ladder-tax
	fi
	if wanted paths; then draw ladder-paths; fi
	if ! wanted ladder && ! wanted paths; then
		echo "plot: nothing to draw: the runs have no warm faults on both raw and a plain dm stack such as linear:16" >&2
	fi
	exit 0
	;;
esac

if wanted segments; then
	draw fault-by-segments
	draw fault-extra
fi
if wanted growth; then draw fault-growth; fi
if wanted dist; then draw fault-distribution; fi
if wanted pages; then draw fault-pages; fi
if wanted huge; then draw huge-pages; fi
if wanted bio; then draw bio-ratio; fi
if wanted copy; then draw copy-cost; fi
if wanted table; then draw table-ops; fi
if wanted depth; then draw dm-depth; fi
if ! wanted segments && ! wanted huge && ! wanted bio && ! wanted table; then
	echo "plot: nothing to draw: the run needs faults or reads on both raw and a plain dm stack such as linear:16, or ioctls with two segment counts" >&2
fi
[ "$status" -ne 0 ] || "$daxdm" report --quiet --output "$out" -- "$run" || status=$?
exit "$status"
