# SPDX-License-Identifier: GPL-2.0-only
# What touching all of a 2 MiB window costs on each stack: where the huge page is lost, 512 faults.
load data.'/plot.gp'
row = 30
height = 180 + row * huge_places
load script.'/style.gp'
eval start(height)
set output out
set multiplot
set label 1 huge_title at screen px_x(24), screen 1 - 28.0 / height font bold(title_px(huge_title)) tc rgb ink
set label 2 subtitle at screen px_x(24), screen 1 - 52.0 / height font font(12.5) tc rgb dim
set logscale x 10
set xrange [huge_lo : huge_hi]
eval 'set xtics ('.huge_tics.')'
set yrange [huge_places + 0.6 : 0.4]
set border 1
unset grid
set grid xtics lt 1 lc rgb '#E6E9ED' lw 1
set ytics scale 0 textcolor rgb ink
set tmargin at screen 1 - 104.0 / height
set bmargin at screen 76.0 / height
set label 5 huge_xlabel at screen 0.5, screen 22.0 / height center tc rgb dim font font(12.5)
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 160)
	set rmargin at screen px_x(p * panel_width - 40)
	set label 3 panel[p] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	set xlabel unit.' (log scale)' tc rgb dim offset 0,0.3
	file = data.'/huge-'.p.'.tsv'
	plot file using (huge_lo):1:($2 - huge_lo):(0):4 with vectors nohead lw 2.5 lc variable, \
		file using 2:1:4:ytic(5) with points pt 7 ps 1.1 lc variable, \
		file using 2:1:3:4 with labels left offset 1,0 tc variable
	unset label 1
	unset label 2
	unset label 5
}
unset multiplot
