# Segmentation: FCN R50-D8 on VOC12+Aug and on Cityscapes, by MMSelfSup's recipes.
#
#	make voc12aug-segmentation VOC12AUG=VOCdevkit WEIGHTS=results/pretrain/weights.safetensors
#	make cityscapes-segmentation CITYSCAPES=cityscapes WEIGHTS=...
#
# For small runs: VOC12_TRAIN (a set), SEGMENT_EPOCHS, SEGMENT_VIEW (rl-augment), SEGMENT_FLAGS (rl-segment train),
# SEGMENT_TEST (rl-segment predict), and of features.mk RANDOM_ARCH.  The recipes' batch statistics are those of all
# images of a step.  RANKS=4 shares them out as the recipes do, with common statistics; one process has those of a
# quarter, for want of memory, or with SEGMENT_FLAGS='--batch 16 --accumulate 1' (8 on Cityscapes) the recipe's.
# Stopped or killed, a training goes on from its last checkpoint.  Small, on a world of rl-synth --layout voc --year 2012:
#
#	make voc12aug-segmentation VOC12AUG=world VOC12_TRAIN=train RANDOM_ARCH='--arch resnet18 --width 16' SEGMENT_EPOCHS=4 \
#	    SEGMENT_VIEW='ratio-resize=160x120,0.5,2 class-crop=96 flip photometric' \
#	    SEGMENT_FLAGS='--size 96x96 --batch 8 --accumulate 2' SEGMENT_TEST='--short-side 120'

VOC12AUG       = data/VOCdevkit
CITYSCAPES     = data/cityscapes
VOC12_TRAIN    = trainaug
SEGMENT_EPOCHS =
SEGMENT_VIEW   =
SEGMENT_FLAGS  =
SEGMENT_TEST   =

VOC12AUG.holds   = VOC2012 with its JPEGImages, SegmentationClass and ImageSets, and SegmentationClassAug or beside VOC2012 VOCaug
CITYSCAPES.holds = leftImg8bit and gtFine, each with train and val

voc12aug-segmentation:   ## FCN on VOC12AUG=DIR from WEIGHTS=FILE or RANDOM_INIT=SEED
cityscapes-segmentation: ## FCN on CITYSCAPES=DIR
SEGMENTATION = voc12aug-segmentation cityscapes-segmentation
$(SEGMENTATION): %: $(BENCH)/%.json $(BENCH)/%/seen.png
.PHONY: $(SEGMENTATION)

# Of each target: format, data set's variable, epochs, iterations unless SEGMENT_EPOCHS is given (which end in the last
# epoch), sets to train and to test on; what becomes of the images; and how they are learned and looked at.
voc12aug-segmentation.is      = voc12aug VOC12AUG 31 20000 $(VOC12_TRAIN) val
voc12aug-segmentation.view    = ratio-resize=2048x512,0.5,2 class-crop=512 flip photometric
voc12aug-segmentation.train   = --size 512x512 --batch 4 --lr-batch 16
voc12aug-segmentation.test    = --short-side 512 --long-side 2048
cityscapes-segmentation.is    = cityscapes CITYSCAPES 108 40000 train val
cityscapes-segmentation.view  = ratio-resize=2049x1025,0.5,2 class-crop=769 flip photometric
cityscapes-segmentation.train = --size 769x769 --align-corners --batch 2 --lr-batch 8
cityscapes-segmentation.test  = --short-side 1025 --long-side 2049 --crop 769 --stride 513

segment_dir    = $($(word 2,$($(1).is)))
segment_list   = $(BIN)/rl-list $(firstword $($(1).is)) "$(call segment_dir,$(1))" --set
segment_epochs = $(or $(SEGMENT_EPOCHS),$(word 3,$($(1).is)))
segment_end    = $(if $(SEGMENT_EPOCHS),,--iterations $(word 4,$($(1).is)))
segment_view   = $(or $(SEGMENT_VIEW),$($(1).view))

