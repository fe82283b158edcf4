# SPDX-License-Identifier: GPL-2.0-only
# Cost of copies and of what makes them durable, by size.
height = 540
call 'style.gp' ARG1
eval start(height)
title = words[copy_title]
note = 'Median '.words[unit].' on '.words[copy_stack].', log-log; durable.*: the copy and what makes it durable; msync, fsync: the call after a store to each page'
call 'lines.gp' 'copy' 'bytes (log scale)' words[unit].' per operation (log scale)' 232
