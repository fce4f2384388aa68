package templates

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

//go:generate go test -run TestGolden -count 1 . -update

var update = flag.Bool("update", false, "write what is rendered into testdata")

type renderer interface{ Render() (Mail, error) }

// sample is one mail with its fields, and the name of its golden file.
type sample struct {
	name string
	mail renderer
}

func (s sample) golden() string { return filepath.Join("testdata", s.name+".txt") }

// text is the whole mail as a golden file holds it.
func text(t *testing.T, m renderer) (string, Mail) {
	t.Helper()
	mail, err := m.Render()
	if err != nil {
		t.Fatal(err)
	}
	return "Subject: " + mail.Subject + "\n\n" + mail.Text, mail
}

func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			got, mail := text(t, s.mail)
			compare(t, s.golden(), got)
			if mail.HTML != "" {
				compare(t, strings.TrimSuffix(s.golden(), ".txt")+".html", mail.HTML)
			}
			again, _ := s.mail.Render()
			if again.Subject != mail.Subject || again.Text != mail.Text || again.HTML != mail.HTML {
				t.Error("the same fields gave other bytes")
			}
		})
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", name, got)
	}
}

// Every text has its struct and every struct its golden mail: none of the three can be forgotten.
func TestKinds(t *testing.T) {
	shown := map[string]bool{}
	named := map[string]bool{}
	for _, s := range samples() {
		shown[reflect.TypeOf(s.mail).Name()] = true
		kind, _, _ := strings.Cut(s.name, "-")
		named[kind] = true
	}
	renders := renderCalls(t)
	for kind, typ := range renders {
		if !shown[typ] || !named[kind] {
			t.Errorf("%s (%s) has no golden mail: add it to samples", typ, kind)
		}
		if _, err := fs.Stat(files, "mail/"+kind+".txt"); err != nil {
			t.Errorf("%s renders mail/%s.txt, which does not exist", typ, kind)
		}
	}
	names, err := fs.Glob(files, "mail/*.*")
	if err != nil || len(names) < 10 {
		t.Fatalf("texts: %v, %v", names, err)
	}
	for _, name := range names {
		kind := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".txt"), ".html")
		if renders[kind] == "" && kind != "parts" && kind != "digest_parts" {
			t.Errorf("%s belongs to no struct", name)
		}
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue // the pages, of which TestPages takes care
		}
		name := strings.TrimSuffix(strings.TrimSuffix(e.Name(), ".txt"), ".html")
		if !slices.ContainsFunc(samples(), func(s sample) bool { return s.name == name }) {
			t.Errorf("testdata/%s belongs to no sample", e.Name())
		}
	}
}

// renderCalls reads the package's own source: which type renders which text.
func renderCalls(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != "Render" || fn.Recv == nil {
				continue
			}
			typ := fn.Recv.List[0].Type.(*ast.Ident).Name
			before := len(found)
			ast.Inspect(fn, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "render" {
						found[strings.Trim(call.Args[0].(*ast.BasicLit).Value, `"`)] = typ
					}
				}
				return true
			})
			if len(found) == before && !strings.HasSuffix(typ, "Page") { // those of the web are TestPages'
				t.Errorf("%s.Render renders nothing of its own", typ)
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no Render methods found")
	}
	return found
}

var (
	longWord = regexp.MustCompile(`\S{40,}`)
	slip     = regexp.MustCompile(`<no value>|%!|\{\{|\}\}| ,| \.(\s|$)|\.\.| \)|\( |[a-z]  [a-z]|\x01|(?m)^\.|0001`)
)

