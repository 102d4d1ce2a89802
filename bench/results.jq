# The records of a run to bench/results.json: medians and spread of every entry, and of every comparison, whose
# ratio is taken round by round, because what is near in time met the same machine.
def spread:
	sort | {median: (if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end),
		min: .[0], max: .[-1], n: length};
def of($record): [.[] | select(.record == $record)];
def value($by):
	if $by == "memory" then .peak_kib elif $by == "time" then .seconds / .items else .items / .seconds end;
# Of the classes that two have in a round: mean AP of each, and the largest difference.
def ap($ours; $theirs):
	[$ours[0].ap, $theirs[0].ap] as [$a, $b] | [$a | keys[] | select(in($b))]
	| {ours: (map($a[.]) | add / length), theirs: (map($b[.]) | add / length), apart: (map($a[.] - $b[.] | fabs) | max)};
# What is compared, of the rounds of both; a rate that stands for itself is compared with 1.
def ratio($ours; $theirs; $c):
	if ($ours | length) == 0 then null
	elif $c.by == "AP" then if ($theirs | length) == 0 then null else [ap($ours; $theirs).apart] | spread end
	elif $c.theirs == null then $ours | map(value($c.by)) | spread
	elif ($theirs | length) == 0 then null
	else [$ours, $theirs] | transpose | map((.[0] | value($c.by)) / (.[1] | value($c.by))) | spread end;

. as $all
| {$provenance, $machine, rows: [of("row")[] as $row
	| [$all[] | select(.row == $row.row)]
	| of("sample") as $samples | of("missing") as $missing
	| {name: $row.row, job: $row.job, unit: $row.unit,
	   entries: [$samples | group_by(.who)[] | {
		who: .[0].who, rate: (map(.items / .seconds) | spread), seconds: (map(.seconds) | spread),
		peak_kib: (map(.peak_kib // empty) | max),
		last: (.[-1] | del(.record, .row, .who, .round))}],
	   missing: ($missing | map({(.who): .why}) | add // {}),
	   comparisons: [of("compare")[] as $c
		| [$samples[] | select(.who == $c.ours)] as $ours
		| [$all | of("sample")[] | select(.row == ($c.theirs_in // $row.row) and .who == $c.theirs)] as $theirs
		| $c | {against, by, ours, theirs, theirs_in, at_least, below,
			ratio: ratio($ours; $theirs; $c)}
		| if .by == "AP" and .ratio then .ap = ap($ours; $theirs) else . end
		| .met = (if .ratio == null then null
			elif .at_least then .ratio.median >= .at_least
			elif .below then .ratio.median < .below else null end)]}]}
