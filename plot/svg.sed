# SPDX-License-Identifier: GPL-2.0-only
# Makes gnuplot's SVG (in one line, sed -z -E) small, and readable on a dark page.
# What is between tags stays as it is.
s/[\n\t]+ */ /g
s/> +</></g
s/(fill|points) = '/\1='/g
# gnuplot writes the weight into the font name, and repeats the defaults of SVG.
s/font-family="([^":]*):Bold"/font-weight="bold"/g
s/ font-family="sans-serif"//g
s/ font-size="13\.00"//g
s/(font-size|stroke-width)="([0-9]+)\.00"/\1="\2"/g
s/(font-size|stroke-width)="([0-9]+\.[1-9])0"/\1="\2"/g
s/ stroke-width="1"//g
s/ stroke-linecap="butt"//g
s/ stroke-linejoin="miter"//g
s/ class="gridline"//g
s/([0-9]\.[0-9])[0-9],(-?[0-9]+\.[0-9])[0-9]/\1,\2/g
s/<filter .*<\/filter>//
s/<title>[^<]*index[^<]*<\/title>//g
# The colours of style.gp, by which the style below finds them.
s/rgb\( *0, *114, *178\)/#0072B2/g
s/rgb\( *0, *158, *115\)/#009E73/g
s/rgb\( *213, *94, *0\)/#D55E00/g
s/rgb\( *204, *121, *167\)/#CC79A7/g
s/rgb\( *230, *159, *0\)/#E69F00/g
s/rgb\( *86, *180, *233\)/#56B4E9/g
s/rgb\( *184, *168, *0\)/#B8A800/g
s/rgb\( *174, *181, *189\)/#AEB5BD/g
s/rgb\( *77, *77, *77\)/#4D4D4D/g
s/rgb\( *27, *31, *36\)/#1B1F24/g
s/rgb\( *91, *100, *112\)/#5B6470/g
s/rgb\( *230, *233, *237\)/#E6E9ED/g
s/ fill="none" color="black" stroke="currentColor"/ class="k"/g
s/<g transform="translate\(([0-9.]+),([0-9.]+)\)" stroke="none"([^>]*)><text>([^<]*)<\/text><\/g>/<text x="\1" y="\2"\3>\4<\/text>/g
# Groups of nothing, also around such groups.
s/<g [^>]*><\/g>//g
s/<g [^>]*><\/g>//g
s/<g id="gnuplot_plot_[^>]*>(<title>[^<]*<\/title>)?/<g>/g
s/<desc>/<style>svg{font:13px sans-serif}text{stroke:none}.k{fill:none;color:#000;stroke:currentColor}\
@media(prefers-color-scheme:dark){.k{color:#fff}[fill="#ffffff"]{fill:#14171b}[fill="#1B1F24"]{fill:#e4e7eb}\
[fill="#5B6470"]{fill:#9aa4b0}[stroke="#5B6470"]{stroke:#9aa4b0}[stroke="#E6E9ED"]{stroke:#2a3038}\
[stroke="#4D4D4D"]{stroke:#b8bec6}[fill="#4D4D4D"]{fill:#b8bec6}[color="#4D4D4D"]{color:#b8bec6}\
[stroke="#0072B2"]{stroke:#4aa8e0}[fill="#0072B2"]{fill:#4aa8e0}[color="#0072B2"]{color:#4aa8e0}\
[stroke="#AEB5BD"]{stroke:#69737f}[fill="#AEB5BD"]{fill:#69737f}[color="#AEB5BD"]{color:#69737f}}<\/style>\
<desc>/