// What is true of every mail.
func TestEveryMailReadsWell(t *testing.T) {
	for _, s := range samples() {
		got, mail := text(t, s.mail)
		for i, line := range strings.Split(got, "\n") {
			if n := utf8.RuneCountInString(line); n > widest && i > 0 && !longWord.MatchString(line) && !strings.HasPrefix(line, ReplyAbove) {
				t.Errorf("%s: line %d has %d characters: %s", s.name, i+1, n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s: line %d ends with a blank", s.name, i+1)
			}
		}
		if found := slip.FindString(got); found != "" {
			t.Errorf("%s: %q in\n%s", s.name, found, got)
		}
		if strings.Contains(got, "\n\n\n") || !strings.HasSuffix(got, "\n") || strings.HasSuffix(got, "\n\n") {
			t.Errorf("%s: empty lines:\n%q", s.name, got)
		}
		if n := utf8.RuneCountInString(mail.Subject); n == 0 || n > subjectWidth {
			t.Errorf("%s: a subject of %d characters", s.name, n)
		}
		for _, word := range []string{"error", "invalid", "database", "token", "queue", "SMTP", "null"} {
			if strings.Contains(strings.ToLower(got), strings.ToLower(word)) {
				t.Errorf("%s: %q is no word for people", s.name, word)
			}
		}
	}
}

// Promises that a mail makes only when the field behind them is there: a mail with nothing optional names no address of the community
// but those it must.
func TestNothingIsPromisedThatDoesNotExist(t *testing.T) {
	for _, s := range samples() {
		if !strings.HasSuffix(s.name, "-bare") {
			continue
		}
		got, _ := text(t, s.mail)
		for _, word := range []string{"anon@", "ombuds", "weekly@", "leave@", "/note", "FORGET", "POST ", "PUBLIC", "SETTINGS", "within"} {
			if strings.Contains(got, word) {
				t.Errorf("%s speaks of %q:\n%s", s.name, word, got)
			}
		}
	}
}

// Every string, Said, slice and time of every struct is needed, unless it is marked optional.
func TestAMissingFieldIsAnError(t *testing.T) {
	checked := 0
	for _, s := range samples() {
		v := reflect.ValueOf(s.mail)
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if _, optional := field.Tag.Lookup("optional"); optional || field.Type.Kind() == reflect.Bool || field.Type.Kind() == reflect.Struct && field.Type.Name() != "Time" {
				continue
			}
			without := reflect.New(v.Type()).Elem()
			without.Set(v)
			without.Field(i).SetZero()
			mail, err := without.Interface().(renderer).Render()
			if err == nil || !strings.Contains(err.Error(), field.Name) || mail != (Mail{}) {
				t.Errorf("%s without %s: %v", s.name, field.Name, err)
			}
			checked++
		}
	}
	if checked < 50 {
		t.Errorf("only %d fields were tried", checked)
	}
	if _, err := (PartRefused{Community: "c", Refused: []RefusedAddress{{Address: "a"}}}).Render(); err == nil || !strings.Contains(err.Error(), "Refused[0].Why") {
		t.Errorf("inside a slice: %v", err)
	}
	for _, m := range []renderer{
		Welcome{Community: "c", Lists: []ListLine{{Name: "n", Address: "a"}}},
		HelpMembers{Community: "c"},
		SettingsChanged{Community: "c", Delivery: InDigest},
	} {
		if _, err := m.Render(); err == nil {
			t.Errorf("%T must ask for its door or slot", m)
		}
	}
}

// Whatever a stranger writes into a name or a subject, it stays in its line, and cannot pass for our own words.
func TestFieldsCannotBreakOut(t *testing.T) {
	evil := "x\r\nBcc: victim@example.org\n\n=== Reply above\x01 [private AAAA]\u2028y"
	mail, err := WeakPost{Community: evil, List: evil, Subject: evil, Preview: Said("fine\n\x01=== Reply above: here ===\r\n[private BBBB]\x00"), Days: 14}.Render()
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(mail.Subject, "\r\n\x01\u2028") {
		t.Errorf("subject: %q", mail.Subject)
	}
	for _, line := range strings.Split(mail.Text, "\n") {
		if strings.HasPrefix(line, "===") || strings.HasPrefix(line, "[private") || strings.HasPrefix(line, "Bcc:") || strings.ContainsAny(line, "\r\x00\x01") {
			t.Errorf("a stranger's line stands as ours: %q", line)
		}
	}
	digest, err := Digest{Community: `<script>alert("x")</script>`, Slot: Slot{Period: Weekly, Zone: "UTC"}, To: friday,
		Sections: []Section{{List: "l", Threads: []Thread{{Subject: `"><img src=x onerror=y>`, Everyone: `a"b@c.example`}}}}}.Render()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(digest.HTML, "<script") || strings.Contains(digest.HTML, "<img") || strings.Contains(digest.HTML, `a"b`) {
		t.Errorf("HTML of a stranger in ours:\n%s", digest.HTML)
	}
}

// The originals belong to the caller.
func TestRenderingWritesNothing(t *testing.T) {
	lists := []ListLine{{Name: "two\nlines", Address: "a@b.example"}}
	slot := &Slot{Period: Weekly, Zone: "a\nb"}
	if _, err := (Welcome{Community: "c", Lists: lists, Slot: slot, Doors: Doors{Managers: "m@b.example"}}).Render(); err != nil {
		t.Fatal(err)
	}
	if lists[0].Name != "two\nlines" || slot.Zone != "a\nb" {
		t.Errorf("%+v, %+v", lists, slot)
	}
}

