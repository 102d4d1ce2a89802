# Detection: Faster R-CNN R50-C4 on VOC07+12, Mask R-CNN R50-FPN on COCO, by MMSelfSup's recipes.
#
#	make voc0712-detection VOC0712=VOCdevkit WEIGHTS=results/pretrain/weights.safetensors
#	make coco-detection COCO=coco WEIGHTS=...
#
# VOC0712 holds VOC2007 and VOC2012, COCO holds annotations and its folders of images.  For small runs: VOC_TRAIN (sets,
# YEAR/NAME), COCO_TRAIN, COCO_VAL, DETECT_EPOCHS, DETECT_SIZES, DETECT_FLAGS (rl-detect train),
# VOC_TEST, DETECT_TEST (rl-detect predict), and of features.mk RANDOM_ARCH.  RANKS share the recipe's 8 pairs of images a
# step, with common batch statistics as in the recipe.  Stopped or killed, a training goes on from its last checkpoint.

VOC0712       = data/VOCdevkit
COCO          = data/coco
VOC_TRAIN     = 2007/trainval 2012/trainval
VOC_TEST      = 2007/test
COCO_TRAIN    = train2017
COCO_VAL      = val2017
DETECT_EPOCHS =
DETECT_SIZES  =
DETECT_FLAGS  =
DETECT_TEST   =

VOC0712.holds = VOC2007 and VOC2012, each with its JPEGImages, Annotations and ImageSets
COCO.holds    = annotations/instances_SET.json and the folder SET of images, for each set

voc0712-detection: ## Faster R-CNN on VOC0712=DIR from WEIGHTS=FILE or RANDOM_INIT=SEED
coco-detection:    ## Mask R-CNN on COCO=DIR
DETECTION = voc0712-detection coco-detection
$(DETECTION): %: $(BENCH)/%.json $(BENCH)/%/found.png
.PHONY: $(DETECTION)

# Of each target: model, data set's variable, epochs, iterations unless DETECT_EPOCHS is given (VOC's end in its 24th
# epoch), sizes of the shorter side, sets to train on and to test on.
voc0712-detection.is    = faster-rcnn-c4 VOC0712 24 24000
voc0712-detection.sizes = 480,512,544,576,608,640,672,704,736,768,800:1333
voc0712-detection.on    = $(VOC_TRAIN)
voc0712-detection.tests = $(VOC_TEST)
coco-detection.is       = mask-rcnn-fpn COCO 12
coco-detection.sizes    = 640,672,704,736,768,800:1333
coco-detection.on       = $(COCO_TRAIN)
coco-detection.tests    = $(COCO_VAL)

# $(call voc_sets,YEAR/NAME...,FLAGS): manifests in a row
voc_sets = $(foreach s,$(1),$(BIN)/rl-list voc "$(VOC0712)" --year $(firstword $(subst /, ,$(s))) --set $(lastword $(subst /, ,$(s))) $(2);)
voc0712-detection.train = { $(call voc_sets,$(VOC_TRAIN),--for-training) }
voc0712-detection.test  = { $(call voc_sets,$(VOC_TEST)) }
coco-detection.train    = $(BIN)/rl-list coco "$(COCO)" --set $(COCO_TRAIN) --for-training
coco-detection.test     = $(BIN)/rl-list coco "$(COCO)" --set $(COCO_VAL)
voc0712-detection.eval  = $(BIN)/rl-voc-eval --gt $(BENCH)/voc0712-detection/test.manifest
coco-detection.eval     = $(BIN)/rl-coco-eval --gt "$(COCO)/annotations/instances_$(COCO_VAL).json"

detect_epochs = $(or $(DETECT_EPOCHS),$(word 3,$($(1).is)))
detect_end    = $(if $(DETECT_EPOCHS),,$(addprefix --iterations ,$(word 4,$($(1).is))))
detect_sizes  = $(or $(DETECT_SIZES),$($(1).sizes))

