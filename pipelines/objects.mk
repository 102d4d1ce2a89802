# What recurs in a pile of photos nobody labelled, by the features of a network (man rl-discover):
#
#	make discover PHOTOS=photos WEIGHTS=results/pretrain/weights.safetensors
#	make discover LABELS=manifest.jsonl WEIGHTS=…
#
# discovery.finds.jsonl has a line for each find, discovery.png shows the first SHOWN, each with the images in which it
# is most, discovery.json says how many there are, and of how many constellations.  Without a find there is no picture.
# LABELS, a manifest of rl-list, stands in the place of PHOTOS, and what is found is scored by its labels:
# discovery-purity.json.
#
# Copies of a photo, in another size or quality, are photos in which it recurs, unless COPIES names a file that says which
# they are; man rl-discover shows how to make it.
#
# PATCH_FLAGS are of rl-extract: which patches, of which layer; DISCOVER_FLAGS of rl-discover.  Of features.mk: NAME,
# RANDOM_INIT, RANDOM_ARCH and SLICE.  Stopped or killed, an extraction goes on from its last slices.

LABELS         =
COPIES         =
PATCH_LAYER    = avgpool
PATCH_FLAGS    = --patch 96 --stride 32 --scales 1,0.6
DISCOVER_FLAGS =
SHOWN          = 20

DISCOVERY = $(BENCH)/discovery

discover: $(DISCOVERY).png $(if $(LABELS),$(DISCOVERY)-purity.json) ## find what recurs in PHOTOS=DIR, or in the images of LABELS=MANIFEST
	@jq -r '"\(.metrics.finds) finds among \(.metrics.constellations) constellations in \(.metrics.images) images"' $(DISCOVERY).json
.PHONY: discover

patches_are   = $(if $(LABELS),LABELS=$(LABELS) $(call content_hash,$(LABELS)),PHOTOS=$(PHOTOS)) $(NETWORK) $(weights_hash) $(PATCH_LAYER) $(PATCH_FLAGS)$(decode_is)
discovery_all = $(DISCOVERY).json $(DISCOVERY).finds.jsonl $(DISCOVERY).png $(DISCOVERY).txt $(DISCOVERY)-purity.json

define need_manifest
test -f "$(LABELS)" || { echo "make: $(LABELS): no such file: say LABELS=FILE, which rl-list printed" >&2; exit 1; }
endef

$(DISCOVERY)-patches.tar.settings: FORCE
	@test -n "$(PHOTOS)$(LABELS)" || { echo "make: no photos: say PHOTOS=DIR or LABELS=MANIFEST" >&2; exit 1; }
	@$(if $(LABELS),$(need_manifest),$(call need_inputs,PHOTOS))
	@$(call check_settings,$(DISCOVERY)-patches.tar,$(patches_are),$(DISCOVERY)-patches.tar $(DISCOVERY)-patches.tar.parts $(discovery_all))

$(DISCOVERY).json.settings: FORCE
	@$(call check_settings,$(DISCOVERY).json,$(patches_are) seed $(SEED) $(if $(COPIES),copies $(call content_hash,$(COPIES)) )$(DISCOVER_FLAGS),$(discovery_all))

$(DISCOVERY).list: $(DISCOVERY)-patches.tar.settings
	$(if $(LABELS),cp "$(LABELS)" $@,$(call list_photos,$(PHOTOS)))

$(DISCOVERY)-patches.tar: $(DISCOVERY)-patches.tar.settings $(DISCOVERY).list | all
	$(call extract,cat $(DISCOVERY).list,,$(PATCH_LAYER) --patches $(PATCH_FLAGS))

$(DISCOVERY).json: $(DISCOVERY)-patches.tar.settings $(DISCOVERY).json.settings $(DISCOVERY)-patches.tar
	$(BIN)/rl-discover $(DISCOVERY)-patches.tar $(if $(COPIES),--copies "$(COPIES)") --layer $(PATCH_LAYER) --seed $(SEED) --name "$(NAME)" --threads $(THREADS) \
	    --result $@.partial $(DISCOVER_FLAGS) > $(DISCOVERY).finds.jsonl
	mv $@.partial $@

$(DISCOVERY).png: $(DISCOVERY).json
	if [ ! -s $(DISCOVERY).finds.jsonl ]; then echo "nothing recurs: no sheet"; exit; fi; \
	sed -n '1,$(SHOWN)p' $(DISCOVERY).finds.jsonl > $@.rows; \
	$(BIN)/rl-decode --threads $(THREADS) $(DECODE_FLAGS) < $(DISCOVERY).list | \
	$(BIN)/rl-draw --quiet --rows $@.rows --sheet $@; \
	rm $@.rows; \
	echo "What recurs, by $(PATCH_LAYER) of $(NAME): in each row a place, and those most like it in other photos, with" \
	    "the error of their layout." > $(@:.png=.txt)

$(DISCOVERY)-purity.json: $(DISCOVERY).json
	$(BIN)/rl-purity --labels "$(LABELS)" --name "$(NAME)" $(DISCOVERY).finds.jsonl > $@.partial
	mv $@.partial $@
