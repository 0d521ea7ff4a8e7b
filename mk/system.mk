# SPDX-License-Identifier: MPL-2.0
#
# What the system reads: the group, the rule of udev, the parameters of the
# module, that it is loaded at boot, and the declared arenas.

SYSTEMDIR  ?= $(PREFIX)/lib
SYSCONFDIR ?= /etc

# SOURCE:FOLDER/NAME, below packaging/ and below SYSTEMDIR.
SYSTEM_FILES := \
	system/rusted-ring.sysusers:sysusers.d/rusted-ring.conf \
	system/60-rusted-ring.rules:udev/rules.d/60-rusted-ring.rules \
	system/rusted-ring.modprobe:modprobe.d/rusted-ring.conf \
	system/rusted-ring.modules-load:modules-load.d/rusted-ring.conf \
	system/rusted-ring-arenas.service:systemd/system/rusted-ring-arenas.service \
	system/rusted-ring-relay.sysusers:sysusers.d/rusted-ring-relay.conf \
	system/rring-relay@.service:systemd/system/rring-relay@.service \
	monitoring/rusted-ring-metrics.service:systemd/system/rusted-ring-metrics.service \
	monitoring/rusted-ring-metrics.timer:systemd/system/rusted-ring-metrics.timer
MONITORING  := $(addprefix packaging/monitoring/,rusted_ring.rules.yml \
	       rusted_ring.dashboard.json)
MONITORING_TO = $(DESTDIR)$(PREFIX)/share/rusted_ring/monitoring
ARENAS_D    = $(DESTDIR)$(SYSCONFDIR)/rusted_ring/arenas.d
RELAY_D     = $(DESTDIR)$(SYSCONFDIR)/rusted_ring/relay

# A file of /etc is the administrator's: it is not overwritten.
install-system: ## group, udev rule, units, declared arenas; in install, too
	@$(foreach file,$(SYSTEM_FILES),install -D -m 644 \
		packaging/$(subst :, $(DESTDIR)$(SYSTEMDIR)/,$(file)) &&) :
	@install -d $(MONITORING_TO) && \
		install -m 644 $(MONITORING) $(MONITORING_TO)
	@[ -e $(ARENAS_D)/default.conf ] || install -D -m 644 \
		packaging/system/default.conf $(ARENAS_D)/default.conf
	@install -d $(RELAY_D)
	@[ -n "$(DESTDIR)" ] || { \
		systemd-sysusers $(SYSTEMDIR)/sysusers.d/rusted-ring.conf \
			$(SYSTEMDIR)/sysusers.d/rusted-ring-relay.conf; \
		udevadm control --reload; \
		systemctl daemon-reload; \
	} 2>/dev/null || true

uninstall-system:
	@rm -f $(foreach file,$(SYSTEM_FILES),\
		$(DESTDIR)$(SYSTEMDIR)/$(lastword $(subst :, ,$(file))))
	@rm -f $(addprefix $(MONITORING_TO)/,$(notdir $(MONITORING)))
	@rmdir $(MONITORING_TO) 2>/dev/null || true
	@! cmp -s packaging/system/default.conf $(ARENAS_D)/default.conf || \
		rm $(ARENAS_D)/default.conf
	@rmdir $(ARENAS_D) $(RELAY_D) $(DESTDIR)$(SYSCONFDIR)/rusted_ring 2>/dev/null || true

.PHONY: install-system uninstall-system
