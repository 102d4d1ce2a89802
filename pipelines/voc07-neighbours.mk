# Who is near whom: a sheet of images of VOC07's test set, each with the images of trainval whose features, of the layer
# that is best in the full SVM, are most similar by cosine.
#
# QUERIES images, the first of the set, and NEIGHBOURS of each.

QUERIES    = 8
NEIGHBOURS = 5

voc07-neighbours: $(BENCH)/voc07-neighbours.png ## a picture of nearest neighbours by the same features

$(BENCH)/voc07-neighbours.png.settings: FORCE
	@$(call check_settings,$(BENCH)/voc07-neighbours.png,$(QUERIES) $(NEIGHBOURS))

sheet_of_neighbours = input_line_number as $$row | \
	{key: "\($$row) \(.key)", path: "\($$images)/\(.key).jpg"}, \
	(.neighbours[] | {key: "\($$row) \(.[0]) \(100 * .[1] | round) %", path: "\($$images)/\(.[0]).jpg"})

$(BENCH)/voc07-neighbours.png: $(BENCH)/voc07-svm.json $(BENCH)/voc07-neighbours.png.settings
	layer=$$(jq -r .layer $<); \
	$(BIN)/rl-knn --train $(BENCH)/voc07-trainval.tar --test $(BENCH)/voc07-test.tar --layer $$layer \
	    --neighbours $(NEIGHBOURS) --threads $(THREADS) --quiet | sed -n '1,$(QUERIES)p' | \
	jq -c --arg images "$(VOC07)/VOC2007/JPEGImages" '$(sheet_of_neighbours)' | \
	$(BIN)/rl-decode --threads $(THREADS) | \
	$(BIN)/rl-draw --quiet --tile 160 --columns $$(($(NEIGHBOURS) + 1)) --sheet $@; \
	echo "Images of the test set, each with its $(NEIGHBOURS) nearest of trainval and their cosines, by $$layer" \
	    "of $(NAME)." > $(@:.png=.txt)

.PHONY: voc07-neighbours
