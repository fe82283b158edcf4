# SPDX-License-Identifier: GPL-2.0-only
# Histograms of the samples: one strip per stack, one column per filesystem, logarithmic count.
# The dashed line is the median of raw.
load 'plot.gp'
row = 128
top = 114
bottom = 68
height = top + bottom + row * dist_rows
call 'style.gp' ARG1
eval start(height)
set output out
set multiplot
title = words[dist_title]
note = 'Samples by '.words[unit].' per fault, '.words[fault_words].'; logarithmic count; dashed: median of raw'.(bars ? ', band: its range over '.words[states_words].'; samples of all states' : '')
subtitle_words = words[subtitle]
load 'head.gp'
set logscale y 10
set yrange [0.7 : dist_top * 1.6]
set ytics ('1' 1, '10' 10, '100' 100, '1,000' 1000, '10,000' 10000, '100,000' 100000)
set grid xtics ytics lt 1 lc rgb '#E6E9ED' lw 1
do for [p = 1 : panels] {
	set lmargin at screen px_x((p - 1) * panel_width + 92)
	set rmargin at screen px_x(p * panel_width - 28)
	do for [r = 1 : dist_n[p]] {
		k = (p - 1) * dist_places + r
		if (r == 1) {
			eval sprintf('set xrange [dist%d_lo : dist%d_hi]', p, p)
			raw = dist_median[k]
			raw_least = dist_least[k]
			raw_most = dist_most[k]
			set label 3 words[panel[p]] at graph 0, graph 1 offset 0,2.1 font bold(14) tc rgb ink
		} else { unset label 3 }
		set tmargin at screen 1 - (top + (r - 1) * row + 38.0) / height
		set bmargin at screen 1 - (top + r * row - 4.0) / height
		# Tics everywhere, their numbers under the last strip only.
		eval tics('x', sprintf('dist%d', p))
		if (r == dist_n[p]) {
			set xtics scale 0.6 offset 0,0 textcolor rgb dim
			set xlabel words[unit].' per fault' tc rgb dim
		} else {
			set xtics scale 0.6 offset 0,-1000
			unset xlabel
		}
		if (p == 1) { set ylabel 'samples' tc rgb dim offset ylabel_in,0 } else { unset ylabel }
		set label 11 words[dist_stack[k]] at graph 0, graph 1 offset 0,0.75 font bold(12.5) tc lt (r == 1 ? 9 : 1)
		set label 12 words[dist_text[k]] at graph 1, graph 1 right offset 0,0.75 font font(bars ? 10 : 11) tc rgb dim
		set arrow 1 from first raw, graph 0 to first raw, graph 1 nohead back lt 9 lw 1.2 dt (6,4)
		unset object 1
		if (bars && raw_least < raw_most) { set object 1 rectangle from first raw_least, graph 0 to first raw_most, graph 1 back fs transparent solid 0.2 noborder fc lt 9 }
		plot 'dist-'.p.'-'.r.'.tsv' using 1:2:(dist_bin[p]) with boxes fs solid 1 noborder lt (r == 1 ? 9 : 1)
		unset label 1
		unset label 2
		unset label 4
	}
}
unset multiplot
