# SPDX-License-Identifier: GPL-2.0-only
# What all plots share: sizes, fonts, and the colour-blind safe palette of Okabe and Ito.
# Needs: data (directory of `daxdm report --plot-data`), format (svg or png), out (file).
# Line types: 1 PTE, 2 PMD, 3 huge pages lost, 8 the background, 9 raw.
load data.'/plot.gp'
set encoding utf8
set datafile separator tab
set datafile commentschars '#'

set linetype 1 lc rgb '#0072B2' lw 2.5 pt 7 ps 0.8
set linetype 2 lc rgb '#009E73' lw 2.5 pt 5 ps 0.75
set linetype 3 lc rgb '#D55E00' lw 2.5 pt 7 ps 0.8
set linetype 8 lc rgb '#AEB5BD' lw 1.2 pt 7 ps 0.4
set linetype 9 lc rgb '#4D4D4D' lw 1.6 pt 7 ps 0.8

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
