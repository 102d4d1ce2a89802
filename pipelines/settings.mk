# A folder of results belongs to one choice of settings.  Asked for with others, make would call it up to date
# and show the old numbers; so each folder keeps its settings in a file, and others are refused.

# $(call check_settings,FOLDER,SETTINGS)
define check_settings
mkdir -p $(1); \
if [ -e $(1)/settings ] && ! printf '%s\n' '$(2)' | cmp -s - $(1)/settings; then \
	echo "$(1) was made with other settings: '$$(cat $(1)/settings)': remove it or name another" >&2; exit 1; \
fi; \
[ -e $(1)/settings ] || printf '%s\n' '$(2)' > $(1)/settings
endef

.PHONY: FORCE
FORCE:
