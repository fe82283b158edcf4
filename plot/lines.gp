# SPDX-License-Identifier: GPL-2.0-only
# Lines with labels at their ends, both axes logarithmic (report/plots/plot_lines.h).  ARG1 is the plot's name in the data,
# ARG2 and ARG3 are the titles of the axes, ARG4 is the room for the labels in pixels.  After style.gp, title and note.
set output out
set multiplot
load 'head.gp'
name = ARG1
set logscale x 2
set logscale y 10
x_lo = value(name.'_x_lo')
x_hi = value(name.'_x_hi')
lo = value(name.'_lo')
hi = value(name.'_hi')
after = max(1.1, (1.0 * x_hi / x_lo) ** 0.055)
set xrange [x_lo / after : x_hi * after]
set yrange [lo : hi]
eval tics('x', name.'_x')
eval tics('y', name)
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel ARG2 tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 112)
	set rmargin at screen px_x(p * panel_width - ARG4)
	if (p == 1) { set ylabel ARG3 tc rgb dim offset ylabel_in + 1.4,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	unset label 11
	n = value(name.'_n_'.p)
	data = name.'-'.p.'.tsv'
	if (n > 0) {
		plot for [s = 1 : n] data index s - 1 using 1:2:5 with linespoints lw 2.5 pt 7 ps 0.8 lc variable, \
			for [s = 1 : bars * n] data index s - 1 using 1:(log_bar($2, $3, $4, lo, hi)):3:4:5 with yerrorbars lw 1.6 ps 0 lc variable, \
			for [s = 1 : min(1, value(name.'_border_'.p))] name.'-border-'.p.'-labels.tsv' using ($1 * after):2:3:4 with labels left offset 0.6,0 tc variable, \
			for [s = 1 : min(1, value(name.'_inner_'.p))] name.'-inner-'.p.'-labels.tsv' using 1:2:3:4 with labels right offset 0.6,0.9 tc variable
	} else {
		set label 11 'not measured' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
