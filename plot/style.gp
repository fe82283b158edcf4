# SPDX-License-Identifier: GPL-2.0-only
# What all plots share: sizes, fonts, and the colour-blind safe palette of Okabe and Ito.
# `daxdm draw` runs a script in a directory with these scripts and what `daxdm report --plot-data`
# wrote: plot.gp, numbers only, and data.  ARG1 is svg or png; the plot goes to plot.svg or plot.png.
# Nothing from the data may become a command: a text is words[N], a tic is added by tics().
# Line types: 1 PTE, 2 PMD, 3 huge pages lost, 4 to 7 more lines, 8 the background, 9 raw.
load 'plot.gp'
set encoding utf8
set datafile separator tab
set datafile commentschars '#'

format = ARG1
out = 'plot.'.format
array words[n_words]
array place[n_words]
stats 'words.tsv' using (words[int($1)] = strcol(3), place[int($1)] = $2, $1) nooutput
# A command that gives axis x or y the tics NAME_tic_first to NAME_tic_last.
tics(axis, name) = 'set '.axis.'tics (); do for [tic = '.name.'_tic_first : '.name.'_tic_last] { set '.axis.'tics add (words[tic] place[tic]) }'

set linetype 1 lc rgb '#0072B2' lw 2.5 pt 7 ps 0.8
set linetype 2 lc rgb '#009E73' lw 2.5 pt 5 ps 0.75
set linetype 3 lc rgb '#D55E00' lw 2.5 pt 7 ps 0.8
set linetype 4 lc rgb '#CC79A7' lw 2.5 pt 5 ps 0.75
set linetype 5 lc rgb '#E69F00' lw 2.5 pt 9 ps 0.9
set linetype 6 lc rgb '#56B4E9' lw 2.5 pt 13 ps 0.9
set linetype 7 lc rgb '#B8A800' lw 2.5 pt 11 ps 0.9
set linetype 8 lc rgb '#AEB5BD' lw 1.2 pt 7 ps 0.4
set linetype 9 lc rgb '#4D4D4D' lw 1.6 pt 7 ps 0.8

# A range over initial states (bars = 1) is drawn where it is longer than a point is high, on an axis from lo to hi of
# axis_px pixels, linear or logarithmic; that of a line without points, where it is wider than the line.
point_px = 9
line_px = 3
is_longer(least, most, lo, hi, px) = 1.0 * (most - least) / (hi - lo) * axis_px > px
bar(value, least, most, lo, hi) = is_longer(least, most, lo, hi, point_px) ? value : NaN
log_bar(value, least, most, lo, hi) = is_longer(log(least), log(most), log(lo), log(hi), point_px) ? value : NaN
band(value, least, most, lo, hi) = is_longer(least, most, lo, hi, line_px) ? value : NaN
log_band(value, least, most, lo, hi) = is_longer(log(least), log(most), log(lo), log(hi), line_px) ? value : NaN
set errorbars 1.2
if (!exists('bars')) { bars = 0 }
subtitle_words = words[subtitle].(bars ? '; bars: range over '.words[states_words] : '')

ink = '#1B1F24'
dim = '#5B6470'
face = 'sans-serif'
min(a, b) = a < b ? a : b
max(a, b) = a > b ? a : b

# The canvas, in pixels of the SVG; the PNG has twice as many each way, for sharp screens.
panel_width = panels > 1 ? 620 : 960
width = panel_width * max(panels, 1)
canvas = 'size %d,%d font "'.face.',%d" noenhanced'
start(height) = format eq 'svg' ? \
	sprintf('set terminal svg dynamic background "white" '.canvas, width, height, 13) : \
	sprintf('set terminal pngcairo background "white" fontscale 2 linewidth 2 pointscale 2 '.canvas, \
		2 * width, 2 * height, 10)
# The PNG's font sizes are points of 4/3 pixels.
font(px) = sprintf('%s,%g', face, format eq 'svg' ? px : px * 0.77)
bold(px) = sprintf('%s:Bold,%g', face, format eq 'svg' ? px : px * 0.77)
# A title shrinks rather than leave the canvas.
title_px(text) = max(11, min(17, (width - 50) / (0.63 * strlen(text))))

# So does the line below it.
sub_px(text) = max(9, min(12.5, (width - 50) / (0.53 * strlen(text))))

set border 3 lc rgb dim
set tics nomirror out scale 0.6 textcolor rgb dim
set grid ytics lt 1 lc rgb '#E6E9ED' lw 1
unset key

# Title and subtitle at the top left, once per canvas; panel p's own name over its axes.
px_x(x) = x / (1.0 * width)
# gnuplot's SVG leaves more room between numbers and axis title than its PNG.
ylabel_in = format eq 'svg' ? 1 : -0.5
