# SPDX-License-Identifier: GPL-2.0-only
# Cost of touching a whole 2 MiB window per stack: 512 faults where the huge page is lost.
load 'plot.gp'
row = 30
height = 194 + row * huge_places
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[huge_title]
note = words[huge_words]
load 'head.gp'
set logscale x 10
set xrange [huge_lo : huge_hi]
eval tics('x', 'huge')
set yrange [huge_places + 0.6 : 0.3]
set border 1
unset grid
set grid xtics lt 1 lc rgb '#E6E9ED' lw 1
set ytics scale 0 textcolor rgb ink
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 72.0 / height
set xlabel words[unit].' for a 2 MiB window (log scale)' tc rgb dim
axis_px = panel_width - 72 - 8 * huge_name_len
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 32 + 8 * huge_name_len)
	set rmargin at screen px_x(p * panel_width - 40)
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	file = 'huge-'.p.'.tsv'
	if (huge_n[p] > 0) {
		plot file using (huge_lo):1:($2 - huge_lo):(0):5 with vectors nohead lw 2.5 lc variable, \
			file using 2:1:5:ytic(6) with points pt 7 ps 1.1 lc variable, \
			for [s = 1 : bars] file using (log_bar($2, $7, $8, huge_lo, huge_hi)):1:7:8:5 with xerrorbars lw 1.6 lc variable, \
			file using (bars ? max(log_bar($8, $7, $8, huge_lo, huge_hi), $2) : $2):1:3:5 with labels left offset 1,0 tc variable, \
			file using 2:1:4:5 with labels right offset 0,0.75 tc variable
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
