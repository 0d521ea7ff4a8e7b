/* SPDX-License-Identifier: MPL-2.0 */
#ifndef ULIB_BATTERY_H
#define ULIB_BATTERY_H

#define ULIB_POWER_SUPPLIES	"/sys/class/power_supply"

/* 1: @dir lists a battery that supplies the machine itself; else 0. */
int ulib_battery_in(const char *dir);

#endif /* ULIB_BATTERY_H */
