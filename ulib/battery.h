/* SPDX-License-Identifier: MPL-2.0 */
#ifndef ULIB_BATTERY_H
#define ULIB_BATTERY_H

#define RRING_POWER_SUPPLIES	"/sys/class/power_supply"

/* Is there a battery among the supplies in @dir that the machine runs on? */
int rring_battery_in(const char *dir);

#endif /* ULIB_BATTERY_H */
