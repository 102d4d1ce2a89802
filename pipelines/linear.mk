# Linear evaluation of frozen features, one target a data set: by MMSelfSup's recipes, and at the optimum; and the
# nearest neighbours.
#
#	make imagenet-linear IMAGENET=DIR WEIGHTS=results/pretrain/weights.safetensors
#
# imagenet-linear, places205-linear and inat18-linear train a head on each of five features, imagenet-avgpool one on
# the average pool.  imagenet-exact, places205-exact and inat18-exact extract EXACT_LAYERS once, of images as they are
# tested, and solve for the best head there is, over weight decays: no length of training is part of that number.
# imagenet-knn trains nothing; it reads avgpool of the files of imagenet-exact: say the same EXACT_LAYERS to both.
# man rl-list says how a data set is laid out.  RANKS share the batch of 256.  Stopped or killed, a training goes on from
# its last checkpoint, an extraction from its last slices.
#
# For small runs: LIST_FLAGS='--classes 10' for a data set of 10 classes, LINEAR_EPOCHS, LINEAR_FLAGS (rl-linear train),
# EXACT_FLAGS (rl-linear exact), KNN_FLAGS (rl-knn), and of features.mk RANDOM_ARCH.

IMAGENET      = data/imagenet
PLACES205     = data/Places205
INAT18        = data/inaturalist2018
LIST_FLAGS    =
LINEAR_EPOCHS =
LINEAR_FLAGS  =
EXACT_LAYERS  = avgpool
EXACT_FLAGS   =
KNN_FLAGS     =

IMAGENET.holds  = a folder for each class in train and in val
PLACES205.holds = trainvalsplit_places205 and data/vision/torralba/deeplearning/images256
INAT18.holds    = train2018.json, val2018.json and the images where these say

# What an image goes through in testing, and in most trainings.
VIEW = resize=256 center-crop=224
CROP = random-resized-crop=224 flip

LINEAR = imagenet-linear imagenet-avgpool places205-linear inat18-linear
EXACT  = imagenet-exact places205-exact inat18-exact

imagenet-linear:  ## five linear probes on IMAGENET=DIR of WEIGHTS=FILE or RANDOM_INIT=SEED
imagenet-avgpool: ## one on the average pool
places205-linear: ## five on PLACES205=DIR
inat18-linear:    ## five on INAT18=DIR
$(LINEAR) $(EXACT) imagenet-knn: %: $(BENCH)/%.json
.PHONY: $(LINEAR) $(EXACT) imagenet-knn

# Of each target: data set, its variable, epochs, augmentation, and how the heads learn.
multi := --heads multi --optimizer nesterov --lr 0.01 --weight-decay 1e-4
imagenet-linear.is  = imagenet IMAGENET 90
imagenet-linear.ops = $(CROP) color-jitter=0.4,0.4,0.4 lighting=0.1
imagenet-linear.how = $(multi) --recipe-epochs 90 --steps 30,60
imagenet-avgpool.is  = imagenet IMAGENET 100
imagenet-avgpool.ops = $(CROP)
imagenet-avgpool.how = --heads avgpool --optimizer sgd --lr 30 --weight-decay 0 --recipe-epochs 100 --steps 60,80
places205-linear.is  = places205 PLACES205 28
places205-linear.ops = resize=256 center-crop=256 random-crop=224 flip
places205-linear.how = $(multi) --recipe-epochs 28 --steps 7,14,21
inat18-linear.is  = inat18 INAT18 84
inat18-linear.ops = $(CROP)
inat18-linear.how = $(multi) --recipe-epochs 84 --steps 24,48,72

# $(call data_dir,TARGET), $(call list,TARGET,SET), $(call linear_epochs,TARGET)
data_dir      = $($(word 2,$($(1).is)))
list          = $(BIN)/rl-list $(word 1,$($(1).is)) "$(call data_dir,$(1))" --set $(2) $(LIST_FLAGS)
linear_epochs = $(or $(LINEAR_EPOCHS),$(word 3,$($(1).is)))
need_data     = $(call need_inputs,$(word 2,$($(1).is)))

$(LINEAR:%=$(BENCH)/%.json.settings): $(BENCH)/%.json.settings: FORCE
	@$(call need_data,$*)
	@$(call check_settings,$(BENCH)/$*.json,$(call data_dir,$*) $(LIST_FLAGS) $(NETWORK) $(weights_hash) epochs $(call linear_epochs,$*) seed $(SEED)$(RANKS:%= RANKS=%)$(decode_is) $($*.ops) $($*.how) $(LINEAR_FLAGS),$(BENCH)/$*.json $(BENCH)/$*)

