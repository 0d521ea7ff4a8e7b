/* SPDX-License-Identifier: MPL-2.0 */
#ifndef ULIB_BATTERY_H
#define ULIB_BATTERY_H

#define ULIB_POWER_SUPPLIES	"/sys/class/power_supply"

/*
 * Return 1 if @dir, usually ULIB_POWER_SUPPLIES, lists a battery that powers
 * the machine, and not only a peripheral such as a mouse. Else return 0, also
 * if @dir cannot be read.
 */
int ulib_battery_in(const char *dir);

#endif /* ULIB_BATTERY_H */
