# rl-report --html: one page of all there is, and what a browser makes of it.
. "$(dirname "$0")/tap.sh"

page() { rl-report --html "$@"; }
look() { /usr/bin/python3 "$top/tests/filters/page.py" "$@"; }

# ---- results of every kind ----
mkdir -p results/run results/ours/look results/.hidden results/ours/svm/grid
echo '{"benchmark":' >results/.hidden/x.json
cat >results/ours/svm.json <<'END'
{"benchmark":"voc07-svm","name":"<b>ours</b> & \"co\"'s","metrics":{"mAP":30.544},"layer":"feat4","layers":{"feat3":{"per_class":{"cat":{"AP":1}}},"feat4":{"per_class":{"cat":{"AP":12.5},"<i>":{"AP":120}}}},"provenance":{"train":{"path":"a/train.tar","digest":"0123456789abcdef"},"command":{"tool":"rl-svm","args":["--name","</pre><script>alert(1)</script>"]}}}
{"benchmark":"voc07-svm","name":"other","metrics":{"mAP":20},"layer":"feat3","layers":{"feat3":{"per_class":{"cat":{"AP":2.25},"cow":{"AP":null}}}}}
END
cp results/ours/svm.json results/ours/svm/grid
cat >results/ours/voc.json <<'END'
{"benchmark":"voc0712-detection","name":"other","metrics":{"AP50 11-point":70},"per_class":{"AP50 11-point":{"cat":60,"dog":null}}}
{"benchmark":"voc12aug-segmentation","name":"other","metrics":{"mIoU":50},"per_class":{"IoU":{"cat":40,"dog":5}},"confusion":[[3,1,0],[0,5,5]]}
END
echo '{"benchmark":"pretext","name":"other","metrics":{"accuracy":27,"chance":13},"interval":[25,29.5],"per_direction":{"up left":1,"up":2,"up right":56,"left":4,"right":5,"down left":6,"down":7,"down right":8},"confusion":'"$(jq -nc '[range(8) as $i | [range(8) | if . == $i then 9 else 1 end]]')}" >results/run/pretext.json
echo '{"benchmark":"verdict","name":"other","metrics":{"accuracy":27},"verdict":"better: 27.0 % against 20.0 % of <untrained>","against":[{"name":"<untrained>","answer":"better","metrics":{"accuracy":20},"difference":{"accuracy":{"points":7,"low":1.5,"high":9}}}]}' >results/ours/verdict.json
echo '{"benchmark":"purity","name":"other","metrics":{"area":50},"curve":[[0.1,1],[0.5,0.5],[1,0.25]]}' >results/ours/purity.json
echo '{"benchmark":"purity","name":"more","metrics":{"area":20},"curve":[[0.2,0.5]]}' >>results/ours/purity.json
printf '{"image_id":3}\n[]\n\n{\n  "benchmark": "x"\n}\n' >results/ours/strangers.json
for i in 1 2 3 4; do echo '{"step":'$((i * 10))',"epoch":0,"loss":'$((9 - i))',"rpn":1,"accuracy":'$((i * 20))',"rank":'$((i * 3))',"dead":0,"lr":0.1,"samples_per_s":3}'; done >results/run/log.jsonl
printf '{"step":50,"lo' >>results/run/log.jsonl
perl -e 'print "P6\n8 4\n255\n", map { chr($_ * 2) } 1 .. 96' | cjpeg >results/ours/look/contact_sheet.jpg
perl -e 'print "P6\n3000 30\n255\n", "abc" x 90000' | cjpeg >results/ours/look/wide.jpg
perl -e 'print "P6\n10 7000\n255\n", "abc" x 70000' | cjpeg >results/ours/look/high.jpg
echo 'Neighbours of "ours" & <others>' >results/ours/look/contact_sheet.txt
echo "no picture" >results/ours/look/broken.png

