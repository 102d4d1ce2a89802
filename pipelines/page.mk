# A page of all that is in RESULTS, to look at in a browser: RESULTS/page.html.

page: all ## RESULTS as one HTML page, beside the published numbers
	$(BIN)/rl-report --html --published pipelines/published.json --out $(RESULTS)/page.html $(RESULTS)
	@echo "the page: $(abspath $(RESULTS)/page.html)"
.PHONY: page
