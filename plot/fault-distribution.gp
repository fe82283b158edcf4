# SPDX-License-Identifier: GPL-2.0-only
# The samples themselves: one strip per stack, one column per filesystem, log scale upwards so that
# a single sample is as visible as a thousand.  The dashed line is the median of raw.
row = 112
top = 112
bottom = 62
load data.'/plot.gp'
height = top + bottom + row * dist_rows
load script.'/style.gp'
eval start(height)
set output out
set multiplot
set label 1 dist_title at screen px_x(24), screen 1 - 28.0 / height font bold(title_px(dist_title)) tc rgb ink
set label 2 'Samples by their '.unit.', '.fault_words.'; log scale upwards; dashed: median of raw. '.subtitle \
	at screen px_x(24), screen 1 - 52.0 / height font font(12.5) tc rgb dim
set logscale y 10
set yrange [0.7 : dist_top * 12]
set ytics ('1' 1, '10' 10, '100' 100, '1,000' 1000, '10,000' 10000, '100,000' 100000)
do for [p = 1 : panels] {
	if (dist_n[p] > 0) {
		eval sprintf('lo = dist%d_lo; hi = dist%d_hi; tics = dist%d_tics', p, p, p)
	} else { lo = 0; hi = 1; tics = '' }
	set xrange [lo : hi]
	set lmargin at screen px_x((p - 1) * panel_width + 84)
	set rmargin at screen px_x(p * panel_width - 28)
	do for [r = 1 : dist_rows] {
		k = (p - 1) * dist_places + r
		set tmargin at screen 1 - (top + (r - 1) * row + 8.0) / height
		set bmargin at screen 1 - (top + r * row - 10.0) / height
		if (r == 1) { set label 3 panel[p] at graph 0, graph 1 offset 0,0.9 font bold(14) tc rgb ink } else { unset label 3 }
		eval r == dist_n[p] ? 'set xtics ('.tics.')' : 'set xtics ('.tics.') format ""'
		set xtics scale 0.6
		if (r == dist_n[p]) { set xlabel unit.' per fault' tc rgb dim } else { unset xlabel; set xtics format '' ; }
		if (p == 1) { set ylabel 'samples' tc rgb dim offset 0.5,0 } else { unset ylabel }
		if (r <= dist_n[p]) {
			set label 11 dist_stack[k] at graph 0.99, graph 0.9 right font bold(13) tc lt (r == 1 ? 9 : 1)
			set label 12 dist_text[k] at graph 0.99, graph 0.73 right font font(12) tc rgb ink
			set label 13 dist_tail[k] at graph 0.99, graph 0.57 right font font(11.5) tc rgb dim
			set arrow 1 from first dist_median[(p - 1) * dist_places + 1], graph 0 to first dist_median[(p - 1) * dist_places + 1], graph 1 nohead back lt 9 lw 1.2 dt (6,4)
			plot data.'/dist-'.p.'-'.r.'.tsv' using 1:2 with impulses lt (r == 1 ? 9 : 1) lw 3
		}
		unset label 1
		unset label 2
	}
}
unset multiplot
