# SPDX-License-Identifier: GPL-2.0-only
# The heading at the top left of the canvas: title, note and subtitle, variables of the script.  They also go
# to plot.head, for the title and the description in the SVG.
set label 1 title at screen px_x(24), screen 1 - 28.0 / height font bold(title_px(title)) tc rgb ink
set label 2 note at screen px_x(24), screen 1 - 52.0 / height font font(sub_px(note)) tc rgb dim
set label 4 subtitle_words at screen px_x(24), screen 1 - 71.0 / height font font(sub_px(subtitle_words)) tc rgb dim
set print 'plot.head'
print title
print note
print subtitle_words
set print
