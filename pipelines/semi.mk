# Semi-supervised evaluation: fine-tune on 1 % or 10 % of ImageNet's labels in nine settings, and take the best, as
# MMSelfSup's grid does (the choice is made on the validation set, and the result says so).
#
#	make imagenet-1percent IMAGENET=DIR SUBSET_1PERCENT=1percent.txt WEIGHTS=results/pretrain/weights.safetensors
#
# The lists are SimCLR's, a file name a line.  Stopped or killed, it goes on from the last checkpoint of the setting in
# hand.  For small runs: LIST_FLAGS='--classes 10', SEMI_VIEW and SEMI_CROP (rl-augment), SEMI_EPOCHS, SEMI_FLAGS
# (rl-finetune), SEMI_LR, SEMI_HEAD, and of features.mk RANDOM_ARCH.
#
# The recipe's batch statistics are those of all 256 images of a step.  One process has those of 4 times 64, for want of
# memory: ResNet-50 at 224 pixels takes 5 GiB at 64 images and 20 at 256, in bf16 half of that.  RANKS=4 has the recipe's;
# and so has SEMI_FLAGS='--batch 256 --accumulate 1' where there is room.

SUBSET_1PERCENT  = data/imagenet_subsets/1percent.txt
SUBSET_10PERCENT = data/imagenet_subsets/10percent.txt
SEMI_EPOCHS = 20
SEMI_FLAGS  =
SEMI_VIEW   = $(VIEW)
SEMI_CROP   = $(CROP)
SEMI_LR     = 0.1 0.01 0.001
SEMI_HEAD   = 1 10 100

imagenet-1percent:  ## fine-tuning on 1 % of IMAGENET=DIR, the best of nine settings
imagenet-10percent: ## fine-tuning on 10 %
SEMI = imagenet-1percent imagenet-10percent
$(SEMI): %: $(BENCH)/%.json
.PHONY: $(SEMI)

imagenet-1percent.subset  = $(SUBSET_1PERCENT)
imagenet-1percent.how     = --weight-decay 5e-4
imagenet-10percent.subset = $(SUBSET_10PERCENT)
imagenet-10percent.how    = --weight-decay 1e-4

semi_settings := $(foreach lr,$(SEMI_LR),$(foreach head,$(SEMI_HEAD),lr$(lr)-head$(head)))
semi_lr        = $(patsubst lr%,%,$(firstword $(subst -head, ,$(1))))
semi_head      = $(lastword $(subst -head, ,$(1)))

$(SEMI:%=$(BENCH)/%.json.settings): $(BENCH)/%.json.settings: FORCE
	@$(call need_inputs,IMAGENET)
	@test -f "$($*.subset)" || { echo "make: $($*.subset): no such file: say SUBSET_$(if $(findstring 10,$*),10,1)PERCENT=FILE, a list of image names" >&2; exit 1; }
	@$(call check_settings,$(BENCH)/$*.json,$(IMAGENET) $($*.subset) $(LIST_FLAGS) $(NETWORK) $(weights_hash) epochs $(SEMI_EPOCHS) seed $(SEED)$(RANKS:%= RANKS=%)$(decode_is) $(SEMI_CROP) $(SEMI_VIEW) $(semi_settings) $($*.how) $(SEMI_FLAGS),$(BENCH)/$*.json $(BENCH)/$*)

$(SEMI:%=$(BENCH)/%/val.tar): $(BENCH)/%/val.tar: $(BENCH)/%.json.settings | all
	@mkdir -p $(@D)
	$(call list,imagenet-knn,val) | $(BIN)/rl-decode --augment '$(SEMI_VIEW)' --threads $(THREADS) > $@.partial
	mv $@.partial $@

# $(call finetune,TARGET,SETTING)
define finetune
$(call list,imagenet-knn,train) --subset "$($(1).subset)" | \
$(BIN)/rl-decode --epochs $(SEMI_EPOCHS) --shuffle --seed $(SEED) --threads $(call share,$(THREADS)) \
    $(DECODE_FLAGS) --augment '$(SEMI_CROP)' --start $$1 $(SHARD) | \
$(BIN)/rl-finetune $(NETWORK) --resume $(@:.json=) --val $(@D)/val.tar --name "$(NAME)" --seed $(SEED) \
    --threads $(call share,$(THREADS)) $(if $(RANKS),--accumulate $(call share,4) --sync-bn) \
    --lr $(call semi_lr,$(2)) --head-lr $(call semi_head,$(2)) $($(1).how) $(SEMI_FLAGS)
endef

# $(call semi,TARGET,SETTING)
define semi
$$(BENCH)/$(1)/$(2).json: private export PIPE = $$(call finetune,$(1),$(2))

$$(BENCH)/$(1)/$(2).json: $$(BENCH)/$(1)/val.tar
	$$(call train,rl-finetune,$$(@:.json=)) > $$@.partial
	mv $$@.partial $$@
endef
$(foreach t,$(SEMI),$(foreach s,$(semi_settings),$(eval $(call semi,$(t),$(s)))))

# Of all settings, the one with the best top-1; the others stand in it.
best_setting = sort_by(-.metrics["top-1"]) | .[0] + {benchmark: $$benchmark, grid: map({setting, metrics}), \
    selection: "the best top-1 on the validation set among the settings of the grid"} | \
    .setup.training.settings = (.grid | map("\(.setting.lr)x\(.setting.head_lr)") | sort)
define semi_best
$$(BENCH)/$(1).json: $$(semi_settings:%=$$(BENCH)/$(1)/%.json)
	jq -sc --arg benchmark $(1) '$$(best_setting)' $$^ > $$@.partial
	mv $$@.partial $$@
endef
$(foreach t,$(SEMI),$(eval $(call semi_best,$(t))))