page results >page.html 2>stderr
ok $? "a folder makes a page, of no result twice"
is "$(cat stderr)" 'rl-report: results/ours/strangers.json: 5 of 6 lines passed over: no results' "what is no result is passed over and named"
look sound page.html >said 2>stderr
ok $? "it is sound HTML and needs nothing else"
is "$(cat said)" "" "and this was said of it"
page results 2>/dev/null | cmp -s - page.html
ok $? "the same results make the same page"
is "$(look sections page.html)" "Verdicts;Results;Notes;Training;Class by class;Confusion;Purity and coverage;Pictures;Provenance;" "its sections"
is "$(look table page.html 'VOC SVM / Low-shot SVM')" "Self-Supervised Method|Best Layer|SVM|k=1|k=2|k=4|k=8|k=16|k=32|k=64|k=96
othera|feature3|20.00||||||||
<b>ours</b> & \"co\"'sa|feature4|30.54||||||||" "the page's tables, and names as they are"
page results --published "$top/pipelines/published.json" 2>/dev/null >published.html
is "$(look table published.html 'VOC SVM / Low-shot SVM' | sed -n 4p)" "Relative location, MMSelfSupb|feature4|65.52|20.36|23.12|30.66|37.02|42.55|50.00|55.58|59.28" "beside the published ones"
is "$(look table page.html 'voc07-svm: AP of the best layer')" "Class|<b>ours</b> & \"co\"'s|other
cat|12.50|2.25
<i>|120.00|
cow||none" "average precision class by class, of the best layer"
is "$(look table page.html 'voc0712-detection: AP50 11-point'; look table page.html 'voc12aug-segmentation: IoU')" "Class|other
cat|60.00
dog|none
Class|other
cat|40.00
dog|5.00" "of detection and segmentation, too"
is "$(look table page.html 'voc12aug-segmentation: other')" "True class|cat|dog|no class
cat|75|25|0
dog|0|50|50" "a confusion matrix in percent of each class"
is "$(look table page.html 'pretext: other' | cut -d'|' -f1-4 | sed -n '1p;4p')
$(look table page.html 'pretext: accuracy by direction' | sed -n 4p)" "True class|up left|up|up right
up right|6|6|56
up right|56.00" "that of the pretext, by directions"
grep -q '^<p>Right: 27.00 percent, 95 percent interval 25.00 to 29.50; chance: 13.00.</p>$' page.html
ok $? "with its interval, beside chance"
is "$(look table page.html 'verdict: other')" "Against|these features are|accuracy of the other|difference|at least|at most
<untrained>|better|20.00|+7.00|+1.50|+9.00" "a verdict"
grep -q '^<p><strong>better: 27.0 % against 20.0 % of &lt;untrained&gt;</strong></p>$' page.html
ok $? "in its own words"
is "$(look plots page.html)" "Loss by step: 8 at step 10, 5 at step 40: s1 4, s2 4
Accuracy, percent, by step: 20 at step 10, 80 at step 40: s1 4
Effective rank by step: 3 at step 10, 12 at step 40: s1 4
Dead units, percent, by step: 0 at step 10, 0 at step 40: s1 4
Purity by coverage, other: 1.000 at 0.100, 0.250 at 1.000; more: 0.500 at 0.200, 0.500 at 0.200: s1 3, s2 2" "curves with all of their points"
is "$(look pictures page.html)" 'ours: look: contact sheet. Neighbours of "ours" & <others>: 8 x 4 '"$(sha256sum <results/ours/look/contact_sheet.jpg | cut -c1-12)
ours: look: high: 9 x 6400 other
ours: look: wide: 1600 x 16 other" "pictures with words, as they are or made smaller"
grep -q 'ours: look: broken.*not shown: ' page.html
ok $? "a broken one is named"
grep -q '0123456789abcdef' page.html && grep -q 'results/ours/svm.json:1' page.html
ok $? "hashes and files of the numbers"

