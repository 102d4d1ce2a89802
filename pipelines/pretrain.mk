# Relative-location pretraining on a pile of JPEGs.  The defaults are MMSelfSup's recipe:
# ResNet-50, 70 epochs, 512 images a step as 8 micro-batches of 64.
#
#	make pretrain PHOTOS=photos [HELD_OUT=other-photos] [RUN=results/pretrain]
#
# EPOCHS, SEED, THREADS, RANKS and TRAIN_FLAGS change it; man rl-train says what can be said.  Ranks share the 8
# micro-batches.  Stopped or killed, it goes on from its last checkpoint when it is made again.

RUN         = $(RESULTS)/pretrain
EPOCHS      = 70
TRAIN_FLAGS =

PHOTOS.holds   = JPEGs, in folders or not
HELD_OUT.holds = $(PHOTOS.holds)

list_photos = find "$(1)" -type f \( -iname '*.jpg' -o -iname '*.jpeg' \) | LC_ALL=C sort

pretrain: $(RUN)/pretext.json ## learn features from PHOTOS=DIR

define PRETRAIN
$(call list_photos,$(PHOTOS)) | \
$(BIN)/rl-decode --short-side 292 --epochs $(EPOCHS) --shuffle --seed $(SEED) --threads $(call share,$(THREADS)) \
    --start $$1 $(SHARD) | \
$(BIN)/rl-patchpairs --seed $(SEED) | \
$(BIN)/rl-train --resume $(RUN) --seed $(SEED) --threads $(call share,$(THREADS)) $(if $(RANKS),--accumulate $(call share,8)) \
    $(if $(HELD_OUT),--val $(RUN)/held-out.tar) $(TRAIN_FLAGS)
endef
$(RUN)/pretext.json: private export PIPE = $(PRETRAIN)

PRETRAIN_SETTINGS = PHOTOS=$(PHOTOS) HELD_OUT=$(HELD_OUT) EPOCHS=$(EPOCHS) SEED=$(SEED)$(RANKS:%= RANKS=%) $(TRAIN_FLAGS)
$(RUN)/pretext.json.settings: FORCE
	@test -n "$(PHOTOS)" || { echo "make: no photos: say PHOTOS=DIR" >&2; exit 1; }
	@$(call need_dir,$(PHOTOS),PHOTOS)
	@$(if $(HELD_OUT),$(call need_dir,$(HELD_OUT),HELD_OUT))
	@$(call check_settings,$(RUN)/pretext.json,$(PRETRAIN_SETTINGS),$(RUN))

$(RUN)/pretext.json: $(RUN)/pretext.json.settings $(if $(HELD_OUT),$(RUN)/held-out.tar) | all
	$(call train,rl-train,$(RUN)) > $@.partial
	mv $@.partial $@

$(RUN)/held-out.tar: $(RUN)/pretext.json.settings | all
	$(call list_photos,$(HELD_OUT)) | $(BIN)/rl-decode --short-side 292 --threads $(THREADS) | \
	$(BIN)/rl-patchpairs --eval --seed $(SEED) > $@.partial
	mv $@.partial $@

.PHONY: pretrain
