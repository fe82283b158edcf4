# SPDX-License-Identifier: GPL-2.0-only
# DM overhead of warm faults by number of device-mapper devices, one over the other.
height = 540
call 'style.gp' ARG1
eval start(height)
title = words[depth_title]
note = 'DM overhead (stack minus raw) of '.words[fault_words].', median '.words[unit].', log-log'
call 'lines.gp' 'depth' 'device-mapper devices, one over the other (log scale)' 'DM overhead, '.words[unit].' per fault (log scale)' 182