# ---- less than everything ----
echo '{"benchmark":"audit","name":"","metrics":{"error":1},"verdict":"no position found","per_class":{"x":[1],"y":{}},"confusion":[[1,2],[3]],"curve":[[1,2]],"against":3}' >some.json
page some.json >some.html 2>stderr
is "$? $(cat stderr)" "0 rl-report: some.json:1: confusion is not a row and a column of numbers for each class: not on the page" "what is left out is named"
is "$(look sound some.html) $(grep '^<h3>' some.html | tr -d '\n')" " <h3>audit: (unnamed)</h3><h3>Not on the Page</h3><h3>(unnamed)</h3>" "a result without a name"
jq -c 'del(.interval)' results/run/pretext.json >one.json
page one.json >some.html 2>stderr
is "$? $(look sound some.html) $(grep '^<p>Right' some.html)" "0  <p>Right: 27.00 percent; chance: 13.00.</p>" "a pretext of one image, which has no interval"
echo '{"benchmark":"audit","name":"a\uffffb\u0001\uffee","metrics":{"error":1},"verdict":"\ufffe"}' >some.json
page some.json >some.html 2>stderr
is "$? $(look sound some.html) $(grep '^<h3>' some.html | head -1)" "0  <h3>audit: a b ￮</h3>" "characters that a page cannot have are spaces"
page results/ours/svm.json >some.html 2>stderr
is "$? $(look sound some.html) $(look sections some.html)" "0  Results;Notes;Class by class;Provenance;" "a file alone has what it has"
page results/run/log.jsonl results/ours/look/contact_sheet.jpg >some.html 2>stderr
is "$? $(look sound some.html) $(look sections some.html)" "0  Training;Pictures;" "so have a log and a picture"
echo '{"step":1,"loss":2}' >log.jsonl
is "$(page log.jsonl | look plots /dev/stdin)" "Loss by step: 2 at step 1, 2 at step 1: s1 2" "a point is a dash"
seq 1000 | sed 's/.*/{"step":&,"loss":&}/' >log.jsonl
is "$(page log.jsonl | look plots /dev/stdin)" "Loss by step: 1 at step 1, 1000 at step 1000: s1 400" "a long log has means"
mkdir -p many
for i in $(seq 30); do cp results/ours/look/contact_sheet.jpg many/$i.jpg; done
is "$(page many | tee many.html | grep -c '<img') $(grep -o 'And .* more' many.html)" "24 And 6 more" "of many pictures some"

# ---- written whole or not at all ----
echo old >kept.html
page --out kept.html results/ours/svm.json 2>stderr
is "$? $(head -c 15 kept.html)" "0 <!DOCTYPE html>" "--out replaces"
cp -r "${RL_BIN:-$top/bin}/rl-report" .
fails 1 "gnuplot, which draws the curves: run: No such file" "no gnuplot" env PATH=/nowhere ./rl-report --html --out kept.html results/run
is "$(head -c 15 kept.html)" "<!DOCTYPE html>" "leaves the page as it was"
printf '#!/bin/sh\nexit 3\n' >gnuplot
chmod +x gnuplot
fails 1 "gnuplot: failed with exit status 3" "a gnuplot that fails" env PATH=.:$PATH ./rl-report --html results/run
printf '#!/bin/sh\necho "<svg><g>"\n' >gnuplot
fails 1 "gnuplot: what it wrote is not SVG" "one that writes something else" env PATH=.:$PATH ./rl-report --html results/run
rm gnuplot
fails 1 "log.jsonl:1: not JSON" "a log that is none" page "$(mkdir bad && echo x >bad/log.jsonl && echo bad)"
fails 1 'log.jsonl:1: no member "step"' "one without steps" page "$(echo '{"loss":1}' >bad/log.jsonl && echo bad)"
fails 1 "no result in the input" "an empty folder" page "$(mkdir empty && echo empty)"
fails 1 "x.json:1: not JSON" "half a result in a folder" page results/.hidden
fails 1 "nowhere: open" "no such folder" page nowhere
fails 1 "stdout: write" "a full disk" sh -c 'exec rl-report --html results/ours/svm.json >/dev/full'
fails 1 "nowhere/page.html" "a page in no folder" page --out nowhere/page.html results/ours/svm.json