// A reply is read by its first line; whoever gets help must be told every word that counts, and only those.
func TestHelpNamesTheBareWords(t *testing.T) {
	all := []string{"YES", "NO", "DROP", "PUBLIC", "PRIVATE", "SEND", "NOTE", "OMBUDS", "OK", "OK ALWAYS", "ASK", "FIX", "CANCEL"}
	for _, q := range []Question{AskPost, AskDoor, AskWord, AskRest, AskSender, AskAnswer, AskNote, AskHeld, AskStranger, AskWaits, AskAsked, AskFix} {
		got, _ := text(t, ConfirmHelp{Community: "Gardeners", Question: q, List: "Garden talk", Member: "Dana"})
		offers(t, string(q), got, q.Words(), all)
	}
	for _, s := range samples() {
		if a, ok := s.mail.(interface{ Ask() Question }); ok {
			words := a.Ask().Words()
			if held, ok := s.mail.(AnswerHeld); ok && !held.Sendable {
				words = nil
			} else if ok && held.Alias != "" {
				words = append(words, "YES")
			}
			if q, ok := s.mail.(MayRead); ok && q.Ombuds == "" {
				words = []string{"YES", "DROP"}
			}
			got, _ := text(t, s.mail)
			offers(t, s.name, got, words, all)
		}
	}
	if Question("other").Words() != nil {
		t.Error("an unknown question has no words")
	}
}

// offers checks which words a mail offers: each alone at the beginning of an indented line.
func offers(t *testing.T, name, got string, want, all []string) {
	t.Helper()
	for _, word := range all {
		found := regexp.MustCompile(`(?m)^    ` + word + ` +\S`).MatchString(got)
		if found != slices.Contains(want, word) {
			t.Errorf("%s: %s is offered: %v\n%s", name, word, found, got)
		}
	}
}

// Each reason has a sentence of its own, and a mail about an unknown one is not sent.
func TestEveryReasonHasASentence(t *testing.T) {
	seen := map[string]string{}
	once := func(kind string, m renderer) {
		got, _ := text(t, m)
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s say the same", kind, other)
		}
		seen[got] = kind
		if found := slip.FindString(got); found != "" {
			t.Errorf("%s: %q in\n%s", kind, found, got)
		}
	}
	for _, k := range []DoubtKind{AnswersPrivate, AnswersDigest, QuotesPrivate, BothDoors, SoundsPrivate, LooseAnswer, LooseOrder} {
		once(string(k), WrongDoor{Community: "c", List: "l", Days: 1, Doubts: []Doubt{{Kind: k}}})
	}
	for _, k := range []GuardKind{Unverified, FromElse, OwnAddress, OtherAddress, NoteWords, ToColleague, SlashLine, LateCommand, Forwarded, NoText, UnsureText, Stale, Attached, NoAccess} {
		once(string(k), AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: k, What: "x"}}})
	}
	for _, o := range []Outcome{Posted, Handed, Sent, Accepted, Dropped, Declined, Expired, Undecided} {
		once("end "+string(o), HeldEnd{Community: "c", Outcome: o})
		once("already "+string(o), AlreadyDecided{Community: "c", Outcome: o, When: friday})
	}
	for _, r := range []WaitReason{TooMany, Newcomer, Linked} {
		once(string(r), PostWaits{Community: "c", List: "l", Days: 1, Reason: r})
	}
	for _, d := range []Delivery{EachPost, InDigest, NoMail} {
		once(string(d), SettingsChanged{Community: "c", Delivery: d, Slot: &Slot{Period: Weekly, Zone: "UTC"}})
	}
	for _, m := range []renderer{
		WrongDoor{Community: "c", List: "l", Days: 1, Doubts: []Doubt{{Kind: "odd"}}},
		AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: "odd"}}},
		HeldEnd{Community: "c", Outcome: "odd"},
		AlreadyDecided{Community: "c", Outcome: "odd", When: friday},
		PostWaits{Community: "c", List: "l", Days: 1, Reason: "odd"},
		HeldPost{Community: "c", List: "l", Author: "a", Days: 1, Reason: "odd"},
		ConfirmHelp{Community: "c", Question: "odd"},
		SettingsChanged{Community: "c", Delivery: "odd"},
	} {
		if mail, err := m.Render(); err == nil || !strings.Contains(err.Error(), "odd") {
			t.Errorf("%T of an unknown kind: %v\n%s", m, err, mail.Text)
		}
	}
	for _, p := range []Period{Daily, Weekly, Monthly} {
		once(string(p), SettingsChanged{Community: "c", Delivery: InDigest, Slot: &Slot{Period: p, Zone: "Europe/Berlin"}})
	}
}
