# Low-shot SVM: 1 to 96 images a class, five samples, on the layer that is best in the full SVM (of SVM_FLAGS).
#
# For small runs: LOWSHOT_FLAGS='--shots 1,2 --samples 2', and of features.mk FEAT_LIST and RANDOM_ARCH.

LOWSHOT_FLAGS =

voc07-lowshot: $(BENCH)/voc07-lowshot.json ## low-shot SVM of the same features

$(BENCH)/voc07-lowshot.json.settings: FORCE
	@$(call check_settings,$(BENCH)/voc07-lowshot.json,$(LOWSHOT_FLAGS))

$(BENCH)/voc07-lowshot.json: $(BENCH)/voc07-svm.json $(BENCH)/voc07-lowshot.json.settings
	$(BIN)/rl-lowshot --train $(BENCH)/voc07-trainval.tar --test $(BENCH)/voc07-test.tar \
	    --name "$(NAME)" --layers "$$(jq -r .layer $<)" --threads $(THREADS) $(LOWSHOT_FLAGS) > $@.partial
	mv $@.partial $@

.PHONY: voc07-lowshot
