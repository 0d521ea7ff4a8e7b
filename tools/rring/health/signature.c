// SPDX-License-Identifier: MPL-2.0
/* rring doctor: signatures of modules, and Secure Boot. */
#include <string.h>

#include "file.h"
#include "signature.h"

#define PAGE		"Documentation/secure_boot.rst"
#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* A variable of the firmware: four bytes of attributes, then its value. */
static bool is_secure_boot(void)
{
	char bytes[5];

	return file_read(SECURE_BOOT, bytes, sizeof(bytes)) == sizeof(bytes) &&
	       bytes[4] == 1;
}

static bool is_enforced(void)
{
	char line[16];

	return file_line("/sys/module/module/parameters/sig_enforce", line,
			 sizeof(line)) && *line == 'Y';
}

static bool is_locked_down(void)
{
	char line[64];

	return file_line("/sys/kernel/security/lockdown", line,
			 sizeof(line)) && !strstr(line, "[none]");
}

bool signature_is_wanted(void)
{
	return is_enforced() || is_locked_down();
}

static const char *reason(void)
{
	if (is_secure_boot())
		return "Secure Boot is on";
	return is_enforced() ? "module.sig_enforce is set" :
			       "it is locked down";
}

static const char *advice(void)
{
	return is_secure_boot() ?
	       "sign it, and enroll the key: `mokutil --import KEY.der', then reboot; " PAGE " has the steps" :
	       "sign it by a key that the kernel trusts, or boot without module.sig_enforce=1 and lockdown=; see " PAGE;
}

void signature_check(struct findings *findings, bool loaded)
{
	if (!signature_is_wanted())
		finding_ok(findings, "signature",
			   "the kernel loads modules without a signature, too");
	else if (loaded)
		finding_ok(findings, "signature",
			   "the kernel loads signed modules only (%s), and has loaded this one",
			   reason());
	else
		finding_warn(findings, "signature", advice(),
			     "the kernel loads signed modules only: %s",
			     reason());
}
