// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* The tutorial's sensor, in the kernel: ten readings a second. */
#include <linux/module.h>
#include <linux/rusted_ring.h>
#include <linux/workqueue.h>

/* The structure of reading.h, in the types of the kernel. */
struct reading {
	u64 number;
	s32 millidegrees;
	u32 pid;
};

static void take_reading(struct work_struct *unused);

static struct rring_kwriter *readings;
static DECLARE_DELAYED_WORK(work, take_reading);
static u64 number;

/* A kernel writer never waits: in a full ring the event is dropped, and counted. */
static void take_reading(struct work_struct *unused)
{
	struct reading reading = {
		.number = number,
		.millidegrees = 40000 + (s32)(number % 50),
	};

	number++;
	rring_kwriter_write(readings, &reading, sizeof(reading), 0);
	schedule_delayed_work(&work, HZ / 10);
}

static int __init thermometer_init(void)
{
	struct rring_kwriter_config config = {
		.arena = "default",
		.ring = "kernel/readings",
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = 256,
		.stride = 64,
	};

	readings = rring_kwriter_open(&config);
	if (IS_ERR(readings))
		return PTR_ERR(readings);
	schedule_delayed_work(&work, 0);
	return 0;
}

static void __exit thermometer_exit(void)
{
	cancel_delayed_work_sync(&work);
	rring_kwriter_close(readings, 0);
}

module_init(thermometer_init);
module_exit(thermometer_exit);
MODULE_DESCRIPTION("rusted_ring's tutorial: a sensor in the kernel");
MODULE_LICENSE("Dual MPL/GPL");
