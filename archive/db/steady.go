package db

import (
	"database/sql"
	"slices"
	"strings"
)

// steady writes a + before every parameter of a query. It changes nothing of what the query means, and keeps SQLite from preparing it
// anew for other values of its parameters, as since release 3.51 it does for each LIMIT and for numbers like the first community's:
// for our small queries that costs several times the work itself. The switch SQLite has for it (QPSG) is out of the driver's reach.
//
// It gives the names of the parameters, too, in the order in which SQLite numbers them; none when some have no name.
func steady(query string) (better string, names []string) {
	if !strings.ContainsAny(query, "?:@$") {
		return query, nil
	}
	nameless := false
	var b strings.Builder
	b.Grow(len(query) + 32)
	for i := 0; i < len(query); {
		n := 1
		switch rest := query[i:]; {
		case rest[0] == '\'' || rest[0] == '"' || rest[0] == '`':
			n = quoted(rest)
		case strings.HasPrefix(rest, "--"):
			n = upTo(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			n = upTo(rest, "*/")
		case rest[0] == '?' || strings.IndexByte(":@$", rest[0]) >= 0 && len(rest) > 1 && wordByte(rest[1]):
			b.WriteByte('+')
			if nameless = nameless || rest[0] == '?'; nameless {
				break
			}
			for n < len(rest) && wordByte(rest[n]) {
				n++
			}
			if !slices.Contains(names, rest[:n]) {
				names = append(names, rest[:n])
			}
		case wordByte(rest[0]): // a $ inside a name begins nothing
			for n < len(rest) && (wordByte(rest[n]) || rest[n] == '$') {
				n++
			}
		}
		b.WriteString(query[i : i+n])
		i += n
	}
	if nameless {
		names = nil
	}
	return b.String(), names
}

// inOrder puts named arguments into the order of the parameters and takes their names off: a query whose arguments come in order makes
// one call into C, with names it makes one for each. What it does not understand it leaves for the driver to judge.
func inOrder(names []string, args []any) []any {
	if len(names) == 0 || len(args) != len(names) {
		return args
	}
	values := make([]any, len(args))
	for i, name := range names {
		at := i
		if a, ok := args[i].(sql.NamedArg); !ok || a.Name != name[1:] {
			at = slices.IndexFunc(args, func(v any) bool {
				a, ok := v.(sql.NamedArg)
				return ok && a.Name == name[1:]
			})
			if at < 0 {
				return args
			}
		}
		values[i] = args[at].(sql.NamedArg).Value
	}
	return values
}

// quoted is the length of the string or name in quotes that s begins with. A doubled quote begins another one, which is as good.
func quoted(s string) int {
	end := strings.IndexByte(s[1:], s[0])
	if end < 0 {
		return len(s)
	}
	return end + 2
}

// upTo is the length of s until the end of a mark.
func upTo(s, mark string) int {
	if i := strings.Index(s, mark); i >= 0 {
		return i + len(mark)
	}
	return len(s)
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
