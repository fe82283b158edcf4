# SPDX-License-Identifier: GPL-2.0-only
# Faults whose cost grows with the number of segments, both axes logarithmic; raw as a dashed line.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[growth_title]
note = words[growth_note]
load 'head.gp'
set logscale x 2
set logscale y 10
set xrange [growth_x_lo / 1.35 : growth_x_hi * 1.35]
set yrange [growth_lo : growth_hi]
eval tics('x', 'growth_x')
eval tics('y', 'growth')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel 'segments in the dm table (log scale)' tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 112)
	set rmargin at screen px_x(p * panel_width - 166)
	if (p == 1) { set ylabel words[unit].' per fault (log scale)' tc rgb dim offset ylabel_in + 1.4,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	do for [s = 1 : growth_places] {
		k = (p - 1) * growth_places + s
		if (s <= growth_n[p]) {
			set label 10 + s words[growth_words[k]] at first growth_x_lo, first growth_over[k] offset 0,1 tc lt growth_colour[k]
		} else { unset label 10 + s }
	}
	if (growth_n[p] > 0) {
		plot for [s = 1 : bars * growth_n[p]] '+' using 1:(log_band(growth_raw_least[(p - 1) * growth_places + s], growth_raw_least[(p - 1) * growth_places + s], growth_raw_most[(p - 1) * growth_places + s], growth_lo, growth_hi)):(growth_raw_most[(p - 1) * growth_places + s]) with filledcurves fs transparent solid 0.2 noborder lt growth_colour[(p - 1) * growth_places + s], \
			for [s = 1 : growth_n[p]] growth_raw[(p - 1) * growth_places + s] with lines lt growth_colour[(p - 1) * growth_places + s] dt (6,4) lw 1.4, \
			for [s = 1 : growth_n[p]] 'growth-'.p.'.tsv' index s - 1 using 1:2 with linespoints lt growth_colour[(p - 1) * growth_places + s], \
			for [s = 1 : bars * growth_n[p]] 'growth-'.p.'.tsv' index s - 1 using 1:(log_bar($2, $5, $6, growth_lo, growth_hi)):5:6 with yerrorbars lt growth_colour[(p - 1) * growth_places + s] lw 1.6, \
			'growth-'.p.'-labels.tsv' using ($1 * 1.35):2:3:4 with labels left offset 0.6,0 tc variable
	} else {
		set label 11 'none grows by more than half of raw' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
