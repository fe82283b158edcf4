# SPDX-License-Identifier: GPL-2.0-only
# Cost of reads and writes without DAX relative to DAX, by size; raw dashed.
height = 540
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[bio_title]
note = 'O_DIRECT with dax=never, relative to dax=always; median '.words[unit].' including the copy; dashed: raw pmem'
load 'head.gp'
set logscale x 2
set xrange [bio_x_lo / 1.35 : bio_x_hi * 1.35]
set yrange [bio_lo : bio_hi]
eval tics('x', 'bio')
set ytics format '%g'
set tmargin at screen 1 - 122.0 / height
set bmargin at screen 68.0 / height
axis_px = height - 122 - 68
set xlabel 'bytes of one read or write (log scale)' tc rgb dim
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 132)
	if (p == 1) { set ylabel 'cost relative to DAX' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
	set label 3 words[panel[p]] at graph 0, graph 1 offset 0,1.1 font bold(14) tc rgb ink
	unset label 11
	if (bio_n[p] > 0) {
		plot for [s = 1 : bio_raw[p]] 'bio-'.p.'.tsv' index s - 1 using 1:2 with linespoints lt bio_colour[(p - 1) * bio_places + s] dt (6,4) lw 1.4, \
			for [s = bio_raw[p] + 1 : bio_n[p]] 'bio-'.p.'.tsv' index s - 1 using 1:2 with linespoints lt bio_colour[(p - 1) * bio_places + s], \
			for [s = 1 : bars * bio_n[p]] 'bio-'.p.'.tsv' index s - 1 using 1:(bar($2, $3, $4, bio_lo, bio_hi)):3:4 with yerrorbars lt bio_colour[(p - 1) * bio_places + s] lw 1.6, \
			'bio-'.p.'-labels.tsv' using ($1 * 1.34):2:3:4 with labels left offset 0.6,0 tc variable
	} else {
		set label 11 'not measured' at graph 0.5, graph 0.5 center tc rgb dim
		plot NaN
	}
	unset label 1
	unset label 2
	unset label 4
}
unset multiplot
