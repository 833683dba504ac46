# SPDX-License-Identifier: ISC
# C as one line per statement, "LINE:INDENTATION CODE", so that two layouts of
# the same code can be compared without the places where lines are broken:
# clang-format knows nothing of where a reader would break them.  What is left
# to compare: the indentation of statements, braces, and blanks between words.
# Macros and the insides of initialisers are left out: they are tables.

function emit(	ind, s) {
	if (stmt == "")
		return
	ind = stmt
	sub(/[^ \t].*/, "", ind)
	s = substr(stmt, length(ind) + 1)
	gsub(/[ \t]+/, " ", s)
	# Where a line was broken there may be no blank in the other layout.
	gsub(/\( /, "(", s)
	gsub(/ \)/, ")", s)
	gsub(/\{ /, "{", s)
	gsub(/ \}/, "}", s)
	print first ":" ind s
	stmt = ""
}

function depth(s,	n) {
	n = gsub(/[(]/, "", s)
	return n - gsub(/[)]/, "", s)
}

{
	line = $0
	sub(/^[^:]*:/, "", line)
	nr = line
	sub(/:.*/, "", nr)
	sub(/^[^:]*:/, "", line)
	sub(/[ \t]+$/, "", line)
}

# Preprocessor lines and what they continue on.
macro || line ~ /^[ \t]*#/ {
	emit()
	macro = line ~ /\\$/
	next
}

line == "" {
	next
}

# An initialiser: up to the line that closes it.
table {
	n = line
	opened = gsub(/\{/, "", n)
	n = line
	table += opened - gsub(/\}/, "", n)
	if (table <= 0) {
		table = 0
		stmt = ""
	}
	next
}

{
	if (stmt == "") {
		first = nr
		stmt = line
	} else {
		sub(/^[ \t]+/, "", line)
		stmt = stmt " " line
	}
	if (stmt ~ /= *(\([a-z_ ]+\))?\{[^}]*$/ ||
	    stmt ~ /^[ \t]*(static |const )*enum [a-z_]* ?\{/) {
		opened = stmt
		# Declarators that clang-format takes for a product.
		if (stmt ~ /^[ \t]*(\} ?\*|(static |const )*enum)/)
			stmt = ""
		sub(/[ \t]*= *(\([a-z_ ]+\))?\{.*/, " =", stmt)
		emit()
		table = opened !~ /\}[^;]*;$/
		next
	}
	if (depth(stmt) > 0 || stmt ~ /\?.*:$/ || stmt ~ /^__attribute__ *\(\(.*\)\)$/)
		next
	# Declarators that clang-format takes for something else.
	if (stmt ~ /^[A-Z_]+\(.*\)$/ ||
	    stmt ~ /;$/ && stmt ~ /^[ \t]*typedef [a-z_]+ ?\(/) {
		stmt = ""
		next
	}
	if (stmt ~ /= *(\([a-z_ ]+\))?\{.*\}[^;]*;$/) {
		sub(/[ \t]*= *(\([a-z_ ]+\))?\{.*/, " =", stmt)
		emit()
	} else if (stmt ~ /[;{}]$/ || stmt ~ /:$/ || stmt ~ /^[ \t]*else$/)
		emit()
	else if (stmt ~ /^[ \t]*(\} )?(else )?(if|for|while|switch|[A-Z]+_FOREACH(_SAFE)?) ?\(.*\)$/)
		emit()
	else if (stmt ~ /^[a-z_].*[a-z0-9_ *]$/ && stmt !~ /=/ && stmt !~ /^\t/)
		emit()
	else if (stmt ~ /^[a-z_]+\(.*\)$/)
		emit()
}

END {
	emit()
}
