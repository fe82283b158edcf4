# SPDX-License-Identifier: GPL-2.0-only
# From the median of base to that of new: the change per function, largest first.
load 'plot.gp'
row = 26
height = 178 + row * waterfall_rows
call 'style.gp' ARG1
eval start(height)
set output out
title = words[waterfall_title]
note = words[waterfall_sides]
subtitle_words = words[subtitle]
load 'head.gp'
set xrange [waterfall_lo : waterfall_hi]
eval tics('x', 'waterfall')
set yrange [waterfall_rows + 0.6 : 0.4]
set border 1
unset grid
set grid xtics lt 1 lc rgb '#E6E9ED' lw 1
set ytics scale 0 textcolor rgb ink
set tmargin at screen 1 - 94.0 / height
set bmargin at screen 68.0 / height
set lmargin at screen px_x(32 + 7.4 * waterfall_name_len)
set rmargin at screen px_x(width - 48)
set xlabel 'instructions per sample (the axis does not start at 0)' tc rgb dim
set style fill solid 1 noborder
file = 'waterfall.tsv'
# A median starts at the edge.
left(from) = from < 0 ? waterfall_lo : from
room = 0.008 * (waterfall_hi - waterfall_lo)
plot file using (left($2)):1:(left($2)):3:($1 - 0.32):($1 + 0.32):4 with boxxyerror lc variable, \
	file every ::::(waterfall_rows - 2) using 3:($1 + 0.32):(0):(0.36) with vectors nohead lw 0.8 lc rgb '#AEB5BD', \
	file using (max(left($2), $3) + room):1:6:ytic(5) with labels left tc rgb ink
