# bench/results.json to the Markdown table of the README.
def digits:
	if . >= 100 then round elif . >= 10 then . * 10 | round / 10 elif . >= 0.1 then . * 100 | round / 100
	else . * 10000 | round / 10000 end;
def spread: "\(.median | digits) (\(.min | digits)–\(.max | digits))";
def cell($row; $who; $by):
	[$row.entries[] | select(.who == $who)]
	| if length == 0 then $row.missing[$who] // "not measured"
	elif $by == "memory" then .[0].peak_kib | if . < 1048576 then "\(. / 1024 | digits) MiB" else "\(. / 1048576 | digits) GiB" end
	else "\(.[0].rate | spread) \($row.unit)/s" end;
def ap($of): "AP \(.ap[$of] * 100 | round / 100)";
def ours($row): if .ap then ap("ours") else cell($row; .ours; .by) end;
def theirs($results; $row):
	if .ap then ap("theirs")
	elif .theirs_in then .theirs_in as $name | cell($results.rows[] | select(.name == $name); .theirs; .by)
	elif .theirs then cell($row; .theirs; .by) else "" end;
def ratio: if .ap then "\(.ap.apart | digits) apart" elif .theirs and .ratio then .ratio | spread else "" end;
def target($unit):
	if .at_least and .theirs then "≥ \(.at_least)"
	elif .at_least then "≥ \(.at_least) \($unit)/s"
	elif .below then "< \(.below)" else "" end;
def verdict: if .met == null then "" elif .met then "met" else "**falls short**" end;

. as $results
| "| job | ours | against | theirs | ratio | target | |",
"|---|--:|---|--:|--:|--:|---|",
(.rows[] as $row | $row.comparisons | to_entries[] | .key as $i | .value
	| "| \(if $i == 0 then $row.job else "" end) | \(ours($row)) | \(.against) "
	+ "| \(theirs($results; $row)) | \(ratio) | \(target($row.unit)) | \(verdict) |"),
"",
(.machine
	| "\(.cpu), \(.cores) cores, \(.oneDNN_isa), sgemm \(.sgemm_gflop_per_s | round) GFLOP/s; oneDNN \(.oneDNN),",
	"\(.OpenBLAS | split(" ")[0:2] | join(" ")) with its \(.OpenBLAS_kernel) kernel; set: "
	+ "\(.environment | to_entries | map("\(.key)=\(.value)") | join(", "))."),
(.provenance.load_average_before | if . > 0.5 then "The machine was busy: load average \(.) before the run." else empty end),
"Floors: " + ([.rows[] | .name as $name | .entries[] | select(.last.gflop_per_s)
	| "\($name) \(.last.gflop / .seconds.median | round) GFLOP/s (\(.who))"] | join(", ")) + ".",
"Medians of \(.provenance.rounds) interleaved rounds (least–most); \(.provenance.date), revision \(.provenance.revision)."
