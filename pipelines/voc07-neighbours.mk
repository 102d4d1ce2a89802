# Who is near whom: a sheet of images of VOC07's test set, each with the images of trainval whose features, of the layer
# that is best in the full SVM, are most similar by cosine.
#
# QUERIES images, drawn by SEED, and NEIGHBOURS of each.

QUERIES    = 8
NEIGHBOURS = 5

voc07-neighbours: $(BENCH)/voc07-neighbours.png ## a picture of nearest neighbours by the same features

$(BENCH)/voc07-neighbours.png.settings: FORCE
	@$(call check_settings,$(BENCH)/voc07-neighbours.png,$(QUERIES) $(NEIGHBOURS) seed $(SEED))

$(BENCH)/voc07-neighbours.png: $(BENCH)/voc07-svm.json $(BENCH)/voc07-neighbours.png.settings
	layer=$$(jq -r .layer $<); \
	$(BIN)/rl-knn --train $(BENCH)/voc07-trainval.tar --test $(BENCH)/voc07-test.tar --layer $$layer \
	    --queries $(QUERIES) --seed $(SEED) --neighbours $(NEIGHBOURS) --threads $(THREADS) --quiet > $(@:.png=.jsonl); \
	jq -cs --arg images "$(VOC07)/VOC2007/JPEGImages" 'map(.key, .neighbours[][0]) | unique[] | {key: ., path: "\($$images)/\(.).jpg"}' \
	    $(@:.png=.jsonl) | $(BIN)/rl-decode --threads $(THREADS) | \
	$(BIN)/rl-draw --quiet --columns $$(($(NEIGHBOURS) + 1)) --rows $(@:.png=.jsonl) --sheet $@; \
	echo "In each row an image of the test set, then its $(NEIGHBOURS) nearest of trainval and their cosines, by" \
	    "$$layer of $(NAME)." > $(@:.png=.txt)

.PHONY: voc07-neighbours
