# rl-report --html: one page of all there is, and what a browser makes of it.
. "$(dirname "$0")/tap.sh"

page() { rl-report --html "$@"; }
look() { /usr/bin/python3 "$top/tests/filters/page.py" "$@"; }

# ---- results of every kind ----
mkdir -p results/run results/ours/look results/.hidden
echo '{"benchmark":' >results/.hidden/x.json
cat >results/ours/svm.json <<'END'
{"benchmark":"voc07-svm","name":"<b>ours</b> & \"co\"'s","metrics":{"mAP":30.544},"layer":"feat4","layers":{"feat3":{"per_class":{"cat":{"AP":1}}},"feat4":{"per_class":{"cat":{"AP":12.5},"<i>":{"AP":120}}}},"provenance":{"train":{"path":"a/train.tar","digest":"0123456789abcdef"},"command":{"tool":"rl-svm","args":["--name","</pre><script>alert(1)</script>"]}}}
{"benchmark":"voc07-svm","name":"other","metrics":{"mAP":20},"layer":"feat3","layers":{"feat3":{"per_class":{"cat":{"AP":2.25},"cow":{"AP":null}}}}}
END
cat >results/ours/voc.json <<'END'
{"benchmark":"voc0712-detection","name":"other","metrics":{"AP50 11-point":70},"per_class":{"AP50 11-point":{"cat":60,"dog":null}}}
{"benchmark":"voc12aug-segmentation","name":"other","metrics":{"mIoU":50},"per_class":{"IoU":{"cat":40,"dog":5}},"confusion":[[3,1,0],[0,5,5]]}
END
echo '{"benchmark":"pretext","name":"other","metrics":{"accuracy":27},"confusion":'"$(jq -nc '[range(8) as $i | [range(8) | if . == $i then 9 else 1 end]]')}" >results/run/pretext.json
echo '{"benchmark":"purity","name":"other","metrics":{"area":50},"curve":[[0.1,1],[0.5,0.5],[1,0.25]]}' >results/ours/purity.json
echo '{"image_id":3}' >results/ours/strangers.json
for i in 1 2 3 4; do echo '{"step":'$((i * 10))',"epoch":0,"loss":'$((9 - i))',"rpn":1,"accuracy":'$((i * 20))',"lr":0.1,"samples_per_s":3}'; done >results/run/log.jsonl
printf '{"step":50,"lo' >>results/run/log.jsonl
perl -e 'print "P6\n8 4\n255\n", map { chr($_ * 2) } 1 .. 96' | cjpeg >results/ours/look/contact_sheet.jpg
perl -e 'print "P6\n3000 30\n255\n", "abc" x 90000' | cjpeg >results/ours/look/wide.jpg
echo 'Neighbours of "ours" & <others>' >results/ours/look/contact_sheet.txt
echo "no picture" >results/ours/look/broken.png

page results >page.html 2>stderr
ok $? "a folder makes a page"
is "$(cat stderr)" 'rl-report: results/ours/strangers.json:1: passed over: no member "benchmark"' "what is no result is passed over and named"
look sound page.html >said 2>stderr
ok $? "it is sound HTML and needs nothing else"
is "$(cat said)" "" "and this was said of it"
page results 2>/dev/null | cmp -s - page.html
ok $? "the same results make the same page"
is "$(look sections page.html)" "Results;Notes;Training;Class by class;Confusion;Purity and coverage;Pictures;Provenance;" "its sections"
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
is "$(look table page.html 'pretext: other' | cut -d'|' -f1-4 | sed -n '1p;4p')" "True class|above left|above|above right
above right|6|6|56" "that of the pretext, by directions"
is "$(look plots page.html)" "Loss by step: 8 at step 10, 5 at step 40: s1 4, s2 4
Accuracy, percent, by step: 20 at step 10, 80 at step 40: s1 4
Purity by coverage: 1.000 at coverage 0.100, 0.250 at 1.000: s1 3" "curves with all of their points"
is "$(look pictures page.html)" 'ours: look: contact sheet. Neighbours of "ours" & <others>: 8 x 4 '"$(sha256sum <results/ours/look/contact_sheet.jpg | cut -c1-12)
ours: look: wide: 1600 x 16 other" "pictures with words, as they are or made smaller"
grep -q 'ours: look: broken.*not shown: ' page.html
ok $? "a broken one is named"
grep -q '0123456789abcdef' page.html && grep -q 'results/ours/svm.json:1' page.html
ok $? "hashes and files of the numbers"
done_testing
