# SPDX-License-Identifier: GPL-2.0-only
# Cost of operations other than faults by kernel version: a small panel per operation, raw as dashed lines.
load 'plot.gp'
columns = paths < 3 ? paths : 3
rows = (paths + columns - 1) / columns
panels = 1 # one canvas
call 'style.gp' ARG1
width = 460 * columns < 960 ? 960 : 460 * columns
height = 100 + 300 * rows
eval start(height)
set output out
set multiplot
title = words[paths_title]
note = 'Median '.words[unit].' per operation, raw and linear:16, each panel from zero; wide blue: ext4, green: xfs; dashed: raw pmem without device-mapper'
load 'head.gp'
set xrange [0.7 : kernels + 0.3]
colour(s) = path_colour[(p - 1) * path_lines + s]
raw(s) = path_raw[(p - 1) * path_lines + s]
side = 1.0 * width / columns
axis_px = 320 - 128
do for [p = 1 : paths] {
	path_hi = value(sprintf('path%d_hi', p))
	col = (p - 1) % columns
	row = (p - 1) / columns
	set lmargin at screen px_x(col * side + 66)
	set rmargin at screen px_x((col + 1) * side - 102)
	set tmargin at screen 1 - (128.0 + 300 * row) / height
	set bmargin at screen 1 - (320.0 + 300 * row) / height
	set yrange [0 : path_hi]
	eval tics('y', sprintf('path%d', p))
	eval 'set xtics rotate by -40 font "'.font(10).'"'
	eval tics('x', 'kernel')
	set label 3 words[path_name[p]] at graph 0, graph 1 offset 0,1 font bold(13) tc rgb ink
	plot for [s = 1 : path_n[p]] 'path-'.p.'.tsv' index s - 1 using 1:(raw(s) ? NaN : $2) with lines lt colour(s) lw (colour(s) == 1 ? 5 : 1.8), \
		for [s = 1 : path_n[p]] 'path-'.p.'.tsv' index s - 1 using 1:(raw(s) ? $2 : NaN) with lines lt colour(s) dt (6,4) lw (colour(s) == 1 ? 3.4 : 1.2), \
		for [s = 1 : path_n[p]] 'path-'.p.'.tsv' index s - 1 using 1:2 with points lt colour(s) ps 0.5, \
		for [s = 1 : bars * path_n[p]] 'path-'.p.'.tsv' index s - 1 using 1:(bar($2, $3, $4, 0, path_hi)):3:4 with yerrorbars lt colour(s) lw 1.6 ps 0.5, \
		'path-'.p.'-labels.tsv' using ($1 + 0.3):2:3:4 with labels left offset 0.4,0 font font(11) tc variable
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
