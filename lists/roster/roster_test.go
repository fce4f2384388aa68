package roster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// told is a roster in lines that a test can compare.
func told(r Roster) string {
	var b strings.Builder
	for _, p := range r.People {
		fmt.Fprintf(&b, "%d %s", p.Line, p.Address)
		for _, w := range []string{p.Name, string(p.Delivery), listsCell(p.Lists), p.Timezone} {
			if w != "" {
				fmt.Fprintf(&b, " | %s", w)
			}
		}
		for _, w := range []struct {
			is   bool
			word string
		}{{p.Managed, " managed"}, {!p.Subscribed, " unsubscribed"}, {p.NoOwnCopy, " no-own-copy"}, {p.Listed, " shown"}} {
			if w.is {
				b.WriteString(w.word)
			}
		}
		b.WriteByte('\n')
	}
	for _, l := range r.Left {
		fmt.Fprintf(&b, "left %d %q: %s\n", l.Line, l.Text, l.Why)
	}
	for _, l := range r.Doubts {
		fmt.Fprintf(&b, "doubt %d %q: %s\n", l.Line, l.Text, l.Why)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{
			"Google Groups",
			"Members for group gardeners\n" +
				"Email address,Nickname,Group status,Email status,Email preference,Posting permissions,Join year,Join month\n" +
				"ann@north.example,\"Fields, Ann\",owner,,All email,allowed,2019,3\n" +
				"bo@north.example,Bo,member,,Digest email,allowed,2020,1\n" +
				"cy@north.example,,member,bouncing,Abridged email,allowed,2020,1\n" +
				"di@north.example,Di,invited,,,,,\n" +
				"ed@north.example,Ed,member,,No email,allowed,2021,1\n" +
				"fay@north.example,Fay,banned,,,,,\n",
			"3 ann@north.example | Fields, Ann | each managed\n4 bo@north.example | Bo | digest\n5 cy@north.example | none\n7 ed@north.example | Ed | none\n" +
				"left 6 \"di@north.example\": was invited and has not answered\nleft 8 \"fay@north.example\": was banned there\n" +
				"doubt 5 \"cy@north.example\": mail to them had stopped there (bouncing); they are taken without mail\n",
		},
		{
			"groups.io",
			"\ufeffEmail,Display Name,Username,Moderator Status,Email Delivery,Status\r\n" +
				"ann@north.example,Ann Fields,ann,Owner,Individual Messages,Confirmed\r\n" +
				"bo@north.example,Bo,,,Daily Summary,Confirmed\r\n" +
				"cy@north.example,Cy,,Moderator,Special Notices Only,Confirmed\r\n" +
				"di@north.example,Di,,,Full Featured Digest,Not Confirmed\r\n" +
				"ed@north.example,Ed,,,Quarterly,Confirmed\r\n",
			"2 ann@north.example | Ann Fields | each managed\n3 bo@north.example | Bo | digest\n4 cy@north.example | Cy | none managed\n6 ed@north.example | Ed\n" +
				"left 5 \"di@north.example\": had asked to join and was no member yet\n" +
				"doubt 6 \"ed@north.example\": what is \"Quarterly\" as a delivery? It was left open\n",
		},
		{
			"a table from a spreadsheet with semicolons, an empty line, a formula and broken lines",
			"First name;Last name;E-Mail\nAnn;Fields;ann@north.example\n;;\n'=HYPERLINK(1);Bo;bo@north.example\nCy;;no address\nDi;\"x;di@north.example\n",
			"2 ann@north.example | Ann Fields\n4 bo@north.example | =HYPERLINK(1) Bo\nleft 5 \"Cy, , no address\": no mail address in its column\n" +
				"left 6 \"Di, x;di@north.example\": no mail address in its column\n",
		},
		{
			"our own, with several lists",
			"email,name,role,lists,own copy,timezone,address shown\r\n'+ann@north.example,Ann,manager,jobs=digest talk=each,off,Europe/Berlin,on\r\nbo@north.example,Bo,member,talk=often,on,,off\r\n",
			"2 +ann@north.example | Ann | jobs=digest talk=each | Europe/Berlin managed no-own-copy shown\n3 bo@north.example | Bo\n" +
				"doubt 3 \"bo@north.example\": \"talk=often\" names no list and delivery\n",
		},
		{
			"Mailman's dumps, and lines for groups.io",
			"# regular members\nann@north.example\nBo Green <bo@north.example>\n\"Reed, Cy\" <cy@north.example>\ndi@north.example digest\nEd <ed@north.example> nomail\nnobody here\nBo <BO@north.example>\n",
			"2 ann@north.example\n3 bo@north.example | Bo Green\n4 cy@north.example | Reed, Cy\n5 di@north.example | digest\n6 ed@north.example | Ed | none\n" +
				"left 7 \"nobody here\": no mail address\ndoubt 8 \"BO@north.example\": is there twice; the first line counts\n",
		},
		{
			"Mailman 3 over its interface",
			`{"start":0,"total_size":4,"entries":[
			{"email":"ann@north.example","display_name":"Ann","delivery_mode":"regular","role":"member"},
			{"email":"bo@north.example","delivery_mode":"mime_digests","role":"member"},
			{"email":"ann@north.example","role":"owner"},
			{"email":"cy@north.example","role":"nonmember"},
			{"email":"di@north.example","role":"moderator"},
			{"email":17}]}`,
			"1 ann@north.example | Ann | each managed\n2 bo@north.example | digest\n5 di@north.example managed unsubscribed\n" +
				"left 4 \"cy@north.example\": was no member there any more\nleft 6 \"{\\\"email\\\":17}\": no person in JSON\n",
		},
		{
			"what groups.io takes",
			"[{\"email\":\"ann@north.example\",\"full_name\":\"Ann\",\"email_delivery\":\"digest\",\"mod_status\":\"moderator\"},{\"name\":\"no address\"}]",
			"1 ann@north.example | Ann | digest managed\nleft 2 \"\": no mail address\n",
		},
		{
			"a person on each line, one of them broken",
			"{\"email\":\"ann@north.example\"}\n{\"email\":\n",
			"1 ann@north.example\nleft 2 \"{\\\"email\\\":\": no person in JSON\n",
		},
		{
			"old Windows", "name,email\nJ\xfcrgen \x96 M\xfcller,j@north.example\n",
			"2 j@north.example | Jürgen – Müller\n",
		},
		{
			"UTF-16", "\xff\xfee\x00m\x00a\x00i\x00l\x00\t\x00n\x00a\x00m\x00e\x00\n\x00a\x00@\x00b\x00.\x00c\x00\t\x00\xfc\x00\n\x00",
			"2 a@b.c | ü\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := Read(strings.NewReader(test.file))
			if got := told(r); got != test.want || err != nil {
				t.Errorf("got\n%s\nwanted\n%s\nerror %v", got, test.want, err)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"nothing", " \r\n\t\n", "The file is empty."},
		{"a spreadsheet as it is", "PK\x03\x04\x14\x00\x06\x00\xd0\xcf", "This is no file of text. A table must be saved as CSV first."},
		{"JSON of something else", `{"entries":[]}`, "There is nobody in this file."},
		{"far too much", strings.Repeat("a@b.example\n", MostBytes/12+1), "The file has more than 32 MB; that is no list of members."},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(test.file))
			if r, ok := refusal.As(err); !ok || r.Sentence != test.want {
				t.Errorf("%v, wanted %q", err, test.want)
			}
		})
	}
	if _, err := ReadMailman2(strings.NewReader("cos\nsystem\n(S'echo'\ntR.")); err == nil || err.Error() != "This is no config.pck of Mailman 2." {
		t.Error(err)
	}
	for _, read := range []func(io.Reader) (Roster, error){Read, ReadMailman2} {
		if _, err := read(iotest.ErrReader(errors.New("the disk is gone"))); err == nil || err.Error() != "The file cannot be read." {
			t.Error(err)
		}
	}
	var crowd strings.Builder
	for i := range mostPeople + 1 {
		fmt.Fprintf(&crowd, "p%d@b.example\n", i)
	}
	if _, err := Read(strings.NewReader(crowd.String())); err == nil || err.Error() != "The file names more than 200000 people." {
		t.Error(err)
	}
	if _, err := ReadMlmmj(fstest.MapFS{"archive/1": {}}); err == nil || err.Error() != "This is no folder of a list of mlmmj: it has no subscribers.d." {
		t.Error(err)
	}
}

