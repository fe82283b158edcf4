# SPDX-License-Identifier: GPL-2.0-only
# Cost of device-mapper ioctls by number of segments, both axes logarithmic.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[table_title]
note = 'Median '.words[unit].' per ioctl, log-log; suspend, frozen: mounted filesystem; others: unused device'
load 'head.gp'
set logscale x 2
set logscale y 10
set xrange [table_x_lo / 1.35 : table_x_hi * 1.35]
set yrange [table_lo : table_hi]
eval tics('x', 'table_x')
eval tics('y', 'table')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel 'segments in the dm table (log scale)' tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 112)
	set rmargin at screen px_x(p * panel_width - 222)
	if (p == 1) { set ylabel words[unit].' per operation (log scale)' tc rgb dim offset ylabel_in + 1.4,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	unset label 11
	if (table_n[p] > 0) {
		plot for [s = 1 : table_n[p]] 'table-'.p.'.tsv' index s - 1 using 1:2 with linespoints lt table_colour[(p - 1) * table_places + s], \
			for [s = 1 : bars * table_n[p]] 'table-'.p.'.tsv' index s - 1 using 1:(log_bar($2, $3, $4, table_lo, table_hi)):3:4 with yerrorbars lt table_colour[(p - 1) * table_places + s] lw 1.6, \
			'table-'.p.'-labels.tsv' using ($1 * 1.35):2:3:4 with labels left offset 0.6,0 tc variable
	} else {
		set label 11 'not measured' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
