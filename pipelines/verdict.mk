# Are these features any good?  Those of WEIGHTS against those of an untrained network of the same shape, against small
# pixels and colours, on the labelled images of IMAGENET=DIR, a folder for each class in train and in val.
#
#	make verdict IMAGENET=DIR WEIGHTS=results/pretrain/weights.safetensors
#
# It ends in one line: better, same or worse, by how much, and how sure that is; the rest is in verdict.json.  The layer is
# VERDICT_LAYER.  VERDICT_FLAGS are rl-verdict's.

VERDICT_LAYER = avgpool
VERDICT_FLAGS =

verdict: $(BENCH)/verdict.json ## are the features of WEIGHTS=FILE any good on IMAGENET=DIR, a labelled folder?
	@jq -r .verdict $<
.PHONY: verdict

# Streams of the target, of the untrained network and of what needs none.
VERDICT_SETS    = $(foreach set,train val,$(foreach what,ours untrained plain,$(set)-$(what)))
VERDICT_STREAMS = $(VERDICT_SETS:%=$(BENCH)/verdict-%.tar)
UNTRAINED       = --random-init $(RANDOM_INIT) $(if $(WEIGHTS),--like "$(WEIGHTS)",$(RANDOM_ARCH))
verdict_list    = $(BIN)/rl-list imagenet "$(IMAGENET)" --set $(word 1,$(subst -, ,$(1))) $(LIST_FLAGS)
verdict_is      = $(IMAGENET) $(LIST_FLAGS) $(NETWORK) $(weights_hash) against $(UNTRAINED) --layers $(VERDICT_LAYER)$(decode_is)

$(BENCH)/verdict.json.settings: FORCE
	@$(call need_inputs,IMAGENET)
	@$(call check_settings,$(BENCH)/verdict.json,$(verdict_is) seed $(SEED) $(VERDICT_FLAGS),$(BENCH)/verdict.json $(BENCH)/verdict-*.tar)

$(VERDICT_STREAMS): $(BENCH)/verdict-%.tar: $(BENCH)/verdict.json.settings | all
	$(call verdict_list,$*) | $(BIN)/rl-decode --threads $(THREADS) --augment '$(VIEW)' $(DECODE_FLAGS) | \
	$(call verdict_features,$(word 2,$(subst -, ,$*))) > $@.partial
	mv $@.partial $@

verdict_features = $(if $(filter plain,$(1)),$(BIN)/rl-baseline --quiet,\
    $(BIN)/rl-extract $(if $(filter ours,$(1)),$(NETWORK),$(UNTRAINED)) --layers $(VERDICT_LAYER) --threads $(THREADS) --quiet)

$(BENCH)/verdict.json: $(BENCH)/verdict.json.settings $(VERDICT_STREAMS)
	$(BIN)/rl-verdict --train $(BENCH)/verdict-train-ours.tar --test $(BENCH)/verdict-val-ours.tar \
	    --layer $(VERDICT_LAYER) --duplicates pixels --name "$(NAME)" --seed $(SEED) --threads $(THREADS) $(VERDICT_FLAGS) \
	    untrained=$(BENCH)/verdict-train-untrained.tar:$(BENCH)/verdict-val-untrained.tar \
	    pixels=$(BENCH)/verdict-train-plain.tar:$(BENCH)/verdict-val-plain.tar:pixels \
	    colours=$(BENCH)/verdict-train-plain.tar:$(BENCH)/verdict-val-plain.tar:colours > $@.partial
	mv $@.partial $@
