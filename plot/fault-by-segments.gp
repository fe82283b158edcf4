# SPDX-License-Identifier: GPL-2.0-only
# Fault cost by number of segments: one panel per filesystem, raw as a dashed line.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[segments_title]
note = 'Median '.words[unit].' per fault; dashed: raw pmem without device-mapper'.(segments_lo > 0 ? '; the axis does not begin at zero' : '')
load 'head.gp'
set logscale x 2
set xrange [x_lo / 1.35 : x_hi * 1.35]
set yrange [segments_lo : segments_hi]
eval tics('x', 'x')
eval tics('y', 'segments')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel 'segments in the dm table (log scale)' tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 172)
	if (p == 1) { set ylabel words[unit].' per fault' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	do for [s = 1 : segments_places] {
		k = (p - 1) * segments_places + s
		if (s <= segments_n[p]) {
			set label 10 + s words[segments_words[k]] at first x_lo, first segments_over[k] offset 0,1 tc lt segments_colour[k]
		} else { unset label 10 + s }
	}
	if (segments_n[p] > 0) {
		plot for [s = 1 : bars * segments_n[p]] '+' using 1:(band(segments_raw_least[(p - 1) * segments_places + s], segments_raw_least[(p - 1) * segments_places + s], segments_raw_most[(p - 1) * segments_places + s], segments_lo, segments_hi)):(segments_raw_most[(p - 1) * segments_places + s]) with filledcurves fs transparent solid 0.2 noborder lt segments_colour[(p - 1) * segments_places + s], \
			for [s = 1 : segments_n[p]] segments_raw[(p - 1) * segments_places + s] with lines lt segments_colour[(p - 1) * segments_places + s] dt (6,4) lw 1.4, \
			for [s = 1 : segments_n[p]] 'segments-'.p.'.tsv' index s - 1 using 1:2 with linespoints lt segments_colour[(p - 1) * segments_places + s], \
			for [s = 1 : bars * segments_n[p]] 'segments-'.p.'.tsv' index s - 1 using 1:(bar($2, $5, $6, segments_lo, segments_hi)):5:6 with yerrorbars lt segments_colour[(p - 1) * segments_places + s] lw 1.6, \
			'segments-'.p.'-labels.tsv' using ($1 * 1.35):2:3:4 with labels left offset 0.6,0 tc variable
	} else {
		set label 11 'not measured on raw and dm' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