// A table that we write is the same people when it is read again, and no cell of it is a formula, whatever somebody calls themselves.
func TestWrite(t *testing.T) {
	var people []Person
	for i, name := range []string{"=1+1", "+49 30", "-x", "@all", "\t=2", "'quoted", "''=3", "|calc", "%x", "plain, \"with\" commas", "ünï"} {
		a, err := letter.NewAddress(fmt.Sprintf("+a%d", i), "north.example")
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, Person{Line: i + 2, Address: a, Name: letter.CleanLine(strings.TrimSpace(name)), Lists: map[string]Delivery{"talk": Each, "jobs": None}, Managed: i == 0, NoOwnCopy: i == 1, Timezone: "Europe/Berlin", Subscribed: true})
	}
	var out bytes.Buffer
	if err := Write(&out, people); err != nil {
		t.Fatal(err)
	}
	for _, cell := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == '"' }) {
		if strings.ContainsRune("=+-@|%\t", rune(cell[0])) {
			t.Errorf("a formula: %q", cell)
		}
	}
	r, err := Read(&out)
	if err != nil || len(r.Left)+len(r.Doubts) > 0 || told(r) != told(Roster{People: people}) {
		t.Errorf("read again:\n%s\nwritten:\n%s\n%v", told(r), told(Roster{People: people}), err)
	}
}

