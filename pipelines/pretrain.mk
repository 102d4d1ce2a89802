# Relative-location pretraining on a pile of JPEGs.  The defaults are MMSelfSup's recipe:
# ResNet-50, 70 epochs, 512 images a step as 8 micro-batches of 64.
#
#	make pretrain PHOTOS=photos [HELD_OUT=other-photos] [RUN=results/pretrain]
#
# RECIPE=kolesnikov standardises the patches, RECIPE=doersch cuts the paper's own (man rl-patchpairs); a step of it has
# some 40 patches and 180 pairs an image, so TRAIN_FLAGS='--batch 12 --accumulate 1' is about the paper's.
# EPOCHS, TRAIN_FLAGS and those of settings.mk change it; man rl-train says what can be said.  Ranks share the 8
# micro-batches.  Stopped or killed, it goes on from its last checkpoint when it is made again.

RUN         = $(RESULTS)/pretrain
EPOCHS      = 70
RECIPE      = mmselfsup
TRAIN_FLAGS =

mmselfsup.decode  = --short-side 292
kolesnikov.decode = --size 292x292
doersch.train     = --patch 96

PHOTOS.holds   = JPEGs, in folders or not
HELD_OUT.holds = $(PHOTOS.holds)

# $(call list_photos,DIR): the recipe of a list.  A link to nothing is in it, for rl-decode to name.
define list_photos
find -L "$(1)" \( -type f -o -type l \) \( -iname '*.jpg' -o -iname '*.jpeg' \) | LC_ALL=C sort > $@.partial
@test -s $@.partial || { rm $@.partial; echo "make: $(1): no photo in it, *.jpg or *.jpeg" >&2; exit 1; }
mv $@.partial $@
endef

pretrain: $(RUN)/pretext.json ## learn features from PHOTOS=DIR
	@jq -r '$(what_was_learned)' $<

what_was_learned = def f: . * 10 | round / 10; \
    if .metrics.accuracy then "\(.metrics.accuracy | f) % of the pairs of held-out photos right" + \
    (if .interval then " (95 % sure: \(.interval[0] | f) to \(.interval[1] | f))" else "" end) + "; chance: \(.metrics.chance | f) %" \
    else "a loss of \(.last_epoch.loss * 1000 | round / 1000) in the last epoch, where chance has ln 8 = 2.079; HELD_OUT=DIR, other photos, tells more" end

define PRETRAIN
$(BIN)/rl-decode $($(RECIPE).decode) --epochs $(EPOCHS) --shuffle --seed $(SEED) --threads $(call share,$(THREADS)) \
    $(DECODE_FLAGS) --start $$1 $(SHARD) < $(RUN)/photos.list | \
$(BIN)/rl-patchpairs --recipe $(RECIPE) --seed $(SEED) | \
$(BIN)/rl-train --resume $(RUN) --seed $(SEED) --threads $(call share,$(THREADS)) $(if $(RANKS),--accumulate $(call share,8)) \
    $(if $(HELD_OUT),--val $(RUN)/held-out.tar) $($(RECIPE).train) $(TRAIN_FLAGS)
endef
$(RUN)/pretext.json: private export PIPE = $(PRETRAIN)

PRETRAIN_SETTINGS = PHOTOS=$(PHOTOS) HELD_OUT=$(HELD_OUT) EPOCHS=$(EPOCHS) SEED=$(SEED)$(RANKS:%= RANKS=%)$(decode_is)$(if $(filter-out mmselfsup,$(RECIPE)), RECIPE=$(RECIPE)) $(TRAIN_FLAGS)
$(RUN)/pretext.json.settings: FORCE
	@test -n "$(filter $(RECIPE),mmselfsup kolesnikov doersch)" || { echo "make: RECIPE=$(RECIPE): must be mmselfsup, kolesnikov or doersch" >&2; exit 1; }
	@$(call need_dir,$(PHOTOS),PHOTOS)
	@$(if $(HELD_OUT),$(call need_dir,$(HELD_OUT),HELD_OUT))
	@$(call check_settings,$(RUN)/pretext.json,$(PRETRAIN_SETTINGS),$(RUN),RUN)

$(RUN)/pretext.json: $(RUN)/pretext.json.settings $(RUN)/photos.list $(if $(HELD_OUT),$(RUN)/held-out.tar) | all
	$(call train,rl-train,$(RUN)) > $@.partial
	mv $@.partial $@

$(RUN)/photos.list: $(RUN)/pretext.json.settings
	$(call list_photos,$(PHOTOS))

$(RUN)/held-out.list: $(RUN)/pretext.json.settings
	$(call list_photos,$(HELD_OUT))

$(RUN)/held-out.tar: $(RUN)/held-out.list | all
	$(BIN)/rl-decode $($(RECIPE).decode) --threads $(THREADS) < $< | \
	$(BIN)/rl-patchpairs --recipe $(RECIPE) --eval --seed $(SEED) > $@.partial
	mv $@.partial $@

.PHONY: pretrain
