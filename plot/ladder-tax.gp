# SPDX-License-Identifier: GPL-2.0-only
# DM overhead of a warm read fault by kernel version: one panel per filesystem.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[tax_title]
note = 'DM overhead (stack minus raw), median '.words[unit].' per fault'.(tax_lo > 0 ? '; the axis does not begin at zero' : '')
load 'head.gp'
set xrange [0.7 : kernels + 0.3]
set yrange [tax_lo : tax_hi]
set xtics rotate by -40
eval tics('x', 'kernel')
eval tics('y', 'tax')
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 86.0 / height
axis_px = height - 122 - 86
colour(s) = tax_colour[(p - 1) * lines_max + s]
dashed(s) = tax_dash[(p - 1) * lines_max + s]
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 172)
	if (p == 1) { set ylabel words[unit].' over raw' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	plot for [s = 1 : tax_n[p]] 'tax-'.p.'.tsv' index s - 1 using 1:(dashed(s) ? NaN : $2) with lines lt colour(s), \
		for [s = 1 : tax_n[p]] 'tax-'.p.'.tsv' index s - 1 using 1:(dashed(s) ? $2 : NaN) with lines lt colour(s) dt (6,4) lw 1.4, \
		for [s = 1 : tax_n[p]] 'tax-'.p.'.tsv' index s - 1 using 1:2 with points lt colour(s), \
		for [s = 1 : bars * tax_n[p]] 'tax-'.p.'.tsv' index s - 1 using 1:(bar($2, $4, $5, tax_lo, tax_hi)):4:5 with yerrorbars lt colour(s) lw 1.6, \
		'tax-'.p.'-labels.tsv' using ($1 + 0.3):2:3:4 with labels left offset 0.6,0 tc variable
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
