# Do the features of WEIGHTS say where in the photo a patch is from, and does the lens tell them?
#
#	make audit PHOTOS=DIR WEIGHTS=results/pretrain/weights.safetensors
#
# ends in two lines.  audit.json is of patches of the photos as they are, without what they have along green - magenta, which
# is what fringes are made of, and grey; lens.json of the lens, in pixels of the photos at their full size.
#
# AUDIT_IMAGES photos are looked at, evenly from the list, at the pretraining's size and in patches of its size:
# AUDIT_DECODE and AUDIT_PATCHES are flags of rl-decode and rl-extract.  AUDIT_LAYER is the layer.

AUDIT_IMAGES  = 1000
AUDIT_DECODE  = --short-side 292
AUDIT_PATCHES = --patch 64 --stride 48
AUDIT_LAYER   = avgpool

audit: $(BENCH)/audit.json $(BENCH)/lens.json ## do the features of WEIGHTS=FILE say where in PHOTOS=DIR patches are?
	@jq -r .verdict $^
.PHONY: audit

audit_is = PHOTOS=$(PHOTOS) images $(AUDIT_IMAGES)$(decode_is)

$(BENCH)/audit.json.settings: FORCE
	@$(call need_inputs,PHOTOS)
	@$(call check_settings,$(BENCH)/audit.json,$(audit_is) $(AUDIT_DECODE) $(AUDIT_PATCHES) $(NETWORK) $(weights_hash) --layers $(AUDIT_LAYER) seed $(SEED),$(BENCH)/audit.json $(BENCH)/audit.list $(BENCH)/audit-*.tar $(BENCH)/lens.json)

$(BENCH)/audit.photos: $(BENCH)/audit.json.settings
	$(call list_photos,$(PHOTOS))

$(BENCH)/audit.list: $(BENCH)/audit.photos
	awk -v n=$(AUDIT_IMAGES) -v of=$$(wc -l < $<) 'n >= of || int(NR * n / of) > int((NR - 1) * n / of)' $< > $@.partial
	mv $@.partial $@

AUDIT_WAYS = raw project grey
audit_treatment = $(if $(filter-out raw,$(1)),$(BIN)/rl-augment --quiet $(1) |)

$(AUDIT_WAYS:%=$(BENCH)/audit-%.tar): $(BENCH)/audit-%.tar: $(BENCH)/audit.list | all
	$(BIN)/rl-decode $(AUDIT_DECODE) --threads $(THREADS) $(DECODE_FLAGS) < $< | $(call audit_treatment,$*) \
	$(BIN)/rl-extract $(NETWORK) --patches $(AUDIT_PATCHES) --layers $(AUDIT_LAYER) --threads $(THREADS) --quiet > $@.partial
	mv $@.partial $@

$(BENCH)/audit.json: $(BENCH)/audit.json.settings $(AUDIT_WAYS:%=$(BENCH)/audit-%.tar)
	$(BIN)/rl-audit --layer $(AUDIT_LAYER) --name "$(NAME)" --seed $(SEED) --threads $(THREADS) \
	    $(foreach way,$(AUDIT_WAYS),$(way)=$(BENCH)/audit-$(way).tar) > $@.partial
	mv $@.partial $@

$(BENCH)/lens.json: $(BENCH)/audit.list | all
	$(BIN)/rl-decode --threads $(THREADS) $(DECODE_FLAGS) < $< | $(BIN)/rl-audit --lens --name "$(NAME)" --quiet > $@.partial
	mv $@.partial $@