# ---- in a browser ----
# On a telephone in the dark and on a wide screen in the light.  A copy of the page measures itself into its title.
cat >probe.html <<'END'
<script>
const errors = [];
window.onerror = e => errors.push(String(e));
window.onload = () => {
	const all = s => [...document.querySelectorAll(s)], style = e => getComputedStyle(e);
	const light = c => {
		const [r, g, b] = c.match(/[0-9.]+/g).map(v => (v /= 255, v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4));
		return .2126 * r + .7152 * g + .0722 * b;
	};
	const ground = light(style(document.body).backgroundColor);
	const contrast = (selector, property) => Math.min(...all(selector).map(e => light(style(e)[property]))
		.map(l => (Math.max(l, ground) + .05) / (Math.min(l, ground) + .05)));
	const outside = all("body *").filter(e => !e.closest(".scroll *, pre *, svg *")).filter(e => e.getBoundingClientRect().right > innerWidth);
	const said = {
		width: innerWidth, content: document.documentElement.scrollWidth, outside: outside.length, errors: errors.length,
		pictures: all("img").filter(i => i.complete && i.naturalWidth == i.getAttribute("width")).length,
		drawings: all("svg").filter(s => s.getBoundingClientRect().width > 250 && s.querySelector("g[class] path").getBBox().width > 200).length,
		scrolling: all(".scroll").some(e => e.scrollWidth > e.clientWidth),
		dark: ground < .2,
		text: ["body", "a", ".note", "figcaption", "tr.published td", "svg text"].filter(s =>
			contrast(s, s == "svg text" ? "fill" : "color") < 4.5),
		lines: contrast("svg g[class] path", "stroke") >= 4.5,
		closed: all("details").filter(d => !d.open).length == all("details").length,
	};
	document.body.insertAdjacentHTML("beforeend", "<div style='width:3000px'>x</div>");
	said.seen = document.documentElement.scrollWidth >= 3000;
	document.title = "said" + JSON.stringify(said) + "said";
};
</script>
END
sed '/<meta name="viewport"/r probe.html' published.html >measured.html

# browse WIDTH SCHEME: 0 dark, 1 light
browse() {
	HOME=$scratch timeout 120 "$browser" --no-sandbox --hide-scrollbars --disable-dev-shm-usage --user-data-dir="$scratch/profile-$1" --enable-logging=stderr \
		--window-size="$1,900" --blink-settings=preferredColorScheme="$2" --dump-dom "file://$scratch/measured.html" >dom 2>console
	sed -n 's/.*<title>said\(.*\)said<.*/\1/p' dom | sed 's/&amp;/\&/g' | jq -c .
}
browser=$(command -v chromium-headless-shell || command -v chromium)
plain_only "what a browser makes of it" "the page is the same bytes"
if [ -z "$browser" ]; then
	skip "what a browser makes of it" "no Chromium"
else
	is "$(browse 400 0)" '{"width":400,"content":400,"outside":0,"errors":0,"pictures":3,"drawings":5,"scrolling":true,"dark":true,"text":[],"lines":true,"closed":true,"seen":true}' \
		"on a telephone in the dark it fits, and wide tables scroll"
	is "$(grep -c CONSOLE console)" 0 "the browser has nothing to say"
	is "$(browse 1400 1)" '{"width":1400,"content":1400,"outside":0,"errors":0,"pictures":3,"drawings":5,"scrolling":false,"dark":false,"text":[],"lines":true,"closed":true,"seen":true}' \
		"on a wide screen in the light nothing does"
	is "$(grep -c CONSOLE console)" 0 "nor here"
fi
done_testing