# A detector is trained once, however it is tested.
detector_is = $(call data_dir,$(1)) $($(1).on) $(NETWORK) $(weights_hash) epochs $(call detect_epochs,$(1)) $(call detect_end,$(1)) seed $(SEED)$(RANKS:%= RANKS=%)$(decode_is) $(call detect_sizes,$(1)) $(DETECT_FLAGS)

$(DETECTION:%=$(BENCH)/%/weights.safetensors.settings): $(BENCH)/%/weights.safetensors.settings: FORCE
	@$(call need_data,$*)
	@$(call check_settings,$(BENCH)/$*/weights.safetensors,$(call detector_is,$*),$(BENCH)/$*.json $(BENCH)/$*)

$(DETECTION:%=$(BENCH)/%.json.settings): $(BENCH)/%.json.settings: FORCE
	@$(call need_data,$*)
	@$(call check_settings,$(BENCH)/$*.json,$(call data_dir,$*) $($*.tests) $(DETECT_TEST))

$(DETECTION:%=$(BENCH)/%/test.manifest): $(BENCH)/%/test.manifest: $(BENCH)/%.json.settings | all
	@mkdir -p $(@D)
	$($*.test) > $@.partial
	mv $@.partial $@

# In a file, for a set that is not there to end the run before it begins.
$(DETECTION:%=$(BENCH)/%/train.manifest): $(BENCH)/%/train.manifest: $(BENCH)/%/weights.safetensors.settings | all
	$($*.train) > $@.partial
	mv $@.partial $@

define DETECT
$(BIN)/rl-decode --epochs $(call detect_epochs,$*) --shuffle --group 2 --seed $(SEED) --threads $(call share,$(THREADS)) \
    $(DECODE_FLAGS) --augment 'multi-resize=$(call detect_sizes,$*) flip' --start $$1 $(SHARD) < $(@D)/train.manifest | \
$(BIN)/rl-detect train --model $(firstword $($*.is)) $(NETWORK) --resume $(@D) --seed $(SEED) \
    --threads $(call share,$(THREADS)) $(call detect_end,$*) $(if $(RANKS),--accumulate $(call share,8) --sync-bn) $(DETECT_FLAGS)
endef
$(DETECTION:%=$(BENCH)/%/weights.safetensors): private export PIPE = $(DETECT)

$(DETECTION:%=$(BENCH)/%/weights.safetensors): $(BENCH)/%/weights.safetensors: $(BENCH)/%/weights.safetensors.settings $(BENCH)/%/train.manifest
	$(call train,rl-detect train,$(@D))

$(DETECTION:%=$(BENCH)/%/detections.jsonl): $(BENCH)/%/detections.jsonl: $(BENCH)/%.json.settings $(BENCH)/%/weights.safetensors $(BENCH)/%/test.manifest
	$(BIN)/rl-decode --threads $(THREADS) $(@D)/test.manifest | \
	$(BIN)/rl-detect predict --weights $(@D)/weights.safetensors --threads $(THREADS) $(DETECT_TEST) > $@.partial
	mv $@.partial $@

$(DETECTION:%=$(BENCH)/%.json): $(BENCH)/%.json: $(BENCH)/%/detections.jsonl
	$($*.eval) --weights $(@:.json=)/weights.safetensors --name "$(NAME)" $< | jq -c '.benchmark = "$*"' > $@.partial
	mv $@.partial $@

$(DETECTION:%=$(BENCH)/%/found.png): $(BENCH)/%/found.png: $(BENCH)/%/detections.jsonl
	sed -n 1,12p $(@D)/test.manifest | $(BIN)/rl-decode --threads $(THREADS) | \
	$(BIN)/rl-draw --quiet --predictions $< --sheet $@
	echo "The first images of $($*.tests), with what was found in them by $(NAME), of a score of at least 0.5." > $(@:.png=.txt)