// The members of a list of Mailman 2 are read from its pickle, of every protocol that Mailman wrote, and nothing in it is run.
func TestReadMailman2(t *testing.T) {
	text := "(dp0\nS'members'\np1\n(dp2\nS'ann@north.example'\nI0\nsS'bo@north.example'\nS'Bo@North.Example'\nss" +
		"S'digest_members'\n(dS'j\\xfcrgen@north.example'\nI0\nsS'cy@north.example'\nL0L\nss" +
		"S'usernames'\n(dS'ann@north.example'\nVAnn \\u00fc\nsS'cy@north.example'\nS'C\\xfcy'\nss" +
		"S'user_options'\n(dS'ann@north.example'\nI258\nsS'bo@north.example'\nI1\nss" +
		"S'delivery_status'\n(dS'cy@north.example'\n(I4\nF1.5\ntss" +
		"S'owner'\n(lp9\nS'ann@north.example'\naS'olga@north.example'\nas" +
		"S'ban_list'\n(lS'^spam.*'\nas" +
		"S'bounce_info'\n(dS'cy@north.example'\n(iMailman.Bouncer\n_BounceInfo\n(dS'score'\nF2.0\nsbss" +
		"S'evil'\ncos\nsystem\n(S'touch /tmp/run'\ntRs."
	r, err := ReadMailman2(strings.NewReader(text))
	want := "0 ann@north.example | Ann ü | each managed no-own-copy\n0 Bo@north.example | none\n0 cy@north.example | Cüy | none\n" +
		"0 jürgen@north.example | digest\n0 olga@north.example managed unsubscribed\n" +
		"left 0 \"^spam.*\": was banned there\n" +
		"doubt 0 \"cy@north.example\": mail to them had stopped because mail came back; they are taken without mail\n"
	if got := told(r); got != want || err != nil {
		t.Errorf("got\n%s\nwanted\n%s\nerror %v", got, want, err)
	}
}

func TestRealMailman2(t *testing.T) {
	f, err := os.Open("../../../shared/corpus/import-mailman2/config.pck")
	if err != nil {
		t.Skip("no corpus here")
	}
	defer f.Close()
	r, err := ReadMailman2(f)
	want := "0 bperson@example.com | Bill Person | each\n0 cris.person@example.net | Cris Person | each\n0 dperson@example.org | Dave Person | each\n0 anne@example.com managed unsubscribed\n"
	if got := told(r); got != want || err != nil {
		t.Errorf("got\n%s\nwanted\n%s\nerror %v", got, want, err)
	}
}

func TestRealMlmmj(t *testing.T) {
	const at = "../../../shared/corpus/import-mlmmj"
	b, err := os.ReadFile(filepath.Join(at, "expected.json"))
	if err != nil {
		t.Skip("no corpus here")
	}
	var want struct{ Owner, Moderators, Normal, Digest, Nomail, Pending []string }
	if err := json.Unmarshal(bytes.ReplaceAll(b, []byte("pending_subscriptions"), []byte("pending")), &want); err != nil {
		t.Fatal(err)
	}
	r, err := ReadMlmmj(os.DirFS(filepath.Join(at, "friends")))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, p := range r.People {
		kind := string(p.Delivery)
		if p.Managed {
			kind = "managed"
		}
		got[kind] = append(got[kind], p.Address.String())
	}
	for _, l := range r.Left {
		got[l.Why] = append(got[l.Why], l.Text)
	}
	for kind, people := range map[string][]string{
		"each": want.Normal, "digest": want.Digest, "none": want.Nomail, "managed": append(want.Owner, want.Moderators...), "had asked to join and was no member yet": want.Pending,
	} {
		slices.Sort(got[kind])
		slices.Sort(people)
		if !slices.Equal(got[kind], people) || len(people) == 0 {
			t.Errorf("%s: %v, wanted %v", kind, got[kind], people)
		}
	}
}

// Whatever a file says, every line of it is a person, named as left out, or empty; and what is written of it is read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte("email,name\na@b.c,A\n"))
	f.Add([]byte("A <a@b.c> digest\n"))
	f.Add([]byte(`[{"email":"a@b.c"}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, r.People); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&out)
		if err != nil || len(again.People) != len(r.People) || len(again.Left) > 0 {
			t.Errorf("%v; %d people, read again %d: %v", err, len(r.People), len(again.People), again.Left)
		}
	})
}

// A pickle can be wrong in every way and does nothing but end.
func FuzzUnpickle(f *testing.F) {
	f.Add([]byte("}q\x01(U\x07membersq\x02}U\x0edigest_members}u."))
	f.Add([]byte("(dS'a'\n(lI1\naI01\nas."))
	f.Add([]byte("cos\nsystem\n(S'x'\ntR."))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := unpickle(b)
		if _, is := v.(mark); is && err == nil {
			t.Error("a mark as a value")
		}
		_, _ = ReadMailman2(bytes.NewReader(b))
	})
}