define PROBE
$(call list,$*,train) | \
$(BIN)/rl-decode --epochs $(call linear_epochs,$*) --shuffle --seed $(SEED) --threads $(call share,$(THREADS)) $(DECODE_FLAGS) \
    --augment '$($*.ops)' --start $$1 $(SHARD) | \
$(BIN)/rl-linear train $(NETWORK) --resume $(@D) --seed $(SEED) --threads $(call share,$(THREADS)) \
    $(if $(RANKS),--batch $(call share,256)) $($*.how) $(LINEAR_FLAGS)
endef
$(LINEAR:%=$(BENCH)/%/weights.safetensors): private export PIPE = $(PROBE)

$(LINEAR:%=$(BENCH)/%/weights.safetensors): $(BENCH)/%/weights.safetensors: $(BENCH)/%.json.settings | all
	$(call train,rl-linear train,$(@D))

$(LINEAR:%=$(BENCH)/%.json): $(BENCH)/%.json: $(BENCH)/%/weights.safetensors
	$(call list,$*,val) | \
	$(BIN)/rl-decode --threads $(THREADS) --augment '$(VIEW)' | \
	$(BIN)/rl-linear test $(NETWORK) --probe $< --name "$(NAME)" --threads $(THREADS) | \
	jq -c '.benchmark = "$*"' > $@.partial
	mv $@.partial $@

# ---- on features that are extracted once ----------------------------------------------------------
imagenet-exact:  ## linear probe on the average pool of IMAGENET=DIR, at its optimum
places205-exact: ## the same on PLACES205=DIR
inat18-exact:    ## on INAT18=DIR
imagenet-knn:    ## nearest neighbours on IMAGENET=DIR
imagenet-exact.is  = imagenet IMAGENET
places205-exact.is = places205 PLACES205
inat18-exact.is    = inat18 INAT18
imagenet-knn.is    = imagenet IMAGENET

# What they are made of, e.g. imagenet-train.tar, and what is held to the same settings.
CACHED       = $(foreach data,$(EXACT:-exact=),$(data)-train $(data)-val)
cached_list  = $(call list,$(word 1,$(subst -, ,$(1)))-exact,$(word 2,$(subst -, ,$(1))))
cached_is    = $(call data_dir,$(1)) $(LIST_FLAGS) $(NETWORK) $(weights_hash) --layers $(EXACT_LAYERS)$(decode_is)
cached_files = $(foreach end,-*.tar -*.tar.parts -exact.json -knn.json,$(BENCH)/$(1)$(end))

$(CACHED:%=$(BENCH)/%.tar.settings): $(BENCH)/%.tar.settings: FORCE
	@$(call need_data,$(word 1,$(subst -, ,$*))-exact)
	@$(call check_settings,$(BENCH)/$*.tar,$(call cached_is,$(word 1,$(subst -, ,$*))-exact),$(call cached_files,$(word 1,$(subst -, ,$*))))

$(CACHED:%=$(BENCH)/%.tar): $(BENCH)/%.tar: $(BENCH)/%.tar.settings | all
	$(call extract,$(call cached_list,$*),--augment "$(VIEW)",$(EXACT_LAYERS))

$(EXACT:%=$(BENCH)/%.json.settings) $(BENCH)/imagenet-knn.json.settings: $(BENCH)/%.json.settings: FORCE
	@$(call need_data,$*)
	@$(call check_settings,$(BENCH)/$*.json,$(call cached_is,$*) $(if $(filter $(EXACT),$*),seed $(SEED) $(EXACT_FLAGS),$(KNN_FLAGS)))

$(EXACT:%=$(BENCH)/%.json): $(BENCH)/%-exact.json: $(BENCH)/%-train.tar.settings $(BENCH)/%-exact.json.settings $(BENCH)/%-train.tar $(BENCH)/%-val.tar
	$(BIN)/rl-linear exact --train $(BENCH)/$*-train.tar --test $(BENCH)/$*-val.tar --seed $(SEED) \
	    --name "$(NAME)" --threads $(THREADS) $(EXACT_FLAGS) | jq -c '.benchmark = "$*-exact"' > $@.partial
	mv $@.partial $@

$(BENCH)/imagenet-knn.json: $(BENCH)/imagenet-train.tar.settings $(BENCH)/imagenet-knn.json.settings $(BENCH)/imagenet-train.tar $(BENCH)/imagenet-val.tar
	$(BIN)/rl-knn --train $(BENCH)/imagenet-train.tar --test $(BENCH)/imagenet-val.tar \
	    --name "$(NAME)" --threads $(THREADS) $(KNN_FLAGS) | jq -c '.benchmark = "imagenet-knn"' > $@.partial
	mv $@.partial $@
