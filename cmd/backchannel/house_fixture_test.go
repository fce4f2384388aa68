package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// A checker that cannot fail is worth nothing: each of them is shown code that breaks its rule, and code that looks like it and does not.

const fixtureDoc = "// Package x promises that nothing of it is ever part of a program, and that whoever reads it finds what a checker looks for.\n"

// houseCase is one small house. want lists what each complaint must contain, in order; none means the code is fine.
type houseCase struct {
	name  string
	files map[string]string
	want  []string
}

func runHouseCases(t *testing.T, check func(*house) []string, cases []houseCase) {
	t.Helper()
	failing := 0
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := check(fixture(t, c.files))
			if len(got) != len(c.want) {
				t.Fatalf("%d complaints, %d wanted:\n%s", len(got), len(c.want), strings.Join(got, "\n"))
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("complaint %d:\n got %s\nwant …%s…", i, got[i], want)
				}
			}
		})
		if len(c.want) > 0 {
			failing++
		}
	}
	if failing == 0 || failing == len(cases) {
		t.Error("a checker needs a case that it finds, and one that it lets pass")
	}
}

func fixture(t *testing.T, files map[string]string) *house {
	t.Helper()
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	h, err := loadHouse(root)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// goFile is a Go file that imports and then says body.
func goFile(body string, imports ...string) string {
	text := "package x\n"
	for _, i := range imports {
		text += fmt.Sprintf("import %q\n", i)
	}
	return text + body
}

func TestHouseFloors(t *testing.T) {
	runHouseCases(t, (*house).floors, []houseCase{
		{"down is fine", map[string]string{"lists/x.go": goFile("", "backchannel/archive/db"), "archive/db/x.go": goFile("")}, nil},
		{"up is not", map[string]string{"archive/db/x.go": goFile("", "backchannel/lists"), "lists/x.go": goFile("")},
			[]string{"archive/db/x.go:2: archive/db imports lists, which stands above it"}},
		{"inside a room the order counts", map[string]string{"lists/address/x.go": goFile("", "backchannel/lists")},
			[]string{"lists/address imports lists, which stands above it"}},
		{"no floor", map[string]string{"lists/util/x.go": goFile("")}, []string{"lists/util stands on no floor"}},
		{"import of no floor", map[string]string{"lists/x.go": goFile("", "backchannel/common")}, []string{"imports common, which stands on no floor"}},
		{"a test may look up", map[string]string{"archive/db/x_test.go": goFile("", "backchannel/lists")}, nil},
		{"a kit is for tests", map[string]string{"archive/db/dbtest/x.go": goFile("", "backchannel/archive/db"), "archive/x_test.go": goFile("", "backchannel/archive/db/dbtest")}, nil},
		{"a kit in the program", map[string]string{"archive/x.go": goFile("", "backchannel/archive/db/dbtest")}, []string{"a kit for tests"}},
		{"a kit does not look up", map[string]string{"archive/db/dbtest/x.go": goFile("", "backchannel/archive")}, []string{"which stands above it"}},
		{"a kit of nobody", map[string]string{"archive/nobody/oddtest/x.go": goFile("")}, []string{"archive/nobody/oddtest stands on no floor"}},
	})
}

func TestHouseWalls(t *testing.T) {
	runHouseCases(t, (*house).walls, []houseCase{
		{"the owner", map[string]string{"archive/db/x.go": goFile("", "database/sql", "github.com/mattn/go-sqlite3")}, nil},
		{"somebody else", map[string]string{"lists/x.go": goFile("", "database/sql")}, []string{"lists/x.go:2: lists imports database/sql: only archive/db may, because"}},
		{"a test of somebody else", map[string]string{"lists/x_test.go": goFile("", "database/sql")}, []string{"database/sql"}},
		{"below a walled path", map[string]string{"lists/x.go": goFile("", "github.com/emersion/go-message/textproto")}, []string{"only archive/letter"}},
		{"a name that only begins like it", map[string]string{"lists/x.go": goFile("", "net/httpx")}, nil},
		{"any package of cmd", map[string]string{"cmd/internal/doctor/x.go": goFile("", "net/http")}, nil},
		{"the courier speaks SMTP itself", map[string]string{"smtpd/courier/x.go": goFile("", "github.com/emersion/go-smtp")}, []string{"smtpd/courier imports"}},
		{"in its tests a client may play the stranger", map[string]string{"smtpd/courier/x_test.go": goFile("", "github.com/emersion/go-smtp")}, nil},
		{"nobody", map[string]string{"cmd/backchannel/x.go": goFile("", "unsafe")}, []string{"nobody may, because"}},
	})
}

func TestHouseOutside(t *testing.T) {
	const read = "func f() { os.ReadFile(`x`) }"
	runHouseCases(t, (*house).outside, []houseCase{
		{"cmd reads files", map[string]string{"cmd/backchannel/x.go": goFile(read+"\nvar home = os.Getenv(`HOME`)", "os")}, nil},
		{"others do not", map[string]string{"lists/x.go": goFile(read, "os")}, []string{"lists/x.go:3: lists calls os.ReadFile: only cmd reads and writes files"}},
		{"with a reason they may", map[string]string{"archive/mbox/x.go": goFile(read, "os")}, nil},
		{"a reason nobody needs", map[string]string{"archive/mbox/x.go": goFile("")}, []string{"archive/mbox may open files"}},
		{"but never the environment", map[string]string{"archive/mbox/x.go": goFile(read+"\nvar home = os.Getenv(`HOME`)", "os")}, []string{"archive/mbox uses os.Getenv: only cmd knows"}},
		{"arguments", map[string]string{"lists/x.go": goFile("var a = os.Args", "os")}, []string{"os.Args"}},
		{"errors and types are words", map[string]string{"lists/x.go": goFile("var e = os.ErrNotExist\nfunc f(*os.File, os.FileMode) bool { return os.IsNotExist(e) }", "os")}, nil},
		{"walking", map[string]string{"lists/x.go": goFile("func f() { filepath.WalkDir(`x`, nil); filepath.Join(`a`, `b`) }", "path/filepath")}, []string{"filepath.WalkDir"}},
		{"by another name", map[string]string{"lists/x.go": "package x\nimport sys \"os\"\nvar a = sys.Args"}, []string{"lists uses os.Args"}},
		{"a variable called os", map[string]string{"lists/x.go": goFile("var _ = os.ErrClosed\nfunc f(os struct{ Args int }) int { return os.Args }", "os")}, nil},
		{"tests do what they like", map[string]string{"lists/x_test.go": goFile(read, "os")}, nil},
	})
}

func TestHouseClock(t *testing.T) {
	runHouseCases(t, (*house).clock, []houseCase{
		{"cmd has the clock", map[string]string{"cmd/backchannel/x.go": goFile("var now = time.Now", "time")}, nil},
		{"others are given it", map[string]string{"lists/x.go": goFile("func f() { time.Now() }", "time")}, []string{"lists/x.go:3: lists calls time.Now: take the clock"}},
		{"called later", map[string]string{"lists/x.go": goFile("var now = time.Now", "time")}, []string{"time.Now"}},
		{"since and until ask the clock too", map[string]string{"lists/x.go": goFile("func f(t time.Time) { time.Since(t); time.Until(t) }", "time")}, []string{"time.Since", "time.Until"}},
		{"sleep", map[string]string{"lists/x.go": goFile("func f() { time.Sleep(1) }", "time")}, []string{"no context can end"}},
		{"timers and arithmetic", map[string]string{"lists/x.go": goFile("func f(t time.Time) { time.NewTimer(1); t.Add(time.Hour) }", "time")}, nil},
		{"a field of that name", map[string]string{"lists/x.go": goFile("type tx struct{ Now int }\nfunc f(time tx) int { return time.Now }")}, nil},
		{"tests", map[string]string{"lists/x_test.go": goFile("var now = time.Now", "time")}, nil},
	})
}

func TestHousePackageDocs(t *testing.T) {
	runHouseCases(t, (*house).packageDocs, []houseCase{
		{"a promise", map[string]string{"lists/x.go": fixtureDoc + goFile("")}, nil},
		{"none", map[string]string{"lists/x.go": goFile("")}, []string{"lists has no package comment"}},
		{"too short for one", map[string]string{"lists/x.go": "// Package x does things.\n" + goFile("")}, []string{"23 characters, too few"}},
		{"of another package", map[string]string{"lists/x.go": strings.Replace(fixtureDoc, "Package x", "Package y", 1) + goFile("")}, []string{`must begin with "Package x "`}},
		{"two", map[string]string{"lists/x.go": fixtureDoc + goFile(""), "lists/y.go": fixtureDoc + goFile("")}, []string{"lists has 2 package comments"}},
		{"in a test it does not count", map[string]string{"lists/x.go": goFile(""), "lists/x_test.go": fixtureDoc + goFile("")}, []string{"lists has no"}},
		{"a command", map[string]string{"cmd/backchannel/x.go": strings.Replace(fixtureDoc, "Package x", "Command backchannel", 1) + "package main"}, nil},
		{"a command that calls itself a package", map[string]string{"cmd/backchannel/x.go": fixtureDoc + "package main"}, []string{`"Command backchannel "`}},
		{"kits have one too", map[string]string{"archive/db/dbtest/x.go": goFile("")}, []string{"archive/db/dbtest has no"}},
	})
}

func TestHouseExportedDocs(t *testing.T) {
	runHouseCases(t, (*house).exportedDocs, []houseCase{
		{"explained", map[string]string{"lists/x.go": goFile("// F does.\nfunc F() {}\n// Kinds.\nconst (\nA = 1\nB = 2 // second\n)\nfunc g() {}\ntype t int\nfunc (t) M() {}")}, nil},
		{"one in three", map[string]string{"lists/x.go": goFile("// F does.\nfunc F() {}\ntype T int\nfunc (*T) M() {}")}, []string{"1 of 3 exported names are explained, 95 % are wanted; without a comment:\n\tlists/x.go:4 T\n\tlists/x.go:5 M"}},
		{"an empty comment", map[string]string{"lists/x.go": goFile("//\nfunc F() {}")}, []string{"0 of 1"}},
		{"a generic receiver", map[string]string{"lists/x.go": goFile("// T is.\ntype T[A any] int\nfunc (T[A]) M() {}")}, []string{"1 of 2"}},
		{"tests need none", map[string]string{"lists/x_test.go": goFile("func TestX() {}")}, nil},
	})
}

func TestHouseSizes(t *testing.T) {
	function := func(lines int) string { return "func f() {\n" + strings.Repeat("_ = 1\n", lines-2) + "}\n" }
	runHouseCases(t, (*house).sizes, []houseCase{
		{"110 lines", map[string]string{"lists/x.go": goFile(function(110))}, nil},
		{"111 lines", map[string]string{"lists/x.go": goFile(function(111))}, []string{"lists/x.go:2: f has 111 lines, 110 is the wall"}},
		{"in tests too", map[string]string{"lists/x_test.go": goFile(function(111))}, []string{"f has 111"}},
		{"800 lines", map[string]string{"lists/x.go": goFile(strings.Repeat("//\n", 799))}, nil},
		{"801 lines", map[string]string{"lists/x.go": goFile(strings.Repeat("//\n", 800))}, []string{"lists/x.go has 801 lines"}},
		{"generated", map[string]string{"lists/x.go": "// Code generated by a test. DO NOT EDIT.\n\n" + goFile(function(111))}, nil},
	})
}

func TestHouseAverageImports(t *testing.T) {
	three := []string{"backchannel/lists", "backchannel/archive", "backchannel/smtpd"}
	runHouseCases(t, (*house).averageImports, []houseCase{
		{"three", map[string]string{"digest/x.go": goFile("", three...)}, nil},
		{"four", map[string]string{"digest/x.go": goFile("", append(three, "backchannel/templates")...)}, []string{"4.0 of our packages on average (the ground not counted), 3.5 is the wall:\n\t 4 digest"}},
		{"the ground does not count", map[string]string{"digest/x.go": goFile("", append(three, "backchannel/archive/db", "backchannel/archive/letter", "backchannel/templates/refusal")...)}, nil},
		{"the same from two files counts once", map[string]string{"digest/x.go": goFile("", three...), "digest/y.go": goFile("", three...)}, nil},
		{"tests and others do not count", map[string]string{"digest/x.go": goFile("", "fmt", "os", "time", "errors"), "digest/x_test.go": goFile("", append(three, "backchannel/templates")...)}, nil},
	})
}

func TestHouseTestLines(t *testing.T) {
	lines := func(n int) string { return "package x\n" + strings.Repeat("var _ = 1 // a line\n\n// none\n", n-1) }
	runHouseCases(t, (*house).testLines, []houseCase{
		{"seven for ten", map[string]string{"lists/x.go": lines(10), "lists/x_test.go": lines(7)}, nil},
		{"six for ten", map[string]string{"lists/x.go": lines(10), "lists/x_test.go": lines(6)}, []string{"6 lines of tests for 10 lines of code, 0.7 for each is wanted; missing most:\n\tlists: 6"}},
		{"a kit is test code", map[string]string{"archive/db/x.go": lines(10), "archive/db/dbtest/x.go": lines(7)}, nil},
		{"a long literal has many lines", map[string]string{"lists/x.go": goFile("const a = `1\n2\n3\n4\n5\n6\n7\n8\n9`"), "lists/x_test.go": lines(6)}, []string{"6 lines of tests for 10"}},
	})
}

func TestHouseSleepingTests(t *testing.T) {
	runHouseCases(t, (*house).sleepingTests, []houseCase{
		{"asleep", map[string]string{"lists/x_test.go": goFile("func f() { time.Sleep(1) }", "time")}, []string{"lists/x_test.go:3: time.Sleep in a test"}},
		{"virtual", map[string]string{"lists/x_test.go": goFile("func f() { synctest.Test(nil, func() { time.Sleep(1) }) }", "time", "testing/synctest")}, nil},
		{"beside the bubble", map[string]string{"lists/x_test.go": goFile("func f() { synctest.Test(nil, nil); time.Sleep(1) }", "time", "testing/synctest")}, []string{"outside synctest.Test"}},
		{"a helper that says so", map[string]string{"lists/x_test.go": goFile("// f waits inside a synctest bubble.\nfunc f() { time.Sleep(1) }", "time")}, nil},
		{"handed on", map[string]string{"lists/x_test.go": goFile("var wait = time.Sleep", "time")}, []string{"time.Sleep"}},
	})
}

func TestHouseInits(t *testing.T) {
	runHouseCases(t, (*house).inits, []houseCase{
		{"init", map[string]string{"lists/x.go": goFile("func init() {}")}, []string{"lists/x.go:2: func init"}},
		{"a method of that name", map[string]string{"lists/x.go": goFile("type t int\nfunc (t) init() {}")}, nil},
	})
}

func TestHouseVariables(t *testing.T) {
	runHouseCases(t, (*house).variables, []houseCase{
		{"tables, errors, patterns", map[string]string{"lists/x.go": goFile("var a = []int{1}\nvar err = errors.New(`x`)\nvar re = regexp.MustCompile(`x`)\nvar _ io.Reader = nil\nfunc f() int { b := a; b[0] = 2; return a[0] }", "errors", "regexp", "io")}, nil},
		{"written in its file", map[string]string{"lists/x.go": goFile("var a = 1\nfunc f() { a = 2 }")}, []string{"lists/x.go:3: the package variable a is written here"}},
		{"written in another file", map[string]string{"lists/x.go": goFile("var a = 1"), "lists/y.go": goFile("func f() { a++ }")}, []string{"lists/y.go:2: the package variable a is written"}},
		{"a local of that name", map[string]string{"lists/x.go": goFile("var a = 1\nfunc f(a int) { a = 2; { a := 3; a++ } }"), "lists/y.go": goFile("func g() { a := 1; a = 2; _ = a }")}, nil},
		{"a field, an element, what it points to", map[string]string{"lists/x.go": goFile("var a = T{}\nvar p = &T{}\nfunc f() { a.b.c[1] = 2; (*p).x = 1; for a.k = range 3 {} }\ntype T int")}, []string{"a is written", "p is written", "a is written"}},
		{"its address", map[string]string{"lists/x.go": goFile("var a = 1\nfunc f() *int { return &a }")}, []string{"a is handed out by its address"}},
		{"changed in place", map[string]string{"lists/x.go": goFile("var m = map[int]int{}\nvar s = []int{2, 1}\nfunc f() { delete(m, 1); slices.Sort(s); slices.Sorted(nil) }", "slices")}, []string{"m is changed", "s is changed"}},
		{"made empty", map[string]string{"lists/x.go": goFile("var m = make(map[int]int)\nvar n int")}, []string{"m is made empty", "n has no value"}},
		{"shared", map[string]string{"lists/x.go": goFile("var mu sync.Mutex\nvar n = atomic.Int64{}\nvar p = &sync.Pool{}", "sync", "sync/atomic")}, []string{"mu is shared state", "n is shared state", "p is shared state"}},
		{"metrics and embedded files", map[string]string{"lists/x.go": goFile("var n = metrics.NewCounter(`x`)\n//go:embed x\nvar fs embed.FS\nfunc f() { n.Add(1) }", "embed", "backchannel/metrics")}, nil},
		{"of another package", map[string]string{"lists/x.go": goFile("var A = []int{1}"), "cmd/backchannel/x_test.go": goFile("func f() { lists.A[0] = 2; lists.B = 1 }", "backchannel/lists")}, []string{"cmd/backchannel/x_test.go:3: writes lists.A"}},
		{"tests keep their own", map[string]string{"lists/x_test.go": goFile("var a int\nfunc f() { a = 2 }")}, nil},
	})
}

func TestHouseMachinePaths(t *testing.T) {
	bad := "/wo" + "rk/main"
	runHouseCases(t, (*house).machinePaths, []houseCase{
		{"in code", map[string]string{"lists/x.go": goFile("const a = `" + bad + "/x`")}, []string{"lists/x.go:2:"}},
		{"in docs and scripts", map[string]string{"docs/a.md": "see\n(" + bad + ")", ".ci/run": "cd /ro" + "ot/x"}, []string{".ci/run:1:", "docs/a.md:2:"}},
		{"part of a longer path", map[string]string{"docs/a.md": "https://example.org/wo" + "rk/x home/wo" + "rk/x ./ro" + "ot/x"}, nil},
		{"real mail may say what it likes", map[string]string{"lists/testdata/a.eml": bad + "/x"}, nil},
	})
}

func TestHouseTopLevel(t *testing.T) {
	runHouseCases(t, (*house).topLevel, []houseCase{
		{"the plan", map[string]string{"go.mod": "", "README.md": "", ".ci/run": "", "docs/a.md": "", "cmd/x/a.txt": ""}, nil},
		{"more", map[string]string{"util/x.go": goFile(""), "notes.txt": ""}, []string{"notes.txt does not belong", "util does not belong"}},
		{"what git ignores", map[string]string{".gitignore": "/data/\n/backchannel\n*.prof\n", "data/x": "", "backchannel": "", "cpu.prof": ""}, nil},
	})
}

func TestHouseTables(t *testing.T) {
	owner := goFile("const s = `CREATE TABLE letter (id INTEGER) STRICT; CREATE INDEX i ON letter (id);`\nconst q = `SELECT id FROM letter`")
	const path = "archive/x_sql.go"
	runHouseCases(t, (*house).tables, []houseCase{
		{"its owner", map[string]string{path: owner}, nil},
		{"read elsewhere", map[string]string{path: owner, "lists/x.go": goFile("const q = `SELECT a.id FROM member a, letter`")}, []string{"lists/x.go:2: lists names the table letter, which belongs to archive"}},
		{"joined elsewhere", map[string]string{path: owner, "lists/x.go": goFile("const q = ` JOIN letter l ON l.id = 1`")}, []string{"names the table letter"}},
		{"written elsewhere", map[string]string{path: owner, "lists/x.go": goFile("const q = `INSERT OR IGNORE INTO letter (id) VALUES (1) ON CONFLICT DO UPDATE SET id = 2`\nconst u = `UPDATE letter SET id = 1`\nconst d = `DELETE FROM letter`")},
			[]string{"x.go:2", "x.go:3", "x.go:4"}},
		{"an index or trigger elsewhere", map[string]string{path: owner, "lists/x.go": goFile("const q = `CREATE UNIQUE INDEX j ON letter (id); CREATE TRIGGER t AFTER INSERT ON letter BEGIN SELECT 1; END`")}, []string{"names the table letter", "names the table letter"}},
		{"created twice", map[string]string{path: owner, "lists/x.go": goFile("const q = `CREATE VIRTUAL TABLE IF NOT EXISTS letter USING fts5(a)`")}, []string{"lists creates the table letter, which belongs to archive"}},
		{"refers downwards", map[string]string{path: owner, "lists/x.go": goFile("const q = `CREATE TABLE copy (l INTEGER REFERENCES letter (id))`")}, nil},
		{"refers upwards", map[string]string{path: owner, "archive/db/x.go": goFile("const q = `CREATE TABLE copy (l INTEGER REFERENCES letter (id))`")}, []string{"a table of archive/db refers to letter of archive, which stands above it"}},
		{"renamed", map[string]string{path: owner, "archive/y_sql.go": goFile("const q = `CREATE TABLE post_new (id INTEGER); ALTER TABLE post_new RENAME TO post; ALTER TABLE post RENAME COLUMN id TO nr`"), "lists/x.go": goFile("const q = `SELECT 1 FROM post`")}, []string{"names the table post,"}},
		{"a sentence, a value, a comment, a column", map[string]string{path: owner, "lists/x.go": goFile("const a = `From letter to letter: join letter, update letter.`\nconst b = `SELECT letter FROM member WHERE a = 'FROM letter' -- FROM letter`")}, nil},
		{"in capitals", map[string]string{"lists/x.go": goFile("const q = `select a from member where b = 1`\nconst s = `select one from the list`\nconst u = `Update member data`")}, []string{"lists/x.go:2: SQL keywords are written in capitals"}},
		{"in a .sql file", map[string]string{path: owner, "lists/x.go": goFile(""), "lists/migrations/1.sql": "DROP TABLE IF EXISTS letter;"}, []string{"lists/migrations/1.sql:1: lists names the table letter"}},
		{"tests look where they like", map[string]string{path: owner, "lists/x_test.go": goFile("const q = `SELECT 1 FROM letter`")}, nil},
	})
}

func TestHouseSQLFiles(t *testing.T) {
	const query = "const q = `\n\tSELECT 1 FROM a`\nconst r = `DELETE FROM a`"
	runHouseCases(t, (*house).sqlFiles, []houseCase{
		{"where it belongs", map[string]string{"lists/member_sql.go": goFile(query), "lists/schema.go": goFile("const q = `CREATE TABLE a (b)`"), "archive/db/x.go": goFile(query)}, nil},
		{"among the rules, told once", map[string]string{"lists/member.go": goFile(query)}, []string{"lists/member.go:2: SQL outside a file named"}},
		{"sentences", map[string]string{"lists/member.go": goFile("const a = `With this you may SELECT something`\nconst b = `DELETE this?`")}, nil},
	})
}

func TestHouseRefusesBrokenSource(t *testing.T) {
	if _, err := loadHouse(fstest.MapFS{"lists/x.go": {Data: []byte("package")}}); err == nil {
		t.Error("a file that cannot be parsed must not be passed over")
	}
}
