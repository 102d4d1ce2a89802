# What every pipeline shares, and may be set on make's command line.
RESULTS = results
SEED    = 0
THREADS = $(shell nproc)

# A result belongs to one choice of settings.  Asked for with others, make would call it up to date and show
# the old numbers; so beside each result there is a file of its settings, and others are refused.
#
# $(call check_settings,RESULT,SETTINGS): the recipe of RESULT.settings.  RESULT.parts is what there is of one that
# was stopped.
define check_settings
mkdir -p $(@D); \
if [ -e $(1) -o -e $(1).parts ] && ! printf '%s\n' '$(2)' | cmp -s - $(1).settings; then \
	echo '$(1) was made with other settings:' "$$(cat $(1).settings)" >&2; \
	echo 'now asked for: $(2)' >&2; \
	echo 'remove $(@D), or choose another NAME or RESULTS' >&2; exit 1; \
fi; \
printf '%s\n' '$(2)' | cmp -s - $(1).settings || printf '%s\n' '$(2)' > $(1).settings
endef

.PHONY: FORCE
FORCE:
