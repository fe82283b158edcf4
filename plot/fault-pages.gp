# SPDX-License-Identifier: GPL-2.0-only
# Cost of a fault of 4 KiB and of one of 2 MiB, by what the fault does.
load 'plot.gp'
row = 34
height = 194 + row * pages_places
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[pages_title]
note = 'Median '.words[unit].' per fault on '.words[pages_stack].'; blue: 4 KiB, green: 2 MiB'
load 'head.gp'
set logscale x 10
set xrange [pages_lo : pages_hi]
eval tics('x', 'pages')
set yrange [pages_places + 0.6 : 0.3]
set border 1
unset grid
set grid xtics lt 1 lc rgb '#E6E9ED' lw 1
set ytics scale 0 textcolor rgb ink
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 72.0 / height
set xlabel words[unit].' per fault (log scale)' tc rgb dim
axis_px = panel_width - 92 - 8 * pages_name_len
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 32 + 8 * pages_name_len)
	set rmargin at screen px_x(p * panel_width - 60)
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	file = 'pages-'.p.'.tsv'
	if (value('pages_n_'.p) > 0) {
		plot file using 3:1:($8 - $3):(0) with vectors nohead lt 8 lw 2, \
			for [c = 3 : 8 : 5] file using c:1:(column(c + 4)):ytic(2) with points pt 7 ps 1.1 lc variable, \
			for [c = 3 : 8 * bars : 5] file using (log_bar(column(c), column(c + 2), column(c + 3), pages_lo, pages_hi)):1:(column(c + 2)):(column(c + 3)):(column(c + 4)) with xerrorbars lw 1.6 ps 0 lc variable, \
			file using 3:1:4:7 with labels right offset -0.6,0.65 tc variable, \
			file using 8:1:9:12 with labels left offset 0.6,0.65 tc variable
	} else {
		set label 11 'not measured' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
		unset label 11
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
