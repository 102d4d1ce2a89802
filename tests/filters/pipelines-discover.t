# make discover, on a pile of photos and on a manifest with labels.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
plain_only "the make target" "it calls programs that all have tests of their own here"

here=$scratch
rl-synth --out things --layout planted --images 24 --categories car,clock --size 128x96 --seed 3 --quiet
rl-list imagefolder $here/things/train >labels
run() {
	make -s -C $top RESULTS=$here/results RANDOM_ARCH="--arch resnet18 --width 8" SLICE=10 \
		PATCH_FLAGS="--patch 24 --stride 12" DISCOVER_FLAGS="--constellations 50 --fdr 1 --quiet" discover "$@"
}
run PHOTOS=$here/things/train NAME=pile >said 2>stderr
is "$? $(cat said)" "0 $(wc -l <results/pile/discovery.finds.jsonl) finds among 50 constellations in 24 images" \
	"make discover on a pile of photos says how much it found"
is "$(ls results/pile | xargs)" \
	"discovery-patches.tar discovery-patches.tar.settings discovery.finds.jsonl discovery.json discovery.json.settings discovery.list discovery.png discovery.txt" \
	"patches, finds, the result and a sheet, with nothing half-written"
is "$(echo results/pile/discovery.png | rl-decode | rl-info | jq -c '.fields.image.shape[1] // empty')" "$(jq -s '6 + 166 * ([11, 1 + (map(.images | length) | max)] | min)' results/pile/discovery.finds.jsonl)" \
	"the sheet shows each and the images that it is in"
run LABELS=$here/labels NAME=labelled >said 2>stderr
is "$? $(jq -c '[.benchmark, .name, .images, .metrics.area > 0]' results/labelled/discovery-purity.json)" '0 ["purity","labelled",24,true]' \
	"with labels it is scored"
before=$(stat -c %Y%Z results/labelled/*)
run LABELS=$here/labels NAME=labelled >said 2>stderr
is "$(stat -c %Y%Z results/labelled/*)" "$before" "asked for again, nothing is made again"
run PHOTOS=$here/things/train NAME=nothing DISCOVER_FLAGS="--constellations 50 --fdr 0 --quiet" >said 2>stderr
is "$? $(paste -sd' ' said)" "0 nothing recurs: no sheet 0 finds among 50 constellations in 24 images" "when nothing is found that is said"
is "$(ls results/nothing | grep -E 'png|txt|rows')" "" "and there is no sheet"
refused() { # TEXT NAME ARGS...
	text=$1 name=$2
	shift 2
	run "$@" >said 2>stderr
	[ $? -ne 0 ] && grep -q "$text" stderr
	ok $? "$name"
}
refused "discovery.json was made with other settings" "another seed under the same name is refused" LABELS=$here/labels NAME=labelled SEED=1
refused "discovery-patches.tar was made with other settings" "so is another network" LABELS=$here/labels NAME=labelled RANDOM_INIT=1
jq -c '{key, neighbours: []}' labels >copies.jsonl
refused "discovery.json was made with other settings" "so are copies to be left out" LABELS=$here/labels NAME=labelled COPIES=$here/copies.jsonl
run LABELS=$here/labels NAME=copies COPIES=$here/copies.jsonl >said 2>stderr
is "$? $(jq -c '[.metrics.copies, .provenance.command.inputs[0].sha256]' results/copies/discovery.json)" "0 [0,\"$(sha256sum <copies.jsonl | cut -d' ' -f1)\"]" \
	"which COPIES names"
sed -i '$d' labels
refused "discovery-patches.tar was made with other settings" "and so are other labels under the same path" LABELS=$here/labels NAME=labelled
refused "say PHOTOS=DIR or LABELS=MANIFEST" "no photos" NAME=none
refused "$here/typo: no such directory: say PHOTOS=DIR" "photos that are not there" NAME=none PHOTOS=$here/typo
refused "$here/typo: no such file: say LABELS=FILE" "labels that are not there" NAME=none LABELS=$here/typo
rl-report --html --published $top/pipelines/published.json --out page.html results >stdout 2>stderr
ok $? "the page takes what is there"
grep -q 'Purity by coverage, .*labelled' page.html && grep -q 'What recurs, by avgpool of pile' page.html
ok $? "with the curve and the sheets"
done_testing