# A network is trained once, however it is tested.
segmenter_is = $(call segment_dir,$(1)) $(word 5,$($(1).is)) $(NETWORK) $(weights_hash) epochs $(call segment_epochs,$(1)) $(call segment_end,$(1)) seed $(SEED)$(RANKS:%= RANKS=%)$(decode_is) $(call segment_view,$(1)) $($(1).train) $(SEGMENT_FLAGS)

$(SEGMENTATION:%=$(BENCH)/%/weights.safetensors.settings): $(BENCH)/%/weights.safetensors.settings: FORCE
	@$(call need_inputs,$(word 2,$($*.is)))
	@$(call check_settings,$(BENCH)/$*/weights.safetensors,$(call segmenter_is,$*),$(BENCH)/$*.json $(BENCH)/$*)

$(SEGMENTATION:%=$(BENCH)/%.json.settings): $(BENCH)/%.json.settings: FORCE
	@$(call need_inputs,$(word 2,$($*.is)))
	@$(call check_settings,$(BENCH)/$*.json,$(call segment_dir,$*) $($*.test) $(SEGMENT_TEST))

# In files, for a set that is not there to end the run before it begins.
$(SEGMENTATION:%=$(BENCH)/%/test.manifest): $(BENCH)/%/test.manifest: $(BENCH)/%.json.settings | all
	@mkdir -p $(@D)
	$(call segment_list,$*) $(word 6,$($*.is)) > $@.partial
	mv $@.partial $@

$(SEGMENTATION:%=$(BENCH)/%/train.manifest): $(BENCH)/%/train.manifest: $(BENCH)/%/weights.safetensors.settings | all
	$(call segment_list,$*) $(word 5,$($*.is)) > $@.partial
	mv $@.partial $@

define SEGMENT
$(BIN)/rl-decode --epochs $(call segment_epochs,$*) --shuffle --seed $(SEED) --threads $(call share,$(THREADS)) \
    $(DECODE_FLAGS) --augment '$(call segment_view,$*)' --start $$1 $(SHARD) < $(@D)/train.manifest | \
$(BIN)/rl-segment train $(NETWORK) --resume $(@D) --seed $(SEED) --threads $(call share,$(THREADS)) \
    $($*.train) --accumulate $(call share,4) $(call segment_end,$*) $(if $(RANKS),--sync-bn) $(SEGMENT_FLAGS)
endef
$(SEGMENTATION:%=$(BENCH)/%/weights.safetensors): private export PIPE = $(SEGMENT)

$(SEGMENTATION:%=$(BENCH)/%/weights.safetensors): $(BENCH)/%/weights.safetensors: $(BENCH)/%/weights.safetensors.settings $(BENCH)/%/train.manifest
	$(call train,rl-segment train,$(@D))

$(SEGMENTATION:%=$(BENCH)/%/predictions.tar): $(BENCH)/%/predictions.tar: $(BENCH)/%.json.settings $(BENCH)/%/weights.safetensors $(BENCH)/%/test.manifest
	$(BIN)/rl-decode --threads $(THREADS) $(@D)/test.manifest | \
	$(BIN)/rl-segment predict --weights $(@D)/weights.safetensors --threads $(THREADS) $($*.test) $(SEGMENT_TEST) | \
	$(BIN)/rl-cat --fields segmentation,prediction > $@.partial
	mv $@.partial $@

$(SEGMENTATION:%=$(BENCH)/%.json): $(BENCH)/%.json: $(BENCH)/%/predictions.tar
	$(BIN)/rl-miou --weights $(@:.json=)/weights.safetensors --name "$(NAME)" $< | jq -c '.benchmark = "$*"' > $@.partial
	mv $@.partial $@

$(SEGMENTATION:%=$(BENCH)/%/seen.png): $(BENCH)/%/seen.png: $(BENCH)/%/predictions.tar
	sed -n 1,12p $(@D)/test.manifest | $(BIN)/rl-decode --threads $(THREADS) | \
	$(BIN)/rl-segment predict --weights $(@D)/weights.safetensors --threads $(THREADS) $($*.test) $(SEGMENT_TEST) | \
	$(BIN)/rl-draw --quiet --sheet $@
	echo "The first images of $(word 6,$($*.is)): on the left what each pixel is, on the right what $(NAME) makes of it." > $(@:.png=.txt)
