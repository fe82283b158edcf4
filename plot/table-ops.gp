# SPDX-License-Identifier: GPL-2.0-only
# Cost of device-mapper ioctls by number of segments.
height = 540
call 'style.gp' ARG1
eval start(height)
title = words[table_title]
note = 'Median '.words[unit].' per ioctl, log-log; suspend, frozen: mounted filesystem; others: unused device'
call 'lines.gp' 'table' 'segments in the dm table (log scale)' words[unit].' per operation (log scale)' 222
