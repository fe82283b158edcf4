// SPDX-License-Identifier: GPL-2.0-only
/* Issues one device-mapper ioctl, timed or not, and verifies the state of the device. */
#include "bench/table/tableops.h"
#include "bench/thread_cost.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

/* ext4_freeze and xfs_fs_freeze stand for a freeze: some kernels inline freeze_super(). */
const char *const table_points[] = {
	"linear_ctr",  "linear_dtr",	"dm_suspend",		"dm_swap_table",
	"ext4_freeze", "xfs_fs_freeze", "dm_dax_direct_access", "pmem_dax_direct_access",
	NULL,
};

static bool check_state(struct tableops *t, const struct table_device *device,
			struct table_state want, struct timed_ops_result *result)
{
	struct dm_device_info info = {0};
	int rc = dm_device_info(device->name, &info);

	if (want.gone) {
		if (rc != -ENXIO)
			timed_ops_void(result, "the device exists after its removal");
		return rc == -ENXIO;
	}
	if (rc < 0)
		timed_ops_void(result, "cannot read the state of the device: %s", strerror(-rc));
	else if (info.live_table != want.live || info.inactive_table != want.inactive ||
		 info.suspended != want.suspended)
		timed_ops_void(result,
			       "the device has %s live table, %s inactive one, and is %ssuspended",
			       info.live_table ? "a" : "no", info.inactive_table ? "an" : "no",
			       info.suspended ? "" : "not ");
	else if (want.live && info.target_count != t->targets)
		timed_ops_void(result, "the live table has %u targets instead of %" PRId64,
			       info.target_count, t->targets);
	return !result->why[0];
}

void table_add_hits(struct timed_ops_result *result, const struct probe_set *probes)
{
	proof_count(&result->proof, NULL, 0, probes);
}

bool table_ioctl(struct tableops *t, const struct meter *meter, struct table_device *device,
		 enum table_ioctl_kind kind, struct table_state after, int64_t *ticks,
		 bool *switched, struct probe_set *probes, struct timed_ops_result *result)
{
	struct dm_request *request = &device->requests[kind];
	bool scheduled_out = false;
	struct thread_cost cost;
	int64_t took;
	int rc;

	dm_request_reset(request);
	if (ticks)
		meter_wait_for_tick(0);
	if (probes)
		probe_start(probes);
	thread_cost_start(&cost, meter, THREAD_COST_CALLER);
	rc = ioctl(t->control_fd, request->command, request->io) < 0 ? errno : 0;
	took = thread_cost_ticks(&cost, &scheduled_out);
	if (probes)
		probe_stop(probes);
	if (ticks)
		*ticks = took;
	if (switched)
		*switched = scheduled_out;
	if (rc)
		timed_ops_void(result, "the device-mapper ioctl failed: %s", strerror(rc));
	return !rc && check_state(t, device, after, result);
}
