# SPDX-License-Identifier: ISC
# From the table of report.awk a picture in SVG: a bar for each load, with the
# range of the rounds, and a line at 1.
function x(ratio) {
	return left + (ratio > most ? most : ratio) * unit
}

BEGIN {
	FS = "\t"
	left = 190
	unit = 180
	most = 3
	step = 18
}

NR > 1 {
	name[++n] = $1
	mid[n] = $2
	low[n] = $3
	high[n] = $4
	other[n] = $5
}

END {
	height = n * step + 50
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" " \
	    "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", height
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	printf "<text x=\"%d\" y=\"16\">viofsd against the fastest other " \
	    "daemon, to the right of the line is faster</text>\n", left
	for (i = 1; i <= n; i++) {
		y = 24 + i * step
		printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
		    left - 8, y, name[i]
		printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"11\" " \
		    "fill=\"%s\"/>\n", left, y - 10, x(mid[i]) - left,
		    mid[i] >= 1 ? "#3a7d44" : "#c1666b"
		printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" " \
		    "stroke=\"black\"/>\n", x(low[i]), x(high[i]), y - 4.5, y - 4.5
		printf "<text x=\"%d\" y=\"%d\">%.2f (%s)</text>\n",
		    left + most * unit + 12, y, mid[i], other[i]
	}
	printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"24\" y2=\"%d\" " \
	    "stroke=\"black\" stroke-dasharray=\"4 2\"/>\n", x(1), x(1),
	    height - 16
	print "</svg>"
}
