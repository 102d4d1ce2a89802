# VOC07 SVM: 3-fold cross-validation over 19 costs, every class, every layer; each of the 1,520 fits of a layer at its
# optimum, all on one Gram matrix (SVM_FLAGS="--solver liblinear" fits one by one, as the published numbers were made).
# A layer takes about a minute of one core, LIBLINEAR four to five; memory is 12 bytes for every pair of images and more.
#
#	make voc07-svm VOC07=VOCdevkit WEIGHTS=results/pretrain/weights.safetensors
#
# For small runs: SVM_FLAGS='--costs 0.01,1', and of features.mk FEAT_LIST and RANDOM_ARCH.

SVM_FLAGS =

voc07-svm: $(BENCH)/voc07-svm.json ## VOC07 SVM of WEIGHTS=FILE or RANDOM_INIT=SEED

$(BENCH)/voc07-svm.json.settings: FORCE
	@$(call check_settings,$(BENCH)/voc07-svm.json,$(SVM_FLAGS))

$(BENCH)/voc07-svm.json: $(BENCH)/voc07-svm.json.settings $(BENCH)/voc07-trainval.tar $(BENCH)/voc07-test.tar
	$(BIN)/rl-svm --train $(BENCH)/voc07-trainval.tar --test $(BENCH)/voc07-test.tar \
	    --name "$(NAME)" --threads $(THREADS) $(SVM_FLAGS) > $@.partial
	mv $@.partial $@

.PHONY: voc07-svm
