# SPDX-License-Identifier: GPL-2.0-only
# Cost of a warm read fault by kernel version: one panel per filesystem, raw as dashed lines.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[cost_title]
note = 'Median '.words[unit].' per fault; dashed: raw pmem without device-mapper; blue: 4 KiB pages, green: 2 MiB'.(cost_lo > 0 ? '; the axis does not begin at zero' : '')
load 'head.gp'
set xrange [0.7 : kernels + 0.3]
set yrange [cost_lo : cost_hi]
set xtics rotate by -40
eval tics('x', 'kernel')
eval tics('y', 'cost')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 86.0 / height
axis_px = height - 122 - 86
colour(s) = cost_colour[(p - 1) * lines_max + s]
dashed(s) = cost_dash[(p - 1) * lines_max + s]
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 172)
	if (p == 1) { set ylabel words[unit].' per fault' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	plot for [s = 1 : cost_n[p]] 'cost-'.p.'.tsv' index s - 1 using 1:(dashed(s) ? NaN : $2) with lines lt colour(s), \
		for [s = 1 : cost_n[p]] 'cost-'.p.'.tsv' index s - 1 using 1:(dashed(s) ? $2 : NaN) with lines lt colour(s) dt (6,4) lw 1.4, \
		for [s = 1 : cost_n[p]] 'cost-'.p.'.tsv' index s - 1 using 1:2 with points lt colour(s), \
		for [s = 1 : bars * cost_n[p]] 'cost-'.p.'.tsv' index s - 1 using 1:(bar($2, $4, $5, cost_lo, cost_hi)):4:5 with yerrorbars lt colour(s) lw 1.6, \
		'cost-'.p.'-labels.tsv' using ($1 + 0.3):2:3:4 with labels left offset 0.6,0 tc variable
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
