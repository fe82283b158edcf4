# SPDX-License-Identifier: GPL-2.0-only
# DM overhead by number of segments; the other fault variants in grey.
# The first series is drawn wide, so that it shows where the second one covers it.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[extra_title]
note = 'DM overhead (stack minus raw), median '.words[unit].', '.words[extra_words].words[extra_note]
load 'head.gp'
set logscale x 2
set xrange [x_lo / 1.35 : x_hi * 1.35]
set yrange [extra_lo : extra_hi]
eval tics('x', 'x')
eval tics('y', 'extra')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel 'segments in the dm table (log scale)' tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 172)
	if (p == 1) { set ylabel 'DM overhead, '.words[unit].' per fault' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	unset label 11
	if (segments_n[p] > 0) {
		plot for [o = 1 : others_n[p]] 'extra-'.p.'-others.tsv' index o - 1 using 1:2 with linespoints lt 8, \
			for [o = 1 : bars * others_n[p]] 'extra-'.p.'-others.tsv' index o - 1 using ($2 < extra_lo || $2 > extra_hi ? NaN : bar($1, $3, $4, extra_lo, extra_hi)):(max($3, extra_lo)):(0):(min($4, extra_hi) - max($3, extra_lo)) with vectors nohead lt 8 lw 0.8, \
			for [s = 1 : segments_n[p]] 'segments-'.p.'.tsv' index s - 1 using 1:3 with linespoints lt segments_colour[(p - 1) * segments_places + s] lw (s < segments_n[p] ? 5.5 : 1.8) ps (s < segments_n[p] ? 1.5 : 0.7), \
			for [s = 1 : bars * segments_n[p]] 'segments-'.p.'.tsv' index s - 1 using 1:(bar($3, $7, $8, extra_lo, extra_hi)):7:8 with yerrorbars lt segments_colour[(p - 1) * segments_places + s] lw 1.6 ps (s < segments_n[p] ? 1.5 : 0.7), \
			'extra-'.p.'-labels.tsv' using ($1 * 1.35):2:3:4 with labels left offset 0.6,0 tc variable
	} else {
		set label 11 'not measured on raw and dm' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
