# SPDX-License-Identifier: ISC
# C without comments and without the insides of quotes, "FILE:LINE:CODE".

FNR == 1 { comment = 0 }

{
	line = $0
	out = ""
	keep = !comment && line ~ /^[ \t]*#[ \t]*include/
	while (line != "") {
		if (comment) {
			p = index(line, "*/")
			if (p == 0)
				break
			line = substr(line, p + 2)
			comment = 0
			out = out " "
			continue
		}
		if (!match(line, /["']|\/\*|\/\//)) {
			out = out line
			break
		}
		tok = substr(line, RSTART, RLENGTH)
		out = out substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (tok == "//")
			break
		if (tok == "/*") {
			comment = 1
			continue
		}
		str = tok
		while (line != "") {
			c = substr(line, 1, 1)
			line = substr(line, 2)
			if (c == "\\") {
				str = str c substr(line, 1, 1)
				line = substr(line, 2)
				continue
			}
			str = str c
			if (c == tok)
				break
		}
		out = out (keep ? str : tok tok)
	}
	print FILENAME ":" FNR ":" out
}
