# rl-report: one table from many results.
. "$(dirname "$0")/tap.sh"

cat >svm.json <<'END'
{"benchmark":"voc07-svm","name":"random init","metrics":{"mAP":30.544},"layer":"feat4","protocol":{"folds":3},"provenance":{"train":{"path":"a/train.tar","digest":"0123456789abcdef","history":[{"tool":"rl-extract","inputs":[{"path":"/w/r.safetensors","sha256":"aaaaaaaaaaaabbbb"}]}]},"seed":4}}
{"benchmark":"voc07-svm","name":"relative location","metrics":{"mAP":65.5},"layer":"feat4","protocol":{"folds":3}}
END
cat >pretext.json <<'END'

{"benchmark":"pretext","name":"relative location","metrics":{"accuracy":27,"a|b":1.005},"protocol":"eight ways"}
END

rl-report svm.json pretext.json >table.md 2>stderr
ok $? "results make a table"
is "$(cat table.md)" '| | voc07-svm mAP | pretext accuracy | pretext a\|b |
|---|--:|--:|--:|
| random init | 30.54 |  |  |
| relative location | 65.50 | 27 | 1.00 |

- random init, voc07-svm: feat4; protocol 1; from train.tar 0123456789abcdef, r.safetensors aaaaaaaaaaaa; seed 4
- relative location, voc07-svm: feat4; protocol 1
- relative location, pretext; protocol 2
- protocol 1: {"folds":3}
- protocol 2: eight ways' "as documented"
cat svm.json pretext.json | rl-report | cmp -s - table.md
ok $? "standard input does as well"
cat pretext.json | rl-report svm.json - | cmp -s - table.md
ok $? "and may be named -"

rl-report svm.json --published "$top/pipelines/published.json" >published.md 2>stderr
ok $? "published rows are added"
is "$(head -1 published.md)" "| | voc07-svm mAP |" "for the benchmarks measured"
grep -qxF '| Relative location, MMSelfSup | 65.52 |' published.md
ok $? "with their numbers"
grep -q '^- Relative location, MMSelfSup: published, .*README' published.md
ok $? "and their sources"
rl-report --published "$top/pipelines/published.json" </dev/null >all.md
grep -F '| 15.11 | 30.47 | 42.83 | 51.20 | 40.96 | 39.65 | 20.69 | 34.72 | 43.01 | 45.97 | 41.96 |' all.md | grep -qF \
	'| Relative location, MMSelfSup | 65.52 | 20.36 | 23.12 | 30.66 | 37.02 | 42.55 | 50.00 | 55.58 | 59.28 |'
ok $? "without results all published numbers are shown"

fails 1 'svm.json:1: a second number for row "random init", column "voc07-svm mAP"' "a cell is filled once" rl-report svm.json svm.json
echo '{"benchmark":"x","name":"y","metrics":{"m":"high"}}' >bad.json
fails 1 'bad.json:1: "m" is not a number' "a metric that is no number" rl-report bad.json
echo '{"benchmark":"x","name":"y","metrics":3}' >bad.json
fails 1 "bad.json:1: the metrics are not an object" "metrics that are none" rl-report bad.json
echo '{"name":"y","metrics":{}}' >bad.json
fails 1 'bad.json:1: no member "benchmark"' "no benchmark" rl-report bad.json
printf '\n{"benchmark"' >bad.json
fails 1 "bad.json:2: not JSON" "half a line" rl-report bad.json
printf '\0\n' >bad.json
fails 1 "bad.json:1: not JSON" "binary input" rl-report bad.json
fails 1 "nowhere: open" "no such file" rl-report nowhere
fails 1 "no result in the input" "nothing to show" rl-report /dev/null
echo '{"row":{"voc07-svm":{"mAP":1}}}' >published.json
fails 1 'published.json: no member "source"' "published numbers need a source" rl-report svm.json --published published.json
echo '[]' >published.json
fails 1 "published.json: not an object of rows" "published rows of another kind" rl-report svm.json --published published.json
fails 1 "stdout: write" "a full disk" sh -c 'exec rl-report svm.json >/dev/full'
done_testing
