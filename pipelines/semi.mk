# Semi-supervised evaluation: fine-tune on 1 % or 10 % of ImageNet's labels in nine settings, and take the best, as
# MMSelfSup's grid does (the choice is made on the validation set, and the result says so).
#
#	make imagenet-1percent IMAGENET=DIR SUBSET_1PERCENT=1percent.txt WEIGHTS=results/pretrain/weights.safetensors
#
# The lists are SimCLR's, a file name a line.  For small runs: LIST_FLAGS, SEMI_VIEW, SEMI_CROP, SEMI_EPOCHS, SEMI_FLAGS,
# SEMI_LR and SEMI_HEAD.  Stopped or killed, it goes on from the last checkpoint of the setting in hand.

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
	@$(call need_data,imagenet-knn)
	@test -f "$($*.subset)" || { echo "make $*: $($*.subset): no such list: say SUBSET_$(if $(findstring 10,$*),10,1)PERCENT=FILE" >&2; exit 1; }
	@$(call check_settings,$(BENCH)/$*.json,$(IMAGENET) $($*.subset) $(LIST_FLAGS) $(NETWORK) $(weights_hash) epochs $(SEMI_EPOCHS) seed $(SEED) $(SEMI_CROP) $(SEMI_VIEW) $(semi_settings) $($*.how) $(SEMI_FLAGS))

$(SEMI:%=$(BENCH)/%/val.tar): $(BENCH)/%/val.tar: $(BENCH)/%.json.settings | all
	@mkdir -p $(@D)
	$(call list,imagenet-knn,val) | $(BIN)/rl-decode --augment '$(SEMI_VIEW)' --threads $(THREADS) > $@.partial
	mv $@.partial $@

# $(call semi,TARGET,SETTING)
define semi
$$(BENCH)/$(1)/$(2).json: $$(BENCH)/$(1)/val.tar
	start=$$$$($$(BIN)/rl-finetune --resume $$(@:.json=) --where); \
	$$(call list,imagenet-knn,train) --subset "$$($(1).subset)" | \
	$$(BIN)/rl-decode --epochs $$(SEMI_EPOCHS) --shuffle --seed $$(SEED) --start $$$$start --threads $$(THREADS) \
	    --augment '$$(SEMI_CROP)' | \
	$$(BIN)/rl-finetune $$(NETWORK) --resume $$(@:.json=) --val $$< --name "$$(NAME)" --seed $$(SEED) \
	    --threads $$(THREADS) --lr $(call semi_lr,$(2)) --head-lr $(call semi_head,$(2)) $$($(1).how) $$(SEMI_FLAGS) > $$@.partial
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
